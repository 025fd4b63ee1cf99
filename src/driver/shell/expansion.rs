//! Words of a running script to texts.

use super::Dialect;
use super::parse::parse;
use super::run::{Flow, Run};
use super::syntax::Program;
use crate::word::{ExpandError, Expander, Part, Pattern, Word};
use std::borrow::Cow;
use std::cell::RefCell;
use std::ffi::OsString;

/// What a script calls itself in messages (mvdan/sh's `$0`).
pub(super) const NAME: &str = "gosh";

impl Run<'_, '_> {
    /// The arguments that words stand for; `None` after an error, which ends the script.
    pub(super) fn fields(&mut self, words: &[Word]) -> Option<Vec<OsString>> {
        let words: Vec<Cow<'_, Word>> = words.iter().map(|word| self.substitute(word)).collect();
        let mut fields = Vec::with_capacity(words.len());
        for word in words {
            let more = self.expander(|expander| expander.fields(std::slice::from_ref(&*word)));
            fields.extend(self.checked(more)?);
        }
        Some(fields)
    }

    /// The text that a word stands for; `None` after an error.
    pub(super) fn string(&mut self, word: &Word) -> Option<String> {
        let word = self.substitute(word);
        let text = self.expander(|expander| expander.string(&word));
        self.checked(text)
    }

    /// The pattern of a `case`; `Some(None)` where it is none.
    pub(super) fn pattern(&mut self, word: &Word) -> Option<Option<Pattern>> {
        let word = self.substitute(word);
        let field = self.expander(|expander| expander.pattern(&word));
        Some(self.checked(field)?.text_pattern().ok())
    }

    fn checked<T>(&mut self, result: Result<T, ExpandError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.complain(&error.to_string());
                self.state.status = 1;
                if matches!(self.flow, Flow::Next) {
                    self.flow = Flow::Exit;
                }
                None
            }
        }
    }

    fn expander<T>(&mut self, with: impl FnOnce(&Expander<'_>) -> T) -> T {
        let get = |name: &str| self.parameter(name);
        let options = self.state.options;
        let assigned = RefCell::default();
        let result = with(&Expander {
            get: &get,
            assigned: &assigned,
            dir: &self.state.dir,
            globstar: options.globstar,
            nullglob: options.nullglob,
            noglob: options.noglob,
            nounset: options.nounset,
        });
        for (name, value) in assigned.into_inner() {
            // mvdan/sh exports nothing that is assigned this way.
            self.state.variables.set_private(&name, value);
        }
        result
    }

    /// The value of a variable or special parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let own = self.state.variables.get(name);
        match name {
            "?" => Some(self.state.status.to_string()),
            "#" => Some("0".to_owned()),
            "@" | "*" => Some(String::new()),
            "!" => self.last_job(),
            "0" => Some(NAME.to_owned()),
            "$" => Some(std::process::id().to_string()),
            "-" => {
                let options = self.state.options;
                let letters = [("e", options.errexit), ("f", options.noglob), ("u", options.nounset)];
                Some(letters.iter().filter(|(_, on)| *on).map(|(letter, _)| *letter).collect())
            }
            "IFS" => own.or_else(|| Some(" \t\n".to_owned())),
            "UID" => own.or_else(|| Some(rustix::process::getuid().as_raw().to_string())),
            "EUID" => own.or_else(|| Some(rustix::process::geteuid().as_raw().to_string())),
            "GID" => own.or_else(|| Some(rustix::process::getgid().as_raw().to_string())),
            _ => own,
        }
    }

    /// A word with its command substitutions run.
    fn substitute<'w>(&mut self, word: &'w Word) -> Cow<'w, Word> {
        if !word.parts.iter().any(|part| matches!(part, Part::Command { .. })) {
            return Cow::Borrowed(word);
        }
        let part = |part: &Part| match part {
            Part::Command { script, quoted } => Part::Value { text: self.output_of(script), quoted: *quoted },
            other => other.clone(),
        };
        Cow::Owned(Word { parts: word.parts.iter().map(part).collect() })
    }

    fn output_of(&mut self, script: &str) -> String {
        let parsed = self.parsed;
        let status = self.state.status;
        let output = match parsed.substitutions.get(script) {
            Some(program) => self.captured(program),
            // The parser has met all of them.
            None => {
                let parsed = parse(script, Dialect::Bash);
                parsed.map(|parsed| self.captured(&parsed.program)).unwrap_or_default()
            }
        };
        self.substituted = Some(self.state.status);
        self.state.status = status;
        let text = String::from_utf8_lossy(&output).replace('\0', "");
        text.trim_end_matches('\n').to_owned()
    }

    fn captured(&mut self, program: &Program) -> Vec<u8> {
        let before = self.state.ports.clone();
        self.state.ports.output = self.outer.begin_capture();
        if program.statements.is_empty() {
            self.state.status = 0;
        }
        self.subshell(program);
        self.state.ports = before;
        self.outer.end_capture()
    }
}

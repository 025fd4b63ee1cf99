//! Simple commands: assignments and words.

use super::Parser;
use crate::driver::shell::Dialect;
use crate::driver::shell::builtin::{self, Builtin};
use crate::driver::shell::syntax::{Command, Kind, Simple};
use crate::word::{Lexer, NotUnderstood, Part, Word, is_name};

impl Parser<'_> {
    pub(super) fn simple(&mut self) -> Result<Command, NotUnderstood> {
        let place = self.lexer.not_understood("this command");
        let (mut assignments, mut words, mut redirections) = (Vec::new(), Vec::new(), Vec::new());
        let mut at = self.lexer.at();
        loop {
            self.lexer.skip_blanks();
            if let Some(redirection) = self.redirection()? {
                redirections.push(redirection);
                continue;
            }
            let start = self.lexer.at();
            let declares = words.first().is_some_and(|name: &Word| name.bare() == Some("export"));
            let assigns = (words.is_empty() || declares) && begins_assignment(self.lexer.rest());
            let Some(word) = (if assigns { self.value() } else { self.word() })? else { break };
            if words.is_empty() {
                at = start;
            }
            if words.is_empty()
                && let Some(assignment) = assignment(&word)
            {
                assignments.push(assignment);
                continue;
            }
            words.push(word);
        }
        if assignments.is_empty() && words.is_empty() && redirections.is_empty() {
            return Err(self.stray());
        }
        if let Some(wrong) = self.parenthesis(&words, at, !assignments.is_empty() || !redirections.is_empty())
        {
            return Err(wrong);
        }
        let looks_assigned = |word: &Word| {
            let text =
                word.parts.first().map(|part| matches!(part, Part::Text { text, .. } if text.contains("+=")));
            text.unwrap_or_default()
        };
        let builtin = match words.first() {
            Some(name) if looks_assigned(name) => return Err(place),
            Some(name) if self.is_wait(name, &words) => Some(Builtin::Wait),
            Some(name) => builtin::named(name, &words, self.loops).map_err(|()| place)?,
            None => None,
        };
        Ok(Command {
            kind: Kind::Simple(Simple { at: self.base + at, assignments, words, builtin }),
            redirections,
        })
    }

    /// `wait`, where what runs beside the script has mvdan/sh's names. It has no options there.
    fn is_wait(&self, name: &Word, words: &[Word]) -> bool {
        let option = |word: &Word| word.bare().is_some_and(|text| text.starts_with('-'));
        self.dialect == Dialect::GoTask && name.bare() == Some("wait") && !words.iter().any(option)
    }

    /// The error of a parenthesis behind the words of a command, the first of which stands at `at`; `more` than they
    /// stands there.
    fn parenthesis(&self, words: &[Word], at: usize, more: bool) -> Option<NotUnderstood> {
        let rest = self.lexer.rest();
        let stray = rest.starts_with(')') && self.parentheses == 0;
        if !rest.starts_with('(') && !stray {
            return None;
        }
        match words {
            [] if !more => None,
            // A function, or nearly one.
            [name] if rest.starts_with('(') && !more => {
                let after = rest.get(1..).unwrap_or_default().trim_start_matches([' ', '\t']);
                let wrong = Lexer::wrong(at, "`foo(` must be followed by `)`");
                (name.bare().is_some() && !after.starts_with(')')).then_some(wrong)
            }
            _ => {
                let parenthesis = rest.get(..1).unwrap_or_default();
                let wrong =
                    format!("a command can only contain words and redirects; encountered `{parenthesis}`");
                Some(Lexer::wrong(self.lexer.at(), wrong))
            }
        }
    }
}

/// Whether a text begins with `NAME=`.
fn begins_assignment(text: &str) -> bool {
    text.find(|next| !is_name(next)).is_some_and(|end| {
        text.get(end..).is_some_and(|rest| rest.starts_with('=')) && text.get(..end).is_some_and(is_variable)
    })
}

/// `NAME=WORD`
fn assignment(word: &Word) -> Option<(String, Word)> {
    let (first, rest) = word.parts.split_first()?;
    let Part::Text { text, quoted: false } = first else { return None };
    let (name, value) = text.split_once('=')?;
    if !is_variable(name) {
        return None;
    }
    let mut parts = Vec::with_capacity(word.parts.len());
    if !value.is_empty() {
        parts.push(Part::Text { text: value.to_owned(), quoted: false });
    }
    parts.extend_from_slice(rest);
    Some((name.to_owned(), Word { parts }))
}

/// The assignments and bare names in the arguments of `export`.
pub(in crate::driver::shell) fn declarations(words: &[Word]) -> Option<Vec<(String, Option<Word>)>> {
    let declaration = |word: &Word| {
        if let Some((name, value)) = assignment(word) {
            return Some((name, Some(value)));
        }
        word.bare().filter(|name| is_variable(name)).map(|name| (name.to_owned(), None))
    };
    words.iter().map(declaration).collect()
}

/// Whether a text is the name of a variable.
pub(in crate::driver::shell) fn is_variable(name: &str) -> bool {
    name.starts_with(|next: char| next == '_' || next.is_ascii_alphabetic()) && name.chars().all(is_name)
}

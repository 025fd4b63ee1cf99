//! Words, all of whose expansions must be understood.

use super::{Parser, lexer};
use crate::driver::shell::Dialect;
use crate::driver::shell::syntax::Program;
use crate::word::{NotUnderstood, Operation, Parameter, Part, Word};

impl Parser<'_> {
    /// A word all of whose expansions are understood.
    pub(super) fn word(&mut self) -> Result<Option<Word>, NotUnderstood> {
        let place = self.lexer.not_understood("this word");
        let Some(word) = self.lexer.word()? else { return Ok(None) };
        self.check(&word, &place)?;
        Ok(Some(word))
    }

    /// The same of a word that is a value.
    pub(super) fn value(&mut self) -> Result<Option<Word>, NotUnderstood> {
        let place = self.lexer.not_understood("this word");
        let Some(word) = self.lexer.value()? else { return Ok(None) };
        self.check(&word, &place)?;
        Ok(Some(word))
    }

    /// A regular expression, the right side of `=~`.
    pub(super) fn expression(&mut self) -> Result<Option<Word>, NotUnderstood> {
        let place = self.lexer.not_understood("this expression");
        let Some(word) = self.lexer.expression()? else { return Ok(None) };
        self.check(&word, &place)?;
        Ok(Some(word))
    }

    pub(super) fn check(&mut self, word: &Word, place: &NotUnderstood) -> Result<(), NotUnderstood> {
        for part in &word.parts {
            match part {
                Part::Text { .. } | Part::Value { .. } => {}
                Part::Parameter { parameter, .. } => {
                    if !is_known(parameter, self.dialect) {
                        return Err(place.clone());
                    }
                    if let Some(
                        Operation::Default { word, .. }
                        | Operation::Alternative { word, .. }
                        | Operation::Assign { word, .. }
                        | Operation::Require { word, .. }
                        | Operation::Remove { pattern: word, .. }
                        | Operation::Replace { pattern: word, .. },
                    ) = &parameter.operation
                    {
                        if word.parts.iter().any(|part| matches!(part, Part::Command { .. })) {
                            return Err(place.clone());
                        }
                        self.check(word, place)?;
                    }
                }
                Part::Command { script, .. } => {
                    if !self.substitutions.contains_key(script) {
                        let after = self.text.get(place.at..).unwrap_or_default();
                        let base = self.base + place.at + after.find(script.as_str()).unwrap_or_default();
                        let program = self.substitution(script, base).map_err(|_| place.clone())?;
                        self.substitutions.insert(script.clone(), program);
                    }
                }
            }
        }
        Ok(())
    }

    fn substitution(&mut self, script: &str, base: usize) -> Result<Program, NotUnderstood> {
        let mut inner = Parser {
            lexer: lexer(script, self.dialect),
            dialect: self.dialect,
            text: script,
            base,
            parentheses: 0,
            depth: self.depth,
            loops: 0,
            substitutions: std::mem::take(&mut self.substitutions),
            awaited: Vec::new(),
            documents: Vec::new(),
            is_captured: true,
            runs_beside: false,
        };
        let program = inner.program();
        let rest = inner.lexer.rest().is_empty();
        self.substitutions = inner.substitutions;
        if rest { program } else { Err(self.lexer.not_understood("this")) }
    }
}

/// Whether a parameter is one that we have. Shells compute the others, mvdan/sh fewer than bash.
fn is_known(parameter: &Parameter, dialect: Dialect) -> bool {
    const COMPUTED: [&str; 6] = ["RANDOM", "SRANDOM", "LINENO", "OPTARG", "OPTIND", "PPID"];
    const OF_BASH: [&str; 8] =
        ["_", "SECONDS", "FUNCNAME", "PIPESTATUS", "EPOCHSECONDS", "EPOCHREALTIME", "GROUPS", "DIRSTACK"];
    let name = parameter.name.as_str();
    let of_bash = OF_BASH.contains(&name) || name.starts_with("BASH");
    let as_bash = dialect == Dialect::Bash
        && (of_bash || matches!(parameter.operation, Some(Operation::Replace { bash_differs: true, .. })));
    let job = name == "!" && dialect == Dialect::Bash;
    !job && !COMPUTED.contains(&name) && name != "DIRSTACK" && !as_bash
}

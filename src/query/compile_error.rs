//! A mistake in the text of a program.

use super::node::DefinitionId;
use std::ops::Range;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileError {
    /// jq's words for it.
    pub message: String,
    /// Byte of the program where it is.
    pub start: usize,
    /// What kind of mistake it is.
    pub(super) kind: Kind,
}

/// Whether a mistake counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Always.
    Syntax,
    /// Beside another one.
    Hint,
    /// Instead of all that come of it: a module that is not there.
    Module,
    /// In what can be read, and where the definition that it is in is called.
    Name(Option<DefinitionId>),
}

impl CompileError {
    pub(super) fn new(message: String, start: usize) -> Self {
        Self { message, start, kind: Kind::Syntax }
    }

    pub(super) fn hint(message: &str, start: usize) -> Self {
        Self { message: message.to_owned(), start, kind: Kind::Hint }
    }

    pub(super) fn is_hint(&self) -> bool {
        self.kind == Kind::Hint
    }

    pub(super) fn name(message: String, start: usize, owner: Option<DefinitionId>) -> Self {
        Self { message, start, kind: Kind::Name(owner) }
    }

    pub(super) fn module(name: &str) -> Self {
        Self { message: format!("module not found: {name}\n"), start: 0, kind: Kind::Module }
    }

    pub(super) fn syntax(found: &str, expected: &[&str], start: usize) -> Self {
        let mut message = format!("syntax error, unexpected {found}");
        for (index, name) in expected.iter().enumerate() {
            message.push_str(if index == 0 { ", expecting " } else { " or " });
            message.push_str(name);
        }
        message.push_str(" (Unix shell quoting issues?)");
        Self::new(message, start)
    }

    /// jq's words without what they say about shells and grammars.
    #[must_use]
    pub fn reason(&self) -> String {
        let text = self.message.trim_end();
        let text = text.strip_suffix(" (Unix shell quoting issues?)").unwrap_or(text);
        let text = text.strip_prefix("syntax error, ").unwrap_or(text);
        let text =
            text.replace("unexpected $end", "the program ends too early").replace("$*label-", "the label $");
        text.replace("$end", "the end").replace("INVALID_CHARACTER", "a character that means nothing")
    }

    /// A function that there is none of, rather than a variable or a mistake in the grammar.
    #[must_use]
    pub fn is_unknown_name(&self) -> bool {
        matches!(self.kind, Kind::Name(_)) && !self.message.starts_with('$')
    }

    /// The word that it is about, in bytes of the program; its last one where the program ends too early.
    #[must_use]
    pub fn range(&self, program: &str) -> Range<usize> {
        let rest = program.get(self.start..).unwrap_or_default();
        if rest.trim().is_empty() {
            let end = program.trim_end().len();
            let last = program[..end].chars().next_back().map_or(0, char::len_utf8);
            return end - last..end;
        }
        let start = self.start + rest.len() - rest.trim_start().len();
        let rest = rest.trim_start();
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        let sign = usize::from(rest.starts_with(['$', '.', '@']));
        let word = rest[sign..].find(|letter| !is_part(letter)).unwrap_or(rest.len() - sign);
        let least = rest.chars().next().map_or(0, char::len_utf8);
        start..start + (sign + word).max(least)
    }

    /// As jq tells it, with the line that it is in.
    #[must_use]
    pub fn render(&self, program: &str) -> String {
        if self.kind == Kind::Module {
            return format!("jq: error: {}\n", self.message);
        }
        let before = program.get(..self.start).unwrap_or(program);
        let from = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = program.get(from..).unwrap_or_default().lines().next().unwrap_or_default();
        let number = before.matches('\n').count() + 1;
        let indent = " ".repeat(self.start.saturating_sub(from));
        format!("jq: error: {} at <top-level>, line {number}:\n{line}{indent}\n", self.message)
    }
}

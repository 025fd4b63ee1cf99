//! A mistake in the text of a program.

use super::node::DefinitionId;

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

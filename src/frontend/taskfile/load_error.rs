//! Why a project cannot be loaded: all findings for people, and the first one as go-task has it.

use super::go_text::GoText;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// A project that cannot be used.
#[derive(Debug, Clone)]
pub struct LoadError {
    /// Everything that was found, warnings included.
    pub diagnostics: Diagnostics,
    /// go-task's exit status for the failure it would have met first.
    pub exit_code: u8,
    /// go-task's text for the same.
    pub go: GoText,
}

impl LoadError {
    /// A failure with one finding.
    #[must_use]
    pub fn new(exit_code: u8, go: impl Into<String>, diagnostic: Diagnostic) -> Self {
        Self { diagnostics: Diagnostics::from_iter([diagnostic]), exit_code, go: GoText::Plain(go.into()) }
    }
}

/// Findings of several files, with the failure that go-task meets first.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// All of them.
    pub(super) diagnostics: Diagnostics,
    first: Option<(u8, GoText)>,
}

impl Findings {
    /// Adds a failure.
    pub(super) fn fail(&mut self, exit_code: u8, go: GoText, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
        self.first.get_or_insert((exit_code, go));
    }

    /// Adds findings of a file, and its first failure as go-task has it.
    pub(super) fn extend(&mut self, diagnostics: Diagnostics, failure: Option<(u8, GoText)>) {
        self.diagnostics.extend(diagnostics);
        if self.first.is_none() {
            self.first = failure;
        }
    }

    /// Whether something stands in the way.
    pub(super) fn failed(&self) -> bool {
        self.first.is_some()
    }

    /// The error, if there is one; else the warnings.
    pub(super) fn finish(self) -> Result<Diagnostics, LoadError> {
        match self.first {
            None => Ok(self.diagnostics),
            Some((exit_code, go)) => Err(LoadError { diagnostics: self.diagnostics, exit_code, go }),
        }
    }
}

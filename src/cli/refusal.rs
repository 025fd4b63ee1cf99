//! Why a command ends without success, and how that is shown. Knows no command.

use super::args::Arguments;
use super::project;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::driver::{DriverError, ErrorKind};
use crate::executor::outcome::exit_code;
use crate::source::{SourceMap, Span};

/// Why a command ends without success.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nobody reads what we print: as `head` wants it.
    Closed,
    /// What to print on standard error, with its line end, and the exit code.
    Text(String, u8),
}

impl Failure {
    /// An error in one sentence.
    pub(super) fn error(sentence: impl std::fmt::Display) -> Self {
        Self::Text(format!("error: {sentence}\n"), exit_code::FAILED)
    }

    /// An error in one sentence with what to do.
    pub(super) fn helped(
        sentence: impl std::fmt::Display,
        help: impl std::fmt::Display,
        exit_code: u8,
    ) -> Self {
        Self::Text(format!("error: {sentence}\n  help: {help}\n"), exit_code)
    }

    /// Findings with their places.
    pub(super) fn findings(diagnostics: &Diagnostics, sources: &SourceMap, arguments: &Arguments) -> Self {
        Self::Text(project::render(diagnostics, sources, arguments), exit_code::FAILED)
    }

    /// One finding with its place.
    pub(super) fn finding(diagnostic: Diagnostic, sources: &SourceMap, arguments: &Arguments) -> Self {
        Self::findings(&Diagnostics::from_iter([diagnostic]), sources, arguments)
    }

    /// An error of a driver that a place in a file led to; what its tool said stands below, as it said it.
    pub(super) fn driver(
        error: &DriverError,
        (span, label): (Span, &str),
        sources: &SourceMap,
        arguments: &Arguments,
    ) -> Self {
        let mut text = match diagnostic(error, span, label) {
            diagnostic if span != Span::NONE => {
                project::render(&Diagnostics::from_iter([diagnostic]), sources, arguments)
            }
            _ => {
                let help = error.help.as_ref().map(|help| format!("  help: {help}\n")).unwrap_or_default();
                format!("error: {}\n{help}", error.message)
            }
        };
        for line in &error.said {
            text.push_str(&format!("  | {line}\n"));
        }
        let code = match error.kind {
            ErrorKind::Cancelled => exit_code::STOPPED,
            _ => exit_code::FAILED,
        };
        Self::Text(text, code)
    }
}

/// The message and advice of a driver's error, without what its tool said.
pub(super) fn diagnostic(error: &DriverError, span: Span, label: &str) -> Diagnostic {
    let code = match error.kind {
        ErrorKind::MissingProgram => "fleet::run::missing_program",
        ErrorKind::Evaluation => "fleet::run::evaluation",
        ErrorKind::Cancelled => "fleet::run::cancelled",
        _ => "fleet::run::refused",
    };
    let diagnostic = Diagnostic::error(code, &*error.message).at(span, label);
    match &error.help {
        Some(help) => diagnostic.help(&**help),
        None => diagnostic,
    }
}

//! What is wrong with the syntax: a diagnostic for people, and the text that yaml.v3 would have printed.
//! Knows no schema.

use crate::diagnostic::{Diagnostic, Diagnostics};

/// Why a file is not YAML.
#[derive(Debug, Clone)]
pub struct ParseError {
    /// What is wrong, where, and what to do.
    pub diagnostic: Diagnostic,
    /// Of bytes that are no text: what they nearly say, and where in that the first replacement stands.
    pub nearly: Option<(String, usize)>,
    pub(crate) go: String,
}

impl ParseError {
    /// The text of yaml.v3 for the same error, `yaml: line 3: did not find expected key`.
    ///
    /// The line is yaml.v3's, which is often the line before: its parser counts from 0.
    /// Where the two parsers find different errors the text is near, not the same.
    #[must_use]
    pub fn go_message(&self) -> &str {
        &self.go
    }
}

impl From<Box<ParseError>> for Diagnostics {
    fn from(error: Box<ParseError>) -> Self {
        Self::from_iter([error.diagnostic])
    }
}

//! What went wrong in a template, in the words Go uses, and where in its text.

use std::ops::Range;

/// A template that cannot be parsed or rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// The whole sentence as go-task 3.54 prints it, such as
    /// `template: :1:5: executing "" at <.X.Y>: can't evaluate field Y in type string`.
    pub message: String,
    /// The bytes of the template text that it speaks of, where they are known.
    pub range: Option<Range<usize>>,
}

impl TemplateError {
    /// An error about `range` of the template text.
    pub(super) fn new(message: impl Into<String>, range: Range<usize>) -> Self {
        Self { message: message.into(), range: Some(range) }
    }
}

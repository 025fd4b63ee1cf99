//! Limits over hosts that share something: a power supply, a quorum, a line.

use crate::source::Spanned;

/// How many hosts of a tag are changed at once, whatever a stage allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagPool {
    /// The tag.
    pub tag: Spanned<String>,
    /// At most so many of its hosts at once, at least 1.
    pub limit: usize,
}

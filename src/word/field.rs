//! A field: what a word became, with the memory of what was quoted.

use super::{Dialect, Pattern, PatternError};

/// Text that knows which of its characters were quoted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Field {
    pub(super) glyphs: Vec<(char, bool)>,
}

impl Field {
    pub(super) fn push(&mut self, text: &str, quoted: bool) {
        self.glyphs.extend(text.chars().map(|next| (next, quoted)));
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        self.glyphs.iter().map(|(next, _)| next).collect()
    }

    /// The pattern for other texts that it is, as in `case`.
    ///
    /// # Errors
    /// [`PatternError`].
    pub fn text_pattern(&self) -> Result<Pattern, PatternError> {
        Pattern::new(&self.glyphs, Dialect::Text)
    }

    /// Whether `[]` or `[!]` stands in it.
    #[must_use]
    pub(super) fn has_empty_class(&self) -> bool {
        let plain = |part: &[(char, bool)], text: &str| {
            part.len() == text.len() && part.iter().zip(text.chars()).all(|(own, next)| *own == (next, false))
        };
        self.glyphs.windows(2).any(|part| plain(part, "[]"))
            || self.glyphs.windows(3).any(|part| plain(part, "[!]"))
    }

    /// Whether an unquoted character makes it a pattern.
    #[must_use]
    pub fn is_pattern(&self) -> bool {
        self.glyphs.iter().any(|(next, quoted)| !quoted && matches!(next, '*' | '?' | '['))
    }
}

//! Texts cut to what a service takes, in the units that it counts.

use std::borrow::Cow;

/// What a service counts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Limit {
    /// Bytes of UTF-8.
    Bytes(usize),
    /// Unicode characters.
    Characters(usize),
    /// Units of UTF-16: a character beyond the basic plane, such as most emoji, counts as two.
    Utf16(usize),
}

/// A text as long as the service takes it, with an ellipsis where it was longer.
pub(super) fn cut(text: &str, limit: Limit) -> Cow<'_, str> {
    let (most, size): (usize, fn(char) -> usize) = match limit {
        Limit::Bytes(most) => (most, char::len_utf8),
        Limit::Characters(most) => (most, |_| 1),
        Limit::Utf16(most) => (most, char::len_utf16),
    };
    let room = most.saturating_sub(size('…'));
    let (mut used, mut end) = (0, 0);
    for (at, letter) in text.char_indices() {
        if used <= room {
            end = at;
        }
        used += size(letter);
        if used > most {
            return Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default()));
        }
    }
    Cow::Borrowed(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_counts_its_own_way() {
        for (text, limit, wanted) in [
            ("abc", Limit::Bytes(3), "abc"),
            ("abcd", Limit::Bytes(3), "…"),
            ("abcdefg", Limit::Bytes(6), "abc…"),
            ("üüü", Limit::Bytes(6), "üüü"),
            ("üüüü", Limit::Bytes(7), "üü…"),
            ("üüü", Limit::Characters(3), "üüü"),
            ("üüüü", Limit::Characters(3), "üü…"),
            ("😀😀", Limit::Utf16(4), "😀😀"),
            ("😀😀😀", Limit::Utf16(4), "😀…"),
            ("😀😀😀", Limit::Characters(2), "😀…"),
            ("", Limit::Bytes(0), ""),
        ] {
            assert_eq!(cut(text, limit), wanted, "{text} {limit:?}");
        }
    }

    #[test]
    fn what_is_cut_fits() {
        let text = "aü😀".repeat(200);
        for most in 3..300 {
            assert!(cut(&text, Limit::Bytes(most)).len() <= most);
            assert!(cut(&text, Limit::Characters(most)).chars().count() <= most);
            assert!(cut(&text, Limit::Utf16(most)).encode_utf16().count() <= most);
        }
    }
}

//! Text as a terminal shows it: control sequences removed, measured and cut in columns. Knows no events.

use crate::executor::duration;
use std::borrow::Cow;
use std::fmt::Write as _;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A tool's line without what would move the cursor: of text overwritten by carriage returns the last part, tabs as
/// spaces, escape sequences and control characters removed. Colours stay when asked for, and are ended at the end.
pub(crate) fn clean(line: &str, colour: bool) -> Cow<'_, str> {
    if line.bytes().all(|byte| byte >= 0x20 && byte != 0x7f && byte != 0xc2) {
        return Cow::Borrowed(line);
    }
    let line = line.trim_end_matches(['\r', '\n']);
    let line = line.rsplit('\r').next().unwrap_or(line);
    let mut out = String::with_capacity(line.len());
    let mut styled = false;
    let mut chars = line.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\x1b' | '\u{9b}' => {
                let kind = if char == '\u{9b}' { Some('[') } else { chars.next() };
                match kind {
                    Some('[') => {
                        let mut parameters = String::new();
                        let end = chars.by_ref().find(|char| {
                            let last = matches!(char, '@'..='~');
                            if !last {
                                parameters.push(*char);
                            }
                            last
                        });
                        let plain = parameters.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b';' | b':'));
                        if colour && end == Some('m') && plain {
                            let _ = write!(out, "\x1b[{parameters}m");
                            styled = true;
                        }
                    }
                    // Operating system command and the like: up to BEL or ST.
                    Some(']' | 'P' | '_' | '^' | 'X') => {
                        while let Some(char) = chars.next() {
                            if char == '\x07' || (char == '\x1b' && chars.next_if_eq(&'\\').is_some()) {
                                break;
                            }
                        }
                    }
                    // A character set is named by one more character.
                    Some('(' | ')' | '#' | '%') => {
                        chars.next();
                    }
                    _ => {}
                }
            }
            '\t' => {
                let column = out.width();
                out.extend(std::iter::repeat_n(' ', 8 - column % 8));
            }
            char if char.is_control() => {}
            char => out.push(char),
        }
    }
    if styled {
        out.push_str("\x1b[0m");
    }
    Cow::Owned(out)
}

/// How many columns the text takes. It must hold no control sequences.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// The text, cut to so many columns with an ellipsis where it is longer. It must hold no control sequences.
pub(super) fn cut(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let Some(room) = width.checked_sub(1) else { return Cow::Borrowed("") };
    let mut used = 0;
    let mut end = 0;
    for (at, char) in text.char_indices() {
        used += char.width().unwrap_or(0);
        if used > room {
            break;
        }
        end = at + char.len_utf8();
    }
    Cow::Owned(format!("{}…", &text[..end]))
}

/// Spaces that fill the text up to so many columns.
pub(super) fn padding(text: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(text.width()))
}

/// `1 host`, `2 hosts`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Time that goes on, in whole seconds: `4s`, `2m03s`.
pub(super) fn elapsed(ms: u64) -> String {
    if ms < 60_000 { format!("{}s", ms / 1000) } else { duration(ms / 1000 * 1000) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans_what_would_move_the_cursor() {
        assert_eq!(clean("plain äß", false), "plain äß");
        assert_eq!(clean("10%\r50%\r100%\r", false), "100%");
        assert_eq!(clean("a\tb", false), "a       b");
        assert_eq!(clean("\x1b[2K\x1b[1;31merror\x1b[0m: \x1b]0;title\x07no", false), "error: no");
        assert_eq!(clean("\x1b[31mred", true), "\x1b[31mred\x1b[0m");
        assert_eq!(clean("\x1b[2Jx\x1b[5A", true), "x");
        assert_eq!(clean("bell\x07 back\x08 \u{9b}1Aend \x1b(Bok", false), "bell back end ok");
        assert_eq!(clean("cut short \x1b[31", false), "cut short ");
    }

    #[test]
    fn cuts_by_columns() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("abc", 1), "…");
        assert_eq!(cut("abc", 0), "");
    }

    #[test]
    fn words_time_that_goes_on() {
        assert_eq!(elapsed(4_900), "4s");
        assert_eq!(elapsed(119_990), "1m59s");
    }
}

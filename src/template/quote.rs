//! Go's quoting of strings: `strconv.Quote` and `strconv.Unquote`. Knows no templates.

use std::fmt::Write as _;

/// `text` as a Go string literal.
pub(super) fn quote(text: &str) -> String {
    quote_with(text, '"', false)
}

/// `text` between `quote` marks with Go's escapes; everything beyond ASCII is escaped if `ascii`.
pub(super) fn quote_with(text: &str, quote: char, ascii: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for character in text.chars() {
        push_escaped(&mut out, character, quote, ascii);
    }
    out.push(quote);
    out
}

/// Adds one character as it stands in a Go literal that ends with `quote`.
pub(super) fn push_escaped(out: &mut String, character: char, quote: char, ascii: bool) {
    match character {
        '\\' => out.push_str("\\\\"),
        _ if character == quote => {
            out.push('\\');
            out.push(character);
        }
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{b}' => out.push_str("\\v"),
        _ if is_printable(character) && (!ascii || character.is_ascii()) => out.push(character),
        _ => {
            let code = u32::from(character);
            let _ = match code {
                0..0x20 | 0x7f => write!(out, "\\x{code:02x}"),
                0x80..0x10000 => write!(out, "\\u{code:04x}"),
                _ => write!(out, "\\U{code:08x}"),
            };
        }
    }
}

/// Nearly Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space.
pub(super) fn is_printable(character: char) -> bool {
    match character {
        ' ' => true,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}' => false,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => false,
        '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' => false,
        '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'.. => false,
        _ => !character.is_control() && !character.is_whitespace(),
    }
}

/// The text that a Go literal stands for: `"..."` with escapes or a raw one in backquotes.
pub(super) fn unquote(literal: &str) -> Option<String> {
    let inner = literal.get(1..literal.len().checked_sub(1)?)?;
    match literal.as_bytes()[0] {
        b'`' => Some(inner.replace('\r', "")),
        quote @ b'"' => {
            let mut out = Vec::with_capacity(inner.len());
            let mut rest = inner;
            while !rest.is_empty() {
                rest = unquote_one(rest, quote, &mut out)?.1;
            }
            // Go strings may hold any bytes; what is not UTF-8 becomes U+FFFD here.
            Some(
                String::from_utf8(out)
                    .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
            )
        }
        _ => None,
    }
}

/// Reads one character or escape of a literal that ends with `quote`: its code and what follows it.
pub(super) fn unquote_one<'t>(text: &'t str, quote: u8, out: &mut Vec<u8>) -> Option<(u32, &'t str)> {
    let mut chars = text.chars();
    let first = chars.next()?;
    if first == char::from(quote) || first == '\n' {
        return None;
    }
    if first != '\\' {
        out.extend_from_slice(first.encode_utf8(&mut [0; 4]).as_bytes());
        return Some((u32::from(first), chars.as_str()));
    }
    let escape = chars.next()?;
    let rest = chars.as_str();
    let code = match escape {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => 10,
        'r' => 13,
        't' => 9,
        'v' => 11,
        '\\' => 92,
        '\'' | '"' if escape == char::from(quote) => u32::from(escape),
        'x' | '0'..='7' => {
            let (digits, radix, rest) = match escape {
                'x' => (rest.get(..2)?, 16, &rest[2..]),
                _ => (text.get(1..4)?, 8, text.get(4..)?),
            };
            let code = digits_value(digits, radix)?;
            out.push(u8::try_from(code).ok()?);
            return Some((code, rest));
        }
        'u' | 'U' => {
            let length = if escape == 'u' { 4 } else { 8 };
            let code = digits_value(rest.get(..length)?, 16)?;
            let character = char::from_u32(code)?;
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            return Some((code, &rest[length..]));
        }
        _ => return None,
    };
    out.push(u8::try_from(code).ok()?);
    Some((code, rest))
}

fn digits_value(digits: &str, radix: u32) -> Option<u32> {
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}

//! A string as one word of bash, in the shortest form that needs the fewest escapes.

use crate::template::quote::is_printable;
use std::fmt::Write as _;

/// What must not stand bare as a command. mvdan/sh leaves out `elif`, and so it is bare here too.
const KEYWORDS: &[&str] = &[
    "!", "[[", "]]", "case", "coproc", "do", "done", "else", "esac", "fi", "for", "function", "if", "in",
    "select", "then", "time", "until", "while", "{", "}",
];

/// The word, or why there is none.
pub(super) fn quote(text: &str) -> Result<String, String> {
    if let Some(position) = text.find('\0') {
        return Err(format!(
            "cannot quote character at byte {position}: shell strings cannot contain null bytes"
        ));
    }
    if !text.chars().all(is_printable) {
        return Ok(escaped(text));
    }
    let special = |character| " ;\"'()$|&><`\\#{~*?[=".contains(character);
    Ok(if text.is_empty() {
        "''".to_owned()
    } else if !text.contains(special) && !KEYWORDS.contains(&text) {
        text.to_owned()
    } else if !text.contains('\'') {
        format!("'{text}'")
    } else {
        let mut out = String::from('"');
        for character in text.chars() {
            if matches!(character, '"' | '\\' | '`' | '$') {
                out.push('\\');
            }
            out.push(character);
        }
        out.push('"');
        out
    })
}

/// `$'...'`, for what cannot be printed.
fn escaped(text: &str) -> String {
    let mut out = String::from("$'");
    for character in text.chars() {
        let code = u32::from(character);
        let _ = match character {
            '\'' | '\\' => write!(out, "\\{character}"),
            _ if is_printable(character) => write!(out, "{character}"),
            '\u{7}' => write!(out, "\\a"),
            '\u{8}' => write!(out, "\\b"),
            '\u{c}' => write!(out, "\\f"),
            '\n' => write!(out, "\\n"),
            '\r' => write!(out, "\\r"),
            '\t' => write!(out, "\\t"),
            '\u{b}' => write!(out, "\\v"),
            _ if character.is_ascii() => write!(out, "\\x{code:02x}"),
            _ if code <= 0xffff => write!(out, "\\u{code:04x}"),
            _ => write!(out, "\\U{code:08x}"),
        };
    }
    out.push('\'');
    out
}

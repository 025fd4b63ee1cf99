//! Strings as YAML scalars: plain where they may be, quoted or in a block where they must.

use crate::source::Span;
use crate::yaml::{Kind, Node, Resolved, Scalar, Style};
use std::fmt::Write as _;

/// Where a scalar stands.
#[derive(Clone, Copy)]
pub(super) struct Context {
    /// The column of the lines of a block.
    pub(super) column: usize,
    /// Whether it is a key on one line with its value.
    pub(super) key: bool,
}

/// Adds `text` in the style that yaml.v3 chooses.
pub(super) fn write_string(out: &mut String, text: &str, context: Context) {
    let traits = Traits::of(text);
    if text.contains('\n') {
        if traits.block && !context.key {
            literal(out, text, context.column);
        } else {
            double_quoted(out, text);
        }
    } else if resolves_to_other(text) {
        double_quoted(out, text);
    } else if traits.plain && !text.is_empty() {
        out.push_str(text);
    } else if traits.single_quoted {
        out.push('\'');
        out.push_str(&text.replace('\'', "''"));
        out.push('\'');
    } else {
        double_quoted(out, text);
    }
}

/// The styles that a text may have.
struct Traits {
    plain: bool,
    single_quoted: bool,
    block: bool,
}

fn is_break(character: char) -> bool {
    matches!(character, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_printable(character: char) -> bool {
    match character {
        '\n' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' => {
            character != '\u{feff}'
        }
        _ => false,
    }
}

impl Traits {
    fn of(text: &str) -> Self {
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let (mut special, mut tab, mut breaks) = (false, false, false);
        let (mut space_break, mut break_space) = (false, false);
        let mut before: Option<char> = None;
        let mut rest = text.chars();
        while let Some(next) = rest.next() {
            let blank_follows = rest
                .as_str()
                .chars()
                .next()
                .is_none_or(|after| matches!(after, ' ' | '\t') || is_break(after));
            indicators |= match (before, next) {
                (
                    None,
                    ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`',
                ) => true,
                (None, '?' | '-') => blank_follows,
                (_, ':') => blank_follows,
                (None, '#') => true,
                (Some(before), '#') => matches!(before, ' ' | '\t') || is_break(before),
                _ => false,
            };
            tab |= next == '\t';
            special |= next != '\t' && !is_printable(next) && !is_break(next);
            breaks |= is_break(next);
            space_break |= is_break(next) && before == Some(' ');
            break_space |= next == ' ' && before.is_some_and(is_break);
            before = Some(next);
        }
        let edge = |character: Option<char>| character.is_some_and(|edge| edge == ' ' || is_break(edge));
        let trailing_space = text.ends_with(' ');
        let unquotable = space_break || tab || special;
        Self {
            plain: !indicators && !unquotable && !breaks && !edge(text.chars().next()) && !edge(before),
            single_quoted: !break_space && !unquotable,
            block: !trailing_space && !space_break && !special,
        }
    }
}

/// `|`: the lines as they are.
fn literal(out: &mut String, text: &str, column: usize) {
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('4');
    }
    let body = text.strip_suffix('\n');
    match body {
        None => out.push('-'),
        Some(body) if body.is_empty() || body.ends_with('\n') => out.push('+'),
        Some(_) => {}
    }
    for line in body.unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', column));
            out.push_str(line);
        }
    }
}

fn double_quoted(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        let code = u32::from(character);
        let _ = match character {
            '"' | '\\' => write!(out, "\\{character}"),
            '\0' => write!(out, "\\0"),
            '\u{7}' => write!(out, "\\a"),
            '\u{8}' => write!(out, "\\b"),
            '\t' => write!(out, "\\t"),
            '\n' => write!(out, "\\n"),
            '\u{b}' => write!(out, "\\v"),
            '\u{c}' => write!(out, "\\f"),
            '\r' => write!(out, "\\r"),
            '\u{1b}' => write!(out, "\\e"),
            '\u{85}' => write!(out, "\\N"),
            '\u{a0}' => write!(out, "\\_"),
            '\u{2028}' => write!(out, "\\L"),
            '\u{2029}' => write!(out, "\\P"),
            _ if is_printable(character) => write!(out, "{character}"),
            _ if code <= 0xff => write!(out, "\\x{code:02X}"),
            _ if code <= 0xffff => write!(out, "\\u{code:04X}"),
            _ => write!(out, "\\U{code:08X}"),
        };
    }
    out.push('"');
}

/// Whether the text would be read as something else than a string, by yaml.v3 or by YAML 1.1.
fn resolves_to_other(text: &str) -> bool {
    const WORDS: &[&str] =
        &["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF"];
    let scalar = Scalar { text: text.into(), style: Style::Plain };
    let node = Node::new(Span::NONE, Kind::Scalar(scalar));
    WORDS.contains(&text) || is_base_60(text) || !matches!(node.resolve(), Some(Resolved::String(_)))
}

/// `190:20:30`, which YAML 1.1 reads as a number.
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = unsigned.split(':');
    let first = parts.next().unwrap_or_default();
    let mut rest: Vec<&str> = parts.collect();
    if let Some(last) = rest.last_mut() {
        let (whole, fraction) = last.split_once('.').unwrap_or((last, ""));
        if !fraction.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') {
            return false;
        }
        *last = whole;
    }
    let is_sixtieth = |part: &&str| match part.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [b'0'..=b'5', digit] => digit.is_ascii_digit(),
        _ => false,
    };
    first.starts_with(|digit: char| digit.is_ascii_digit())
        && first.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
        && !rest.is_empty()
        && rest.iter().all(is_sixtieth)
}

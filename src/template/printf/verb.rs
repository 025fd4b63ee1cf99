//! One value under one verb.

use crate::template::float;
use crate::template::print::print;
use crate::template::quote::{push_escaped, quote_with};
use crate::template::value::{Map, Typed, Value};
use std::fmt::Write as _;

/// Flags, width and precision of a verb.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spec {
    pub(super) sharp: bool,
    pub(super) zero: bool,
    pub(super) plus: bool,
    pub(super) minus: bool,
    pub(super) space: bool,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
}

/// Adds `value` as `verb` asks.
pub(super) fn format_value(out: &mut String, spec: Spec, verb: char, value: &Value) {
    match (verb, value) {
        ('T', value) => pad(out, spec, value.type_name(), true),
        ('p', Value::Nil) => bad(out, spec, 'p', value),
        ('v', Value::Nil) => pad(out, spec, "<nil>", true),
        (_, Value::Nil) => {
            let _ = write!(out, "%!{verb}(<nil>)");
        }
        ('v', value) if spec.sharp => go_syntax(out, value),
        // Go reads `%+v` as a request for field names, not for signs.
        ('v', value) => plain(out, Spec { plus: false, ..spec }, verb, value),
        _ => plain(out, spec, verb, value),
    }
}

fn plain(out: &mut String, spec: Spec, verb: char, value: &Value) {
    match value {
        Value::Bool(flag) if matches!(verb, 't' | 'v') => {
            pad(out, spec, if *flag { "true" } else { "false" }, true);
        }
        Value::Float(number) => format_float(out, spec, verb, *number, value),
        Value::String(text) => format_text(out, spec, verb, text, value),
        Value::Typed(Typed::Uuid(_))
        | Value::Duration(_)
        | Value::Typed(Typed::Month(_) | Typed::Weekday(_))
        | Value::Time(_)
            if matches!(verb, 'v' | 's' | 'q' | 'x' | 'X') =>
        {
            let text = crate::template::print::printed(value);
            format_text(out, spec, verb, &text, value);
        }
        value if value.as_list().is_some() => {
            list(out, spec, verb, value.as_list().unwrap_or_default());
        }
        value => match (value.as_map(), value.as_int()) {
            (Some(map), _) => format_map(out, spec, verb, map),
            (_, Some(number)) => format_int(out, spec, verb, number, value),
            _ => bad(out, spec, verb, value),
        },
    }
}

/// Go's note on a verb that does not fit. The value in it keeps flags and width.
fn bad(out: &mut String, spec: Spec, verb: char, value: &Value) {
    let _ = write!(out, "%!{verb}({}", value.type_name());
    if *value != Value::Nil {
        out.push('=');
        plain(out, spec, 'v', value);
    }
    out.push(')');
}

/// Adds `text` with the width; zeros instead of spaces only where `zero_ok`.
fn pad(out: &mut String, spec: Spec, text: &str, zero_ok: bool) {
    let missing = spec.width.unwrap_or(0).saturating_sub(text.chars().count());
    let fill = |character: char| std::iter::repeat_n(character, missing);
    if spec.minus {
        out.push_str(text);
        out.extend(fill(' '));
    } else if spec.zero && zero_ok {
        let sign = usize::from(text.starts_with(['+', '-', ' ']));
        out.push_str(&text[..sign]);
        out.extend(fill('0'));
        out.push_str(&text[sign..]);
    } else {
        out.extend(fill(' '));
        out.push_str(text);
    }
}

fn sign(spec: Spec, negative: bool) -> &'static str {
    match (negative, spec.plus, spec.space) {
        (true, ..) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    }
}

fn format_int(out: &mut String, spec: Spec, verb: char, number: i64, value: &Value) {
    let magnitude = number.unsigned_abs();
    let (digits, prefix) = match verb {
        'd' | 'v' => (magnitude.to_string(), ""),
        'b' => (format!("{magnitude:b}"), "0b"),
        'o' => (format!("{magnitude:o}"), "0"),
        'O' => (format!("{magnitude:o}"), "0o"),
        'x' => (format!("{magnitude:x}"), "0x"),
        'X' => (format!("{magnitude:X}"), "0X"),
        'c' | 'q' | 'U' => return format_character(out, spec, verb, number),
        _ => return bad(out, spec, verb, value),
    };
    let mut text = sign(spec, number < 0).to_owned();
    if verb == 'O' || (spec.sharp && verb != 'd') {
        text.push_str(prefix);
    }
    let mut zeros = spec.precision.unwrap_or(0);
    if spec.precision.is_none() && spec.zero && !spec.minus {
        zeros = spec.width.unwrap_or(0).saturating_sub(sign(spec, number < 0).len());
    }
    if spec.precision == Some(0) && number == 0 {
        return pad(out, Spec { zero: false, ..spec }, "", false);
    }
    if let Some(zeros) = zeros.checked_sub(digits.len()) {
        text.extend(std::iter::repeat_n('0', zeros));
    }
    text.push_str(&digits);
    pad(out, Spec { zero: false, ..spec }, &text, false);
}

fn format_character(out: &mut String, spec: Spec, verb: char, number: i64) {
    let character = u32::try_from(number).ok().and_then(char::from_u32).unwrap_or('\u{fffd}');
    let text = match verb {
        'c' => character.to_string(),
        'q' => {
            let mut text = String::from('\'');
            push_escaped(&mut text, character, '\'', spec.plus);
            text + "'"
        }
        _ => {
            let code = format!("U+{number:0width$X}", width = spec.precision.unwrap_or(4).max(4));
            if spec.sharp { format!("{code} '{character}'") } else { code }
        }
    };
    pad(out, spec, &text, verb != 'U');
}

fn format_float(out: &mut String, spec: Spec, verb: char, number: f64, value: &Value) {
    let text = match verb {
        'v' => float::general(number, spec.precision, 'e', false),
        'g' => float::general(number, spec.precision, 'e', spec.sharp),
        'G' => float::general(number, spec.precision, 'E', spec.sharp),
        'e' => float::scientific(number, Some(spec.precision.unwrap_or(6)), 'e'),
        'E' => float::scientific(number, Some(spec.precision.unwrap_or(6)), 'E'),
        'f' | 'F' => float::fixed(number, Some(spec.precision.unwrap_or(6))),
        'b' => float::binary(number),
        'x' => float::hexadecimal(number, spec.precision),
        'X' => float::hexadecimal(number, spec.precision).to_uppercase(),
        _ => return bad(out, spec, verb, value),
    };
    let digits = text.trim_start_matches(['+', '-']);
    let mut signed = sign(spec, text.starts_with('-')).to_owned();
    if number.is_infinite() && signed.is_empty() {
        signed.push('+');
    }
    signed.push_str(digits);
    pad(out, spec, &signed, number.is_finite());
}

fn format_text(out: &mut String, spec: Spec, verb: char, text: &str, value: &Value) {
    let cut = match spec.precision {
        Some(count) if matches!(verb, 's' | 'v' | 'q') => {
            text.char_indices().nth(count).map_or(text, |(end, _)| &text[..end])
        }
        _ => text,
    };
    match verb {
        's' | 'v' => pad(out, spec, cut, true),
        'q' if spec.sharp && can_backquote(cut) => pad(out, spec, &format!("`{cut}`"), true),
        'q' => pad(out, spec, &quote_with(cut, '"', spec.plus), true),
        'x' | 'X' => {
            let bytes = &text.as_bytes()[..spec.precision.unwrap_or(text.len()).min(text.len())];
            pad(out, spec, &hexadecimal(spec, verb, bytes), true);
        }
        _ => bad(out, spec, verb, value),
    }
}

fn can_backquote(text: &str) -> bool {
    !text.chars().any(|character| character == '`' || (character.is_control() && character != '\t'))
}

fn hexadecimal(spec: Spec, verb: char, bytes: &[u8]) -> String {
    let mut text = String::new();
    let prefix = if verb == 'x' { "0x" } else { "0X" };
    for (index, byte) in bytes.iter().enumerate() {
        if spec.space && index > 0 {
            text.push(' ');
        }
        if spec.sharp && (spec.space || index == 0) {
            text.push_str(prefix);
        }
        let _ = if verb == 'x' { write!(text, "{byte:02x}") } else { write!(text, "{byte:02X}") };
    }
    text
}

fn list(out: &mut String, spec: Spec, verb: char, items: &[Value]) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        element(out, spec, verb, item);
    }
    out.push(']');
}

fn format_map(out: &mut String, spec: Spec, verb: char, map: &Map) {
    out.push_str("map[");
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    for (index, (key, item)) in entries.into_iter().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        element(out, spec, verb, &Value::String(key.clone()));
        out.push(':');
        element(out, spec, verb, item);
    }
    out.push(']');
}

fn element(out: &mut String, spec: Spec, verb: char, item: &Value) {
    match item {
        Value::Nil => pad(out, spec, "<nil>", true),
        item => plain(out, spec, verb, item),
    }
}

/// `%#v`: the value as Go source.
fn go_syntax(out: &mut String, value: &Value) {
    match value {
        Value::Nil => out.push_str("interface {}(nil)"),
        Value::String(text) => out.push_str(&quote_with(text, '"', false)),
        Value::Float(number) => out.push_str(&float::shortest(*number)),
        Value::Typed(Typed::Byte(byte)) => {
            let _ = write!(out, "{byte:#x}");
        }
        value => {
            let name = value.type_name();
            if let Some(items) = value.as_list() {
                out.push_str(name);
                out.push('{');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    go_syntax(out, item);
                }
                out.push('}');
            } else if let Some(map) = value.as_map() {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_unstable_by_key(|(key, _)| *key);
                out.push_str(name);
                out.push('{');
                for (index, (key, item)) in entries.into_iter().enumerate() {
                    let _ =
                        write!(out, "{}{}:", if index > 0 { ", " } else { "" }, quote_with(key, '"', false));
                    go_syntax(out, item);
                }
                out.push('}');
            } else if let Some(number) = value.as_int() {
                let _ = write!(out, "{number}");
            } else {
                print(out, value);
            }
        }
    }
}

//! Strings: `trim`, `replace`, `quote`, `split` and their like, with sprig's order of arguments.

use super::Returned;
use super::arguments::{int, text};
use crate::template::limit::check_length;
use crate::template::print::printed;
use crate::template::quote::quote as go_quote;
use crate::template::value::{Map, Typed, Value};
use std::borrow::Cow;

/// The text of any value, as sprig's `toString` has it.
pub(super) fn string_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        value => Cow::Owned(printed(value)),
    }
}

/// The text of a list's items, or of a single value; nil is left out.
pub(super) fn strings_of(value: &Value) -> Vec<Cow<'_, str>> {
    match (value, value.as_list()) {
        (Value::Nil, _) => Vec::new(),
        (_, Some(items)) => items.iter().filter(|item| **item != Value::Nil).map(string_of).collect(),
        (value, None) => vec![string_of(value)],
    }
}

/// Go's `strings.Split` (`limit` < 0) and `strings.SplitN`.
pub(super) fn split_text<'t>(text: &'t str, separator: &str, limit: i64) -> Vec<&'t str> {
    let Ok(limit) = usize::try_from(if limit < 0 { i64::MAX } else { limit }) else {
        return Vec::new();
    };
    if limit == 0 {
        return Vec::new();
    }
    if !separator.is_empty() {
        return text.splitn(limit, separator).collect();
    }
    // An empty separator cuts between characters.
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if parts.len() + 1 == limit {
            parts.push(rest);
            return parts;
        }
        let (head, tail) = rest.split_at(first.len_utf8());
        parts.push(head);
        rest = tail;
    }
    parts
}

/// A part of a string that may cut through a character, as Go's may.
fn bytes(text: &str, from: usize, to: usize) -> Value {
    let part = text.as_bytes().get(from..to).unwrap_or_default();
    Value::string(String::from_utf8_lossy(part).into_owned())
}

pub(super) fn hello(_: &[Value]) -> Returned {
    Ok("Hello!".into())
}

pub(super) fn trunc(arguments: &[Value]) -> Returned {
    let (count, text) = (int(arguments, 0), text(arguments, 1));
    let length = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    Ok(match length {
        length if length >= text.len() => text.into(),
        length if count < 0 => bytes(text, text.len() - length, text.len()),
        length => bytes(text, 0, length),
    })
}

pub(super) fn trim(arguments: &[Value]) -> Returned {
    Ok(text(arguments, 0).trim_matches(char::is_whitespace).into())
}

/// The upper case that is one character, as Go maps it; others have none.
fn upper_of(character: char) -> char {
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) => upper,
        _ => character,
    }
}

/// The lower case, as Go maps it to one character.
fn lower_of(character: char) -> char {
    character.to_lowercase().next().unwrap_or(character)
}

/// The title case, which differs from the upper case for a few digraphs.
fn title_of(character: char) -> char {
    match character {
        'Ǆ' | 'ǅ' | 'ǆ' => 'ǅ',
        'Ǉ' | 'ǈ' | 'ǉ' => 'ǈ',
        'Ǌ' | 'ǋ' | 'ǌ' => 'ǋ',
        'Ǳ' | 'ǲ' | 'ǳ' => 'ǲ',
        _ => upper_of(character),
    }
}

pub(super) fn upper(arguments: &[Value]) -> Returned {
    Ok(text(arguments, 0).chars().map(upper_of).collect::<String>().into())
}

pub(super) fn lower(arguments: &[Value]) -> Returned {
    Ok(text(arguments, 0).chars().map(lower_of).collect::<String>().into())
}

pub(super) fn title(arguments: &[Value]) -> Returned {
    let mut out = String::new();
    let mut starts_word = true;
    for character in text(arguments, 0).chars() {
        out.push(if starts_word { title_of(character) } else { character });
        starts_word = if character.is_ascii() {
            !(character.is_ascii_alphanumeric() || character == '_')
        } else {
            character.is_whitespace()
        };
    }
    Ok(out.into())
}

pub(super) fn substr(arguments: &[Value]) -> Returned {
    let (start, end, text) = (int(arguments, 0), int(arguments, 1), text(arguments, 2));
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let (from, to) = match (start, end) {
        (..0, end) => (0, end),
        (start, end) if end < 0 || end > length => (start, length),
        range => range,
    };
    if to < 0 || to > length {
        let sign = if to < 0 { format!("[:{to}]") } else { format!("[:{to}] with length {length}") };
        return Err(format!("runtime error: slice bounds out of range {sign}"));
    }
    if from > to {
        return Err(format!("runtime error: slice bounds out of range [{from}:{to}]"));
    }
    Ok(bytes(text, usize::try_from(from).unwrap_or(0), usize::try_from(to).unwrap_or(0)))
}

/// Go's `strings.Repeat`.
fn repeated(text: &str, count: i64) -> Result<String, String> {
    let Ok(count) = usize::try_from(count) else {
        return Err("strings: negative Repeat count".to_owned());
    };
    check_length(text.len().saturating_mul(count))?;
    Ok(text.repeat(count))
}

pub(super) fn repeat(arguments: &[Value]) -> Returned {
    Ok(repeated(text(arguments, 1), int(arguments, 0))?.into())
}

pub(super) fn trim_all(arguments: &[Value]) -> Returned {
    let cut = text(arguments, 0);
    Ok(text(arguments, 1).trim_matches(|character| cut.contains(character)).into())
}

pub(super) fn trim_suffix(arguments: &[Value]) -> Returned {
    let text_ = text(arguments, 1);
    Ok(text_.strip_suffix(text(arguments, 0)).unwrap_or(text_).into())
}

pub(super) fn trim_prefix(arguments: &[Value]) -> Returned {
    let text_ = text(arguments, 1);
    Ok(text_.strip_prefix(text(arguments, 0)).unwrap_or(text_).into())
}

pub(super) fn contains(arguments: &[Value]) -> Returned {
    Ok(text(arguments, 1).contains(text(arguments, 0)).into())
}

pub(super) fn has_prefix(arguments: &[Value]) -> Returned {
    Ok(text(arguments, 1).starts_with(text(arguments, 0)).into())
}

pub(super) fn has_suffix(arguments: &[Value]) -> Returned {
    Ok(text(arguments, 1).ends_with(text(arguments, 0)).into())
}

/// The values joined by spaces, each as `each` writes it; nil is left out.
fn spaced(arguments: &[Value], each: impl Fn(&str) -> String) -> Returned {
    let parts: Vec<_> =
        arguments.iter().filter(|value| **value != Value::Nil).map(|value| each(&string_of(value))).collect();
    Ok(parts.join(" ").into())
}

pub(super) fn quote(arguments: &[Value]) -> Returned {
    spaced(arguments, go_quote)
}

pub(super) fn squote(arguments: &[Value]) -> Returned {
    spaced(arguments, |text| format!("'{text}'"))
}

pub(super) fn cat(arguments: &[Value]) -> Returned {
    spaced(arguments, str::to_owned)
}

fn indented(arguments: &[Value]) -> Result<String, String> {
    let (count, text) = (int(arguments, 0), text(arguments, 1));
    let lines = i64::try_from(text.matches('\n').count() + 1).unwrap_or(i64::MAX);
    check_length(usize::try_from(count.saturating_mul(lines)).unwrap_or(0))?;
    let pad = repeated(" ", count)?;
    Ok(format!("{pad}{}", text.replace('\n', &format!("\n{pad}"))))
}

pub(super) fn indent(arguments: &[Value]) -> Returned {
    Ok(indented(arguments)?.into())
}

pub(super) fn nindent(arguments: &[Value]) -> Returned {
    Ok(format!("\n{}", indented(arguments)?).into())
}

pub(super) fn replace(arguments: &[Value]) -> Returned {
    let (old, new, text) = (text(arguments, 0), text(arguments, 1), text(arguments, 2));
    let count = if old.is_empty() { text.chars().count() + 1 } else { text.matches(old).count() };
    check_length(text.len().saturating_add(count.saturating_mul(new.len())))?;
    Ok(text.replace(old, new).into())
}

pub(super) fn plural(arguments: &[Value]) -> Returned {
    Ok(text(arguments, usize::from(int(arguments, 2) != 1)).into())
}

pub(super) fn to_string(arguments: &[Value]) -> Returned {
    Ok(string_of(&arguments[0]).into_owned().into())
}

pub(super) fn to_strings(arguments: &[Value]) -> Returned {
    Ok(Value::strings(strings_of(&arguments[0]).iter().map(AsRef::as_ref)))
}

/// The parts as a map from `_0`, `_1`, ...
fn numbered(parts: &[&str]) -> Value {
    let entry = |(index, part): (usize, &&str)| (format!("_{index}").into(), Value::from(*part));
    Value::Typed(Typed::StringMap(parts.iter().enumerate().map(entry).collect::<Map>().into()))
}

pub(super) fn split(arguments: &[Value]) -> Returned {
    Ok(numbered(&split_text(text(arguments, 1), text(arguments, 0), -1)))
}

pub(super) fn splitn(arguments: &[Value]) -> Returned {
    Ok(numbered(&split_text(text(arguments, 2), text(arguments, 0), int(arguments, 1))))
}

pub(super) fn split_list(arguments: &[Value]) -> Returned {
    Ok(Value::strings(split_text(text(arguments, 1), text(arguments, 0), -1)))
}

pub(super) fn join(arguments: &[Value]) -> Returned {
    let (separator, parts) = (text(arguments, 0), strings_of(&arguments[1]));
    let separators = separator.len().saturating_mul(parts.len());
    check_length(parts.iter().map(|part| part.len()).fold(separators, usize::saturating_add))?;
    Ok(parts.join(separator).into())
}

pub(super) fn sort_alpha(arguments: &[Value]) -> Returned {
    let mut parts = match &arguments[0] {
        Value::Nil => vec![Cow::Borrowed("<nil>")],
        value => strings_of(value),
    };
    parts.sort_unstable();
    Ok(Value::strings(parts.iter().map(AsRef::as_ref)))
}

//! Strings.

use super::Native;
use crate::query::raise::{Evaluated, Raise};
use crate::query::reader;
use crate::query::value::Value;

pub(super) fn find(name: &str, arity: usize) -> Option<Native> {
    Some(match (name, arity) {
        ("tostring", 0) => |_, input, _| Ok(text_of(input)),
        ("tonumber", 0) => |_, input, _| match input {
            Value::Number(_) => Ok(input.clone()),
            Value::String(text) => match reader::parse(text).map_err(Raise::text)? {
                number @ Value::Number(_) => Ok(number),
                _ => Err(Raise::of(input, "cannot be parsed as a number")),
            },
            _ => Err(Raise::of(input, "cannot be parsed as a number")),
        },
        ("fromjson", 0) => |_, input, _| match input {
            Value::String(text) => reader::parse(text).map_err(Raise::text),
            _ => Err(Raise::of(input, "only strings can be parsed")),
        },
        ("startswith", 1) => |_, input, arguments| {
            affix(input, &arguments[0], "startswith", |text, part| text.starts_with(part))
        },
        ("endswith", 1) => {
            |_, input, arguments| affix(input, &arguments[0], "endswith", |text, part| text.ends_with(part))
        }
        ("ltrimstr", 1) => {
            |_, input, arguments| Ok(trimmed(input, &arguments[0], |text, part| text.strip_prefix(part)))
        }
        ("rtrimstr", 1) => {
            |_, input, arguments| Ok(trimmed(input, &arguments[0], |text, part| text.strip_suffix(part)))
        }
        ("trim", 0) => |_, input, _| trim(input, |text| text.trim()),
        ("ltrim", 0) => |_, input, _| trim(input, |text| text.trim_start()),
        ("rtrim", 0) => |_, input, _| trim(input, |text| text.trim_end()),
        ("explode", 0) => |_, input, _| match input {
            Value::String(text) => Ok(Value::from(
                text.chars().map(|letter| Value::Number(f64::from(u32::from(letter)))).collect::<Vec<_>>(),
            )),
            _ => Err(Raise::text("explode input must be a string")),
        },
        ("implode", 0) => |_, input, _| implode(input),
        ("ascii_downcase", 0) => |_, input, _| cased(input, str::to_ascii_lowercase),
        ("ascii_upcase", 0) => |_, input, _| cased(input, str::to_ascii_uppercase),
        ("utf8bytelength", 0) => |_, input, _| match input {
            Value::String(text) => Ok(Value::count(text.len())),
            _ => Err(Raise::of(input, "only strings have UTF-8 byte length")),
        },
        ("split", 1) => |_, input, arguments| match (input, &arguments[0]) {
            (Value::String(text), Value::String(separator)) => Ok(split(text, separator)),
            _ => Err(Raise::text("split input and separator must be strings")),
        },
        ("_strindices", 1) => |_, input, arguments| indices(input, &arguments[0]),
        _ => return None,
    })
}

/// What `tostring` gives.
pub(super) fn text_of(value: &Value) -> Value {
    match value {
        Value::String(_) => value.clone(),
        _ => Value::from(value.to_json()),
    }
}

fn affix(input: &Value, part: &Value, name: &str, is: impl Fn(&str, &str) -> bool) -> Evaluated {
    match (input, part) {
        (Value::String(text), Value::String(part)) => Ok(Value::Bool(is(text, part))),
        _ => Err(Raise::text(format!("{name}() requires string inputs"))),
    }
}

fn trimmed(input: &Value, part: &Value, strip: impl for<'t> Fn(&'t str, &str) -> Option<&'t str>) -> Value {
    match (input, part) {
        (Value::String(text), Value::String(part)) => {
            strip(text, part).map_or_else(|| input.clone(), Value::from)
        }
        _ => input.clone(),
    }
}

fn trim(input: &Value, strip: impl for<'t> Fn(&'t str) -> &'t str) -> Evaluated {
    match input {
        Value::String(text) => Ok(Value::from(strip(text))),
        _ => Err(Raise::of(input, "cannot be trimmed")),
    }
}

fn cased(input: &Value, cased: impl Fn(&str) -> String) -> Evaluated {
    match input {
        Value::String(text) => Ok(Value::from(cased(text))),
        _ => Err(Raise::text("explode input must be a string")),
    }
}

fn implode(input: &Value) -> Evaluated {
    let Value::Array(points) = input else { return Err(Raise::text("implode input must be an array")) };
    let mut text = String::new();
    for point in points.items() {
        let Value::Number(point) = point else {
            return Err(Raise::text("Unicode codepoint must be numeric"));
        };
        text.push(char::from_u32(*point as u32).unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    Ok(Value::from(text))
}

/// The parts between separators; letters where the separator is empty.
pub(super) fn split(text: &str, separator: &str) -> Value {
    if text.is_empty() {
        return Value::from(Vec::new());
    }
    Value::from(if separator.is_empty() {
        text.chars().map(|letter| Value::from(letter.to_string())).collect::<Vec<_>>()
    } else {
        text.split(separator).map(Value::from).collect::<Vec<_>>()
    })
}

/// Where a string is in another: the bytes before it.
fn indices(input: &Value, part: &Value) -> Evaluated {
    let (Value::String(text), Value::String(part)) = (input, part) else {
        return Err(Raise::text("_strindices input must be a string"));
    };
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(index) = text.get(at..).and_then(|rest| rest.find(&**part)) {
        if part.is_empty() {
            break;
        }
        found.push(Value::count(at + index));
        // What jq 1.6 has found it does not look into.
        at += index + part.len();
    }
    Ok(Value::from(found))
}

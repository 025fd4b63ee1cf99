//! Go's own functions besides comparison: `index`, `len`, `not`, `print` and the escapers.

use super::Returned;
use super::arguments::text;
use crate::template::eval::NO_VALUE;
use crate::template::limit::check_length;
use crate::template::print::{print as print_value, printed};
use crate::template::printf::printf as format;
use crate::template::quote::is_printable;
use crate::template::value::{Typed, Value};
use std::fmt::Write as _;

pub(super) fn not(arguments: &[Value]) -> Returned {
    Ok((!arguments[0].is_true()).into())
}

pub(super) fn len(arguments: &[Value]) -> Returned {
    let value = &arguments[0];
    let length = match value {
        Value::Nil => return Err("reflect: call of reflect.Value.Type on zero Value".to_owned()),
        Value::String(text) => text.len(),
        Value::Typed(Typed::Uuid(_)) => 16,
        value => match (value.as_list(), value.as_map()) {
            (Some(items), _) => items.len(),
            (_, Some(map)) => map.len(),
            _ => return Err(format!("len of type {}", value.type_name())),
        },
    };
    Ok(Value::Int(i64::try_from(length).unwrap_or(i64::MAX)))
}

pub(super) fn index(arguments: &[Value]) -> Returned {
    let Some((value, keys)) = arguments.split_first() else {
        return Ok(Value::Nil);
    };
    if *value == Value::Nil {
        return Err("index of untyped nil".to_owned());
    }
    let mut value = value.clone();
    for key in keys {
        value = at_key(&value, key)?;
    }
    Ok(value)
}

fn at_key(value: &Value, key: &Value) -> Returned {
    if let Some(items) = value.as_list() {
        let position = position(key, items.len())?;
        return items.get(position).cloned().ok_or_else(|| "reflect: slice index out of range".to_owned());
    }
    if let Value::String(text) = value {
        let position = position(key, text.len())?;
        let byte = text.as_bytes().get(position).copied();
        return byte
            .map(|byte| Value::Typed(Typed::Byte(byte)))
            .ok_or_else(|| "reflect: string index out of range".to_owned());
    }
    if let Some(map) = value.as_map() {
        return match key {
            Value::String(key) => Ok(map.get(key).cloned().unwrap_or_else(|| zero_of(value))),
            Value::Nil => Err("value is nil; should be of type string".to_owned()),
            key => Err(format!("value has type {}; should be string", key.type_name())),
        };
    }
    match value {
        Value::Nil => Err("index of nil pointer".to_owned()),
        value => Err(format!("can't index item of type {}", value.type_name())),
    }
}

/// What a map gives for a key that it does not have.
fn zero_of(map: &Value) -> Value {
    match map {
        Value::Typed(Typed::StringMap(_)) => "".into(),
        _ => Value::Nil,
    }
}

/// An index into something of `length` items. Go lets one past the end through to the access itself.
fn position(key: &Value, length: usize) -> Result<usize, String> {
    match key {
        Value::Nil => Err("cannot index slice/array with nil".to_owned()),
        key => match key.as_int() {
            None => Err(format!("cannot index slice/array with type {}", key.type_name())),
            Some(position) => usize::try_from(position)
                .ok()
                .filter(|position| *position <= length)
                .ok_or_else(|| format!("index out of range: {position}")),
        },
    }
}

/// Go's `fmt.Sprint`: a space between two operands of which neither is a string.
fn sprint(arguments: &[Value]) -> String {
    let mut out = String::new();
    let mut before_is_string = true;
    for (index, value) in arguments.iter().enumerate() {
        let is_string = matches!(value, Value::String(_));
        if index > 0 && !is_string && !before_is_string {
            out.push(' ');
        }
        print_value(&mut out, value);
        before_is_string = is_string;
    }
    out
}

pub(super) fn print(arguments: &[Value]) -> Returned {
    let out = sprint(arguments);
    check_length(out.len())?;
    Ok(out.into())
}

pub(super) fn println(arguments: &[Value]) -> Returned {
    let parts: Vec<_> = arguments.iter().map(printed).collect();
    let out = parts.join(" ") + "\n";
    check_length(out.len())?;
    Ok(out.into())
}

pub(super) fn printf(arguments: &[Value]) -> Returned {
    Ok(format(text(arguments, 0), arguments.get(1..).unwrap_or_default())?.into())
}

/// The text that an escaper works on: one string as it is, anything else as `print` has it.
fn escapable(arguments: &[Value]) -> String {
    match arguments {
        [Value::String(text)] => text.to_string(),
        _ => {
            let shown = |value: &Value| match value {
                Value::Nil => NO_VALUE.into(),
                value => value.clone(),
            };
            sprint(&arguments.iter().map(shown).collect::<Vec<_>>())
        }
    }
}

pub(super) fn html(arguments: &[Value]) -> Returned {
    let mut out = String::new();
    for character in escapable(arguments).chars() {
        match character {
            '\0' => out.push('\u{fffd}'),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            _ => out.push(character),
        }
    }
    Ok(out.into())
}

pub(super) fn js(arguments: &[Value]) -> Returned {
    let mut out = String::new();
    for character in escapable(arguments).chars() {
        let code = u32::from(character);
        let _ = match character {
            '\\' => out.write_str("\\\\"),
            '\'' => out.write_str("\\'"),
            '"' => out.write_str("\\\""),
            '<' | '>' | '&' | '=' => write!(out, "\\u{code:04X}"),
            _ if character < ' ' => write!(out, "\\u{code:04X}"),
            _ if is_printable(character) => out.write_char(character),
            _ => write!(out, "\\u{code:04X}"),
        };
    }
    Ok(out.into())
}

pub(super) fn urlquery(arguments: &[Value]) -> Returned {
    let mut out = String::new();
    for byte in escapable(arguments).bytes() {
        match byte {
            b' ' => out.push('+'),
            _ if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    Ok(out.into())
}

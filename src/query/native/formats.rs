//! `@text`, `@json`, `@csv` and their like.

use super::Native;
use super::strings::text_of;
use crate::query::raise::{Evaluated, Raise};
use crate::query::reader::lossy;
use crate::query::value::Value;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD};
use std::fmt::Write as _;

pub(super) fn find(name: &str, arity: usize) -> Option<Native> {
    Some(match (name, arity) {
        ("format", 1) => |_, input, arguments| format(input, &arguments[0]),
        _ => return None,
    })
}

fn format(input: &Value, name: &Value) -> Evaluated {
    let Value::String(name) = name else { return Err(Raise::of(name, "is not a valid format")) };
    match &**name {
        "json" => Ok(Value::from(input.to_json())),
        "text" => Ok(text_of(input)),
        "csv" => row(input, "csv", ",", |out, text| {
            let _ = write!(out, "\"{}\"", text.replace('"', "\"\""));
        }),
        "tsv" => row(input, "tsv", "\t", |out, text| {
            for letter in text.chars() {
                match letter {
                    '\t' => out.push_str("\\t"),
                    '\r' => out.push_str("\\r"),
                    '\n' => out.push_str("\\n"),
                    '\\' => out.push_str("\\\\"),
                    _ => out.push(letter),
                }
            }
        }),
        "html" => Ok(mapped(input, |out, letter| match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\'' => out.push_str("&apos;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(letter),
        })),
        "uri" => Ok(mapped(input, |out, letter| {
            if letter.is_ascii_alphanumeric() || "-_.~!*'()".contains(letter) {
                out.push(letter);
                return;
            }
            for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(out, "%{byte:02X}");
            }
        })),
        "sh" => shell(input),
        "base64" => match text_of(input) {
            Value::String(text) => Ok(Value::from(STANDARD.encode(text.as_bytes()))),
            other => Ok(other),
        },
        "base64d" => decoded(&text_of(input)),
        _ => Err(Raise::text(format!("{name} is not a valid format"))),
    }
}

fn mapped(input: &Value, put: impl Fn(&mut String, char)) -> Value {
    let Value::String(text) = text_of(input) else { return Value::Null };
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|letter| put(&mut out, letter));
    Value::from(out)
}

fn row(input: &Value, name: &str, separator: &str, quote: impl Fn(&mut String, &str)) -> Evaluated {
    let Value::Array(items) = input else {
        return Err(Raise::of(input, &format!("cannot be {name}-formatted, only array")));
    };
    let mut line = String::new();
    for (index, item) in items.items().iter().enumerate() {
        if index > 0 {
            line.push_str(separator);
        }
        match item {
            Value::Null => {}
            Value::Bool(truth) => line.push_str(if *truth { "true" } else { "false" }),
            Value::Number(number) if number.is_nan() => {}
            Value::Number(_) => line.push_str(&item.to_json()),
            Value::String(text) => quote(&mut line, text),
            _ => return Err(Raise::of(item, "is not valid in a csv row")),
        }
    }
    Ok(Value::from(line))
}

fn shell(input: &Value) -> Evaluated {
    let one = std::slice::from_ref(input);
    let items = if let Value::Array(items) = input { items.items() } else { one };
    let mut line = String::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            line.push(' ');
        }
        match item {
            Value::Array(_) | Value::Object(_) => {
                return Err(Raise::of(item, "can not be escaped for shell"));
            }
            Value::String(text) => {
                let _ = write!(line, "'{}'", text.replace('\'', "'\\''"));
            }
            _ => line.push_str(&item.to_json()),
        }
    }
    Ok(Value::from(line))
}

fn decoded(text: &Value) -> Evaluated {
    let Value::String(plain) = text else { return Ok(text.clone()) };
    // jq takes what stands before the first `=`.
    let plain = plain.split('=').next().unwrap_or_default();
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    if plain.len() % 4 == 1 && plain.bytes().all(is_letter) {
        return Err(Raise::of(text, "trailing base64 byte found"));
    }
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    match GeneralPurpose::new(&alphabet::STANDARD, config).decode(plain.as_bytes()) {
        Ok(bytes) => Ok(Value::from(lossy(&bytes))),
        Err(_) => Err(Raise::of(text, "is not valid base64 data")),
    }
}

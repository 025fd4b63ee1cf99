//! go-spew's dump of values with their types. Capacities of lists are taken for their lengths.

use super::Returned;
use crate::template::limit::check_length;
use crate::template::print::print;
use crate::template::quote::quote;
use crate::template::value::{Typed, Value};
use std::fmt::Write as _;

pub(super) fn spew(arguments: &[Value]) -> Returned {
    let mut out = String::new();
    for value in arguments {
        dump(&mut out, value, 0)?;
        out.push('\n');
    }
    Ok(out.into())
}

fn dump(out: &mut String, value: &Value, depth: usize) -> Result<(), String> {
    check_length(out.len())?;
    let name = match value {
        Value::Nil => "interface {}",
        value => value.type_name(),
    };
    let _ = write!(out, "({name}) ");
    match value {
        Value::String(text) => {
            if !text.is_empty() {
                let _ = write!(out, "(len={}) ", text.len());
            }
            out.push_str(&quote(text));
        }
        Value::Typed(Typed::Uuid(text)) => {
            let _ = write!(out, "(len=16 cap=16) {text}");
        }
        value => {
            if let Some(items) = value.as_list() {
                if !items.is_empty() {
                    let _ = write!(out, "(len={0} cap={0}) ", items.len());
                }
                return collection(out, items.iter(), depth, |out, item| dump(out, item, depth + 1));
            }
            if let Some(map) = value.as_map() {
                if !map.is_empty() {
                    let _ = write!(out, "(len={}) ", map.len());
                }
                return collection(out, map.iter(), depth, |out, (key, item)| {
                    dump(out, &Value::String(key.clone()), depth + 1)?;
                    out.push_str(": ");
                    dump(out, item, depth + 1)
                });
            }
            print(out, value);
        }
    }
    Ok(())
}

fn collection<T>(
    out: &mut String,
    items: impl Iterator<Item = T>,
    depth: usize,
    each: impl Fn(&mut String, T) -> Result<(), String>,
) -> Result<(), String> {
    out.push_str("{\n");
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push_str(",\n");
        }
        out.extend(std::iter::repeat_n(' ', depth + 1));
        each(out, item)?;
    }
    if !out.ends_with("{\n") {
        out.push('\n');
    }
    out.extend(std::iter::repeat_n(' ', depth));
    out.push('}');
    Ok(())
}

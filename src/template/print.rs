//! Values as Go's `fmt.Print` writes them (`%v`). Knows no verbs.

use super::value::{Map, Typed, Value};
use std::fmt::Write as _;

/// Adds `value` to the output.
pub(super) fn print(out: &mut String, value: &Value) {
    match value {
        Value::Nil => out.push_str("<nil>"),
        Value::Bool(value) => {
            let _ = write!(out, "{value}");
        }
        Value::Int(number) => {
            let _ = write!(out, "{number}");
        }
        Value::Float(number) => out.push_str(&super::float::shortest(*number)),
        Value::String(text) | Value::Typed(Typed::Uuid(text)) => out.push_str(text),
        Value::List(items)
        | Value::Typed(Typed::Strings(items) | Typed::Ints(items) | Typed::Lists(items)) => {
            print_list(out, items);
        }
        Value::Map(map) | Value::Typed(Typed::StringMap(map)) => print_map(out, map),
        Value::Time(time) => super::time::print_time(out, time),
        Value::Duration(nanoseconds) => super::time::print_duration(out, *nanoseconds),
        Value::Typed(Typed::Month(month)) => out.push_str(super::time::month_name(*month)),
        Value::Typed(Typed::Weekday(day)) => out.push_str(super::time::weekday_name(*day)),
        Value::Typed(Typed::Int64(_) | Typed::Byte(_) | Typed::Rune(_)) => {
            let _ = write!(out, "{}", value.as_int().unwrap_or_default());
        }
    }
}

/// `value` as text.
pub(super) fn printed(value: &Value) -> String {
    let mut out = String::new();
    print(&mut out, value);
    out
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&printed(self))
    }
}

fn print_list(out: &mut String, items: &[Value]) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        print(out, item);
    }
    out.push(']');
}

fn print_map(out: &mut String, map: &Map) {
    out.push_str("map[");
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    for (index, (key, value)) in entries.into_iter().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        out.push_str(key);
        out.push(':');
        print(out, value);
    }
    out.push(']');
}

//! Operators.

use super::Native;
use crate::query::raise::{Evaluated, Raise};
use crate::query::value::{DEPTH_LIMIT, Object, Value};
use std::cmp::Ordering;
use std::rc::Rc;

/// Strings longer than this are not made by multiplication.
const REPEAT_LIMIT: usize = 1 << 28;

pub(super) fn find(name: &str, arity: usize) -> Option<Native> {
    Some(match (name, arity) {
        ("_negate", 0) => |_, input, _| match input {
            Value::Number(number) => Ok(Value::Number(-number)),
            _ => Err(Raise::of(input, "cannot be negated")),
        },
        ("not", 0) => |_, input, _| Ok(Value::Bool(!input.is_true())),
        _ => return None,
    })
}

fn both(values: &[Value]) -> (&Value, &Value) {
    match values {
        [one, other, ..] => (one, other),
        _ => (&Value::Null, &Value::Null),
    }
}

pub(super) fn compare(values: &[Value], is: impl Fn(Ordering) -> bool) -> Evaluated {
    let (one, other) = both(values);
    let order = match (one, other) {
        // `nan` equals nothing and is less than everything.
        (Value::Number(one), Value::Number(other)) if one == other => Ordering::Equal,
        _ => one.order(other),
    };
    Ok(Value::Bool(is(order)))
}

pub(super) fn add(values: &[Value]) -> Evaluated {
    let (one, other) = both(values);
    Ok(match (one, other) {
        (Value::Null, value) | (value, Value::Null) => value.clone(),
        (Value::Number(one), Value::Number(other)) => Value::Number(one + other),
        (Value::String(one), Value::String(other)) => {
            let mut text = String::with_capacity(one.len() + other.len());
            text.push_str(one);
            text.push_str(other);
            Value::from(text)
        }
        (Value::Array(one), Value::Array(other)) => {
            Value::from(one.items().iter().chain(other.items()).cloned().collect::<Vec<_>>())
        }
        (Value::Object(one), Value::Object(other)) => {
            let mut all = Rc::clone(one);
            for (key, value) in other.pairs() {
                Rc::make_mut(&mut all).insert(Rc::clone(key), value.clone());
            }
            Value::Object(all)
        }
        _ => return Err(Raise::of_both(one, other, "cannot be added")),
    })
}

pub(super) fn subtract(values: &[Value]) -> Evaluated {
    let (one, other) = both(values);
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => Ok(Value::Number(one - other)),
        (Value::Array(one), Value::Array(other)) => {
            let kept = one.items().iter().filter(|item| !other.items().iter().any(|gone| gone.equals(item)));
            Ok(Value::from(kept.cloned().collect::<Vec<_>>()))
        }
        _ => Err(Raise::of_both(one, other, "cannot be subtracted")),
    }
}

pub(super) fn multiply(values: &[Value]) -> Evaluated {
    let (one, other) = both(values);
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => Ok(Value::Number(one * other)),
        (Value::String(text), Value::Number(times)) | (Value::Number(times), Value::String(text)) => {
            if times.is_nan() || *times <= 0.0 {
                return Ok(Value::Null);
            }
            let times = times.max(1.0) as usize;
            if text.len().saturating_mul(times) > REPEAT_LIMIT {
                return Err(Raise::text("Repeat string result too long"));
            }
            Ok(Value::from(text.repeat(times)))
        }
        (Value::Object(_), Value::Object(_)) => Ok(merge(one, other, 0)),
        _ => Err(Raise::of_both(one, other, "cannot be multiplied")),
    }
}

fn merge(one: &Value, other: &Value, depth: u32) -> Value {
    let (Value::Object(one), Value::Object(other)) = (one, other) else { return other.clone() };
    let mut all: Object = one.pairs().clone();
    for (key, value) in other.pairs() {
        let merged = match all.get(key) {
            Some(before @ Value::Object(_)) if depth < DEPTH_LIMIT => merge(before, value, depth + 1),
            _ => value.clone(),
        };
        all.insert(Rc::clone(key), merged);
    }
    Value::from(all)
}

pub(super) fn divide(values: &[Value]) -> Evaluated {
    let (one, other) = both(values);
    match (one, other) {
        (Value::Number(_), Value::Number(0.0)) => {
            Err(Raise::of_both(one, other, "cannot be divided because the divisor is zero"))
        }
        (Value::Number(one), Value::Number(other)) => Ok(Value::Number(one / other)),
        (Value::String(text), Value::String(separator)) => Ok(super::strings::split(text, separator)),
        _ => Err(Raise::of_both(one, other, "cannot be divided")),
    }
}

/// A number as C makes an integer of it on this machine: what does not fit is the smallest one.
fn integer(number: f64) -> i64 {
    if number.is_nan() || number >= 9_223_372_036_854_775_808.0 { i64::MIN } else { number as i64 }
}

pub(super) fn remainder(values: &[Value]) -> Evaluated {
    let (one, other) = both(values);
    let (Value::Number(dividend), Value::Number(divisor)) = (one, other) else {
        return Err(Raise::of_both(one, other, "cannot be divided (remainder)"));
    };
    let (dividend, divisor) = (integer(*dividend), integer(*divisor));
    if divisor == 0 {
        let complaint = "cannot be divided (remainder) because the divisor is zero";
        return Err(Raise::of_both(one, other, complaint));
    }
    Ok(Value::Number(dividend.checked_rem(divisor).unwrap_or(0) as f64))
}

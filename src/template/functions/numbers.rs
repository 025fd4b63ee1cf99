//! Numbers: conversions, arithmetic in 64 bits, sequences and chance.

use super::Returned;
use super::arguments::{int, text};
use super::strings::string_of;
use crate::template::limit::check_items;
use crate::template::number::parse_float;
use crate::template::value::{Typed, Value};

/// An `int64` result.
fn int64(number: i64) -> Value {
    Value::Typed(Typed::Int64(number))
}

/// sprig's conversion to an integer: 0 for what is none.
pub(super) fn to_int(value: &Value) -> i64 {
    match value {
        Value::String(text) => text.parse().unwrap_or(0),
        Value::Bool(flag) => (*flag).into(),
        // Out of range Go gives the least integer, on amd64.
        Value::Float(number) if number.is_nan() || number.abs() >= 9_223_372_036_854_775_808.0 => i64::MIN,
        #[expect(clippy::cast_possible_truncation, reason = "in range")]
        Value::Float(number) => *number as i64,
        value => value.as_int().unwrap_or(0),
    }
}

/// sprig's conversion to a float: 0 for what is none.
pub(super) fn to_float(value: &Value) -> f64 {
    match value {
        Value::String(text) => parse_float(text).unwrap_or(0.0),
        Value::Float(number) => *number,
        #[expect(clippy::cast_precision_loss, reason = "what Go's conversion does")]
        value => to_int(value) as f64,
    }
}

pub(super) fn atoi(arguments: &[Value]) -> Returned {
    Ok(Value::Int(text(arguments, 0).parse().unwrap_or(0)))
}

pub(super) fn as_int64(arguments: &[Value]) -> Returned {
    Ok(int64(to_int(&arguments[0])))
}

pub(super) fn as_int(arguments: &[Value]) -> Returned {
    Ok(Value::Int(to_int(&arguments[0])))
}

pub(super) fn as_float(arguments: &[Value]) -> Returned {
    Ok(Value::Float(to_float(&arguments[0])))
}

pub(super) fn to_decimal(arguments: &[Value]) -> Returned {
    Ok(int64(i64::from_str_radix(&string_of(&arguments[0]), 8).unwrap_or(0)))
}

pub(super) fn add1(arguments: &[Value]) -> Returned {
    Ok(int64(to_int(&arguments[0]).wrapping_add(1)))
}

pub(super) fn add(arguments: &[Value]) -> Returned {
    Ok(int64(arguments.iter().map(to_int).fold(0, i64::wrapping_add)))
}

pub(super) fn sub(arguments: &[Value]) -> Returned {
    Ok(int64(to_int(&arguments[0]).wrapping_sub(to_int(&arguments[1]))))
}

pub(super) fn mul(arguments: &[Value]) -> Returned {
    Ok(int64(arguments.iter().map(to_int).fold(1, i64::wrapping_mul)))
}

const BY_ZERO: &str = "runtime error: integer divide by zero";

pub(super) fn div(arguments: &[Value]) -> Returned {
    match to_int(&arguments[1]) {
        0 => Err(BY_ZERO.to_owned()),
        divisor => Ok(int64(to_int(&arguments[0]).wrapping_div(divisor))),
    }
}

pub(super) fn modulo(arguments: &[Value]) -> Returned {
    match to_int(&arguments[1]) {
        0 => Err(BY_ZERO.to_owned()),
        divisor => Ok(int64(to_int(&arguments[0]).wrapping_rem(divisor))),
    }
}

pub(super) fn max(arguments: &[Value]) -> Returned {
    Ok(int64(arguments.iter().map(to_int).max().unwrap_or(0)))
}

pub(super) fn min(arguments: &[Value]) -> Returned {
    Ok(int64(arguments.iter().map(to_int).min().unwrap_or(0)))
}

pub(super) fn maxf(arguments: &[Value]) -> Returned {
    Ok(Value::Float(arguments.iter().map(to_float).reduce(f64::max).unwrap_or(0.0)))
}

pub(super) fn minf(arguments: &[Value]) -> Returned {
    Ok(Value::Float(arguments.iter().map(to_float).reduce(f64::min).unwrap_or(0.0)))
}

pub(super) fn ceil(arguments: &[Value]) -> Returned {
    Ok(Value::Float(to_float(&arguments[0]).ceil()))
}

pub(super) fn floor(arguments: &[Value]) -> Returned {
    Ok(Value::Float(to_float(&arguments[0]).floor()))
}

pub(super) fn round(arguments: &[Value]) -> Returned {
    let up_from = match arguments.get(2) {
        Some(Value::Float(up_from)) => *up_from,
        _ => 0.5,
    };
    let places = i32::try_from(int(arguments, 1)).unwrap_or(i32::MAX);
    let scale = 10_f64.powi(places);
    let scaled = scale * to_float(&arguments[0]);
    let rounded = if scaled.fract() >= up_from { scaled.ceil() } else { scaled.floor() };
    Ok(Value::Float(rounded / scale))
}

/// The integers from `start` up or down to before `stop`; none if `step` leads away from it.
fn steps(start: i64, stop: i64, step: i64) -> Result<Vec<i64>, String> {
    if step == 0 || (stop < start) != (step < 0) {
        return Ok(Vec::new());
    }
    let count = start.abs_diff(stop).div_ceil(step.unsigned_abs());
    check_items(usize::try_from(count).unwrap_or(usize::MAX))?;
    let mut numbers = Vec::new();
    let mut number = start;
    for _ in 0..count {
        numbers.push(number);
        number = number.wrapping_add(step);
    }
    Ok(numbers)
}

fn ints(numbers: Vec<i64>) -> Value {
    Value::Typed(Typed::Ints(numbers.into_iter().map(Value::Int).collect()))
}

pub(super) fn until(arguments: &[Value]) -> Returned {
    let count = int(arguments, 0);
    Ok(ints(steps(0, count, if count < 0 { -1 } else { 1 })?))
}

pub(super) fn until_step(arguments: &[Value]) -> Returned {
    Ok(ints(steps(int(arguments, 0), int(arguments, 1), int(arguments, 2))?))
}

pub(super) fn seq(arguments: &[Value]) -> Returned {
    let given: Vec<_> = (0..arguments.len()).map(|index| int(arguments, index)).collect();
    let direction = |start: i64, end: i64| if end < start { -1 } else { 1 };
    let (start, step, end) = match given[..] {
        [end] => (1, direction(1, end), end),
        [start, end] => (start, direction(start, end), end),
        [start, step, end] if end < start && step > 0 => (start, 0, end),
        [start, step, end] => (start, step, end),
        _ => return Ok("".into()),
    };
    let numbers = steps(start, end.saturating_add(direction(start, end)), step)?;
    let words: Vec<_> = numbers.iter().map(i64::to_string).collect();
    Ok(words.join(" ").into())
}

pub(super) fn rand_int(arguments: &[Value]) -> Returned {
    let (min, max) = (int(arguments, 0), int(arguments, 1));
    if max <= min {
        return Err("invalid argument to Intn".to_owned());
    }
    Ok(Value::Int(fastrand::i64(min..max)))
}

pub(super) fn rand_int_n(arguments: &[Value]) -> Returned {
    match int(arguments, 0) {
        ..=0 => Err("invalid argument to IntN".to_owned()),
        limit => Ok(Value::Int(fastrand::i64(0..limit))),
    }
}

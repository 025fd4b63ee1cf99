//! Go's own `eq`, `lt` and their like, which refuse to compare what differs in kind.

use super::Returned;
use crate::template::print::printed;
use crate::template::printf::printf;
use crate::template::value::Value;
use std::cmp::Ordering;

/// The kinds that can be compared with their own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Int,
    Float,
    String,
    Other,
}

fn kind(value: &Value) -> Kind {
    match value {
        Value::Bool(_) => Kind::Bool,
        Value::Float(_) => Kind::Float,
        Value::String(_) => Kind::String,
        value if value.as_int().is_some() => Kind::Int,
        _ => Kind::Other,
    }
}

const INCOMPATIBLE: &str = "incompatible types for comparison";

fn equal(left: &Value, right: &Value) -> Result<bool, String> {
    let kinds = (kind(left), kind(right));
    if kinds.0 != kinds.1 {
        return match (left, right) {
            (Value::Nil, _) | (_, Value::Nil) => Ok(false),
            _ => Err(INCOMPATIBLE.to_owned()),
        };
    }
    match kinds.0 {
        Kind::Int => Ok(left.as_int() == right.as_int()),
        Kind::Other => equal_others(left, right),
        _ => Ok(left == right),
    }
}

fn equal_others(left: &Value, right: &Value) -> Result<bool, String> {
    let nil = [left, right].map(|value| *value == Value::Nil);
    if nil[0] || nil[1] {
        return Ok(nil[0] && nil[1]);
    }
    let comparable = [left, right].map(|value| value.as_list().is_none() && value.as_map().is_none());
    if comparable[0] && comparable[1] {
        return Ok(left == right);
    }
    let shown = |value: &Value| printf("%s", std::slice::from_ref(value));
    if left.type_name() == right.type_name() {
        return Err(format!("non-comparable type {}: {}", shown(right)?, right.type_name()));
    }
    let types = (left.type_name(), right.type_name());
    Err(format!("non-comparable types {}: {}, {}: {}", shown(left)?, types.0, types.1, printed(right)))
}

/// The order of two values of one kind.
fn order(left: &Value, right: &Value) -> Result<Option<Ordering>, String> {
    const NO_ORDER: &str = "invalid type for comparison";
    let kinds = (kind(left), kind(right));
    if kinds.0 == Kind::Other || kinds.1 == Kind::Other {
        return Err(NO_ORDER.to_owned());
    }
    if kinds.0 != kinds.1 {
        return Err(INCOMPATIBLE.to_owned());
    }
    match (left, right) {
        (Value::Float(left), Value::Float(right)) => Ok(left.partial_cmp(right)),
        (Value::String(left), Value::String(right)) => Ok(Some(left.cmp(right))),
        (Value::Bool(_), _) => Err(NO_ORDER.to_owned()),
        _ => Ok(left.as_int().partial_cmp(&right.as_int())),
    }
}

pub(super) fn eq(arguments: &[Value]) -> Returned {
    let (first, others) = arguments.split_first().ok_or("missing argument for comparison")?;
    if others.is_empty() {
        return Err("missing argument for comparison".to_owned());
    }
    for other in others {
        if equal(first, other)? {
            return Ok(true.into());
        }
    }
    Ok(false.into())
}

pub(super) fn ne(arguments: &[Value]) -> Returned {
    Ok((!equal(&arguments[0], &arguments[1])?).into())
}

pub(super) fn lt(arguments: &[Value]) -> Returned {
    Ok((order(&arguments[0], &arguments[1])? == Some(Ordering::Less)).into())
}

pub(super) fn le(arguments: &[Value]) -> Returned {
    let order = order(&arguments[0], &arguments[1])?;
    Ok(matches!(order, Some(Ordering::Less | Ordering::Equal)).into())
}

pub(super) fn gt(arguments: &[Value]) -> Returned {
    // Go's `gt` is the negation of `le`, which shows with NaN.
    let order = order(&arguments[0], &arguments[1])?;
    Ok((!matches!(order, Some(Ordering::Less | Ordering::Equal))).into())
}

pub(super) fn ge(arguments: &[Value]) -> Returned {
    Ok((order(&arguments[0], &arguments[1])? != Some(Ordering::Less)).into())
}

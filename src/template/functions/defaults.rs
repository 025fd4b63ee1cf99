//! What is empty and what stands in for it: `default`, `coalesce`, `ternary` and their like.

use super::Returned;
use super::arguments::{flag, text};
use crate::template::value::Value;

/// Whether sprig takes a value as not given: nil, false, zero or nothing in it.
pub(super) fn is_empty(value: &Value) -> bool {
    !value.is_true()
}

pub(super) fn default(arguments: &[Value]) -> Returned {
    let given = arguments.get(1).filter(|given| !is_empty(given));
    Ok(given.unwrap_or(&arguments[0]).clone())
}

pub(super) fn empty(arguments: &[Value]) -> Returned {
    Ok(is_empty(&arguments[0]).into())
}

pub(super) fn coalesce(arguments: &[Value]) -> Returned {
    Ok(arguments.iter().find(|value| !is_empty(value)).cloned().unwrap_or_default())
}

pub(super) fn all(arguments: &[Value]) -> Returned {
    Ok((!arguments.iter().any(is_empty)).into())
}

pub(super) fn any(arguments: &[Value]) -> Returned {
    Ok(arguments.iter().any(|value| !is_empty(value)).into())
}

pub(super) fn ternary(arguments: &[Value]) -> Returned {
    Ok(arguments[usize::from(!flag(arguments, 2))].clone())
}

pub(super) fn fail(arguments: &[Value]) -> Returned {
    Err(text(arguments, 0).to_owned())
}

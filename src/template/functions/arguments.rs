//! Reading the arguments of a call. Their types have been checked against the signature, so a default
//! stands in only where Go has a nil map.

use crate::template::value::{Map, Value};
use std::sync::Arc;

/// The string at `index`.
pub(super) fn text(arguments: &[Value], index: usize) -> &str {
    arguments.get(index).and_then(Value::as_str).unwrap_or_default()
}

/// The integer at `index`.
pub(super) fn int(arguments: &[Value], index: usize) -> i64 {
    arguments.get(index).and_then(Value::as_int).unwrap_or_default()
}

/// The boolean at `index`.
pub(super) fn flag(arguments: &[Value], index: usize) -> bool {
    matches!(arguments.get(index), Some(Value::Bool(true)))
}

/// The map at `index`; nothing for Go's nil map.
pub(super) fn map(arguments: &[Value], index: usize) -> Option<&Arc<Map>> {
    arguments.get(index).and_then(Value::shared_map)
}

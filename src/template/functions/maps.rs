//! Maps: `dict`, `get`, `pick`, `dig`, `merge` and their like. `set` and `unset` change a map in place and
//! are done by the evaluator.

use super::Returned;
use super::arguments::{map, text};
use super::strings::string_of;
use crate::template::limit::check_nesting;
use crate::template::value::{Map, Value};
use std::sync::Arc;

pub(super) fn dict(arguments: &[Value]) -> Returned {
    let mut map = Map::with_capacity(arguments.len() / 2);
    for pair in arguments.chunks(2) {
        let value = pair.get(1).cloned().unwrap_or_else(|| "".into());
        check_nesting(&value)?;
        map.insert(string_of(&pair[0]).into(), value);
    }
    Ok(Value::map(map))
}

pub(super) fn get(arguments: &[Value]) -> Returned {
    let value = map(arguments, 0).and_then(|map| map.get(text(arguments, 1)));
    Ok(value.cloned().unwrap_or_else(|| "".into()))
}

pub(super) fn has_key(arguments: &[Value]) -> Returned {
    Ok(map(arguments, 0).is_some_and(|map| map.contains_key(text(arguments, 1))).into())
}

pub(super) fn pluck(arguments: &[Value]) -> Returned {
    let key = text(arguments, 0);
    let maps = (1..arguments.len()).filter_map(|index| map(arguments, index));
    Ok(Value::list(maps.filter_map(|map| map.get(key).cloned())))
}

/// The keys in the order of writing; Go's order is random.
pub(super) fn keys(arguments: &[Value]) -> Returned {
    let maps = (0..arguments.len()).filter_map(|index| map(arguments, index));
    Ok(Value::strings(maps.flat_map(|map| map.keys().map(Arc::clone))))
}

pub(super) fn values(arguments: &[Value]) -> Returned {
    Ok(Value::list(map(arguments, 0).into_iter().flat_map(|map| map.values().cloned())))
}

/// The entries of the first argument for which `keep` says so, told whether the others name the key.
fn filtered(arguments: &[Value], keep: impl Fn(bool) -> bool) -> Returned {
    let named = |key: &str| arguments[1..].iter().any(|name| name.as_str() == Some(key));
    let entries = map(arguments, 0).into_iter().flat_map(|map| map.iter());
    let kept = entries.filter(|(key, _)| keep(named(key)));
    Ok(Value::map(kept.map(|(key, value)| (Arc::clone(key), value.clone())).collect()))
}

pub(super) fn pick(arguments: &[Value]) -> Returned {
    filtered(arguments, |named| named)
}

pub(super) fn omit(arguments: &[Value]) -> Returned {
    filtered(arguments, |named| !named)
}

/// go-task's own: later maps win, and nothing is merged below the first level.
pub(super) fn merge(arguments: &[Value]) -> Returned {
    let mut merged = Map::new();
    for index in 0..arguments.len() {
        let entries = map(arguments, index).into_iter().flat_map(|map| map.iter());
        merged.extend(entries.map(|(key, value)| (Arc::clone(key), value.clone())));
    }
    Ok(Value::map(merged))
}

pub(super) fn dig(arguments: &[Value]) -> Returned {
    let [keys @ .., default, value] = arguments else {
        return Err("dig needs at least three arguments".to_owned());
    };
    if keys.is_empty() {
        return Err("dig needs at least three arguments".to_owned());
    }
    let converted = |value: &Value, wanted: &str| match value {
        Value::Nil => format!("interface conversion: interface {{}} is nil, not {wanted}"),
        value => format!("interface conversion: interface {{}} is {}, not {wanted}", value.type_name()),
    };
    let mut value = value;
    for key in keys {
        let Value::Map(map) = value else {
            return Err(converted(value, "map[string]interface {}"));
        };
        let key = key.as_str().ok_or_else(|| converted(key, "string"))?;
        match map.get(key) {
            Some(found) => value = found,
            None => return Ok(default.clone()),
        }
    }
    Ok(value.clone())
}

//! Values by their place: reading, changing and deleting what a path leads to, with jq 1.6's messages.

use super::raise::{Evaluated, Raise};
use super::value::{DEPTH_LIMIT, Object, Value};
use std::rc::Rc;

/// jq gives up names of this length in messages.
const NAME_LIMIT: usize = 30;
/// More elements than this are not made by a single assignment.
const LENGTH_LIMIT: f64 = 20_000_000.0;

const NO_SLICE: &str = "Start and end indices of an array slice must be numbers";
const TOO_DEEP: Raise = Raise::Limit("a value is nested too deeply");

/// `container[key]`
pub(super) fn get(container: &Value, key: &Value) -> Evaluated {
    match (container, key) {
        (Value::Object(object), Value::String(key)) => {
            Ok(object.pairs().get(key).cloned().unwrap_or(Value::Null))
        }
        (Value::Array(array), Value::Number(index)) => {
            let found = position(*index, array.items().len()).and_then(|index| array.items().get(index));
            Ok(found.cloned().unwrap_or(Value::Null))
        }
        (Value::Null, Value::String(_) | Value::Number(_)) => Ok(Value::Null),
        (Value::Null | Value::Array(_) | Value::String(_), Value::Object(_)) => slice(container, key),
        (Value::Array(array), Value::Array(part)) => Ok(indices_of(array.items(), part.items())),
        (_, Value::String(name)) if name.len() < NAME_LIMIT => {
            Err(Raise::text(format!("Cannot index {} with string \"{name}\"", container.kind())))
        }
        _ => Err(Raise::text(format!("Cannot index {} with {}", container.kind(), key.kind()))),
    }
}

/// The element that a number means; negative ones count from the end.
fn position(index: f64, length: usize) -> Option<usize> {
    if index != index.trunc() {
        return None;
    }
    let index = if index < 0.0 { index + length as f64 } else { index };
    if index < 0.0 || index >= length as f64 { None } else { Some(index as usize) }
}

/// Where a slice starts and ends.
fn bounds(key: &Value, length: usize) -> Result<(usize, usize), Raise> {
    let Value::Object(key) = key else { return Err(Raise::text(NO_SLICE)) };
    let bound = |name: &str, otherwise: f64| match key.pairs().get(name) {
        Some(Value::Null) => Ok(otherwise),
        Some(Value::Number(number)) => Ok(*number),
        _ => Err(Raise::text(NO_SLICE)),
    };
    let count = length as f64;
    let (start, end) = (bound("start", 0.0)?, bound("end", count)?);
    let within = |bound: f64| {
        let bound = if bound < 0.0 { bound + count } else { bound };
        if bound.is_nan() { 0.0 } else { bound.clamp(0.0, count) }
    };
    let (start, end) = (within(start).floor(), within(end).ceil());
    let end = end.max(start);
    Ok((start as usize, end as usize))
}

fn slice(container: &Value, key: &Value) -> Evaluated {
    match container {
        Value::Array(array) => {
            let (start, end) = bounds(key, array.items().len())?;
            Ok(Value::from(array.items().get(start..end).unwrap_or_default().to_vec()))
        }
        Value::String(text) => {
            let (start, end) = bounds(key, text.chars().count())?;
            Ok(Value::from(text.chars().skip(start).take(end - start).collect::<String>()))
        }
        _ => bounds(key, 0).map(|_| Value::Null),
    }
}

/// Where the elements of one array follow each other in another.
fn indices_of(items: &[Value], part: &[Value]) -> Value {
    if part.is_empty() {
        return Value::from(Vec::new());
    }
    let windows = items.windows(part.len()).enumerate();
    let same = |window: &[Value]| window.iter().zip(part).all(|(one, other)| one.equals(other));
    let found = windows.filter(|(_, window)| same(window)).map(|(index, _)| Value::count(index));
    Value::from(found.collect::<Vec<_>>())
}

/// What a path leads to.
pub(super) fn get_path(root: &Value, path: &[Value]) -> Evaluated {
    let mut found = root.clone();
    for key in path {
        if matches!(found, Value::Null) {
            return Ok(Value::Null);
        }
        found = get(&found, key)?;
    }
    Ok(found)
}

/// The object with a pair more.
pub(super) fn with_pair(object: Value, key: Rc<str>, value: Value) -> Evaluated {
    let Value::Object(mut object) = object else { return Ok(object) };
    if value.depth() >= DEPTH_LIMIT {
        return Err(TOO_DEEP);
    }
    Rc::make_mut(&mut object).insert(key, value);
    Ok(Value::Object(object))
}

/// The value with another one where the path leads.
pub(super) fn set(root: Value, path: &[Value], value: Value) -> Evaluated {
    if path.len() > DEPTH_LIMIT as usize || value.depth() as usize + path.len() > DEPTH_LIMIT as usize {
        return Err(TOO_DEEP);
    }
    set_step(root, path, value)
}

fn set_step(root: Value, path: &[Value], value: Value) -> Evaluated {
    let Some((key, rest)) = path.split_first() else { return Ok(value) };
    match (root, key) {
        (Value::Object(mut object), Value::String(key)) => {
            let pairs = Rc::make_mut(&mut object);
            let old = pairs.pairs_mut().get_mut(key).map_or(Value::Null, take);
            let new = set_step(old, rest, value)?;
            pairs.insert(Rc::clone(key), new);
            Ok(Value::Object(object))
        }
        (Value::Null, Value::String(key)) => {
            let new = set_step(Value::Null, rest, value)?;
            with_pair(Value::from(Object::default()), Rc::clone(key), new)
        }
        (Value::Array(mut array), Value::Number(index)) => {
            let items = Rc::make_mut(&mut array);
            let place = place(*index, items.items().len())?;
            let old = items.items_mut().get_mut(place).map_or(Value::Null, take);
            let new = set_step(old, rest, value)?;
            items.deepen(new.depth());
            if place >= items.items().len() {
                items.items_mut().resize(place + 1, Value::Null);
            }
            if let Some(slot) = items.items_mut().get_mut(place) {
                *slot = new;
            }
            Ok(Value::Array(array))
        }
        (Value::Null, Value::Number(index)) => {
            let place = place(*index, 0)?;
            let new = set_step(Value::Null, rest, value)?;
            let mut items = vec![Value::Null; place];
            items.push(new);
            Ok(Value::from(items))
        }
        (root, key) => {
            let old = get(&root, key)?;
            let new = set_step(old, rest, value)?;
            replace(&root, key, &new)
        }
    }
}

fn place(index: f64, length: usize) -> Result<usize, Raise> {
    let index = if index < 0.0 { index.trunc() + length as f64 } else { index };
    if index < 0.0 {
        return Err(Raise::text("Out of bounds negative array index"));
    }
    if index >= LENGTH_LIMIT {
        return Err(Raise::text("Array index too large"));
    }
    Ok(index as usize)
}

/// What is neither a field nor an element is changed: slices, and what cannot be.
fn replace(root: &Value, key: &Value, new: &Value) -> Evaluated {
    let Value::Object(_) = key else {
        return Err(Raise::text(format!("Cannot update field at {} index of {}", key.kind(), root.kind())));
    };
    let items = match root {
        Value::Null => &[],
        Value::Array(array) => array.items(),
        _ => {
            return Err(Raise::text(format!("Cannot update field at object index of {}", root.kind())));
        }
    };
    let (start, end) = bounds(key, items.len())?;
    let Value::Array(new) = new else {
        return Err(Raise::text("A slice of an array can only be assigned another array"));
    };
    let mut all = items.to_vec();
    all.splice(start..end, new.items().iter().cloned());
    Ok(Value::from(all))
}

/// The value without what the path leads to.
pub(super) fn delete(root: Value, path: &[Value]) -> Evaluated {
    if path.len() > DEPTH_LIMIT as usize {
        return Err(TOO_DEEP);
    }
    match path {
        [] => Ok(Value::Null),
        [key] => delete_keys(root, std::slice::from_ref(key)),
        [key, rest @ ..] => {
            if matches!(root, Value::Null) {
                return Ok(root);
            }
            let inner = get(&root, key)?;
            if matches!(inner, Value::Null) {
                return Ok(root);
            }
            let inner = delete(inner, rest)?;
            set(root, std::slice::from_ref(key), inner)
        }
    }
}

/// jq's `delpaths`: the last ones first, so that none moves before its turn.
pub(super) fn delete_all(root: Value, paths: &Value) -> Evaluated {
    let Value::Array(paths) = paths else { return Err(Raise::text("Paths must be specified as an array")) };
    let mut paths: Vec<&Value> = paths.items().iter().collect();
    paths.sort_by(|one, other| other.order(one));
    for path in &paths {
        if !matches!(path, Value::Array(_)) {
            return Err(Raise::text(format!("Path must be specified as array, not {}", path.kind())));
        }
    }
    let mut root = root;
    for path in paths {
        if let Value::Array(steps) = path {
            root = delete(root, steps.items())?;
        }
    }
    Ok(root)
}

fn delete_keys(root: Value, keys: &[Value]) -> Evaluated {
    let Some(key) = keys.first() else { return Ok(root) };
    match (root, key) {
        (Value::Null, _) => Ok(Value::Null),
        (Value::Object(mut object), Value::String(key)) => {
            Rc::make_mut(&mut object).pairs_mut().shift_remove(key);
            Ok(Value::Object(object))
        }
        (Value::Array(mut array), Value::Number(index)) => {
            let length = array.items().len();
            let index = if *index < 0.0 { *index + length as f64 } else { *index };
            if index >= 0.0 && (index as usize) < length {
                Rc::make_mut(&mut array).items_mut().remove(index as usize);
            }
            Ok(Value::Array(array))
        }
        (Value::Array(mut array), key @ Value::Object(_)) => {
            let (start, end) = bounds(key, array.items().len())?;
            Rc::make_mut(&mut array).items_mut().drain(start..end);
            Ok(Value::Array(array))
        }
        (Value::Array(_), key) => Err(Raise::text(format!("Cannot delete {} element of array", key.kind()))),
        (Value::Object(_), key) => Err(Raise::text(format!("Cannot delete {} field of object", key.kind()))),
        (root, _) => Err(Raise::text(format!("Cannot delete fields from {}", root.kind()))),
    }
}

/// What is in a slot, so that it is changed without being copied.
fn take(slot: &mut Value) -> Value {
    std::mem::replace(slot, Value::Null)
}

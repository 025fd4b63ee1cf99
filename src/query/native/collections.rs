//! Arrays, objects, and values of any kind.

use super::Native;
use crate::query::path;
use crate::query::raise::{Evaluated, Raise};
use crate::query::value::{Value, sorted_keys};
use std::cmp::Ordering;
use std::rc::Rc;

pub(super) fn find(name: &str, arity: usize) -> Option<Native> {
    Some(match (name, arity) {
        ("length", 0) => |_, input, _| length(input),
        ("keys", 0) => |_, input, _| keys(input, true),
        ("keys_unsorted", 0) => |_, input, _| keys(input, false),
        ("has", 1) => |_, input, arguments| has(input, &arguments[0]),
        ("contains", 1) => |_, input, arguments| contains(input, &arguments[0]),
        ("type", 0) => |_, input, _| Ok(Value::from(input.kind())),
        ("setpath", 2) => |_, input, arguments| match &arguments[0] {
            Value::Array(path) => path::set(input.clone(), path.items(), arguments[1].clone()),
            _ => Err(Raise::text("Path must be specified as an array")),
        },
        ("delpaths", 1) => |_, input, arguments| path::delete_all(input.clone(), &arguments[0]),
        ("sort", 0) => |_, input, _| match input {
            Value::Array(array) => {
                let mut items = array.items().to_vec();
                items.sort_by(Value::order);
                Ok(Value::from(items))
            }
            _ => Err(Raise::of(input, "cannot be sorted, as it is not an array")),
        },
        ("_sort_by", 1) => |_, input, arguments| {
            Ok(Value::from(
                sorted(input, &arguments[0])?.into_iter().map(|(_, item)| item).collect::<Vec<_>>(),
            ))
        },
        ("_group_by", 1) => |_, input, arguments| {
            let groups = groups(sorted(input, &arguments[0])?);
            Ok(Value::from(groups.into_iter().map(Value::from).collect::<Vec<_>>()))
        },
        ("_unique_by", 1) => |_, input, arguments| {
            let groups = groups(sorted(input, &arguments[0])?);
            Ok(Value::from(
                groups.into_iter().filter_map(|group| group.into_iter().next()).collect::<Vec<_>>(),
            ))
        },
        ("_min_by", 1) => |_, input, arguments| extreme(input, &arguments[0], Ordering::is_lt),
        ("_max_by", 1) => |_, input, arguments| extreme(input, &arguments[0], Ordering::is_ge),
        ("min", 0) => |_, input, _| extreme(input, input, Ordering::is_lt),
        ("max", 0) => |_, input, _| extreme(input, input, Ordering::is_ge),
        ("_flatten", 1) => |_, input, arguments| flatten(input, &arguments[0]),
        ("_add", 0) => |_, input, _| sum(input),
        ("tojson", 0) => |_, input, _| Ok(Value::from(input.to_json())),
        ("bsearch", 1) => |_, input, arguments| bsearch(input, &arguments[0]),
        ("reverse", 0) => |_, input, _| reverse(input),
        ("transpose", 0) => |_, input, _| transpose(input),
        _ => return None,
    })
}

fn length(input: &Value) -> Evaluated {
    Ok(match input {
        Value::Null => Value::Number(0.0),
        Value::Number(number) => Value::Number(number.abs()),
        Value::String(text) => Value::count(text.chars().count()),
        Value::Array(array) => Value::count(array.items().len()),
        Value::Object(object) => Value::count(object.pairs().len()),
        Value::Bool(_) => return Err(Raise::of(input, "has no length")),
    })
}

fn keys(input: &Value, is_sorted: bool) -> Evaluated {
    match input {
        Value::Array(array) => {
            Ok(Value::from((0..array.items().len()).map(Value::count).collect::<Vec<_>>()))
        }
        Value::Object(object) => {
            let keys = if is_sorted { sorted_keys(object.pairs()) } else { object.pairs().keys().collect() };
            Ok(Value::from(keys.into_iter().map(|key| Value::String(Rc::clone(key))).collect::<Vec<_>>()))
        }
        _ => Err(Raise::of(input, "has no keys")),
    }
}

fn has(input: &Value, key: &Value) -> Evaluated {
    match (input, key) {
        (Value::Object(object), Value::String(key)) => Ok(Value::Bool(object.pairs().contains_key(key))),
        (Value::Array(array), Value::Number(index)) => {
            Ok(Value::Bool(*index >= 0.0 && *index < array.items().len() as f64))
        }
        (Value::Null, _) => Ok(Value::Bool(false)),
        _ => Err(Raise::text(format!("Cannot check whether {} has a {} key", input.kind(), key.kind()))),
    }
}

fn contains(input: &Value, part: &Value) -> Evaluated {
    let differ = match (input, part) {
        (Value::Bool(input), Value::Bool(part)) => input != part,
        _ => input.kind() != part.kind(),
    };
    if differ {
        return Err(Raise::of_both(input, part, "cannot have their containment checked"));
    }
    Ok(Value::Bool(holds(input, part)))
}

/// Whether a value holds another; what is of another kind it does not hold.
fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part
            .pairs()
            .iter()
            .all(|(key, value)| whole.pairs().get(key).is_some_and(|found| holds(found, value))),
        (Value::Array(whole), Value::Array(part)) => {
            part.items().iter().all(|wanted| whole.items().iter().any(|item| holds(item, wanted)))
        }
        // jq 1.6 looks no further than a zero byte.
        (Value::String(whole), Value::String(part)) => {
            let cut = |text: &str| text.split('\0').next().unwrap_or_default().to_owned();
            cut(whole).contains(&cut(part))
        }
        _ => whole.equals(part),
    }
}

/// Items with their keys, in order of the keys.
fn sorted(input: &Value, keys: &Value) -> Result<Vec<(Value, Value)>, Raise> {
    let (Value::Array(items), Value::Array(keys)) = (input, keys) else {
        return Err(Raise::of_both(input, keys, "cannot be sorted, as they are not both arrays"));
    };
    let mut pairs: Vec<(Value, Value)> =
        keys.items().iter().cloned().zip(items.items().iter().cloned()).collect();
    pairs.sort_by(|(one, _), (other, _)| one.order(other));
    Ok(pairs)
}

fn groups(pairs: Vec<(Value, Value)>) -> Vec<Vec<Value>> {
    let mut groups: Vec<Vec<Value>> = Vec::new();
    let mut last: Option<Value> = None;
    for (key, item) in pairs {
        match groups.last_mut().filter(|_| last.as_ref().is_some_and(|last| last.equals(&key))) {
            Some(group) => group.push(item),
            None => groups.push(vec![item]),
        }
        last = Some(key);
    }
    groups
}

fn extreme(input: &Value, keys: &Value, replaces: impl Fn(Ordering) -> bool) -> Evaluated {
    let (Value::Array(items), Value::Array(keys)) = (input, keys) else {
        return Err(Raise::of_both(input, keys, "cannot be iterated over"));
    };
    let mut found: Option<(&Value, &Value)> = None;
    for (item, key) in items.items().iter().zip(keys.items()) {
        if found.is_none_or(|(_, best)| replaces(key.order(best))) {
            found = Some((item, key));
        }
    }
    Ok(found.map_or(Value::Null, |(item, _)| item.clone()))
}

fn elements(input: &Value) -> Result<Vec<Value>, Raise> {
    match input {
        Value::Array(array) => Ok(array.items().to_vec()),
        Value::Object(object) => Ok(object.pairs().values().cloned().collect()),
        _ => Err(Raise::text(format!("Cannot iterate over {} ({})", input.kind(), input.excerpt(14)))),
    }
}

fn flatten(input: &Value, depth: &Value) -> Evaluated {
    fn into(out: &mut Vec<Value>, items: &[Value], depth: f64) {
        for item in items {
            match item {
                Value::Array(inner) if depth != 0.0 => into(out, inner.items(), depth - 1.0),
                _ => out.push(item.clone()),
            }
        }
    }
    let Value::Number(depth) = depth else {
        return Err(Raise::text("flatten depth must not be negative"));
    };
    let mut out = Vec::new();
    into(&mut out, &elements(input)?, *depth);
    Ok(Value::from(out))
}

/// What `add` gives, without copying the sum at each step.
fn sum(input: &Value) -> Evaluated {
    let items = elements(input)?;
    let mut rest = items.iter().filter(|item| !matches!(item, Value::Null));
    let Some(first) = rest.next() else { return Ok(Value::Null) };
    let mut whole = first.clone();
    let mut text = String::new();
    for item in rest {
        match (&whole, item) {
            (Value::String(start), Value::String(more)) => {
                if text.is_empty() {
                    text.push_str(start);
                }
                text.push_str(more);
            }
            (Value::Array(_), Value::Array(more)) => {
                if let Value::Array(array) = &mut whole {
                    let array = Rc::make_mut(array);
                    for item in more.items() {
                        array.deepen(item.depth());
                        array.items_mut().push(item.clone());
                    }
                }
            }
            _ => {
                if !text.is_empty() {
                    whole = Value::from(std::mem::take(&mut text));
                }
                whole = super::arithmetic::add(&[whole, item.clone()])?;
            }
        }
    }
    Ok(if text.is_empty() { whole } else { Value::from(text) })
}

fn bsearch(input: &Value, wanted: &Value) -> Evaluated {
    let Value::Array(array) = input else {
        return Err(Raise::of(input, "cannot be searched from"));
    };
    Ok(match array.items().binary_search_by(|item| item.order(wanted)) {
        Ok(index) => Value::count(index),
        Err(index) => Value::Number(-1.0 - index as f64),
    })
}

fn reverse(input: &Value) -> Evaluated {
    match input {
        Value::Null => Ok(Value::from(Vec::new())),
        Value::Array(array) => Ok(Value::from(array.items().iter().rev().cloned().collect::<Vec<_>>())),
        Value::String(text) if text.is_empty() => Ok(Value::from(Vec::new())),
        Value::Object(object) if object.pairs().is_empty() => Ok(Value::from(Vec::new())),
        Value::Number(number) if *number == 0.0 => Ok(Value::from(Vec::new())),
        Value::Bool(_) => length(input),
        _ => path::get(input, &Value::Number(0.0)),
    }
}

fn transpose(input: &Value) -> Evaluated {
    let rows = elements(input)?;
    let mut width = 0;
    for row in &rows {
        width = width.max(match row {
            Value::Array(row) => row.items().len(),
            Value::Bool(_) => return length(row),
            row => usize::from(matches!(length(row)?, Value::Number(length) if length > 0.0)),
        });
    }
    if let Value::Object(_) = input {
        return match width {
            0 if rows.is_empty() => Err(Raise::text("Range bounds must be numeric")),
            0 => Ok(Value::from(Vec::new())),
            _ => path::get(input, &Value::count(0)),
        };
    }
    let mut columns = Vec::new();
    for index in 0..width {
        let key = Value::count(index);
        let column: Result<Vec<Value>, Raise> = rows.iter().map(|row| path::get(row, &key)).collect();
        columns.push(Value::from(column?));
    }
    Ok(Value::from(columns))
}

//! Lists: `first`, `append`, `uniq`, `chunk` and their like.

use super::Returned;
use super::arguments::int;
use super::defaults::is_empty;
use super::numbers::to_int;
use crate::template::limit::{check_items, check_nesting};
use crate::template::value::{Typed, Value};

/// The items of the list at `index`, or sprig's refusal, in which `{}` stands for the kind.
fn items<'a>(arguments: &'a [Value], index: usize, refusal: &str) -> Result<&'a [Value], String> {
    let value = &arguments[index];
    match (value, value.as_list()) {
        (_, Some(items)) => Ok(items),
        (Value::Nil, None) => {
            Err("runtime error: invalid memory address or nil pointer dereference".to_owned())
        }
        (value, None) => Err(refusal.replace("{}", value.kind_name())),
    }
}

/// `items` as a list of the same type as `like`.
fn same_type(like: &Value, items: Vec<Value>) -> Value {
    match like {
        Value::Typed(Typed::Strings(_)) => Value::Typed(Typed::Strings(items.into())),
        Value::Typed(Typed::Ints(_)) => Value::Typed(Typed::Ints(items.into())),
        Value::Typed(Typed::Lists(_)) => Value::Typed(Typed::Lists(items.into())),
        _ => Value::list(items),
    }
}

pub(super) fn list(arguments: &[Value]) -> Returned {
    arguments.iter().try_for_each(check_nesting)?;
    Ok(Value::list(arguments.to_vec()))
}

pub(super) fn append(arguments: &[Value]) -> Returned {
    let items = items(arguments, 0, "Cannot push on type {}")?;
    check_nesting(&arguments[1])?;
    check_items(items.len() + 1)?;
    Ok(Value::list(items.iter().chain(&arguments[1..]).cloned()))
}

pub(super) fn prepend(arguments: &[Value]) -> Returned {
    let items = items(arguments, 0, "Cannot prepend on type {}")?;
    check_nesting(&arguments[1])?;
    check_items(items.len() + 1)?;
    Ok(Value::list(arguments[1..].iter().chain(items).cloned()))
}

pub(super) fn concat(arguments: &[Value]) -> Returned {
    let mut all = Vec::new();
    for index in 0..arguments.len() {
        let items = items(arguments, index, "Cannot concat type {} as list")?;
        check_items(all.len() + items.len())?;
        all.extend_from_slice(items);
    }
    Ok(Value::list(all))
}

pub(super) fn chunk(arguments: &[Value]) -> Returned {
    let (size, items) = (int(arguments, 0), items(arguments, 1, "Cannot chunk type {}")?);
    let Some(size) = usize::try_from(size).ok().filter(|size| *size > 0) else {
        // What sprig's arithmetic makes of a negative size; for most lists Go panics.
        let chunks = match (size, items.len()) {
            (..0, 1) => vec![Value::list(items.to_vec())],
            (..0, 2..) if size.unsigned_abs() >= items.len() as u64 - 1 => Vec::new(),
            _ => return Err("runtime error: makeslice: len out of range".to_owned()),
        };
        return Ok(Value::Typed(Typed::Lists(chunks.into())));
    };
    Ok(Value::Typed(Typed::Lists(items.chunks(size).map(|chunk| Value::list(chunk.to_vec())).collect())))
}

pub(super) fn first(arguments: &[Value]) -> Returned {
    Ok(items(arguments, 0, "Cannot find first on type {}")?.first().cloned().unwrap_or_default())
}

pub(super) fn last(arguments: &[Value]) -> Returned {
    Ok(items(arguments, 0, "Cannot find last on type {}")?.last().cloned().unwrap_or_default())
}

pub(super) fn rest(arguments: &[Value]) -> Returned {
    let items = items(arguments, 0, "Cannot find rest on type {}")?;
    Ok(Value::list(items.iter().skip(1).cloned()))
}

pub(super) fn initial(arguments: &[Value]) -> Returned {
    let items = items(arguments, 0, "Cannot find initial on type {}")?;
    Ok(Value::list(items.iter().take(items.len().saturating_sub(1)).cloned()))
}

pub(super) fn reverse(arguments: &[Value]) -> Returned {
    Ok(Value::list(items(arguments, 0, "Cannot find reverse on type {}")?.iter().rev().cloned()))
}

pub(super) fn compact(arguments: &[Value]) -> Returned {
    let items = items(arguments, 0, "Cannot compact on type {}")?;
    Ok(Value::list(items.iter().filter(|item| !is_empty(item)).cloned()))
}

pub(super) fn uniq(arguments: &[Value]) -> Returned {
    let mut seen = Seen::default();
    let items = items(arguments, 0, "Cannot find uniq on type {}")?;
    Ok(Value::list(items.iter().filter(|item| seen.insert(item)).cloned()))
}

/// The values met so far. Strings and integers, nearly all that lists hold, are looked up by hash.
#[derive(Default)]
struct Seen<'a> {
    strings: std::collections::HashSet<&'a str>,
    ints: std::collections::HashSet<i64>,
    others: Vec<&'a Value>,
}

impl<'a> Seen<'a> {
    fn insert(&mut self, value: &'a Value) -> bool {
        match value {
            Value::String(text) => self.strings.insert(text),
            Value::Int(number) => self.ints.insert(*number),
            value => {
                let new = !self.others.contains(&value);
                if new {
                    self.others.push(value);
                }
                new
            }
        }
    }
}

pub(super) fn without(arguments: &[Value]) -> Returned {
    let items = items(arguments, 0, "Cannot find without on type {}")?;
    Ok(Value::list(items.iter().filter(|item| !arguments[1..].contains(item)).cloned()))
}

pub(super) fn has(arguments: &[Value]) -> Returned {
    if arguments[1] == Value::Nil {
        return Ok(false.into());
    }
    Ok(items(arguments, 1, "Cannot find has on type {}")?.contains(&arguments[0]).into())
}

/// sprig's `slice`, which hides Go's: lists only.
pub(super) fn slice(arguments: &[Value]) -> Returned {
    let items = items(arguments, 0, "list should be type of slice or array but {}")?;
    if items.is_empty() {
        return Ok(Value::Nil);
    }
    let bound = |index: usize, default: usize| {
        arguments.get(index).map_or(Some(default), |value| usize::try_from(to_int(value)).ok())
    };
    let range = match (bound(1, 0), bound(2, items.len())) {
        (Some(from), Some(to)) => items.get(from..to),
        _ => None,
    };
    match range {
        Some(part) => Ok(same_type(&arguments[0], part.to_vec())),
        None => Err("reflect.Value.Slice: slice index out of bounds".to_owned()),
    }
}

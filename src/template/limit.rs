//! Bounds that keep a template from taking all memory or the whole stack. Go has none; a real template
//! comes nowhere near them.

use super::value::Value;

/// Nested lists of steps, parentheses and templates that call templates, while running.
pub(super) const DEPTH: usize = 300;
/// Bytes of output, and of any one string that a function builds.
pub(super) const OUTPUT: usize = 64 << 20;
/// Passes of all `range` loops of one run together.
pub(super) const PASSES: usize = 10_000_000;
/// Items of a list that a function builds.
pub(super) const ITEMS: usize = 1 << 20;
/// Lists and maps inside one another.
const NESTING: usize = 200;

/// Refuses a string of `bytes` bytes that is too long to be meant.
pub(super) fn check_length(bytes: usize) -> Result<(), String> {
    if bytes > OUTPUT {
        return Err(format!("the result of {bytes} bytes is longer than {OUTPUT} bytes"));
    }
    Ok(())
}

/// Refuses a list of `items` items that is too long to be meant.
pub(super) fn check_items(items: usize) -> Result<(), String> {
    if items > ITEMS {
        return Err(format!("the result has {items} items, more than {ITEMS}"));
    }
    Ok(())
}

/// Refuses to put `value` into a list or map where it nests too deeply or holds too much, so that
/// whatever walks values later may recurse.
pub(super) fn check_nesting(value: &Value) -> Result<(), String> {
    let mut budget = ITEMS;
    walk(value, NESTING, &mut budget)
}

fn walk(value: &Value, depth: usize, budget: &mut usize) -> Result<(), String> {
    if *budget == 0 {
        return Err(format!("the value holds more than {ITEMS} items"));
    }
    *budget -= 1;
    let items = value.as_list().map(<[Value]>::iter);
    let entries = value.as_map().map(indexmap::IndexMap::values);
    if items.is_none() && entries.is_none() {
        return Ok(());
    }
    if depth == 0 {
        return Err(format!("values nest more than {NESTING} levels deep"));
    }
    items.into_iter().flatten().try_for_each(|item| walk(item, depth - 1, budget))?;
    entries.into_iter().flatten().try_for_each(|item| walk(item, depth - 1, budget))
}

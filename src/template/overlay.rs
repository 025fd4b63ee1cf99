//! Maps that a template has changed. Go's maps are shared, so `set` is seen through every name of a map;
//! ours are immutable, so each changed one is kept here beside what it was.

use super::value::{Map, Typed, Value};
use std::sync::Arc;

/// The changes of one run, by identity of the map.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    changed: Vec<(Arc<Map>, Arc<Map>)>,
}

impl Overlay {
    /// Puts `key` into the map, or takes it out where there is no value.
    pub(super) fn change(&mut self, map: &Arc<Map>, key: &str, value: Option<Value>) {
        let index = match self.changed.iter().position(|(known, _)| Arc::ptr_eq(known, map)) {
            Some(index) => index,
            None => {
                self.changed.push((Arc::clone(map), Arc::clone(map)));
                self.changed.len() - 1
            }
        };
        let current = Arc::make_mut(&mut self.changed[index].1);
        match value {
            Some(value) => {
                current.insert(key.into(), copied(&value));
            }
            None => {
                current.shift_remove(key);
            }
        }
    }

    /// The value as it is now, with its parts as they were.
    pub(super) fn current(&self, value: &Value) -> Value {
        match value {
            Value::Map(map) => Value::Map(self.current_map(map)),
            other => other.clone(),
        }
    }

    fn current_map(&self, map: &Arc<Map>) -> Arc<Map> {
        match self.changed.iter().find(|(known, _)| Arc::ptr_eq(known, map)) {
            Some((_, current)) => Arc::clone(current),
            None => Arc::clone(map),
        }
    }

    /// The value as it is now, in all its parts.
    pub(super) fn resolve(&self, value: Value) -> Value {
        if self.changed.is_empty() { value } else { self.changed_deep(&value).unwrap_or(value) }
    }

    /// The value with its changes, or nothing where there are none.
    fn changed_deep(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Map(map) => {
                let current = self.current_map(map);
                let mut copy = None;
                for (key, item) in current.iter() {
                    if let Some(item) = self.changed_deep(item) {
                        copy.get_or_insert_with(|| (*current).clone()).insert(Arc::clone(key), item);
                    }
                }
                match copy {
                    Some(copy) => Some(Value::map(copy)),
                    None if Arc::ptr_eq(map, &current) => None,
                    None => Some(Value::Map(current)),
                }
            }
            Value::List(items) => self.changed_items(items).map(Value::List),
            Value::Typed(Typed::Lists(items)) => {
                self.changed_items(items).map(|items| Value::Typed(Typed::Lists(items)))
            }
            _ => None,
        }
    }

    fn changed_items(&self, items: &[Value]) -> Option<Arc<[Value]>> {
        let mut copy = None;
        for (index, item) in items.iter().enumerate() {
            if let Some(item) = self.changed_deep(item) {
                copy.get_or_insert_with(|| items.to_vec())[index] = item;
            }
        }
        copy.map(Into::into)
    }
}

/// The value with maps of their own, so that no map can come to hold itself.
fn copied(value: &Value) -> Value {
    match value {
        Value::Map(map) => {
            Value::map(map.iter().map(|(key, item)| (Arc::clone(key), copied(item))).collect())
        }
        Value::List(items) => Value::list(items.iter().map(copied)),
        Value::Typed(Typed::Lists(items)) => Value::Typed(Typed::Lists(items.iter().map(copied).collect())),
        other => other.clone(),
    }
}

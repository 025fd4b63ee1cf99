//! Untyped values whose strings are rendered at any depth.

use crate::model::{Structure, Text};
use crate::template::Value;
use crate::yaml::{Kind, Node, Resolved, merged};
use std::sync::Arc;

/// A node as a structure, merge keys merged. go-task drops what is null from maps (not from lists).
pub(super) fn decode_structure(node: &Node) -> Structure {
    match &node.kind {
        Kind::Scalar(scalar) => match node.resolve() {
            Some(Resolved::String(_) | Resolved::Timestamp) => {
                Structure::Template(Text::new(Arc::clone(&scalar.text), node.span))
            }
            _ => Structure::Literal(node.to_value()),
        },
        Kind::Sequence(items) => Structure::List(items.iter().map(decode_structure).collect()),
        Kind::Mapping(_) => {
            let entries = merged(node).entries;
            let entry = |(key, value): (&Node, &Node)| {
                let value = decode_structure(value);
                let is_null = matches!(value, Structure::Literal(Value::Nil));
                key.text().filter(|_| !is_null).map(|key| (Arc::from(key), value))
            };
            Structure::Map(entries.into_iter().filter_map(entry).collect())
        }
    }
}

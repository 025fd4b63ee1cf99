//! Untyped values whose strings are rendered at any depth.

use crate::model::{Structure, Text};
use crate::yaml::{Kind, Node, Resolved, merged};
use std::sync::Arc;

/// A node as a structure, merge keys merged.
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
            let entry =
                |(key, value): (&Node, &Node)| Some((Arc::from(key.text()?), decode_structure(value)));
            Structure::Map(entries.into_iter().filter_map(entry).collect())
        }
    }
}

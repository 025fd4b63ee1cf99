//! YAML nodes as JSON values, for what is passed through as it was written. Knows nothing of what it means.

use crate::yaml::{Kind, Node, Resolved, merged};
use serde_json::Value as Json;

/// The node as JSON, merge keys merged. What JSON cannot hold (infinity, a date) becomes its text; keys are taken by
/// their text. The parser limits the depth.
pub(super) fn to_json(node: &Node) -> Json {
    match &node.kind {
        Kind::Scalar(scalar) => match node.resolve() {
            Some(Resolved::Null) | None => Json::Null,
            Some(Resolved::Bool(value)) => Json::Bool(value),
            Some(Resolved::Int(value)) => Json::from(value),
            Some(Resolved::Unsigned(value)) => Json::from(value),
            Some(Resolved::Float(value)) if value.is_finite() => Json::from(value),
            _ => Json::from(&*scalar.text),
        },
        Kind::Sequence(items) => items.iter().map(to_json).collect(),
        Kind::Mapping(_) => {
            let entries = merged(node).entries;
            Json::Object(
                entries
                    .into_iter()
                    .filter_map(|(key, value)| Some((key.text()?.to_owned(), to_json(value))))
                    .collect(),
            )
        }
    }
}

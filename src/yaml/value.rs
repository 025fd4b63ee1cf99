//! Nodes as the values that templates see. Knows nothing of where values go.

use crate::template::{Map, Value};
use crate::yaml::merge::merged;
use crate::yaml::node::{Kind, Node};
use crate::yaml::resolve::Resolved;

impl Node {
    /// The node as an untyped value (Go's `any`), merge keys merged.
    ///
    /// A date is its text (go-task 3.54 panics on one), an integer beyond 64 signed bits its digits.
    /// Keys are taken by their text; a key that is itself a collection is left out.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(scalar) => match self.resolve() {
                Some(Resolved::Null) | None => Value::Nil,
                Some(Resolved::Bool(value)) => Value::Bool(value),
                Some(Resolved::Int(value)) => Value::Int(value),
                Some(Resolved::Float(value)) => Value::Float(value),
                Some(Resolved::Unsigned(value)) => Value::string(value.to_string()),
                Some(Resolved::String(_) | Resolved::Timestamp | Resolved::Mismatch(..)) => {
                    Value::String(scalar.text.clone())
                }
            },
            Kind::Sequence(items) => Value::list(items.iter().map(Self::to_value)),
            Kind::Mapping(_) => {
                let fields = merged(self);
                let entries = fields
                    .entries
                    .iter()
                    .filter_map(|(key, value)| Some((key.as_scalar()?.text.clone(), value.to_value())));
                Value::map(entries.collect::<Map>())
            }
        }
    }
}

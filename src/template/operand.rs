//! What an operand comes to while a template is evaluated: a value and how Go's reflection holds it,
//! which decides on the words of an error.

use super::value::Value;

/// The result of a part of an expression.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    /// No value at all: a missing key.
    Invalid,
    /// All variables, not yet made into a map.
    Root,
    /// A value inside an `interface {}`, such as an element of a list. It can be nil.
    Boxed(Value),
    /// A value of its own type, never nil.
    Plain(Value),
}

impl Operand {
    /// A value out of its `interface {}`; nil is no value.
    pub(super) fn plain(value: Value) -> Self {
        match value {
            Value::Nil => Self::Invalid,
            value => Self::Plain(value),
        }
    }

    /// The operand out of its `interface {}`, as after each stage of a pipeline.
    pub(super) fn unboxed(self) -> Self {
        match self {
            Self::Boxed(value) => Self::plain(value),
            other => other,
        }
    }
}

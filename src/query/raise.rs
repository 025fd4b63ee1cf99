//! What ends the evaluation of a value other than with results.

use super::value::Value;

/// Why there is no value.
#[derive(Debug, Clone)]
pub(super) enum Raise {
    /// An error, which `try` may catch.
    Error(Value),
    /// `break`.
    Break(u64),
    /// `halt` and `halt_error`: what to say, and the exit code.
    Halt(Option<Value>, Option<Value>),
    /// A limit of ours: nothing catches it.
    Limit(&'static str),
}

impl Raise {
    pub(super) fn text(message: impl Into<String>) -> Self {
        Self::Error(Value::from(message.into()))
    }

    /// `KIND (VALUE) does not do`.
    pub(super) fn of(value: &Value, complaint: &str) -> Self {
        Self::text(format!("{} ({}) {complaint}", value.kind(), value.excerpt(14)))
    }

    /// `KIND (VALUE) and KIND (VALUE) do not do`.
    pub(super) fn of_both(one: &Value, other: &Value, complaint: &str) -> Self {
        Self::text(format!(
            "{} ({}) and {} ({}) {complaint}",
            one.kind(),
            one.excerpt(14),
            other.kind(),
            other.excerpt(14)
        ))
    }
}

pub(super) type Evaluated = Result<Value, Raise>;

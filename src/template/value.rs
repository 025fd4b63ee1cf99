//! The values that templates see, with Go's kinds.

use indexmap::IndexMap;
use std::sync::Arc;

/// A map from names to values, in the order of writing. Printing sorts the keys, as Go's `fmt` does.
pub type Map = IndexMap<Arc<str>, Value>;

/// One value. Cloning is cheap: what is large is shared.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Go's `nil`, also what an undefined variable is.
    #[default]
    Nil,
    /// `bool`
    Bool(bool),
    /// `int` (64 bits)
    Int(i64),
    /// `float64`
    Float(f64),
    /// `string`
    String(Arc<str>),
    /// `[]any`
    List(Arc<[Value]>),
    /// `map[string]any`
    Map(Arc<Map>),
    /// `time.Time`: an instant with a zone
    Time(Box<jiff::Zoned>),
    /// `time.Duration` in nanoseconds
    Duration(i64),
}

impl Value {
    /// A string value.
    pub fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    /// A list value.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(items.into_iter().collect())
    }

    /// A map value.
    #[must_use]
    pub fn map(map: Map) -> Self {
        Self::Map(Arc::new(map))
    }

    /// The text of a string value; `None` for other kinds.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether Go's templates take the value as true: not nil, false, zero or empty.
    #[must_use]
    pub fn is_true(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::String(text) => !text.is_empty(),
            Self::List(items) => !items.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Duration(nanoseconds) => *nanoseconds != 0,
            Self::Time(_) => true,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::string(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::string(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

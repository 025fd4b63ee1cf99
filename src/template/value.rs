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
    /// A value of one of the other Go types that functions return. Use [`Value::as_int`],
    /// [`Value::as_list`] and [`Value::as_map`] where the exact type does not matter.
    Typed(Typed),
}

/// Values of Go types that no YAML file can hold. They differ from the basic ones only where Go's types
/// show: `typeOf`, `printf "%T"`, `eq`-like comparison of lists, and which arguments a function takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Typed {
    /// `int64`
    Int64(i64),
    /// `uint8`, an indexed byte of a string
    Byte(u8),
    /// `int32`
    Rune(i32),
    /// `time.Month`, from 1
    Month(i8),
    /// `time.Weekday`, from 0 for Sunday
    Weekday(i8),
    /// `[]string`
    Strings(Arc<[Value]>),
    /// `[]int`
    Ints(Arc<[Value]>),
    /// `[][]any`
    Lists(Arc<[Value]>),
    /// `map[string]string`
    StringMap(Arc<Map>),
    /// `uuid.UUID`, as text
    Uuid(Arc<str>),
}

impl Value {
    /// A string value.
    pub fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    /// A list value (`[]any`).
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(items.into_iter().collect())
    }

    /// A list of strings (`[]string`), as go-task's `MATCH` and `CLI_ARGS_LIST` are.
    pub fn strings<T: Into<Arc<str>>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::Typed(Typed::Strings(items.into_iter().map(Self::string).collect()))
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

    /// The number of any integer type; `None` for other kinds.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) | Self::Duration(number) | Self::Typed(Typed::Int64(number)) => Some(*number),
            Self::Typed(Typed::Byte(number)) => Some((*number).into()),
            Self::Typed(Typed::Rune(number)) => Some((*number).into()),
            Self::Typed(Typed::Month(number) | Typed::Weekday(number)) => Some((*number).into()),
            _ => None,
        }
    }

    /// The items of any list; `None` for other kinds.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        self.shared_list().map(|items| &**items)
    }

    /// The entries of any map; `None` for other kinds.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        self.shared_map().map(|map| &**map)
    }

    pub(super) fn shared_list(&self) -> Option<&Arc<[Self]>> {
        match self {
            Self::List(items)
            | Self::Typed(Typed::Strings(items) | Typed::Ints(items) | Typed::Lists(items)) => Some(items),
            _ => None,
        }
    }

    pub(super) fn shared_map(&self) -> Option<&Arc<Map>> {
        match self {
            Self::Map(map) | Self::Typed(Typed::StringMap(map)) => Some(map),
            _ => None,
        }
    }

    /// Whether Go's templates take the value as true: not nil, false, zero or empty.
    #[must_use]
    pub fn is_true(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(value) => *value,
            Self::Float(value) => *value != 0.0,
            Self::String(text) => !text.is_empty(),
            Self::List(items) => !items.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Int(_) | Self::Duration(_) => self.as_int() != Some(0),
            Self::Time(_) => true,
            Self::Typed(typed) => match typed {
                Typed::Strings(items) | Typed::Ints(items) | Typed::Lists(items) => !items.is_empty(),
                Typed::StringMap(map) => !map.is_empty(),
                Typed::Uuid(_) => true,
                _ => self.as_int() != Some(0),
            },
        }
    }

    /// The name of the Go type, as `%T` prints it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Nil => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float64",
            Self::String(_) => "string",
            Self::List(_) => "[]interface {}",
            Self::Map(_) => "map[string]interface {}",
            Self::Time(_) => "time.Time",
            Self::Duration(_) => "time.Duration",
            Self::Typed(typed) => match typed {
                Typed::Int64(_) => "int64",
                Typed::Byte(_) => "uint8",
                Typed::Rune(_) => "int32",
                Typed::Month(_) => "time.Month",
                Typed::Weekday(_) => "time.Weekday",
                Typed::Strings(_) => "[]string",
                Typed::Ints(_) => "[]int",
                Typed::Lists(_) => "[][]interface {}",
                Typed::StringMap(_) => "map[string]string",
                Typed::Uuid(_) => "uuid.UUID",
            },
        }
    }

    /// The name of the Go kind, as `reflect.Kind` prints it.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Nil => "invalid",
            Self::List(_) => "slice",
            Self::Map(_) => "map",
            Self::Time(_) => "struct",
            Self::Duration(_) => "int64",
            Self::Typed(Typed::Month(_) | Typed::Weekday(_)) => "int",
            Self::Typed(Typed::Strings(_) | Typed::Ints(_) | Typed::Lists(_)) => "slice",
            Self::Typed(Typed::StringMap(_)) => "map",
            Self::Typed(Typed::Uuid(_)) => "array",
            _ => self.type_name(),
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

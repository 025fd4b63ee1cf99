//! A variable as written: evaluated later, and only when something reaches it.

use super::{TaskfileId, Text};
use crate::source::Span;
use crate::template::{Map, Value};
use std::sync::Arc;

/// One variable.
#[derive(Debug, Clone)]
pub struct Variable {
    /// What it is.
    pub value: VariableValue,
    /// What takes its value apart (Fleetfile only).
    pub query: Option<Query>,
    /// Shown as `*****` in echoed commands (go-task 3.54 `secret: true`).
    pub secret: bool,
    /// Directory that a `sh:` runs in, where it is not the task's: set when an include with `dir` is merged.
    pub dir: Option<Text>,
    /// The Taskfile that wrote it; `None` for the command line and built-ins.
    pub taskfile: Option<TaskfileId>,
    /// Where the name stands.
    pub span: Span,
}

impl Variable {
    /// A variable that no file holds.
    #[must_use]
    pub fn literal(value: Value) -> Self {
        Self {
            value: VariableValue::Literal(value),
            query: None,
            secret: false,
            dir: None,
            taskfile: None,
            span: Span::NONE,
        }
    }
}

/// `query:`, a jq program over what a variable's source gives.
#[derive(Debug, Clone)]
pub struct Query {
    /// The program. `$NAME` in it is a variable of the project.
    pub program: Text,
    /// The values of these variables, where a caller has settled them.
    pub bound: Option<Arc<Map>>,
}

/// What a variable is computed from.
#[derive(Debug, Clone)]
pub enum VariableValue {
    /// A number, bool, null: taken as it is.
    Literal(Value),
    /// A string, rendered.
    Template(Text),
    /// A list or map whose strings are rendered at any depth.
    Structure(Structure),
    /// The output of a command, less one trailing newline; with `query` it is JSON.
    Shell(Text),
    /// A template expression that gives a typed value (`ref:`).
    Reference(Text),
}

impl VariableValue {
    /// Where its text stands; [`Span::NONE`] where it has none.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Template(text) | Self::Reference(text) | Self::Shell(text) => text.span(),
            Self::Literal(_) | Self::Structure(_) => Span::NONE,
        }
    }
}

/// A list or map as written.
#[derive(Debug, Clone)]
pub enum Structure {
    /// A scalar that is no string.
    Literal(Value),
    /// A string, rendered.
    Template(Text),
    /// A list.
    List(Vec<Structure>),
    /// A map.
    Map(Vec<(Arc<str>, Structure)>),
}

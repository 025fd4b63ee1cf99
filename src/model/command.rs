//! What a task does: commands, calls of other tasks, deferred ones, and loops over them.

use super::{PlatformFilter, Text, Variables};
use crate::source::Span;
use crate::template::Value;
use std::time::Duration;

/// One entry of `cmds`.
#[derive(Debug, Clone)]
pub struct Command {
    /// What it does.
    pub kind: CommandKind,
    /// Repeats it.
    pub each: Option<Box<Loop>>,
    /// A shell condition; a non-zero exit skips the command.
    pub condition: Option<Text>,
    /// No echo of the command.
    pub silent: bool,
    /// A non-zero exit or a time-out is not a failure.
    pub ignore_error: bool,
    /// Runs only there; empty means everywhere.
    pub platforms: Box<[PlatformFilter]>,
    /// Longest time it may take.
    pub timeout: Option<Duration>,
    /// Where it stands.
    pub span: Span,
}

/// The three kinds of entries.
#[derive(Debug, Clone)]
pub enum CommandKind {
    /// A shell command.
    Shell(ShellCommand),
    /// A call of another task.
    Call(Call),
    /// Something that runs when the task ends, last one first, also after a failure.
    Defer(Defer),
}

/// A shell command with its options.
#[derive(Debug, Clone)]
pub struct ShellCommand {
    /// The script.
    pub script: Text,
    /// `set` options, such as `pipefail`.
    pub set: Box<[String]>,
    /// `shopt` options, such as `globstar`.
    pub shopt: Box<[String]>,
}

/// A call of a task, from `cmds` or `deps`.
#[derive(Debug, Clone)]
pub struct Call {
    /// The name, which may hold template actions. Includes have already been prefixed to it, see [`Call::absolute`].
    pub task: Text,
    /// Variables given to it.
    pub vars: Variables,
    /// Hides the command echo of the called task.
    pub silent: bool,
    /// Written with a leading `:`, so that no namespace is put before it.
    pub absolute: bool,
}

/// What is deferred.
#[derive(Debug, Clone)]
pub enum Defer {
    /// A command.
    Shell(ShellCommand),
    /// A call.
    Call(Call),
}

/// What a `for` goes over.
#[derive(Debug, Clone)]
pub enum Loop {
    /// A literal list, not rendered.
    List(Vec<Value>),
    /// The files that the task's `sources` match.
    Sources,
    /// The files that the task's `generates` match.
    Generates,
    /// A variable: a list, a map, or a string that is split.
    Variable {
        /// Its name.
        name: String,
        /// Separator; white space when absent.
        split: Option<String>,
        /// Name of the loop variable; `ITEM` when absent.
        rename: Option<String>,
    },
    /// All combinations of some lists, the first varying slowest.
    Matrix {
        /// The rows.
        rows: Vec<MatrixRow>,
        /// Name of the loop variable; `ITEM` when absent.
        rename: Option<String>,
    },
    /// A word that go-task does not know: zero iterations.
    Nothing,
}

impl Loop {
    /// Whether it asks for the value of a variable.
    #[must_use]
    pub fn is_over_values(&self) -> bool {
        match self {
            Self::Variable { .. } => true,
            Self::Matrix { rows, .. } => rows.iter().any(|row| matches!(row, MatrixRow::Reference(..))),
            Self::List(_) | Self::Sources | Self::Generates | Self::Nothing => false,
        }
    }
}

/// One row of a matrix.
#[derive(Debug, Clone)]
pub enum MatrixRow {
    /// A literal list.
    List(String, Vec<Value>),
    /// A template expression that must give a list.
    Reference(String, Text),
}

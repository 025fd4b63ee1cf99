//! Shell scripts: the commands of tasks, their conditions, their dynamic variables. Knows no tasks.

mod ambient;
mod background;
mod brief;
mod builtin;
mod condition;
mod effect;
mod error;
mod expansion;
mod go_error;
mod local;
mod loops;
mod options;
mod parse;
mod piped;
mod ports;
mod preamble;
mod programs;
mod reader;
mod real_shell;
mod redirect;
mod run;
mod script;
mod simple;
mod syntax;
mod variables;

pub(super) use ambient::is_looked_for;
pub(super) use effect::Effect;
pub use error::ShellError;
pub use local::LocalShell;
pub use programs::programs;
pub use script::Script;

use super::{DriverError, Io};
use std::path::Path;

/// Whose rules count where shells differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// bash's.
    #[default]
    Bash,
    /// Those of mvdan/sh, as go-task 3.54 has it: what it lacks is missing here too.
    GoTask,
}

/// Why a script ended before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stopped {
    /// It was asked to stop.
    Cancelled,
    /// Its time was over.
    TimedOut,
}

/// Runs scripts.
pub trait Shell: Send + Sync {
    /// Runs a script to its end in `dir`, with `env` added to our own environment, and gives its exit code.
    ///
    /// # Errors
    /// It could not be started, was killed by a signal, or was cancelled. A code other than 0 is no error here.
    fn run(&self, script: &str, dir: &Path, env: &[(String, String)], io: Io<'_>)
    -> Result<i32, DriverError>;
}

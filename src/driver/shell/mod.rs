//! Shell scripts: the commands of tasks, their conditions, their dynamic variables. Knows no tasks.

mod error;
mod interpreter;
mod local;
mod options;
mod script;

pub use error::ShellError;
pub use local::LocalShell;
pub use script::Script;

use super::{DriverError, Io};
use std::path::Path;

/// Runs scripts.
pub trait Shell: Send + Sync {
    /// Runs a script to its end in `dir`, with `env` added to our own environment, and gives its exit code.
    ///
    /// # Errors
    /// It could not be started, was killed by a signal, or was cancelled. A code other than 0 is no error here.
    fn run(&self, script: &str, dir: &Path, env: &[(String, String)], io: Io<'_>)
    -> Result<i32, DriverError>;
}

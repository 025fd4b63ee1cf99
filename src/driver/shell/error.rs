//! Why a script did not run. A script that runs and fails is no error: it has an exit code.

use crate::process::{SpawnError, SpawnErrorKind};

/// An error of the shell itself. The texts of the first ones are go-task's (3.54).
#[derive(Debug, thiserror::Error)]
pub enum ShellError {
    /// An entry of `set` that is no option.
    #[error("invalid option: \"{0}\"")]
    SetOption(String),
    /// An entry of `shopt` that is no option.
    #[error("invalid option name: \"{0}\"")]
    ShoptOption(String),
    /// The script is wrong in every shell; it begins with line and column.
    #[error("{0}")]
    Syntax(String),
    /// It cannot run where it should.
    #[error("{0}")]
    Directory(String),
    /// The script is needed to be run by a real shell, and there is none.
    #[error("neither `bash` nor `sh` is on the PATH; install bash, which this command needs")]
    NoShell,
    /// The shell was not started.
    #[error(transparent)]
    Spawn(SpawnError),
}

impl From<SpawnError> for ShellError {
    fn from(error: SpawnError) -> Self {
        match error.kind {
            SpawnErrorKind::NoDirectory => {
                Self::Directory(format!("chdir {}: no such file or directory", error.path.display()))
            }
            _ => Self::Spawn(error),
        }
    }
}

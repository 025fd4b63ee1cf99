//! Why a program did not start.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The class of the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpawnErrorKind {
    /// There is no such program.
    NotFound,
    /// It may not be executed.
    NotExecutable,
    /// It is a directory.
    IsDirectory,
    /// The kernel does not know its format, for instance a script without `#!`.
    Format,
    /// The directory to run it in is not there.
    NoDirectory,
    /// Arguments and environment are too long together.
    TooLong,
    /// The program's file was open for writing all along.
    Busy,
    /// No more processes, descriptors or memory.
    Exhausted,
    /// It was not started, because of a request to stop.
    Cancelled,
    /// Anything else.
    Other,
}

/// A program that did not start.
#[derive(Debug)]
pub struct SpawnError {
    /// The class.
    pub kind: SpawnErrorKind,
    /// The program, or the directory for [`SpawnErrorKind::NoDirectory`].
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl SpawnError {
    /// Finds the class of what the system said.
    pub(super) fn new(program: &Path, dir: Option<&Path>, source: io::Error) -> Self {
        use rustix::io::Errno;
        if let Some(dir) = dir
            && !dir.is_dir()
        {
            return Self { kind: SpawnErrorKind::NoDirectory, path: dir.to_owned(), source };
        }
        let kind = match Errno::from_io_error(&source) {
            Some(Errno::NOENT | Errno::NOTDIR) => SpawnErrorKind::NotFound,
            Some(Errno::ACCESS | Errno::PERM) if program.is_dir() => SpawnErrorKind::IsDirectory,
            Some(Errno::ACCESS | Errno::PERM) => SpawnErrorKind::NotExecutable,
            Some(Errno::NOEXEC) => SpawnErrorKind::Format,
            Some(Errno::TOOBIG) => SpawnErrorKind::TooLong,
            Some(Errno::TXTBSY) => SpawnErrorKind::Busy,
            Some(Errno::AGAIN | Errno::NOMEM | Errno::MFILE | Errno::NFILE) => SpawnErrorKind::Exhausted,
            _ => SpawnErrorKind::Other,
        };
        Self { kind, path: program.to_owned(), source }
    }

    /// It was not started, because of a request to stop.
    pub fn cancelled(program: impl Into<PathBuf>) -> Self {
        let source = io::Error::from(io::ErrorKind::Interrupted);
        Self { kind: SpawnErrorKind::Cancelled, path: program.into(), source }
    }
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.kind {
            SpawnErrorKind::NotFound => write!(f, "`{path}` is not there"),
            SpawnErrorKind::NotExecutable => write!(f, "`{path}` may not be executed"),
            SpawnErrorKind::IsDirectory => write!(f, "`{path}` is a directory, not a program"),
            SpawnErrorKind::Format => {
                write!(
                    f,
                    "`{path}` is in no format the system can execute (a script needs a first line with `#!`)"
                )
            }
            SpawnErrorKind::NoDirectory => write!(f, "cannot run in `{path}`: there is no such directory"),
            SpawnErrorKind::TooLong => {
                write!(f, "arguments and environment of `{path}` are too long together")
            }
            SpawnErrorKind::Busy => write!(f, "`{path}` is open for writing"),
            SpawnErrorKind::Exhausted => write!(f, "cannot start `{path}`: {}", self.source),
            SpawnErrorKind::Cancelled => {
                write!(f, "`{path}` was not started, since the run was asked to stop")
            }
            SpawnErrorKind::Other => write!(f, "cannot start `{path}`: {}", self.source),
        }
    }
}

impl std::error::Error for SpawnError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

//! A journal that cannot be written. Knows no run.

use std::io;
use std::path::{Path, PathBuf};

/// The state directory cannot take the journal of a run; no host was touched.
#[derive(Debug, thiserror::Error)]
#[error("cannot keep a journal in {}: {source}", .dir.display())]
pub struct JournalError {
    /// The project's `.fleet` directory.
    pub dir: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl JournalError {
    pub(super) fn new(dir: &Path, source: io::Error) -> Self {
        Self { dir: dir.to_owned(), source }
    }

    /// What to do.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self.source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "free some space; a run needs half a MiB for its journal. No host was touched"
            }
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                "every run keeps a journal there: make the directory writable. No host was touched"
            }
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                "something else has the place of that directory: move it away. No host was touched"
            }
            _ => "every run keeps a journal there. No host was touched",
        }
    }
}

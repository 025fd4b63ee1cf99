//! What happened to a file or directory.

use std::fmt;
use std::path::PathBuf;

/// A change below a watched directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) path: PathBuf,
    pub(super) kind: ChangeKind,
    pub(super) is_dir: bool,
}

/// What kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChangeKind {
    /// It is new, or was moved here.
    Created,
    /// Its contents changed.
    Written,
    /// It is gone, or was moved away.
    Removed,
    /// There were more changes than the system could tell.
    Lost,
}

impl fmt::Display for Change {
    /// As go-task prints it: the kind in 13 columns, then the path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ChangeKind::Created => "CREATE",
            ChangeKind::Written => "WRITE",
            ChangeKind::Removed => "REMOVE",
            ChangeKind::Lost => "OVERFLOW",
        };
        write!(f, "{kind:<13} {:?}", self.path.to_string_lossy())
    }
}

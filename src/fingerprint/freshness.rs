//! The answer: up to date, or not and why.

use std::fmt;
use std::path::PathBuf;

/// Whether a task's files are as they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Freshness {
    /// Nothing has changed.
    UpToDate,
    /// It must run.
    Stale(Reason),
}

impl Freshness {
    /// Whether nothing has changed.
    #[must_use]
    pub fn is_up_to_date(&self) -> bool {
        *self == Self::UpToDate
    }
}

/// Why a task must run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It has no sources to compare.
    NoSources,
    /// It has not run before, or failed.
    NoRecord,
    /// A source has other contents than at the last run.
    Changed(PathBuf),
    /// A source is new.
    Added(PathBuf),
    /// A source of the last run is gone.
    Removed(PathBuf),
    /// Some source changed, was added or removed.
    SourcesDiffer,
    /// A source cannot be read.
    Unreadable(PathBuf),
    /// An entry of `generates` matches nothing.
    NotGenerated(String),
    /// A source is newer than everything that was generated.
    Newer(PathBuf),
    /// `method: none`.
    Always,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSources => f.write_str("it has no sources"),
            Self::NoRecord => f.write_str("it has not run successfully before"),
            Self::Changed(path) => write!(f, "{} changed", path.display()),
            Self::Added(path) => write!(f, "{} is new", path.display()),
            Self::Removed(path) => write!(f, "{} is gone", path.display()),
            Self::SourcesDiffer => f.write_str("its sources changed"),
            Self::Unreadable(path) => write!(f, "{} cannot be read", path.display()),
            Self::NotGenerated(pattern) => write!(f, "nothing matches `{pattern}`, which it generates"),
            Self::Newer(path) => write!(f, "{} is newer than what it generates", path.display()),
            Self::Always => f.write_str("its method is `none`"),
        }
    }
}

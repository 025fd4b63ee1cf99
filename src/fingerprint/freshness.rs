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
    /// These sources are not as they were at the last run.
    Sources(Difference),
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

/// Which sources are not as they were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// They have other contents.
    pub changed: Vec<PathBuf>,
    /// They are new.
    pub added: Vec<PathBuf>,
    /// They are gone.
    pub removed: Vec<PathBuf>,
}

impl Difference {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.added.is_empty() && self.removed.is_empty()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 3;
        let kinds = [(&self.changed, "changed"), (&self.added, "is new"), (&self.removed, "is gone")];
        let all = || kinds.iter().flat_map(|(paths, what)| paths.iter().map(move |path| (path, *what)));
        for (index, (path, what)) in all().take(SHOWN).enumerate() {
            write!(f, "{}{} {what}", if index == 0 { "" } else { ", " }, path.display())?;
        }
        match all().count().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, ", and {more} more"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSources => f.write_str("it has no sources"),
            Self::NoRecord => f.write_str("it has not run successfully before"),
            Self::Sources(difference) => write!(f, "{difference}"),
            Self::SourcesDiffer => f.write_str("its sources changed"),
            Self::Unreadable(path) => write!(f, "{} cannot be read", path.display()),
            Self::NotGenerated(pattern) => write!(f, "nothing matches `{pattern}`, which it generates"),
            Self::Newer(path) => write!(f, "{} is newer than what it generates", path.display()),
            Self::Always => f.write_str("its method is `none`"),
        }
    }
}

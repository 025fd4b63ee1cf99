//! Why a task ran or did not, as `--explain` tells it. Knows no terminal.

use crate::fingerprint::{Difference, Reason};
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why a task ran or did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Label or name.
    pub task: String,
    /// Its commands are run.
    pub runs: bool,
    /// Everything that was looked at and had a say, in the order in which it was.
    pub reasons: Vec<Because>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Because {
    /// `--force`
    Forced,
    /// It has neither `sources` nor `status`, so that it always runs.
    NothingToCompare,
    /// A `status` command failed.
    StatusFailed {
        /// The command.
        command: String,
        /// How it ended.
        exit_code: i32,
    },
    /// All `status` commands succeeded.
    StatusHolds {
        /// How many.
        commands: usize,
    },
    /// Sources are not as they were; paths relative to the task's directory.
    Sources {
        /// They have other contents.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        changed: Vec<String>,
        /// They are new.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        added: Vec<String>,
        /// They are gone.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        removed: Vec<String>,
    },
    /// Some source is not as it was; which one was not written down.
    SomeSource,
    /// All sources are as they were.
    SourcesUnchanged,
    /// It has not run before, or failed.
    NoRecord,
    /// A source cannot be read.
    Unreadable {
        /// The source.
        source: String,
    },
    /// Nothing matches an entry of `generates`.
    NotGenerated {
        /// The entry.
        pattern: String,
    },
    /// A source is newer than everything that was generated.
    Newer {
        /// The source.
        source: String,
    },
    /// `method: none`
    MethodNone,
    /// It is for other platforms.
    Platform {
        /// This one.
        here: String,
    },
    /// Its `if` failed.
    Condition {
        /// The command.
        command: String,
        /// How it ended.
        exit_code: i32,
    },
    /// It ran in this run already, and `run` says that this is enough.
    RanBefore,
}

impl Because {
    /// What files say; `dir` is the task's.
    #[must_use]
    pub fn of_files(reason: Option<&Reason>, dir: &Path) -> Self {
        let shown = |path: &PathBuf| path.strip_prefix(dir).unwrap_or(path).display().to_string();
        let all = |paths: &[PathBuf]| paths.iter().map(shown).collect();
        match reason {
            None => Self::SourcesUnchanged,
            Some(Reason::NoSources) => Self::NothingToCompare,
            Some(Reason::NoRecord) => Self::NoRecord,
            Some(Reason::Sources(Difference { changed, added, removed })) => {
                Self::Sources { changed: all(changed), added: all(added), removed: all(removed) }
            }
            Some(Reason::SourcesDiffer) => Self::SomeSource,
            Some(Reason::Unreadable(path)) => Self::Unreadable { source: shown(path) },
            Some(Reason::NotGenerated(pattern)) => Self::NotGenerated { pattern: pattern.clone() },
            Some(Reason::Newer(path)) => Self::Newer { source: shown(path) },
            Some(Reason::Always) => Self::MethodNone,
        }
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forced => f.write_str("forced by `--force`"),
            Self::NothingToCompare => f.write_str("it has neither sources nor status, so it always runs"),
            Self::StatusFailed { command, exit_code } => {
                write!(f, "status exited with {exit_code}: {}", OneLine(command))
            }
            Self::StatusHolds { commands: 1 } => f.write_str("its status command succeeds"),
            Self::StatusHolds { commands } => write!(f, "all {commands} status commands succeed"),
            Self::Sources { changed, added, removed } => {
                let paths = |names: &[String]| names.iter().map(PathBuf::from).collect();
                let difference =
                    Difference { changed: paths(changed), added: paths(added), removed: paths(removed) };
                write!(f, "{difference}")
            }
            Self::SomeSource => f.write_str("its sources changed since it ran"),
            Self::SourcesUnchanged => f.write_str("its sources are as they were"),
            Self::NoRecord => f.write_str("it has not run successfully before"),
            Self::Unreadable { source } => write!(f, "{source} cannot be read"),
            Self::NotGenerated { pattern } => write!(f, "{pattern}, which it generates, is not there"),
            Self::Newer { source } => write!(f, "{source} is newer than what it generates"),
            Self::MethodNone => f.write_str("its method is `none`"),
            Self::Platform { here } => write!(f, "it is not for {here}"),
            Self::Condition { command, exit_code } => {
                write!(f, "its `if` exited with {exit_code}: {}", OneLine(command))
            }
            Self::RanBefore => f.write_str("it ran in this run already"),
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: ", self.task, if self.runs { "runs" } else { "does not run" })?;
        for (index, reason) in self.reasons.iter().enumerate() {
            write!(f, "{}{reason}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

/// The first line of a command.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.trim();
        let first = text.lines().next().unwrap_or_default();
        f.write_str(first)?;
        if first.len() < text.len() { f.write_str(" …") } else { Ok(()) }
    }
}

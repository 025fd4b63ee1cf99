//! What a task asks of the shell: a script with its options and a place for its output.

use crate::process::{Cancel, Stream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A script of a task.
#[derive(Debug, Clone)]
pub struct TaskScript {
    /// The text, rendered.
    pub text: String,
    /// Where it runs. A directory that does not exist is an error at the start.
    pub dir: PathBuf,
    /// Variables set over our own environment.
    pub env: Vec<(String, String)>,
    /// `set` options, such as `pipefail`; `-e` is always on (go-task 3.54).
    pub set: Vec<String>,
    /// `shopt` options.
    pub shopt: Vec<String>,
    /// Whether it reads our standard input; else it has none.
    pub stdin: bool,
    /// Where its output goes.
    pub output: TaskOutput,
    /// Longest time it may take.
    pub timeout: Option<Duration>,
}

/// Where a script's output goes.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskOutput {
    /// Straight to our own streams.
    Inherit,
    /// Nowhere.
    Discard,
    /// Standard output into [`ScriptExit::stdout`], standard error to our own.
    Capture,
    /// Both into [`ScriptExit`]; standard error is for [`ScriptRunner::say`], once its time has come.
    Hold,
    /// Both streams into our standard output at the end, with a line before and after if there was any output.
    Group {
        /// The line before.
        begin: Option<String>,
        /// The line after.
        end: Option<String>,
        /// Only when the script fails.
        error_only: bool,
    },
    /// Both streams into our standard output, each line marked.
    Prefixed {
        /// The mark.
        prefix: String,
        /// Number of the prefix, which decides its colour.
        colour: Option<usize>,
    },
    /// Line by line to a listener.
    Lines(Lines),
}

/// A listener for lines.
#[derive(Clone)]
pub struct Lines(pub Arc<Listener>);

/// What a listener is: it gets the stream and the line without its end.
pub type Listener = dyn Fn(Stream, &str) + Send + Sync;

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lines")
    }
}

impl PartialEq for Lines {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// How a script ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptExit {
    /// Exit code; 128 + n after signal n.
    pub code: i32,
    /// Stopped because it took too long.
    pub timed_out: bool,
    /// What it wrote, where that was captured.
    pub stdout: Vec<u8>,
    /// What it said on standard error, where that was held back.
    pub stderr: Vec<u8>,
}

/// Why a script did not run at all. The text is what a user sees.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ScriptError(pub String);

/// Runs the scripts of tasks.
pub trait ScriptRunner: Send + Sync {
    /// Runs a script to its end.
    ///
    /// # Errors
    /// It has a syntax error, there is no shell, or its directory does not exist.
    fn run(&self, script: TaskScript, cancel: &Cancel) -> Result<ScriptExit, ScriptError>;

    /// Whether [`ScriptRunner::run`] comes back at once with this script, so that it needs no worker.
    fn is_brief(&self, _text: &str) -> bool {
        false
    }

    /// Whether a script may run while others do of which this is said too: whoever comes first, all is as if they ran one
    /// after another.
    fn may_run_beside(&self, _text: &str) -> bool {
        false
    }

    /// Whether programs that the scripts start may look for a variable of this name without being told to.
    fn is_looked_for(&self, _variable: &str) -> bool {
        true
    }

    /// Writes what a script said on standard error and was held back.
    fn say(&self, _stderr: &[u8]) {}
}

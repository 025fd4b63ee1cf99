//! The whole project: the merged Taskfiles and, with a Fleetfile, the fleet and its pipelines.

use super::{Fleet, Pipeline, Shims, Task, Text, Variables};
use crate::source::{SourceId, Span};
use indexmap::IndexMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Index into [`Project::taskfiles`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TaskfileId(pub u32);

/// What was read, merged and found valid.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// Directory of the root file, absolute; of a remote one the working directory.
    pub root_dir: PathBuf,
    /// Path of the root file, absolute; the URL of a remote file; `__stdin__` for standard input.
    pub root_file: PathBuf,
    /// All files, the root first.
    pub taskfiles: Vec<Taskfile>,
    /// Tasks by full name, in go-task's order of merging.
    pub tasks: IndexMap<Arc<str>, Arc<Task>>,
    /// Global variables after the merge.
    pub vars: Variables,
    /// Global environment after the merge.
    pub env: Variables,
    /// Root dotenv files; the first file wins for each key.
    pub dotenv: Vec<Text>,
    /// Output style written in the files.
    pub output: Option<Output>,
    /// Default of tasks.
    pub method: Option<Method>,
    /// Default of tasks.
    pub run: Option<RunMode>,
    /// No command echo at all.
    pub silent: bool,
    /// `set` options of the root file.
    pub set: Vec<String>,
    /// `shopt` options of the root file.
    pub shopt: Vec<String>,
    /// Watch debounce.
    pub interval: Option<Duration>,
    /// Default of tasks.
    pub use_gitignore: bool,
    /// The root file's `version`.
    pub version: String,
    /// Global variables and environment that an included file has taken over from another file.
    pub overwritten: Vec<Overwritten>,
    /// Hosts, from a Fleetfile.
    pub fleet: Option<Fleet>,
    /// Pipelines by full name, from a Fleetfile and the Fleetfiles it includes.
    pub pipelines: IndexMap<Arc<str>, Pipeline>,
}

impl Project {
    /// The pipeline of a name or alias.
    #[must_use]
    pub fn pipeline(&self, name: &str) -> Option<&Pipeline> {
        let by_alias =
            || self.pipelines.values().find(|pipeline| pipeline.aliases.iter().any(|alias| &**alias == name));
        self.pipelines.get(name).or_else(by_alias)
    }

    /// The names that stand on the PATH of commands.
    #[must_use]
    pub fn shims(&self) -> Shims {
        self.fleet.as_ref().map(|fleet| fleet.shims).unwrap_or_default()
    }

    /// The file that a task or variable was written in.
    #[must_use]
    pub fn taskfile(&self, id: TaskfileId) -> Option<&Taskfile> {
        self.taskfiles.get(id.0 as usize)
    }
}

/// A global variable that two files set.
#[derive(Debug, Clone)]
pub struct Overwritten {
    /// Its name.
    pub name: Arc<str>,
    /// It is one of `env`.
    pub is_env: bool,
    /// Two included files set it, none of which includes the other.
    pub by_sibling: bool,
    /// Where the value that counts is set.
    pub taken: Span,
    /// The file of that.
    pub taken_from: TaskfileId,
    /// Where the other one is set.
    pub lost: Span,
    /// The file of that.
    pub lost_from: TaskfileId,
}

/// One file of the include graph.
#[derive(Debug, Clone)]
pub struct Taskfile {
    /// Its path, absolute; the URL of a remote file, without its password; `__stdin__`.
    pub path: PathBuf,
    /// It was not read from a file of this machine, so that its path names no directory.
    pub is_remote: bool,
    /// Its text.
    pub source: SourceId,
    /// Its includes.
    pub includes: Vec<Include>,
}

/// An include as resolved.
#[derive(Debug, Clone)]
pub struct Include {
    /// Namespace.
    pub namespace: Arc<str>,
    /// The file; `None` for an optional one that is not there.
    pub taskfile: Option<TaskfileId>,
    /// Where the namespace stands.
    pub span: Span,
    /// Its tasks cannot be called from the command line.
    pub internal: bool,
    /// Names get no namespace.
    pub flatten: bool,
    /// Further namespaces.
    pub aliases: Vec<Arc<str>>,
    /// Directory that what is included runs in, absolute; `None` for an include that is no mapping.
    pub dir: Option<PathBuf>,
    /// `vars` written at the include.
    pub vars: Variables,
    /// Names that are left out: exact ones, and `namespace:*`.
    pub excludes: Vec<Arc<str>>,
}

/// How staleness is found (go-task `method`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// By content.
    Checksum,
    /// By modification time.
    Timestamp,
    /// Never up to date.
    None,
    /// Fails the task when it is checked, as go-task does.
    Invalid(String),
}

/// How often a task runs in one run (go-task `run`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunMode {
    /// At each call.
    Always,
    /// Once.
    Once,
    /// Once for each set of variables.
    WhenChanged,
    /// Fails the task, as go-task does.
    Invalid(String),
}

/// Output style (go-task `output`).
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// As it comes.
    Interleaved,
    /// Each command's output at its end.
    Group {
        /// Printed before.
        begin: Option<Text>,
        /// Printed after.
        end: Option<Text>,
        /// Only that of failed commands.
        error_only: bool,
    },
    /// Each line with its task.
    Prefixed,
    /// Not a style; go-task names it in an error.
    Invalid(String),
}

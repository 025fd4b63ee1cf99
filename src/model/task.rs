//! A task: the unit that is called by name.

use super::{Call, Command, Loop, Method, RunMode, Snapshot, TaskfileId, Text, Variables};
use crate::source::Span;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

/// A task with its full name. `Option` fields fall back to the Taskfile's or the root's setting.
///
/// Large projects have thousands of tasks, and most of them have a description and some commands: the rest is a
/// [`TaskSettings`] that they share until something of it is set.
#[derive(Debug, Clone)]
pub struct Task {
    /// Full name, with namespaces: `nix:apply-nixos`.
    pub name: Arc<str>,
    /// The name without the namespace.
    pub local_name: Arc<str>,
    /// The namespace, without a trailing colon; empty in the root.
    pub namespace: Arc<str>,
    /// The file it stands in.
    pub taskfile: TaskfileId,
    /// Where its name stands.
    pub span: Span,
    /// `cmds` or `cmd`.
    pub commands: Vec<Command>,
    /// `deps`: each with an optional loop.
    pub deps: Vec<Dependency>,
    /// One line for lists.
    pub desc: Option<Text>,
    /// Full names under which it may be called as well.
    pub aliases: Vec<Arc<str>>,
    /// `vars` written at the include that brought it.
    pub include_vars: Arc<Variables>,
    /// The included file's own `vars`, when it was included in map form.
    pub included_taskfile_vars: Arc<Snapshot>,
    /// `dir` of the includes on the way to it, outermost first; empty in the root and after plain includes.
    pub base_dir: Vec<Text>,
    /// No command echo.
    pub silent: Option<bool>,
    /// Not callable from the command line, not listed.
    pub internal: bool,
    /// Sources that git ignores are left out.
    pub use_gitignore: Option<bool>,
    settings: Arc<TaskSettings>,
}

/// What few tasks have. Read and written as if it stood in [`Task`] itself.
#[derive(Debug, Clone, Default)]
pub struct TaskSettings {
    /// Shown instead of the name.
    pub label: Option<Text>,
    /// Long text for `--summary`.
    pub summary: Option<Text>,
    /// Questions asked before it runs.
    pub prompt: Vec<Text>,
    /// Inputs.
    pub sources: Vec<Glob>,
    /// Outputs.
    pub generates: Vec<Glob>,
    /// Commands that all exit 0 when it is up to date.
    pub status: Vec<Text>,
    /// Must hold before it runs.
    pub preconditions: Vec<Precondition>,
    /// Variables that must be set.
    pub requires: Vec<Requirement>,
    /// Directory, relative to the include's directory ([`Task::base_dir`]).
    pub dir: Option<Text>,
    /// `vars` of the task.
    pub vars: Variables,
    /// `env` of the task.
    pub env: Variables,
    /// dotenv files of the task.
    pub dotenv: Vec<Text>,
    /// Its commands talk to the terminal.
    pub interactive: bool,
    /// How staleness is found.
    pub method: Option<Method>,
    /// Prefix in prefixed output.
    pub prefix: Option<Text>,
    /// Failures of its commands do not end it.
    pub ignore_error: bool,
    /// How often it runs in one run.
    pub run: Option<RunMode>,
    /// Runs only there; empty means everywhere.
    pub platforms: Vec<PlatformFilter>,
    /// Shell condition for the whole task.
    pub condition: Option<Text>,
    /// Always run in watch mode.
    pub watch: bool,
    /// A failing dependency cancels the others.
    pub failfast: bool,
    /// `set` options.
    pub set: Vec<String>,
    /// `shopt` options.
    pub shopt: Vec<String>,
}

impl Task {
    /// A task of a file of which nothing is known yet, not even a name. What is cloned from it shares what is empty.
    #[must_use]
    pub fn blank(taskfile: TaskfileId) -> Self {
        let nothing: Arc<str> = Arc::default();
        Self {
            name: Arc::clone(&nothing),
            local_name: Arc::clone(&nothing),
            namespace: nothing,
            taskfile,
            span: Span::NONE,
            commands: Vec::new(),
            deps: Vec::new(),
            desc: None,
            aliases: Vec::new(),
            include_vars: Arc::default(),
            included_taskfile_vars: Arc::default(),
            base_dir: Vec::new(),
            silent: None,
            internal: false,
            use_gitignore: None,
            settings: Arc::default(),
        }
    }

    /// The same with a name, as it is written at `span`.
    #[must_use]
    pub fn named(&self, name: Arc<str>, span: Span) -> Self {
        Self { local_name: Arc::clone(&name), name, span, ..self.clone() }
    }
}

impl Deref for Task {
    type Target = TaskSettings;

    fn deref(&self) -> &TaskSettings {
        &self.settings
    }
}

impl DerefMut for Task {
    fn deref_mut(&mut self) -> &mut TaskSettings {
        Arc::make_mut(&mut self.settings)
    }
}

/// One entry of `deps`.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// The task called.
    pub call: Call,
    /// Repeats it.
    pub each: Option<Box<Loop>>,
    /// Longest time it may take.
    pub timeout: Option<Duration>,
    /// Where it stands.
    pub span: Span,
}

/// An entry of `sources` or `generates`.
#[derive(Debug, Clone)]
pub struct Glob {
    /// The pattern.
    pub pattern: Text,
    /// Takes files out that earlier entries brought in.
    pub exclude: bool,
}

/// A command that must succeed before the task runs.
#[derive(Debug, Clone)]
pub struct Precondition {
    /// The command.
    pub command: Text,
    /// What is said when it fails; go-task's default when absent depends on the form written.
    pub message: Option<Text>,
    /// Where it stands.
    pub span: Span,
}

/// A variable that must be set.
#[derive(Debug, Clone)]
pub struct Requirement {
    /// Its name.
    pub name: String,
    /// The only values it may have.
    pub allowed: Option<Allowed>,
    /// Where it stands.
    pub span: Span,
}

/// The values a required variable may have.
#[derive(Debug, Clone)]
pub enum Allowed {
    /// As written.
    List(Vec<String>),
    /// A template expression that gives a list.
    Reference(Text),
}

/// An entry of `platforms`, with Go's names (`linux`, `darwin`; `amd64`, `arm64`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformFilter {
    /// Operating system; any when absent.
    pub os: Option<String>,
    /// Architecture; any when absent.
    pub arch: Option<String>,
}

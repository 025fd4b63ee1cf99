//! A Taskfile as written: one file, nothing merged, names without namespaces. Tasks and leaves are the model's own
//! types, which carry their places: merging gives a task its namespace, and there may be thousands.

use crate::model::{Method, Output, RunMode, Task, Text, Variables};
use crate::source::{Span, Spanned};
use indexmap::IndexMap;
use std::sync::Arc;
use std::time::Duration;

/// One file.
#[derive(Debug, Clone, Default)]
pub struct Taskfile {
    /// `version`; `None` where it is missing.
    pub version: Option<Spanned<super::Version>>,
    /// `includes` by namespace.
    pub includes: IndexMap<Arc<str>, Include>,
    /// `vars`.
    pub vars: Variables,
    /// `env`.
    pub env: Variables,
    /// `dotenv`.
    pub dotenv: Vec<Text>,
    /// Where `dotenv` stands, which only the root file may have.
    pub dotenv_span: Option<Span>,
    /// `output`.
    pub output: Option<Output>,
    /// `method`.
    pub method: Option<Method>,
    /// `run`.
    pub run: Option<RunMode>,
    /// `silent`.
    pub silent: bool,
    /// `set`.
    pub set: Vec<String>,
    /// `shopt`.
    pub shopt: Vec<String>,
    /// `interval`.
    pub interval: Option<Duration>,
    /// `use_gitignore`.
    pub use_gitignore: Option<bool>,
    /// `tasks` by name.
    pub tasks: IndexMap<Arc<str>, Arc<Task>>,
}

/// An entry of `includes`.
#[derive(Debug, Clone)]
pub struct Include {
    /// Where the namespace stands.
    pub span: Span,
    /// The path, which may hold template actions; empty means the default names in the file's own directory.
    pub taskfile: Text,
    /// `dir`.
    pub dir: Option<Text>,
    /// Whether it is written as a mapping, which changes the directory of tasks and the reach of variables.
    pub advanced: bool,
    /// `optional`.
    pub optional: bool,
    /// `internal`.
    pub internal: bool,
    /// `flatten`.
    pub flatten: bool,
    /// `aliases`.
    pub aliases: Vec<Arc<str>>,
    /// `excludes`.
    pub excludes: Vec<Arc<str>>,
    /// `vars`.
    pub vars: Variables,
    /// `checksum`: SHA-256 of the file in hex.
    pub checksum: Option<Spanned<Arc<str>>>,
}

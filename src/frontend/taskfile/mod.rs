//! Taskfiles as go-task 3.54 reads them: found, parsed, decoded, included, merged, lowered into the model.
//! Knows nothing of running.

pub mod ast;
mod cycle;
pub mod decode;
mod expand;
mod find;
pub(crate) mod go_io;
pub mod go_text;
mod highlight;
mod include;
pub mod keys;
mod load_error;
mod lower;
mod merge;
mod path;
pub mod remote;
mod scope;
mod version;

pub use expand::expand;
pub use find::{TASKFILE_NAMES, find, find_named};
pub use go_text::GoText;
pub use load_error::LoadError;
pub use lower::GO_TASK_VERSION;
pub use version::Version;

pub(super) use merge::excluded;
pub(crate) use path::{is_absolute, relative};

use crate::diagnostic::Diagnostics;
use crate::model::Project;
use crate::source::SourceMap;
use crate::template::Lookup;
use crate::yaml::Document;
use remote::Remote;
use std::path::{Path, PathBuf};

/// Where the root file comes from.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A file, by its absolute path (see [`find()`] and [`find_named`]).
    File(PathBuf),
    /// Standard input (`-t -`), already read; includes are relative to `dir`.
    Stdin {
        /// The bytes.
        text: Vec<u8>,
        /// The working directory, absolute.
        dir: PathBuf,
    },
    /// A remote file ([`remote::is_remote`]); its tasks run in `dir`.
    Remote {
        /// As it was named.
        url: String,
        /// The working directory, absolute, unless another one is asked for.
        dir: PathBuf,
    },
}

/// How to load.
pub struct LoadOptions<'a> {
    /// The directory that tasks run in, absolute, where it is not the root file's (`-d` beside `-t`).
    pub dir: Option<&'a Path>,
    /// The working directory, absolute: paths in messages are relative to it.
    pub working_dir: &'a Path,
    /// The process environment, for the paths of includes.
    pub environment: &'a dyn Lookup,
    /// The names that are looked for where an include names a directory.
    pub names: &'a [&'a str],
    /// Keys that a root may have beside go-task's own, such as `fleet` and `pipelines`.
    pub extra_root_keys: &'a [&'static str],
    /// Whether a variable may have a `query`.
    pub queries: bool,
    /// How remote files are read; where it is absent they are refused.
    pub remote: Option<&'a Remote<'a>>,
}

/// A project that can be used.
#[derive(Debug)]
pub struct Loaded {
    /// The project.
    pub project: Project,
    /// What go-task lets pass in silence: unknown keys, keys without effect.
    pub warnings: Diagnostics,
    /// The trees of all files, by [`crate::model::TaskfileId`], for readers of further keys.
    pub documents: Vec<Document>,
}

/// Reads a root file and all it includes, and merges them.
///
/// # Errors
/// All that is wrong in all files, with go-task's text and exit status for the first.
pub fn load(sources: &mut SourceMap, entry: &Entry, options: &LoadOptions<'_>) -> Result<Loaded, LoadError> {
    let mut findings = load_error::Findings::default();
    let mut graph = include::read(sources, entry, options, &mut findings);
    let project = lower::lower(&mut graph, entry, options, &mut findings);
    let documents = graph.files.into_iter().map(|file| file.document).collect();
    findings.finish().map(|warnings| Loaded { project, warnings, documents })
}

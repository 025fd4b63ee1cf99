//! What a run was asked for, kept beside its journal so that another run can go on with it. Knows no run.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// The file in a run's directory.
const REQUEST: &str = "request.json";
/// Version of the file's form; a file of another one is not gone on with.
const VERSION: u32 = 1;

/// What was typed to start a run, as far as its hosts and texts depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRequest {
    version: u32,
    /// Full name of the pipeline.
    pub pipeline: String,
    /// `NAME=VALUE` of the command line.
    pub variables: IndexMap<String, String>,
}

impl RunRequest {
    /// A request.
    #[must_use]
    pub fn new(pipeline: &str, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { version: VERSION, pipeline: pipeline.to_owned(), variables: variables.into_iter().collect() }
    }

    /// Writes it into the run's directory, for the owner alone.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(&self, run_dir: &Path) -> io::Result<()> {
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(run_dir.join(REQUEST))?;
        file.write_all(&serde_json::to_vec(self)?)
    }

    /// Reads it; `None` where there is none that this version can go on with.
    #[must_use]
    pub fn read(run_dir: &Path) -> Option<Self> {
        let bytes = std::fs::read(run_dir.join(REQUEST)).ok()?;
        serde_json::from_slice::<Self>(&bytes).ok().filter(|request| request.version == VERSION)
    }
}

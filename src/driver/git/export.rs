//! A snapshot written out to a directory of its own, for programs that read files: the work tree stays as it is, and
//! whatever ends the hook, there is nothing to put back.

use super::repository::Repository;
use super::snapshot::Snapshot;
use crate::driver::{DriverError, ErrorKind};
use crate::process::{Capture, Input};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A directory with the files of a snapshot, removed at the end.
pub struct Export {
    _temporary: TempDir,
    top: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl Export {
    /// Where the files are.
    #[must_use]
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// What makes git work with these files and the real repository.
    #[must_use]
    pub fn environment(&self) -> &[(OsString, OsString)] {
        &self.environment
    }
}

impl Repository {
    /// Writes a snapshot to a temporary directory.
    ///
    /// # Errors
    /// There is no room, or git fails.
    pub fn export(&self, snapshot: &Snapshot) -> Result<Export, DriverError> {
        let failed = |error: std::io::Error| {
            DriverError::new(ErrorKind::Other, format!("there is no temporary directory: {error}"))
                .help("set TMPDIR to a directory that can be written")
        };
        let temporary = tempfile::Builder::new().prefix("fleet-staged-").tempdir().map_err(failed)?;
        let base = temporary.path().canonicalize().map_err(failed)?;
        let (top, index) = (base.join("tree"), base.join("index"));
        std::fs::create_dir(&top).map_err(failed)?;
        let git_dir = self.git_dir()?;
        let mut environment: Vec<(&str, OsString)> = vec![("GIT_DIR", git_dir.into())];
        match snapshot {
            Snapshot::Index => {
                if let Some(index) = std::env::var_os("GIT_INDEX_FILE") {
                    environment.push(("GIT_INDEX_FILE", self.top().join(index).into()));
                }
            }
            Snapshot::Commit { commit, .. } => {
                environment.push(("GIT_INDEX_FILE", index.into()));
                environment.push(("GIT_WORK_TREE", top.clone().into()));
                let mut said = Capture::new(0);
                self.call(["read-tree", commit], Input::Null, &environment, &mut said)?;
                environment.pop();
            }
        }
        let mut prefix = OsString::from("--prefix=");
        prefix.push(&top);
        prefix.push("/");
        let Some(prefix) = prefix.to_str() else {
            return Err(DriverError::new(ErrorKind::Other, "TMPDIR is no text"));
        };
        environment.push(("GIT_WORK_TREE", self.top().into()));
        let words = ["checkout-index", "--all", "--force", "--ignore-skip-worktree-bits", prefix];
        let mut said = Capture::new(0);
        self.call(words, Input::Null, &environment, &mut said)?;
        environment.pop();
        environment.push(("GIT_WORK_TREE", top.clone().into()));
        let environment = environment.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Ok(Export { _temporary: temporary, top, environment })
    }
}

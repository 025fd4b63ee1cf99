//! A file out of a git repository, by a shallow clone that is removed when nobody needs it any more (go-task 3.54
//! `taskfile/node_git.go`).

use crate::frontend::taskfile::remote::{FetchError, GitSource};
use crate::frontend::taskfile::{TASKFILE_NAMES, go_io};
use crate::process::{Cancel, Exit, Input, Process, Sink};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Bytes of what git says that are kept.
const SAID: usize = 16 << 10;
/// Largest Taskfile in bytes.
const LARGEST: u64 = 16 << 20;

/// Time that git gets to end itself when the time is over.
const GRACE: Duration = Duration::from_millis(500);

/// Variables that would lead git to a repository that it is started in, by a hook of it for instance.
const REPOSITORY_VARIABLES: [&str; 8] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
];

type Clone = Arc<OnceLock<Result<TempDir, FetchError>>>;

/// Repositories that were cloned in this run, each once.
#[derive(Default)]
pub(super) struct Git {
    clones: Mutex<HashMap<GitSource, Clone>>,
}

impl Git {
    /// The file of a path, or the Taskfile in it where it is a directory.
    pub(super) fn read(
        &self,
        source: &GitSource,
        path: &str,
        deadline: Instant,
    ) -> Result<Vec<u8>, FetchError> {
        let clone = {
            let mut clones = self.clones.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(clones.entry(source.clone()).or_default())
        };
        match clone.get_or_init(|| fetch(source, deadline)) {
            Ok(clone) => file(clone.path(), path),
            Err(error) => Err(error.clone()),
        }
    }
}

fn fetch(source: &GitSource, deadline: Instant) -> Result<TempDir, FetchError> {
    let Ok(git) = which::which("git") else {
        return Err(failed(source, "git must be available and on the PATH", "`git` is not on PATH"));
    };
    let temporary = |error: io::Error| {
        failed(source, &error.to_string(), &format!("no directory to clone it to: {error}"))
    };
    let dir = tempfile::Builder::new().prefix("fleet-git-").tempdir().map_err(temporary)?;
    let run = |arguments: &[&str]| {
        let ended = run(&git, dir.path(), arguments, deadline)
            .map_err(|error| failed(source, &error, &format!("git does not start: {error}")))?;
        if ended.timed_out {
            return Err(FetchError::TimedOut);
        }
        if ended.code != 0 {
            let said = String::from_utf8_lossy(&ended.stderr);
            // git shows the URL in some of its messages.
            let said = said.replace(&source.repository, &source.shown);
            let go = format!("{} exited with {}: {said}", git.display(), ended.code);
            let last = said.lines().rev().find(|line| line.starts_with("fatal: ")).unwrap_or(said.trim_end());
            return Err(failed(source, &go, &format!("git says: {}", last.trim_start_matches("fatal: "))));
        }
        Ok(())
    };
    match &source.reference {
        // A commit has no name that `clone` would take.
        Some(commit) if is_commit(commit) => {
            run(&["init", "--quiet", "."])?;
            run(&["fetch", "--quiet", "--depth=1", "--", &source.repository, commit])?;
            run(&["checkout", "--quiet", "FETCH_HEAD"])?;
        }
        Some(reference) => {
            let branch = format!("--branch={reference}");
            run(&["clone", "--quiet", "--depth=1", &branch, "--", &source.repository, "."])?;
        }
        None => run(&["clone", "--quiet", "--depth=1", "--", &source.repository, "."])?,
    }
    Ok(dir)
}

/// Runs git in our own process group, where it and ssh can ask at the terminal.
fn run(git: &Path, dir: &Path, arguments: &[&str], deadline: Instant) -> Result<Exit, String> {
    let mut process = Process::new(git).args(arguments.iter().copied());
    process.dir = Some(dir.to_owned());
    process.overlay = REPOSITORY_VARIABLES.iter().map(|name| ((*name).into(), None)).collect();
    process.stdin = Input::Null;
    process.stdout = Sink::Null;
    process.stderr = Sink::Capture(SAID);
    process.grace = GRACE;
    process.timeout = Some(deadline.saturating_duration_since(Instant::now()));
    process.run(&Cancel::new()).map_err(|error| error.to_string())
}

/// Whether a reference is the whole name of a commit.
fn is_commit(reference: &str) -> bool {
    matches!(reference.len(), 40 | 64) && reference.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// go-task's text for a clone that failed, and ours.
fn failed(source: &GitSource, go: &str, message: &str) -> FetchError {
    let reference = source.reference.as_ref().map(|name| format!("&ref={name}")).unwrap_or_default();
    let shown = source.shown.replace(":xxxxx@", ":redacted@");
    let go = format!("failed to clone repository: error downloading '{shown}?depth=1{reference}': {go}");
    FetchError::Git(go, message.to_owned())
}

/// A file of the clone. It may not be elsewhere, whatever the path and links in the repository say.
fn file(clone: &Path, path: &str) -> Result<Vec<u8>, FetchError> {
    let wanted = clone.join(path.trim_start_matches('/'));
    let absent = |error: &io::Error| {
        let go = go_io::error("stat", Path::new(path), error);
        FetchError::Git(go, format!("there is no `{path}` in the repository"))
    };
    let found = std::fs::metadata(&wanted).map_err(|error| absent(&error))?;
    let wanted = if found.is_dir() {
        let inside = TASKFILE_NAMES.iter().map(|name| wanted.join(name)).find(|path| path.exists());
        inside.ok_or_else(|| absent(&io::Error::from(io::ErrorKind::NotFound)))?
    } else {
        wanted
    };
    let real =
        |path: &Path| -> Result<PathBuf, FetchError> { path.canonicalize().map_err(|error| absent(&error)) };
    let (wanted, clone) = (real(&wanted)?, real(clone)?);
    if !wanted.starts_with(&clone) || wanted.starts_with(clone.join(".git")) {
        let message = format!("`{path}` leads out of the repository");
        return Err(FetchError::Git(format!("task: {message}"), message));
    }
    let size = std::fs::metadata(&wanted).map_err(|error| absent(&error))?;
    if !size.is_file() || size.len() > LARGEST {
        let message = format!("`{path}` is no file, or larger than {} MiB", LARGEST >> 20);
        return Err(FetchError::Git(format!("task: {message}"), message));
    }
    std::fs::read(&wanted).map_err(|error| absent(&error))
}

//! One repository, and calls of git in it.

use super::blobs::{Blobs, Content};
use super::staged::Staged;
use crate::driver::{DriverError, ErrorKind};
use crate::process::{Cancel, Input, Process, Pump, Sink, SpawnErrorKind};
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Bytes of what git says that are kept.
const SAID: usize = 16 << 10;

/// A repository with a work tree.
#[derive(Debug, Clone)]
pub struct Repository {
    git: PathBuf,
    top: PathBuf,
    /// The directory of the repository itself, or the file that names it.
    dir: PathBuf,
    /// What can be read without git, once that was tried.
    staged: OnceLock<Option<Arc<Staged>>>,
}

/// A whole output.
#[derive(Default)]
struct Whole(Vec<u8>);

impl Pump for Whole {
    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

impl Repository {
    /// The repository that a directory is in. In a hook git says by the environment which one it is.
    ///
    /// # Errors
    /// There is none, it has no work tree, or there is no git.
    pub fn find(start: &Path) -> Result<Self, DriverError> {
        let git = crate::driver::tool::find("git", "install git")?;
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        if let Some(dir) = variable("GIT_DIR") {
            let top = variable("GIT_WORK_TREE").map_or_else(|| start.to_owned(), |top| start.join(top));
            let staged = OnceLock::new();
            return Self { git, dir: start.join(dir), top, staged }.checked();
        }
        for top in start.ancestors() {
            let dir = top.join(".git");
            if dir.exists() {
                return Self { git, top: top.to_owned(), dir, staged: OnceLock::new() }.checked();
            }
            if is_repository(top) {
                return Err(bare(top));
            }
        }
        let message = format!("{} is in no git repository", start.display());
        Err(DriverError::new(ErrorKind::Refusal, message).help("start it in one, or `git init`"))
    }

    /// A bare repository has hooks as well, but nothing is committed in it.
    fn checked(self) -> Result<Self, DriverError> {
        if is_repository(&self.top) && std::env::var_os("GIT_WORK_TREE").is_none() && self.dir == self.top {
            return Err(bare(&self.top));
        }
        Ok(self)
    }

    /// The top of the work tree.
    #[must_use]
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// Whether the work tree holds only some of the files.
    pub(super) fn is_sparse(&self) -> bool {
        self.dir.join("info/sparse-checkout").exists() || self.dir.is_file()
    }

    /// What git prints on standard output.
    ///
    /// # Errors
    /// It fails; with what it says.
    pub(super) fn ask<'w>(&self, words: impl IntoIterator<Item = &'w str>) -> Result<Vec<u8>, DriverError> {
        let mut whole = Whole::default();
        self.call(words, Input::Null, &[], &mut whole)?;
        Ok(whole.0)
    }

    /// Runs git at the top of the work tree.
    ///
    /// # Errors
    /// It fails; with what it says.
    pub(super) fn call<'w>(
        &self,
        words: impl IntoIterator<Item = &'w str>,
        input: Input,
        environment: &[(&str, OsString)],
        output: &mut dyn Pump,
    ) -> Result<(), DriverError> {
        // An option before the command: what is only looked at is not written back to the index.
        let mut process = Process::new(&self.git).args(["--no-optional-locks"]).args(words);
        process.dir = Some(self.top.clone());
        process.overlay =
            environment.iter().map(|(name, value)| ((*name).into(), Some(value.clone()))).collect();
        process.stdin = input;
        process.stdout = Sink::Pump(output);
        process.stderr = Sink::Capture(SAID);
        let failed = |message: String| DriverError::new(ErrorKind::Other, message);
        let exit = process.run(&Cancel::new()).map_err(|error| match error.kind {
            SpawnErrorKind::Cancelled => DriverError::new(ErrorKind::Cancelled, "stopped"),
            _ => failed(format!("git does not start: {error}")),
        })?;
        if exit.code == 0 {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&exit.stderr);
        let last = said.lines().rev().find(|line| line.starts_with("fatal: ") || line.starts_with("error: "));
        let last = last.or_else(|| said.lines().last()).unwrap_or("nothing");
        Err(failed(format!("git says: {}", last.trim_start_matches("fatal: ").trim_start_matches("error: "))))
    }

    /// The index, where it can be read without git.
    pub(super) fn staged(&self) -> Option<&Staged> {
        let read = || {
            let own = std::env::var_os("GIT_INDEX_FILE").filter(|path| !path.is_empty());
            let index = own.map_or_else(|| self.dir.join("index"), |path| self.top.join(path));
            Staged::open(&self.dir, &index).map(Arc::new)
        };
        self.staged.get_or_init(read).as_deref()
    }

    /// Hands over the content of objects, each with its number in the list and in its order. Loose ones are read here.
    ///
    /// # Errors
    /// git fails.
    pub fn contents(
        &self,
        objects: &[&str],
        take: &mut dyn FnMut(usize, Content),
    ) -> Result<(), DriverError> {
        if objects.is_empty() {
            return Ok(());
        }
        let mut read: Vec<Option<Content>> =
            objects.iter().map(|object| self.staged().and_then(|staged| staged.content(object))).collect();
        let left: Vec<usize> = (0..read.len()).filter(|number| read[*number].is_none()).collect();
        if !left.is_empty() {
            let mut list = String::new();
            for object in left.iter().filter_map(|number| objects.get(*number)) {
                list.push_str(object);
                list.push('\n');
            }
            let mut put = |number: usize, content| {
                if let Some(place) = left.get(number).and_then(|number| read.get_mut(*number)) {
                    *place = Some(content);
                }
            };
            let mut blobs = Blobs::new(&mut put);
            self.call(["cat-file", "--batch"], Input::Bytes(list.into_bytes()), &[], &mut blobs)?;
        }
        for (number, content) in read.into_iter().enumerate() {
            take(number, content.unwrap_or(Content::Missing));
        }
        Ok(())
    }

    /// Where git looks for hooks: `core.hooksPath`, or the directory that all work trees share.
    ///
    /// # Errors
    /// git fails.
    pub fn hooks_dir(&self) -> Result<PathBuf, DriverError> {
        Ok(self.top.join(path(self.ask(["rev-parse", "--git-path", "hooks"])?)))
    }

    /// The directory of the repository itself.
    ///
    /// # Errors
    /// git fails.
    pub fn git_dir(&self) -> Result<PathBuf, DriverError> {
        Ok(self.top.join(path(self.ask(["rev-parse", "--git-dir"])?)))
    }
}

/// A line as a path.
fn path(mut line: Vec<u8>) -> PathBuf {
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    PathBuf::from(OsString::from_vec(line))
}

/// Whether a directory is the inside of a repository (gitrepository-layout(5)).
fn is_repository(dir: &Path) -> bool {
    dir.join("HEAD").is_file() && dir.join("objects").is_dir() && dir.join("refs").is_dir()
}

fn bare(dir: &Path) -> DriverError {
    let message = format!("{} is a bare repository: nothing is committed in it", dir.display());
    DriverError::new(ErrorKind::Refusal, message).help("start it in a clone with a work tree")
}

//! The files of a directory as git knows them: tracked, staged and new ones, by one call of git. Without git, all that no
//! `.gitignore` names. Links are not followed, and submodules are repositories of their own.

mod blobs;
mod listing;

use super::tool::{Broken, Limits, Tool};
use super::{DriverError, ErrorKind};
use crate::process::{Cancel, Stream};
use crate::secrets::{FileName, Files, SIZE_LIMIT};
use blobs::Blobs;
use ignore::WalkBuilder;
use listing::Seen;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use xxhash_rust::xxh3::Xxh3;

/// A file that was written this short a time ago may be written again without a sign of it.
const RACY: Duration = Duration::from_secs(2);

/// The files of a directory.
#[derive(Debug)]
pub struct WorkTree {
    root: PathBuf,
    names: Vec<FileName>,
    /// What the file system or git says of each.
    marks: Vec<Mark>,
    blobs: RefCell<Option<Blobs>>,
    git: Option<PathBuf>,
}

#[derive(Debug)]
enum Mark {
    Disk(Metadata),
    Blob(String),
}

impl WorkTree {
    /// Lists the files of a directory.
    ///
    /// # Errors
    /// git is there and cannot list them, or the directory is a bare repository.
    pub fn open(root: &Path, cancel: &Cancel) -> Result<Self, DriverError> {
        let is_bare = root.join("HEAD").is_file() && root.join("objects").is_dir();
        if is_bare && !root.join(".git").exists() {
            let message = format!("{} is a bare repository: it has no files", root.display());
            return Err(DriverError::new(ErrorKind::Refusal, message).help("run it in a clone"));
        }
        let in_git = repository(root).is_some();
        let git = in_git.then(|| which::which("git").ok()).flatten();
        let mut tree = Self {
            root: root.to_owned(),
            names: Vec::new(),
            marks: Vec::new(),
            blobs: RefCell::new(None),
            git,
        };
        match &tree.git {
            Some(git) => {
                let seen = list(git, root, cancel)?;
                tree.take(seen);
            }
            None => tree.walk(cancel),
        }
        Ok(tree)
    }

    /// Adds a file that git does not list, because it ignores it.
    pub fn add(&mut self, path: &str) {
        if !self.names.iter().any(|name| name.path == path) {
            self.add_from_disk(path.to_owned());
        }
    }

    /// A number that is another one when any file is, its name or content; `None` where a file is so new that it could
    /// change without a sign.
    #[must_use]
    pub fn state(&self) -> Option<u128> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        let recent = now.saturating_sub(RACY).as_secs() as i64;
        let mut state = Xxh3::new();
        for (name, mark) in self.names.iter().zip(&self.marks) {
            state.update(name.path.as_bytes());
            state.update(&[0, u8::from(name.staged)]);
            match mark {
                Mark::Blob(oid) => state.update(oid.as_bytes()),
                Mark::Disk(metadata) => {
                    if metadata.ctime() >= recent {
                        return None;
                    }
                    let numbers = [
                        metadata.size() as i64,
                        metadata.ino() as i64,
                        metadata.mtime(),
                        metadata.mtime_nsec(),
                        metadata.ctime(),
                        metadata.ctime_nsec(),
                    ];
                    numbers.iter().for_each(|number| state.update(&number.to_le_bytes()));
                }
            }
        }
        Some(state.digest128())
    }

    fn take(&mut self, seen: BTreeMap<String, Seen>) {
        for (path, seen) in seen {
            let there = self.add_from_disk(path.clone());
            // What is staged matters where the file itself says something else, or is not there.
            if let Some(oid) = seen.oid
                && (seen.changed || !there && !seen.is_link)
            {
                self.names.push(FileName { path, staged: true });
                self.marks.push(Mark::Blob(oid));
            }
        }
    }

    /// Whether it is a file.
    fn add_from_disk(&mut self, path: String) -> bool {
        match fs::symlink_metadata(self.root.join(&path)) {
            Ok(metadata) if metadata.is_file() => {
                self.names.push(FileName { path, staged: false });
                self.marks.push(Mark::Disk(metadata));
                true
            }
            _ => false,
        }
    }

    fn walk(&mut self, cancel: &Cancel) {
        let mut walk = WalkBuilder::new(&self.root);
        walk.hidden(false).require_git(false).follow_links(false).parents(false);
        walk.filter_entry(|entry| entry.file_name() != ".git" && entry.file_name() != ".fleet");
        for entry in walk.build().flatten() {
            if cancel.is_requested() {
                return;
            }
            let path = entry.path().strip_prefix(&self.root).ok().and_then(Path::to_str);
            if let Some(path) = path.filter(|path| !path.is_empty()) {
                self.add_from_disk(path.to_owned());
            }
        }
    }
}

impl Files for WorkTree {
    fn names(&self) -> &[FileName] {
        &self.names
    }

    fn read(&self, index: usize) -> io::Result<Option<Vec<u8>>> {
        let (Some(name), Some(mark)) = (self.names.get(index), self.marks.get(index)) else {
            return Ok(None);
        };
        match mark {
            Mark::Disk(_) => match read_file(&self.root.join(&name.path)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                other => other,
            },
            Mark::Blob(oid) => {
                let Some(git) = &self.git else { return Ok(None) };
                let mut blobs = self.blobs.borrow_mut();
                let reader = match &mut *blobs {
                    Some(reader) => reader,
                    None => blobs.insert(Blobs::start(git, &self.root)?),
                };
                reader.read(oid, SIZE_LIMIT)
            }
        }
    }

    fn read_other(&self, path: &str) -> Option<Vec<u8>> {
        read_file(&self.root.join(path)).ok().flatten()
    }
}

/// The bytes of a file up to the limit. Whatever took the place of a file since it was listed is not waited for.
fn read_file(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_file() || metadata.len() > SIZE_LIMIT {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    File::open(path)?.take(SIZE_LIMIT + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= SIZE_LIMIT).then_some(bytes))
}

/// The directory of the repository that a directory is in.
#[must_use]
pub fn repository(dir: &Path) -> Option<&Path> {
    dir.ancestors().find(|ancestor| ancestor.join(".git").exists())
}

fn list(git: &Path, root: &Path, cancel: &Cancel) -> Result<BTreeMap<String, Seen>, DriverError> {
    let words = ["ls-files", "-z", "-t", "-s", "-c", "-m", "-d", "-o", "--exclude-standard"];
    let tool = Tool::new(git).args(words).directory(root).env("GIT_OPTIONAL_LOCKS", "0");
    let ended = tool.whole(Limits::new(cancel), &mut |_: Stream, _: &str| {});
    let (ended, out) = ended.map_err(|broken| match broken {
        Broken::Cancelled => DriverError::new(ErrorKind::Cancelled, "stopped"),
        Broken::TimedOut => DriverError::new(ErrorKind::TimedOut, "git took too long"),
        Broken::Start(error) => DriverError::new(ErrorKind::Other, format!("git does not start: {error}")),
    })?;
    if ended.code != 0 {
        let message = format!("git cannot list the files of {}", root.display());
        let help = "what git does not list cannot be checked: does `git status` work there?";
        return Err(DriverError::new(ErrorKind::Other, message).said(ended.said).help(help));
    }
    Ok(listing::read(&out))
}

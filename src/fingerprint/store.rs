//! What was found out at earlier runs, on disk.

use super::contents::Contents;
use super::signature::{Record, Signature};
use super::{Difference, Freshness, GlobError, Reason, TaskFiles, checksum, sweep, timestamp};
use crate::frontend::taskfile::go_io;
use rustix::io::Errno;
use std::fs::{self, File, FileTimes};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The fingerprints of a project's tasks.
#[derive(Debug, Clone)]
pub struct Fingerprints {
    /// go-task's directory, usually `.task`.
    temp_dir: PathBuf,
    /// Where signatures of files are kept.
    cache_dir: Option<PathBuf>,
    /// Nothing is written.
    dry: bool,
    /// It is kept what each source held, to tell later which one changed.
    keeps_contents: bool,
}

/// Why freshness cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum FingerprintError {
    /// An entry of `generates` cannot be matched.
    #[error(transparent)]
    Glob(#[from] GlobError),
    /// A fingerprint cannot be written; in go-task's words.
    #[error("{}", go_io::error(call, path, source))]
    Write {
        /// What was tried: `open`, `mkdir`, `chtimes`.
        call: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Fingerprints {
    /// Fingerprints in `temp_dir`, go-task's directory. With a `cache_dir`, the contents of many or large sources are read
    /// again only when the file system says that they changed. `dry` writes nothing (`--dry`, `--status`).
    #[must_use]
    pub fn new(temp_dir: impl Into<PathBuf>, cache_dir: Option<PathBuf>, dry: bool) -> Self {
        Self { temp_dir: temp_dir.into(), cache_dir, dry, keeps_contents: false }
    }

    /// Keeps what each source held in the `cache_dir`, so that a later run can tell exactly which of them changed.
    #[must_use]
    pub fn keeping_contents(mut self) -> Self {
        self.keeps_contents = true;
        self
    }

    /// Compares the sources' contents with the last run's, and writes the new checksum at once: a run that fails must
    /// [`Fingerprints::forget`] it. `name` is the task's label or full name.
    ///
    /// # Errors
    /// The checksum cannot be written, or `generates` cannot be matched.
    pub fn checksum(&self, name: &str, files: &TaskFiles<'_>) -> Result<Freshness, FingerprintError> {
        if files.sources.is_empty() {
            return Ok(Freshness::Stale(Reason::NoSources));
        }
        let path = self.checksum_path(name);
        let old = recorded(&path);
        let old = old.trim();
        let sources = files.sources();
        let mut why = None;
        let new = match self.sum(name, &sources, Some((old, &mut why))) {
            Ok(new) => new,
            Err(unreadable) => return Ok(Freshness::Stale(Reason::Unreadable(unreadable))),
        };
        if self.keeps_contents {
            why = self.contents(name, &sources, old, &new).or(why);
        }
        if !self.dry && old != new {
            // Why there is no directory, writing tells (go-task 3.54).
            let _ = self.make_dir(&path);
            write(&path, &format!("{new}\n"))?;
        }
        if let Some(reason) = files.not_generated()? {
            return Ok(Freshness::Stale(reason));
        }
        Ok(if old == new {
            Freshness::UpToDate
        } else if old.is_empty() {
            Freshness::Stale(Reason::NoRecord)
        } else {
            Freshness::Stale(why.map_or(Reason::SourcesDiffer, Reason::Sources))
        })
    }

    /// The value of `.CHECKSUM`.
    ///
    /// # Errors
    /// The source that cannot be read.
    pub fn checksum_value(&self, name: &str, files: &TaskFiles<'_>) -> Result<String, PathBuf> {
        self.sum(name, &files.sources(), None)
    }

    /// Removes a checksum, since the task failed.
    pub fn forget(&self, name: &str) {
        if !self.dry {
            let _ = fs::remove_file(self.checksum_path(name));
        }
    }

    /// Compares times of change, and sets the stamp to now. `name` is the task's full name.
    ///
    /// # Errors
    /// The stamp cannot be written, or `generates` cannot be matched.
    pub fn timestamp(&self, name: &str, files: &TaskFiles<'_>) -> Result<Freshness, FingerprintError> {
        if files.sources.is_empty() {
            return Ok(Freshness::Stale(Reason::NoSources));
        }
        let sources = files.sources();
        if let Some(reason) = files.not_generated()? {
            return Ok(Freshness::Stale(reason));
        }
        let mut generated = files.generates();
        let stamp = self.temp_dir.join("timestamp").join(file_name(name));
        if stamp.exists() {
            generated.push(stamp.clone());
        } else if !self.dry {
            self.make_dir(&stamp)?;
            write(&stamp, "")?;
        }
        let now = SystemTime::now();
        let newest = match timestamp::newest(&generated) {
            Ok(Some(newest)) => newest,
            Ok(None) => return Ok(Freshness::Stale(Reason::NoRecord)),
            Err(path) => return Ok(Freshness::Stale(Reason::Unreadable(path))),
        };
        let freshness = timestamp::compare(&sources, newest);
        if matches!(freshness, Freshness::Stale(Reason::Unreadable(_))) {
            return Ok(freshness);
        }
        if !self.dry {
            let times = FileTimes::new().set_accessed(now).set_modified(now);
            let set = File::open(&stamp).and_then(|file| file.set_times(times));
            set.map_err(|source| FingerprintError::Write { call: "chtimes", path: stamp, source })?;
        }
        Ok(freshness)
    }

    /// The value of `.TIMESTAMP`: when a source last changed; the epoch where there is none.
    ///
    /// # Errors
    /// The source that cannot be asked for.
    pub fn timestamp_value(files: &TaskFiles<'_>) -> Result<SystemTime, PathBuf> {
        Ok(timestamp::newest(&files.sources())?.unwrap_or(UNIX_EPOCH))
    }

    fn checksum_path(&self, name: &str) -> PathBuf {
        self.temp_dir.join("checksum").join(file_name(name))
    }

    /// The checksum, from the record where the files are as recorded. Where the record is of the old checksum, `why` gets
    /// what is different from it.
    fn sum(
        &self,
        name: &str,
        sources: &[PathBuf],
        why: Option<(&str, &mut Option<Difference>)>,
    ) -> Result<String, PathBuf> {
        let whole = || checksum::checksum(sources).map_err(|unreadable| unreadable.path);
        let Some(cache_dir) = &self.cache_dir else { return whole() };
        let path = cache_dir.join("checksum").join(file_name(name));
        let Some(signature) = Signature::take(sources) else { return whole() };
        let record = Record::read(&path);
        if let Some(record) = &record {
            if signature.is(record) {
                return Ok(record.checksum.clone());
            }
            if let Some((old, why)) = why
                && old == record.checksum
            {
                *why = signature.difference(record);
            }
        }
        let checksum = whole()?;
        if !self.dry && (signature.is_worth_it() || record.is_some()) {
            sweep::before_first(cache_dir);
            // Without the record the next run reads everything again; that is all.
            let _ = signature.record(&path, &checksum);
        }
        Ok(checksum)
    }

    /// What changed since the sources had their old checksum, as far as it was kept; keeps the new contents.
    fn contents(&self, name: &str, sources: &[PathBuf], old: &str, new: &str) -> Option<Difference> {
        let cache_dir = self.cache_dir.as_ref()?;
        let path = cache_dir.join("contents").join(file_name(name));
        if old == new && Contents::is_kept(&path, new) {
            return None;
        }
        let contents = Contents::take(sources)?;
        let difference = Contents::read(&path, old).and_then(|earlier| contents.since(&earlier));
        if !self.dry {
            sweep::before_first(cache_dir);
            // Without it the next run cannot tell what changed; that is all.
            let _ = contents.write(&path, new);
        }
        difference
    }

    /// Makes the directory of a file. An error names the one that is in the way.
    fn make_dir(&self, path: &Path) -> Result<(), FingerprintError> {
        let dir = path.parent().unwrap_or(&self.temp_dir);
        let Err(source) = fs::create_dir_all(dir) else { return Ok(()) };
        let mut above: Vec<&Path> = dir.ancestors().collect();
        above.reverse();
        let in_the_way = above.into_iter().find(|dir| !dir.is_dir()).unwrap_or(dir);
        let source = if in_the_way.exists() { Errno::NOTDIR.into() } else { source };
        Err(FingerprintError::Write { call: "mkdir", path: in_the_way.to_owned(), source })
    }
}

/// The checksum in a file; nothing, where there is none. What is longer than any of them is not read.
fn recorded(path: &Path) -> String {
    const LONGEST: u64 = 1 << 10;
    let mut text = String::new();
    // A pipe would never end.
    if fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() <= LONGEST)
        && let Ok(file) = File::open(path)
        && file.take(LONGEST).read_to_string(&mut text).is_err()
    {
        text.clear();
    }
    text
}

fn write(path: &Path, text: &str) -> Result<(), FingerprintError> {
    let failed = |source| FingerprintError::Write { call: "open", path: path.to_owned(), source };
    fs::write(path, text).map_err(failed)
}

/// A task's name as a file's: everything but ASCII letters and digits becomes `-` (go-task 3.54).
fn file_name(name: &str) -> String {
    name.chars().map(|next| if next.is_ascii_alphanumeric() { next } else { '-' }).collect()
}

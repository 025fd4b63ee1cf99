//! Directories that are looked at again and again, where the kernel does not watch them: no watch is left, or the system
//! has another interface than inotify.

use super::change::{Change, ChangeKind};
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What is compared of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    modified: Option<SystemTime>,
    length: u64,
    is_dir: bool,
}

type Listing = HashMap<OsString, Entry>;

#[derive(Debug, Default)]
pub(super) struct Polled {
    directories: HashMap<PathBuf, Listing>,
}

impl Polled {
    pub(super) fn is_empty(&self) -> bool {
        self.directories.is_empty()
    }

    /// Takes note of a directory as it is now.
    pub(super) fn add(&mut self, dir: &Path) {
        self.directories.entry(dir.to_owned()).or_insert_with(|| list(dir));
    }

    /// What has changed since the last look. A directory that is gone goes to `ended`.
    pub(super) fn look(&mut self, changes: &mut Vec<Change>, ended: &mut Vec<PathBuf>) {
        for (dir, old) in &mut self.directories {
            let new = list(dir);
            let mut tell = |name: &OsString, kind, entry: &Entry| {
                changes.push(Change { path: dir.join(name), kind, is_dir: entry.is_dir });
            };
            for (name, entry) in &new {
                let kind = match old.get(name) {
                    None => ChangeKind::Created,
                    Some(before) if before != entry && !entry.is_dir => ChangeKind::Written,
                    Some(_) => continue,
                };
                tell(name, kind, entry);
            }
            for (name, entry) in old.iter().filter(|(name, _)| !new.contains_key(*name)) {
                tell(name, ChangeKind::Removed, entry);
            }
            *old = new;
        }
        ended.extend(self.directories.keys().filter(|dir| !dir.is_dir()).cloned());
        self.directories.retain(|dir, _| !ended.contains(dir));
    }
}

fn list(dir: &Path) -> Listing {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let entry = |entry: std::fs::DirEntry| {
        let metadata = std::fs::metadata(entry.path()).ok()?;
        let seen =
            Entry { modified: metadata.modified().ok(), length: metadata.len(), is_dir: metadata.is_dir() };
        Some((entry.file_name(), seen))
    };
    entries.filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn tells_what_the_kernel_would_tell() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("old"), "1").unwrap();
        fs::write(at("gone"), "1").unwrap();
        let mut polled = Polled::default();
        polled.add(dir.path());
        let mut look = || {
            let (mut changes, mut ended) = (Vec::new(), Vec::new());
            polled.look(&mut changes, &mut ended);
            let text =
                |change: &Change| (change.path.strip_prefix(dir.path()).unwrap().to_owned(), change.kind);
            let mut changes: Vec<_> = changes.iter().map(text).collect();
            changes.sort_by_key(|(path, _)| path.clone());
            (changes, ended.len())
        };
        assert_eq!(look(), (Vec::new(), 0));
        fs::write(at("old"), "22").unwrap();
        fs::remove_file(at("gone")).unwrap();
        fs::create_dir(at("new")).unwrap();
        let told =
            [("gone", ChangeKind::Removed), ("new", ChangeKind::Created), ("old", ChangeKind::Written)];
        assert_eq!(look(), (told.map(|(name, kind)| (PathBuf::from(name), kind)).to_vec(), 0));
        assert_eq!(look(), (Vec::new(), 0));
        fs::remove_dir_all(dir.path()).unwrap();
        assert_eq!(look().1, 1);
    }
}

//! Which files are watched: those that the `sources` of tasks match now, and those that come to match.

use super::change::{Change, ChangeKind};
use crate::executor::task::WatchedFiles;
use crate::word::clean;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// What never starts a run, with all that is in it (go-task 3.54 `watch.go`).
const IGNORED: [&str; 4] = ["/.task", "/.git", "/.hg", "/node_modules"];

/// The sources of all watched tasks.
#[derive(Default)]
pub(super) struct Sources {
    tasks: Vec<WatchedFiles>,
    roots: Vec<Root>,
    /// What they match.
    known: HashSet<PathBuf>,
}

/// The directory that a pattern begins in.
struct Root {
    dir: PathBuf,
    /// The pattern reaches below that directory's own entries.
    is_deep: bool,
}

/// What a batch of changes means.
#[derive(Default)]
pub(super) struct Meaning {
    /// The first change of each file that is a source.
    pub(super) sources: Vec<Change>,
    /// Changes of others.
    pub(super) others: Vec<Change>,
    /// The set of sources is another one.
    pub(super) differs: bool,
}

impl Meaning {
    /// Whether the tasks must run again.
    pub(super) fn counts(&self) -> bool {
        self.differs || !self.sources.is_empty()
    }
}

impl Sources {
    /// The files of these tasks as they are now.
    pub(super) fn new(tasks: Vec<WatchedFiles>) -> Self {
        let patterns = tasks.iter().flat_map(|task| {
            task.sources.iter().filter(|(_, excludes)| !excludes).map(|(pattern, _)| (&task.dir, pattern))
        });
        let roots = patterns.map(|(dir, pattern)| Root::of(dir, pattern)).collect();
        let mut sources = Self { tasks, roots, known: HashSet::new() };
        sources.refresh();
        sources
    }

    /// Whether they are those of the same tasks and patterns.
    pub(super) fn are_of(&self, tasks: &[WatchedFiles]) -> bool {
        self.tasks == tasks
    }

    /// Whether a file may come to match in a directory that is not watched.
    pub(super) fn may_grow_unseen(&self) -> bool {
        self.roots.iter().any(|root| root.is_deep)
    }

    /// Looks which files match now. Says whether they are others than before.
    pub(super) fn refresh(&mut self) -> bool {
        let files = self.tasks.iter().flat_map(|task| task.as_task_files().sources());
        let known: HashSet<PathBuf> = files.filter(|file| !is_ignored(file)).collect();
        let differs = known != self.known;
        self.known = known;
        differs
    }

    /// What changes mean. Looks at the disk at most once, however many they are.
    pub(super) fn meaning(&mut self, changes: Vec<Change>) -> Meaning {
        let mut meaning = Meaning::default();
        let mut told = HashSet::new();
        let mut look = false;
        for change in changes {
            if change.kind == ChangeKind::Lost {
                meaning.differs = true;
                look = true;
            } else if is_ignored(&change.path) {
                meaning.others.push(change);
            } else if self.known.contains(&change.path) {
                // An editor may write a new file over the old one: whether it is still there is seen below.
                look |= change.kind == ChangeKind::Removed;
                if told.insert(change.path.clone()) {
                    meaning.sources.push(change);
                }
            } else {
                look = true;
                meaning.others.push(change);
            }
        }
        if look && self.refresh() {
            meaning.differs = true;
            let known = &self.known;
            let (sources, others) =
                meaning.others.into_iter().partition(|change| known.contains(&change.path));
            meaning.others = others;
            meaning.sources.extend::<Vec<Change>>(sources);
        }
        meaning
    }

    /// The directories to be watched: those of the files, and those on the way to them.
    pub(super) fn directories(&self) -> HashSet<PathBuf> {
        let mut directories: HashSet<PathBuf> = HashSet::new();
        for root in &self.roots {
            // What is not there yet will be created in what is.
            let existing = root.dir.ancestors().find(|dir| dir.is_dir());
            directories.extend(existing.filter(|dir| !is_ignored(dir)).map(ToOwned::to_owned));
        }
        for file in &self.known {
            for dir in file.ancestors().skip(1) {
                let inside = self.roots.iter().any(|root| dir.starts_with(&root.dir));
                if !inside || is_ignored(dir) || directories.contains(dir) {
                    break;
                }
                directories.insert(dir.to_owned());
            }
        }
        directories
    }

    /// The directories to be watched since one was created: it and those in it, where a pattern reaches there.
    pub(super) fn new_directories(&self, created: &Path) -> Vec<PathBuf> {
        let reached = |dir: &Path| {
            !is_ignored(dir)
                && self
                    .roots
                    .iter()
                    .any(|root| root.dir.starts_with(dir) || (root.is_deep && dir.starts_with(&root.dir)))
        };
        let mut open = vec![created.to_owned()];
        let mut found = Vec::new();
        while let Some(dir) = open.pop() {
            if !reached(&dir) {
                continue;
            }
            let entries = std::fs::read_dir(&dir).into_iter().flatten().flatten();
            let is_dir = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
            open.extend(entries.filter(is_dir).map(|entry| entry.path()));
            found.push(dir);
        }
        found
    }
}

impl Root {
    fn of(dir: &Path, pattern: &str) -> Self {
        let path = clean(&dir.join(pattern).to_string_lossy());
        let wild = path.find(['*', '?', '[', '{', '$']).unwrap_or(path.len());
        let (fixed, rest) = path.split_at(wild);
        let fixed = fixed.rsplit_once('/').map_or("", |(dir, _)| dir);
        Self { dir: PathBuf::from(if fixed.is_empty() { "/" } else { fixed }), is_deep: rest.contains('/') }
    }
}

/// Whether go-task would ignore a change of it.
pub(super) fn is_ignored(path: &Path) -> bool {
    let path = path.to_string_lossy();
    IGNORED.iter().any(|name| {
        path.match_indices(name).any(|(at, name)| {
            let after = path.get(at + name.len()..).unwrap_or_default();
            after.is_empty() || after.starts_with('/')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_task_ignores_is_ignored() {
        for (path, ignored) in [
            ("/a/.git", true),
            ("/a/.git/HEAD", true),
            ("/a/.gitignore", false),
            ("/a/b.git/c", false),
            ("/a/node_modules/x/y.js", true),
            ("/a/.task/checksum/b", true),
            ("/a/src/task.go", false),
        ] {
            assert_eq!(is_ignored(Path::new(path)), ignored, "{path}");
        }
    }

    #[test]
    fn a_pattern_begins_where_it_has_no_wildcard() {
        for (pattern, dir, is_deep) in [
            ("src/*.go", "/p/src", false),
            ("src/**/*.go", "/p/src", true),
            ("./a.txt", "/p", false),
            ("../x/{a,b}/c", "/x", true),
            ("*", "/p", false),
            ("/etc/ho?ts", "/etc", false),
        ] {
            let root = Root::of(Path::new("/p"), pattern);
            assert_eq!((root.dir.to_str().unwrap(), root.is_deep), (dir, is_deep), "{pattern}");
        }
    }
}

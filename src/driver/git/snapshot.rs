//! The state of the files that a hook judges: the index before a commit, a commit before it is pushed.

use super::change::{Change, Entry, changes, entries};
use super::repository::Repository;
use super::staged::Staged;
use crate::driver::DriverError;

/// A state of all files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Snapshot {
    /// The index.
    Index,
    /// A commit, and the one that the other side has already, where that is known.
    Commit {
        /// Its object.
        commit: String,
        /// What is new is new since this one.
        base: Option<String>,
    },
}

impl Snapshot {
    /// The name of a path's object (gitrevisions(7)).
    #[must_use]
    pub fn name(&self, path: &str) -> String {
        match self {
            Self::Index => format!(":{path}"),
            Self::Commit { commit, .. } => format!("{commit}:{path}"),
        }
    }
}

/// git compares with these options whatever the user's configuration says.
const RAW: [&str; 8] = [
    "diff",
    "--raw",
    "-z",
    "--no-abbrev",
    "--no-renames",
    "--no-ext-diff",
    "--no-relative",
    "--ignore-submodules=dirty",
];

impl Repository {
    /// What is new in a snapshot: staged, or not yet on the other side.
    ///
    /// # Errors
    /// git fails.
    pub fn new_in(&self, snapshot: &Snapshot) -> Result<Vec<Change>, DriverError> {
        match snapshot {
            Snapshot::Index => match self.staged().and_then(Staged::changes) {
                Some(changes) => Ok(changes),
                None => Ok(changes(&self.ask(RAW.into_iter().chain(["--cached"]))?)),
            },
            Snapshot::Commit { commit, base: Some(base) } => {
                Ok(changes(&self.ask(RAW.into_iter().chain([base.as_str(), commit.as_str()]))?))
            }
            Snapshot::Commit { base: None, .. } => self.all_of(snapshot),
        }
    }

    /// All files of a snapshot, as if each were new.
    ///
    /// # Errors
    /// git fails.
    pub fn all_of(&self, snapshot: &Snapshot) -> Result<Vec<Change>, DriverError> {
        let new =
            |entry: Entry| Change { path: entry.path.clone(), old: None, new: Some(entry), conflict: false };
        Ok(self.entries(snapshot, &[])?.into_iter().map(new).collect())
    }

    /// The files of a snapshot: those of these paths below the top, or all.
    ///
    /// # Errors
    /// git fails.
    pub fn entries(&self, snapshot: &Snapshot, paths: &[&str]) -> Result<Vec<Entry>, DriverError> {
        let list = match snapshot {
            Snapshot::Index => vec!["ls-files", "--stage", "-z", "--"],
            Snapshot::Commit { commit, .. } => vec!["ls-tree", "-r", "-z", "--full-tree", commit, "--"],
        };
        let literal = ["--literal-pathspecs"];
        Ok(entries(&self.ask(literal.into_iter().chain(list).chain(paths.iter().copied()))?))
    }

    /// Where the work tree has something else than the snapshot; `old` is what the snapshot has. Untracked files are
    /// not among them, and neither are files that a sparse work tree leaves out.
    ///
    /// # Errors
    /// git fails.
    pub fn differences(&self, snapshot: &Snapshot) -> Result<Vec<Change>, DriverError> {
        let commit = match snapshot {
            Snapshot::Index => None,
            Snapshot::Commit { commit, .. } => Some(commit.as_str()),
        };
        Ok(changes(&self.ask(RAW.into_iter().chain(commit))?))
    }

    /// Files of the snapshot that a sparse work tree leaves out.
    ///
    /// # Errors
    /// git fails.
    pub fn left_out(&self, snapshot: &Snapshot) -> Result<Vec<Entry>, DriverError> {
        if !self.is_sparse() {
            return Ok(Vec::new());
        }
        let mut all = self.entries(snapshot, &[])?;
        all.retain(|entry| self.top().join(&entry.path).symlink_metadata().is_err());
        Ok(all)
    }
}

/// What git tells a `pre-push` hook on standard input, a line for each reference (githooks(5)): the commits that are new
/// to the other side. References that are deleted push nothing.
#[must_use]
pub fn pushed(told: &str) -> Vec<Snapshot> {
    let is_nothing = |object: &str| object.bytes().all(|byte| byte == b'0');
    let line = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let [_, commit, _, base] = words[..] else { return None };
        (!is_nothing(commit)).then(|| Snapshot::Commit {
            commit: commit.to_owned(),
            base: (!is_nothing(base)).then(|| base.to_owned()),
        })
    };
    let mut snapshots: Vec<Snapshot> = told.lines().filter_map(line).collect();
    snapshots.dedup();
    snapshots
}

impl Repository {
    /// The same snapshot without a base that this repository does not have: somebody else has pushed it.
    #[must_use]
    pub fn known(&self, snapshot: Snapshot) -> Snapshot {
        match snapshot {
            Snapshot::Commit { commit, base: Some(base) } if self.ask(["cat-file", "-e", &base]).is_err() => {
                Snapshot::Commit { commit, base: None }
            }
            snapshot => snapshot,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_is_read_line_by_line() {
        let (new, old, none) = ("a".repeat(40), "b".repeat(40), "0".repeat(40));
        let told = format!(
            "refs/heads/main {new} refs/heads/main {old}\nrefs/heads/new {new} refs/heads/new {none}\n\
             (delete) {none} refs/heads/gone {old}\n\nhalf a line\n"
        );
        let commit = |base: Option<&String>| Snapshot::Commit { commit: new.clone(), base: base.cloned() };
        assert_eq!(pushed(&told), [commit(Some(&old)), commit(None)]);
        assert_eq!(pushed(""), []);
    }
}

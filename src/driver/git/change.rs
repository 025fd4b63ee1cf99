//! git's lists of files, read. Knows no repository.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// What an entry of a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A file, executable or not.
    File,
    /// A symbolic link; its content is where it leads.
    Link,
    /// The commit of a submodule; there is no content.
    Submodule,
}

/// A file in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Below the top of the work tree.
    pub path: PathBuf,
    /// What it is.
    pub kind: EntryKind,
    /// Name of its object.
    pub object: String,
}

/// A path that differs between two snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Below the top of the work tree.
    pub path: PathBuf,
    /// Before; `None` where it is added.
    pub old: Option<Entry>,
    /// After; `None` where it is removed. The object of a file in the work tree has no name.
    pub new: Option<Entry>,
    /// Both sides of a merge changed it, and nobody has said which is right.
    pub conflict: bool,
}

fn entry(mode: &str, object: &str, path: &Path) -> Option<Entry> {
    let kind = match mode {
        "100644" | "100755" | "100664" => EntryKind::File,
        "120000" => EntryKind::Link,
        "160000" => EntryKind::Submodule,
        _ => return None,
    };
    let named = object.bytes().any(|byte| byte != b'0');
    Some(Entry { path: path.to_owned(), kind, object: if named { object.to_owned() } else { String::new() } })
}

fn path(bytes: &[u8]) -> PathBuf {
    Path::new(OsStr::from_bytes(bytes)).to_owned()
}

/// `git diff --raw -z --no-renames --no-abbrev`.
pub(super) fn changes(list: &[u8]) -> Vec<Change> {
    let mut parts = list.split(|byte| *byte == 0);
    let mut changes = Vec::new();
    while let Some(head) = parts.next() {
        let Some(head) = std::str::from_utf8(head).ok().and_then(|head| head.strip_prefix(':')) else {
            continue;
        };
        let Some(name) = parts.next() else { break };
        let path = path(name);
        let words: Vec<&str> = head.split(' ').collect();
        let [old_mode, new_mode, old, new, status] = words[..] else { continue };
        changes.push(Change {
            old: entry(old_mode, old, &path),
            new: entry(new_mode, new, &path),
            conflict: status.starts_with('U'),
            path,
        });
    }
    changes
}

/// `git ls-files -s -z`, where a path in conflict has several entries, or `git ls-tree -r -z`.
pub(super) fn entries(list: &[u8]) -> Vec<Entry> {
    let records = list.split(|byte| *byte == 0);
    let entries = records.filter_map(|record| {
        let tab = record.iter().position(|byte| *byte == b'\t')?;
        let (head, name) = record.split_at(tab);
        let words: Vec<&str> = std::str::from_utf8(head).ok()?.split(' ').collect();
        let ([mode, "blob" | "commit", object] | [mode, object, "0"]) = words[..] else { return None };
        entry(mode, object, &path(name.get(1..)?))
    });
    entries.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "ce013625030ba8dba906f756967f9e9ca394464a";
    const ZERO: &str = "0000000000000000000000000000000000000000";

    #[test]
    fn every_kind_of_change_is_read() {
        let list = format!(
            ":000000 100644 {ZERO} {A} A\0new\nline\0:100755 000000 {A} {ZERO} D\0gone\0:100644 100644 {A} {ZERO} M\0edited\0\
             :000000 160000 {ZERO} {A} A\0sub\0:000000 000000 {ZERO} {ZERO} U\0both\0"
        );
        let changes = changes(list.as_bytes());
        let names: Vec<_> = changes.iter().map(|change| change.path.to_str().unwrap()).collect();
        assert_eq!(names, ["new\nline", "gone", "edited", "sub", "both"]);
        assert_eq!((changes[0].old.as_ref(), &*changes[0].new.as_ref().unwrap().object), (None, A));
        assert!(changes[1].new.is_none() && changes[1].old.is_some());
        assert_eq!(changes[2].new.as_ref().unwrap().object, "", "the work tree has no objects");
        assert_eq!(changes[3].new.as_ref().unwrap().kind, EntryKind::Submodule);
        assert_eq!(changes.iter().filter(|change| change.conflict).count(), 1);
    }

    #[test]
    fn lists_of_index_and_tree_are_read() {
        let index = format!("100644 {A} 0\ta b\0120000 {A} 0\tlink\0100644 {A} 2\tboth\0");
        let tree = format!("100644 blob {A}\ta b\0120000 blob {A}\tlink\0");
        assert_eq!(entries(index.as_bytes()), entries(tree.as_bytes()));
        assert_eq!(entries(b""), []);
        assert_eq!(entries(b"junk\0\t\0"), []);
    }
}

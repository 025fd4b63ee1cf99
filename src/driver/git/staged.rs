//! What is staged, found without a process: the index of a repository against the tree of its last commit. Only where all
//! that matters lies in plain sight; else there is no answer, and git is asked.

use super::blobs::{Content, LARGEST as LARGEST_CONTENT};
use super::change::{Change, Entry, EntryKind};
use super::index::{File, Index};
use super::loose::{Found, Loose, is_name};
use std::cmp::Ordering;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Largest tree or commit that is read, in bytes.
const LARGEST: u64 = 16 << 20;
/// Trees within trees; deeper ones are left to git.
const DEEPEST: usize = 100;

/// The index of a repository, with the objects it speaks of.
#[derive(Debug)]
pub(super) struct Staged {
    index: Index,
    head: String,
    loose: Loose,
}

impl Staged {
    /// Reads the index of a repository whose directory is `dir`; `index` is its file.
    pub(super) fn open(dir: &Path, index: &Path) -> Option<Self> {
        let loose = Loose::of(dir)?;
        // With `git replace` objects are not what their names say.
        if !has_first_format(dir)? || dir.join("refs/replace").exists() {
            return None;
        }
        let head = head(dir)?;
        let index = Index::read(&fs::read(index).ok()?, head.len() / 2)?;
        Some(Self { index, head, loose })
    }

    /// The content of an object, by its name or as `:PATH` of the index; `None` where git has to say.
    pub(super) fn content(&self, object: &str) -> Option<Content> {
        let object = match object.strip_prefix(':') {
            None => object,
            // `:1:PATH` and the like are left to git.
            Some(path) if path.starts_with(|first: char| first.is_ascii_digit() || ":/!".contains(first)) => {
                return None;
            }
            Some(path) => match self.index.get(path.as_bytes()) {
                Some(file) => &file.object,
                None => return Some(Content::Missing),
            },
        };
        Some(match self.loose.read(object, LARGEST_CONTENT)? {
            Found::Whole(_, bytes) => Content::Bytes(bytes),
            Found::TooLarge => Content::TooLarge,
        })
    }

    /// Where the index differs from the last commit, in the order of the paths.
    pub(super) fn changes(&self) -> Option<Vec<Change>> {
        let commit = self.loose.read_kind(&self.head, "commit", LARGEST)?;
        let tree = std::str::from_utf8(commit.strip_prefix(b"tree ")?.get(..self.head.len())?).ok()?;
        let mut before = Before { staged: self, files: Vec::new(), same: Vec::new() };
        before.tree(Vec::new(), tree, 0)?;
        let Before { files: mut old, mut same, .. } = before;
        old.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        same.sort_unstable();
        let mut same = same.into_iter().peekable();
        let new = self.index.files.iter().filter(|file| {
            while same.next_if(|dir| **dir <= *file.path && !file.path.starts_with(dir)).is_some() {}
            !same.peek().is_some_and(|dir| file.path.starts_with(dir))
        });
        Some(differences(&old, new))
    }
}

/// Whether a repository is of format version 0, which stays as it is (gitrepository-layout(5)); others may keep their
/// objects and references in ways of their own.
fn has_first_format(dir: &Path) -> Option<bool> {
    let config = fs::read_to_string(dir.join("config")).ok()?.to_ascii_lowercase();
    let mut versions = config.lines().filter_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == "repositoryformatversion").then(|| value.trim())
    });
    Some(!config.contains("[extensions") && versions.next() == Some("0") && versions.next().is_none())
}

/// The last commit; `None` where there is none, or it is not where it mostly is.
fn head(dir: &Path) -> Option<String> {
    let head = fs::read_to_string(dir.join("HEAD")).ok()?;
    let Some(name) = head.strip_prefix("ref: ").map(str::trim_end) else {
        return Some(head.trim_end().to_owned()).filter(|head| is_name(head));
    };
    if !name.starts_with("refs/") || name.split('/').any(|part| part == "..") {
        return None;
    }
    let found = match fs::read_to_string(dir.join(name)) {
        Ok(found) => found.trim_end().to_owned(),
        Err(_) => {
            let packed = fs::read_to_string(dir.join("packed-refs")).ok()?;
            let line = packed.lines().find_map(|line| line.strip_suffix(name)?.strip_suffix(' '));
            line?.to_owned()
        }
    };
    Some(found).filter(|found| is_name(found))
}

/// The files of the last commit.
struct Before<'s> {
    staged: &'s Staged,
    files: Vec<File>,
    /// Directories that the index has just so.
    same: Vec<Vec<u8>>,
}

impl Before<'_> {
    /// Takes the files of a tree.
    fn tree(&mut self, dir: Vec<u8>, tree: &str, depth: usize) -> Option<()> {
        let trees = &self.staged.index.trees;
        if trees.iter().any(|(path, object)| *path == dir && object == tree) {
            self.same.push(dir);
            return Some(());
        }
        if depth > DEEPEST {
            return None;
        }
        let content = self.staged.loose.read_kind(tree, "tree", LARGEST)?;
        let mut rest = content.as_slice();
        while !rest.is_empty() {
            let (mode, after) = rest.split_at(memchr::memchr(b' ', rest)?);
            let (name, after) = after.split_at(memchr::memchr(0, after)?);
            let (object, after) = after.get(1..)?.split_at_checked(self.staged.head.len() / 2)?;
            rest = after;
            let mode = u32::from_str_radix(std::str::from_utf8(mode).ok()?, 8).ok()?;
            let mut path = dir.clone();
            path.extend_from_slice(name.get(1..)?);
            let object = super::index::hex(object);
            if mode == 0o040_000 {
                path.push(b'/');
                self.tree(path, &object, depth + 1)?;
            } else {
                self.files.push(File { path, mode: canonical(mode), object });
            }
        }
        Some(())
    }
}

/// A mode as the index has it: old trees know more (git's `canon_mode`).
fn canonical(mode: u32) -> u32 {
    match mode & 0o170_000 {
        0o100_000 if mode & 0o100 != 0 => 0o100_755,
        0o100_000 => 0o100_644,
        kind => kind,
    }
}

/// What is in one list and not, or not so, in the other; both in the order of their paths.
fn differences<'f>(old: &[File], new: impl Iterator<Item = &'f File>) -> Vec<Change> {
    let mut changes = Vec::new();
    let (mut old, mut new) = (old.iter().peekable(), new.peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return changes,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.path.cmp(&new.path),
        };
        let before = if order == Ordering::Greater { None } else { old.next() };
        let after = if order == Ordering::Less { None } else { new.next() };
        if before != after
            && let Some(file) = before.or(after)
        {
            let path = PathBuf::from(OsStr::from_bytes(&file.path));
            let change =
                Change { path, old: before.and_then(entry), new: after.and_then(entry), conflict: false };
            changes.push(change);
        }
    }
}

fn entry(file: &File) -> Option<Entry> {
    let kind = match file.mode {
        0o100_644 | 0o100_755 => EntryKind::File,
        0o120_000 => EntryKind::Link,
        0o160_000 => EntryKind::Submodule,
        _ => return None,
    };
    let path = PathBuf::from(OsStr::from_bytes(&file.path));
    Some(Entry { path, kind, object: file.object.clone() })
}

#[cfg(test)]
mod tests;

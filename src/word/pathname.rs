//! The paths that a pattern matches.

use super::Field;
use super::glob::{Segment, segments};
use std::ffi::OsStr;
use std::fs::{DirEntry, FileType};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// A path that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The path, written as the pattern was: relative patterns give relative paths.
    pub path: Vec<u8>,
    /// What it is, as far as that was seen on the way.
    pub kind: FoundKind,
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FoundKind {
    /// A directory.
    Directory,
    /// Neither a directory nor a link.
    File,
    /// A link, or something that was not looked at.
    Unknown,
}

impl From<FileType> for FoundKind {
    fn from(file_type: FileType) -> Self {
        if file_type.is_dir() {
            Self::Directory
        } else if file_type.is_symlink() {
            Self::Unknown
        } else {
            Self::File
        }
    }
}

/// All paths that match, sorted by bytes; `None` where the pattern is none. With `globstar`, `**` as a whole segment
/// matches any number of directories that do not begin with a dot, through links as well.
pub(super) fn find(field: &Field, dir: &Path, globstar: bool) -> Option<Vec<Found>> {
    let segments = segments(&field.glyphs, globstar)?;
    let mut matches = vec![Found { path: Vec::new(), kind: FoundKind::Directory }];
    for (index, segment) in segments.iter().enumerate() {
        let want_directory = index + 1 < segments.len();
        matches = match segment {
            Segment::Root => vec![Found { path: b"/".to_vec(), kind: FoundKind::Directory }],
            Segment::Dots(text) => {
                matches.into_iter().map(|found| join(&found.path, text, FoundKind::Unknown)).collect()
            }
            Segment::Name(name) => named(matches, name, want_directory, dir),
            Segment::Pattern(pattern) => {
                let mut next = Vec::new();
                for found in &matches {
                    list(&found.path, want_directory, dir, |name| pattern.matches(name), &mut next);
                }
                next
            }
            Segment::AnyDepth => any_depth(matches, want_directory, dir),
        };
    }
    matches.retain(|found| !found.path.is_empty());
    matches.sort_unstable();
    matches.dedup();
    Some(matches)
}

/// Goes on with those that exist. `want_directory` asks for directories.
fn named(matches: Vec<Found>, name: &[u8], want_directory: bool, dir: &Path) -> Vec<Found> {
    let found = |found: Found| {
        let next = join(&found.path, name, FoundKind::Unknown);
        let metadata = std::fs::metadata(dir.join(OsStr::from_bytes(&next.path))).ok()?;
        let kind = FoundKind::from(metadata.file_type());
        (!want_directory || kind == FoundKind::Directory).then_some(Found { kind, ..next })
    };
    matches.into_iter().filter_map(found).collect()
}

/// The directories themselves and everything below them.
fn any_depth(matches: Vec<Found>, want_directory: bool, dir: &Path) -> Vec<Found> {
    let mut next = Vec::new();
    let mut open: Vec<Found> = matches.into_iter().rev().collect();
    while let Some(found) = open.pop() {
        let enter = found.kind != FoundKind::File;
        let path =
            if found.kind == FoundKind::Directory { join(&found.path, b"", found.kind) } else { found };
        if enter {
            list(&path.path, want_directory, dir, |name| name.first() != Some(&b'.'), &mut open);
        }
        next.push(path);
    }
    next
}

/// Adds the entries of a directory whose name matches.
fn list(path: &[u8], want_directory: bool, dir: &Path, matches: impl Fn(&[u8]) -> bool, to: &mut Vec<Found>) {
    let at = dir.join(OsStr::from_bytes(path));
    let Ok(entries) = std::fs::read_dir(&at) else { return };
    let found = |entry: DirEntry| {
        let name = entry.file_name();
        if !matches(name.as_bytes()) {
            return None;
        }
        let mut kind = entry.file_type().map_or(FoundKind::Unknown, FoundKind::from);
        if kind == FoundKind::Unknown
            && let Ok(metadata) = std::fs::metadata(entry.path())
            && metadata.is_dir()
        {
            kind = FoundKind::Directory;
        }
        (!want_directory || kind == FoundKind::Directory).then(|| join(path, name.as_bytes(), kind))
    };
    to.extend(entries.filter_map(|entry| found(entry.ok()?)));
}

fn join(path: &[u8], name: &[u8], kind: FoundKind) -> Found {
    let mut joined = Vec::with_capacity(path.len() + 1 + name.len());
    joined.extend_from_slice(path);
    if !path.is_empty() && !path.ends_with(b"/") {
        joined.push(b'/');
    }
    joined.extend_from_slice(name);
    Found { path: joined, kind }
}

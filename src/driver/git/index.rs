//! The index as git writes it to disk (gitformat-index(5)), versions 2 and 3 without what splits or thins it. Whatever else
//! there is, is left to git itself. Knows no repository.

use std::fmt::Write as _;

/// Bit of the flags: more flags follow.
const EXTENDED: u16 = 0x4000;
/// Where the flags have the stage of a merge.
const STAGE: u16 = 0x3000;
/// Bit of the further flags: it was only said that the file will be added.
const INTENT_TO_ADD: u16 = 0x2000;
/// Bytes of an entry before the name of its object: what the file system said of the file.
const STAT: usize = 40;
/// Where in those bytes the mode is.
const MODE: usize = 24;

/// What was read of an index, in the order of the paths.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    /// Its files.
    pub(super) files: Vec<File>,
    /// Directories as they will be in a commit, for those that git has written already: path with a `/` at its end, empty
    /// for the top, and the name of the tree.
    pub(super) trees: Vec<(Vec<u8>, String)>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    /// Below the top of the work tree.
    pub(super) path: Vec<u8>,
    /// As in a tree.
    pub(super) mode: u32,
    /// Name of its object in hex.
    pub(super) object: String,
}

impl Index {
    /// Reads an index with object names of so many bytes. `None` where it holds what is not known here: conflicts, files
    /// that are only intended, a split or sparse index, damage.
    pub(super) fn read(bytes: &[u8], hash: usize) -> Option<Self> {
        let body = bytes.get(..bytes.len().checked_sub(hash)?)?;
        let mut rest = body.strip_prefix(b"DIRC")?;
        let version = number(&mut rest)?;
        if !matches!(version, 2 | 3) {
            return None;
        }
        let count = number(&mut rest)?;
        let mut index = Self::default();
        for _ in 0..count {
            index.files.push(file(&mut rest, hash)?);
        }
        while !rest.is_empty() {
            let signature = take(&mut rest, 4)?;
            let size = usize::try_from(number(&mut rest)?).ok()?;
            let content = take(&mut rest, size)?;
            match signature {
                b"TREE" => index.trees = trees(content, hash)?,
                // What begins with another letter must be understood.
                [b'A'..=b'Z', ..] => {}
                _ => return None,
            }
        }
        Some(index)
    }

    /// The file of a path.
    pub(super) fn get(&self, path: &[u8]) -> Option<&File> {
        let at = self.files.binary_search_by(|file| file.path.as_slice().cmp(path)).ok()?;
        self.files.get(at)
    }
}

fn take<'b>(rest: &mut &'b [u8], count: usize) -> Option<&'b [u8]> {
    let (taken, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(taken)
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(take(rest, 4)?.try_into().ok()?))
}

fn short(rest: &mut &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(take(rest, 2)?.try_into().ok()?))
}

/// The bytes before one of a kind, and over it.
fn until<'b>(rest: &mut &'b [u8], end: u8) -> Option<&'b [u8]> {
    let at = memchr::memchr(end, rest)?;
    let taken = take(rest, at)?;
    take(rest, 1)?;
    Some(taken)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn file(rest: &mut &[u8], hash: usize) -> Option<File> {
    let start = rest.len();
    let stat = take(rest, STAT)?;
    let mode = number(&mut stat.get(MODE..)?)?;
    let object = hex(take(rest, hash)?);
    let flags = short(rest)?;
    if flags & STAGE != 0 || flags & EXTENDED != 0 && short(rest)? & INTENT_TO_ADD != 0 {
        return None;
    }
    let path = until(rest, 0)?.to_vec();
    // One zero at least, and as many as bring the length to a multiple of eight.
    let padding = (start - rest.len()).next_multiple_of(8) - (start - rest.len());
    take(rest, padding)?.iter().all(|byte| *byte == 0).then_some(File { path, mode, object })
}

/// The extension `TREE`: for each directory its name, how many files are in it (-1 where it has changed since its tree was
/// written), how many directories follow that are in it, and its tree.
fn trees(mut rest: &[u8], hash: usize) -> Option<Vec<(Vec<u8>, String)>> {
    let mut trees = Vec::new();
    // Directories that are open: their path, and how many more follow in each.
    let mut open: Vec<(Vec<u8>, u64)> = Vec::new();
    while !rest.is_empty() {
        let name = until(&mut rest, 0)?;
        let files: i64 = std::str::from_utf8(until(&mut rest, b' ')?).ok()?.parse().ok()?;
        let below: u64 = std::str::from_utf8(until(&mut rest, b'\n')?).ok()?.parse().ok()?;
        let mut path = Vec::new();
        if let Some((parent, left)) = open.last_mut() {
            *left = left.checked_sub(1)?;
            path.extend_from_slice(parent);
            path.extend_from_slice(name);
            path.push(b'/');
        }
        if files >= 0 {
            trees.push((path.clone(), hex(take(&mut rest, hash)?)));
        }
        open.push((path, below));
        while open.last().is_some_and(|(_, left)| *left == 0) {
            open.pop();
        }
        if open.is_empty() && !rest.is_empty() {
            return None;
        }
    }
    Some(trees)
}

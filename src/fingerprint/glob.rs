//! The files that one entry of `sources` or `generates` matches (go-task 3.54 `internal/fingerprint/glob.go`).

use crate::word::{Expander, Found, FoundKind, Pattern, clean, words};
use std::ffi::OsStr;
use std::fs::FileType;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// Why an entry matches nothing at all. go-task leaves it out then, with all that it might have matched.
#[derive(Debug, thiserror::Error)]
pub enum GlobError {
    /// A path without wildcards, or a link's target, is not there.
    #[error("{} is not there", .0.display())]
    NotThere(PathBuf),
    /// It cannot be read as a pattern.
    #[error("`{0}` is not understood as a pattern")]
    Pattern(String),
    /// A directory cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The files, not directories, that a pattern matches, by their absolute path; in no order. Where the directory is not
/// `anchored`, go-task does not have it before its eyes: `**/NAME` has no directory to begin its own walk at.
pub(super) fn files(dir: &Path, pattern: &str, anchored: bool) -> Result<Vec<PathBuf>, GlobError> {
    let walks = anchored || !clean(pattern).starts_with("**/");
    let pattern = if pattern.starts_with('/') {
        pattern.to_owned()
    } else {
        clean(&format!("{}/{pattern}", dir.to_string_lossy()))
    };
    if walks && let Some(found) = recursive(&pattern)? {
        return Ok(found);
    }
    let not_understood = || GlobError::Pattern(pattern.clone());
    let words = words(&escape(&pattern)).map_err(|_| not_understood())?;
    let get = |name: &str| std::env::var(name).ok();
    let dir = Path::new("/");
    let assigned = std::cell::RefCell::default();
    let expander = Expander {
        get: &get,
        assigned: &assigned,
        dir,
        globstar: true,
        nullglob: true,
        noglob: false,
        nounset: false,
    };
    let mut files = Vec::new();
    for word in &words {
        for field in expander.patterns(word).map_err(|_| not_understood())? {
            let literal = || vec![Found { path: field.text().into_bytes(), kind: FoundKind::Unknown }];
            for found in expander.find(&field).unwrap_or_else(literal) {
                let path = PathBuf::from(std::ffi::OsString::from_vec(found.path));
                let is_file = match found.kind {
                    FoundKind::File => true,
                    FoundKind::Directory => false,
                    FoundKind::Unknown => !metadata(&path)?.is_dir(),
                };
                if is_file {
                    files.push(path);
                }
            }
        }
    }
    Ok(files)
}

/// go-task takes these characters as they are, so that paths may hold them.
fn escape(pattern: &str) -> String {
    let mut escaped = String::with_capacity(pattern.len());
    for next in pattern.chars() {
        if matches!(next, ' ' | '&' | '(' | ')') {
            escaped.push('\\');
        }
        escaped.push(next);
    }
    escaped
}

fn metadata(path: &Path) -> Result<std::fs::Metadata, GlobError> {
    std::fs::metadata(path).map_err(|error| io_error(path, error))
}

fn io_error(path: &Path, source: io::Error) -> GlobError {
    match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => GlobError::NotThere(path.to_owned()),
        _ => GlobError::Io { path: path.to_owned(), source },
    }
}

/// go-task's own walk for `DIR/**/NAME`. It differs from the shell's: names and directories that begin with a dot count,
/// nothing is expanded, and one link to nowhere or one unreadable directory spoils all of it. `None` where the pattern
/// has another form or a link to a directory is met.
fn recursive(pattern: &str) -> Result<Option<Vec<PathBuf>>, GlobError> {
    const MARK: &str = "/**/";
    let pattern = clean(pattern);
    let Some((root, name)) = pattern.split_once(MARK) else { return Ok(None) };
    if root.is_empty()
        || name.is_empty()
        || name.contains(['/', '{', '}'])
        || root.contains(['*', '?', '[', ']', '{', '}'])
    {
        return Ok(None);
    }
    let matcher = Pattern::go(name);
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from(root)];
    if std::fs::symlink_metadata(root).map_err(|error| io_error(Path::new(root), error))?.is_symlink() {
        if metadata(Path::new(root))?.is_dir() {
            return Ok(None);
        }
        return Ok(Some(Vec::new()));
    }
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).map_err(|error| io_error(&dir, error))? {
            let entry = entry.map_err(|error| io_error(&dir, error))?;
            let kind: FileType = entry.file_type().map_err(|error| io_error(&dir, error))?;
            if kind.is_dir() {
                open.push(entry.path());
                continue;
            }
            if kind.is_symlink() && metadata(&entry.path())?.is_dir() {
                return Ok(None);
            }
            let matcher = matcher.as_ref().map_err(|_| GlobError::Pattern(pattern.clone()))?;
            let name = entry.file_name();
            if matcher.matches(OsStr::as_bytes(&name)) {
                found.push(dir.join(name));
            }
        }
    }
    Ok(Some(found))
}

//! Where a project's root file is (go-task `internal/fsext/fs.go`). Reads no file.

use super::go_io;
use super::go_text::code;
use super::load_error::LoadError;
use super::path::clean;
use crate::diagnostic::Diagnostic;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// go-task's file names, in the order they are looked for.
pub const TASKFILE_NAMES: &[&str] = &[
    "Taskfile.yml",
    "taskfile.yml",
    "Taskfile.yaml",
    "taskfile.yaml",
    "Taskfile.dist.yml",
    "taskfile.dist.yml",
    "Taskfile.dist.yaml",
    "taskfile.dist.yaml",
];

/// The root file: in a directory or the nearest one above it that has one, as long as they belong to one owner. What is a
/// file and no directory is it itself.
///
/// # Errors
/// There is none (go-task's exit status 100).
pub fn find(dir: &Path, names: &[&str]) -> Result<PathBuf, LoadError> {
    let start = absolute(dir);
    if start.is_file() {
        return Ok(start);
    }
    let owner = owner(&start);
    let mut current = Some(start.as_path());
    while let Some(dir) = current {
        if let Some(found) = in_directory(dir, names) {
            return Ok(found);
        }
        current = dir.parent();
        if let (Some(parent), Some(owner)) = (current, owner)
            && self::owner(parent).is_some_and(|other| other != owner)
        {
            let go = "task: No Taskfile found at \"\" (or any of the parent directories until ownership changed). Run `task --init` to create a new Taskfile.";
            let diagnostic = not_found(names)
                .help(format!("{} belongs to another user, so the search ended there", parent.display()));
            return Err(LoadError::new(code::NOT_FOUND, go, diagnostic));
        }
    }
    let go = "task: No Taskfile found at \"\" (or any of the parent directories). Run `task --init` to create a new Taskfile.";
    let diagnostic =
        not_found(names).help(format!("looked in {} and every directory above it", start.display()));
    Err(LoadError::new(code::NOT_FOUND, go, diagnostic))
}

/// A file that was named, or the file in a directory that was named.
///
/// # Errors
/// There is none (go-task's exit status 100), or nobody can tell (1).
pub fn find_named(path: &Path, names: &[&str]) -> Result<PathBuf, LoadError> {
    if let Err(error) = std::fs::metadata(path)
        && error.kind() != ErrorKind::NotFound
    {
        let go = go_io::error("stat", path, &error);
        let message = format!("cannot look at `{}`: {}", path.display(), go_io::text(&error));
        let diagnostic = Diagnostic::error("fleet::taskfile::read", message)
            .help("each directory of the path must be one, and yours to enter");
        return Err(LoadError::new(code::UNKNOWN, go, diagnostic));
    }
    file_or_directory(&absolute(path), names, is_there).ok_or_else(|| {
        let shown = path.display();
        let go = format!(
            "task: No Taskfile found at {:?} Run `task --init` to create a new Taskfile.",
            shown.to_string()
        );
        let diagnostic = if path.is_dir() {
            let message =
                format!("the directory `{shown}` has no {}", names.first().copied().unwrap_or_default());
            Diagnostic::error("fleet::taskfile::not_found", message).help("name a file in it")
        } else {
            let message = format!("there is no file `{shown}`");
            Diagnostic::error("fleet::taskfile::not_found", message).help("correct what follows `--file`")
        };
        LoadError::new(code::NOT_FOUND, go, diagnostic)
    })
}

/// The path itself unless it is a directory, else the first of the names in it.
pub(super) fn file_or_directory(
    path: &Path,
    names: &[&str],
    exists: impl Fn(&Path) -> bool,
) -> Option<PathBuf> {
    let inside = || names.iter().map(|name| path.join(name)).find(|path| exists(path));
    match std::fs::metadata(path) {
        Ok(metadata) if !metadata.is_dir() => Some(path.to_owned()),
        Err(_) if exists(path) => Some(path.to_owned()),
        // A directory may be in the index and not on disk.
        _ => inside(),
    }
}

fn in_directory(dir: &Path, names: &[&str]) -> Option<PathBuf> {
    names.iter().map(|name| dir.join(name)).find(|path| is_there(path))
}

fn is_there(path: &Path) -> bool {
    std::fs::metadata(path).is_ok()
}

fn absolute(path: &Path) -> PathBuf {
    clean(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
}

fn not_found(names: &[&str]) -> Diagnostic {
    let name = names.first().copied().unwrap_or("Taskfile.yml");
    Diagnostic::error("fleet::taskfile::not_found", format!("there is no {name} here"))
}

fn owner(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).ok().map(|metadata| metadata.uid())
}

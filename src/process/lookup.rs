//! Finding a program as mvdan/sh does (go-task 3.54's shell): `PATH` of the command's own environment, relative to its
//! own directory.

use crate::word::clean;
use rustix::fs::{Access, access};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Why there is no such program. The texts are go-task's; with them a command exits with 127.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// A name without a slash that no directory of `PATH` has.
    #[error("\"{0}\": executable file not found in $PATH")]
    NotInPath(String),
    /// A path that is not there.
    #[error("stat {0}: no such file or directory")]
    NotThere(String),
    /// A path that may not be executed.
    #[error("permission denied")]
    NotExecutable(String),
    /// A directory.
    #[error("is a directory")]
    IsDirectory(String),
}

/// Finds the program that `name` means. `path` is the value of `PATH`.
///
/// # Errors
/// There is none.
pub fn find_program(name: &OsStr, path: &OsStr, dir: &Path) -> Result<PathBuf, LookupError> {
    let shown = || name.to_string_lossy().into_owned();
    if name.as_bytes().contains(&b'/') {
        let path = dir.join(name);
        return executable(path.to_str().map(|path| PathBuf::from(clean(path))).unwrap_or(path));
    }
    let places = path.as_bytes().split(|&byte| byte == b':');
    let candidates = places.map(|place| dir.join(OsStr::from_bytes(place)).join(name));
    let found = candidates.map(executable).find_map(Result::ok);
    found.ok_or_else(|| LookupError::NotInPath(shown()))
}

fn executable(path: PathBuf) -> Result<PathBuf, LookupError> {
    let shown = || path.to_string_lossy().into_owned();
    match std::fs::metadata(&path) {
        Err(_) => Err(LookupError::NotThere(shown())),
        Ok(meta) if meta.is_dir() => Err(LookupError::IsDirectory(shown())),
        Ok(_) if access(&path, Access::EXEC_OK).is_err() => Err(LookupError::NotExecutable(shown())),
        Ok(_) => Ok(path),
    }
}

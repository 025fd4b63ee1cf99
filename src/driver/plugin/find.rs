//! Finding `fleet-NAME` on the PATH, and refusing one that others could have put there.

use crate::diagnostic::did_you_mean;
use crate::driver::{DriverError, ErrorKind};
use rustix::process::getuid;
use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What the names of plugins' programs begin with.
const PREFIX: &str = "fleet-";

/// The program of the plugin NAME: `fleet-NAME` on the PATH.
///
/// # Errors
/// The name is none, there is no such program, or someone else than its user and root could have replaced it.
pub fn find_plugin(name: &str) -> Result<PathBuf, DriverError> {
    find_in(name, std::env::var_os("PATH").as_deref())
}

pub(super) fn find_in(name: &str, path: Option<&OsStr>) -> Result<PathBuf, DriverError> {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if !plain || name.is_empty() {
        let message = format!("`{}` cannot name a plugin", name.escape_debug());
        let help = "letters, digits, `-`, `_` and `.` only";
        return Err(DriverError::new(ErrorKind::Refusal, message).help(help));
    }
    let program = format!("{PREFIX}{name}");
    let here = std::env::current_dir().unwrap_or_default();
    let Ok(found) = which::which_in(&program, path, &here) else {
        return Err(missing(name, &program, path));
    };
    let real = found.canonicalize().map_err(|error| {
        DriverError::new(ErrorKind::MissingProgram, format!("{} cannot be read: {error}", found.display()))
    })?;
    // The directory that it was found in, the one that it really is in, and the program itself.
    for place in [found.parent(), real.parent(), Some(real.as_path())].into_iter().flatten() {
        refuse_if_open(&program, place)?;
    }
    Ok(found)
}

fn missing(name: &str, program: &str, path: Option<&OsStr>) -> DriverError {
    let message = format!("there is no program `{program}` on the PATH");
    let names = plugins(path);
    let near = did_you_mean(name, names.iter().map(String::as_str));
    let help = match near {
        Some(near) => format!("did you mean `uses: {near}`?"),
        None if names.is_empty() => format!("put an executable `{program}` on the PATH"),
        None => format!("put an executable `{program}` on the PATH; there are {}", names.join(", ")),
    };
    DriverError::new(ErrorKind::MissingProgram, message).help(help)
}

/// Names of the plugins on the PATH.
fn plugins(path: Option<&OsStr>) -> Vec<String> {
    let dirs: Vec<PathBuf> = path.into_iter().flat_map(std::env::split_paths).collect();
    let files = dirs.iter().filter_map(|dir| std::fs::read_dir(dir).ok()).flatten().flatten();
    let mut names: Vec<String> =
        files.filter_map(|file| Some(file.file_name().to_str()?.strip_prefix(PREFIX)?.to_owned())).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn refuse_if_open(program: &str, place: &Path) -> Result<(), DriverError> {
    let meta = place.metadata().map_err(|error| {
        DriverError::new(ErrorKind::Refusal, format!("{} cannot be read: {error}", place.display()))
    })?;
    let shown = place.display();
    let why = if meta.mode() & 0o022 != 0 {
        "others may write there"
    } else if meta.uid() != 0 && meta.uid() != getuid().as_raw() {
        "another user owns it"
    } else {
        return Ok(());
    };
    let help = format!("move `{program}` to a directory of your own, or run: chmod go-w {shown}");
    let message = format!("`{program}` is not run from {shown}: {why}");
    Err(DriverError::new(ErrorKind::Refusal, message).help(help))
}

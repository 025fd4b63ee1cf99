//! Errors of the system in Go's words. Knows no files.

use std::io;
use std::path::Path;

/// `open PATH: no such file or directory`, as Go prints a `PathError` of this call.
pub(crate) fn error(call: &str, path: &Path, error: &io::Error) -> String {
    format!("{call} {}: {}", path.display(), text(error))
}

/// The call that fails when a file is read: a directory can be opened.
pub(crate) fn reading(error: &io::Error) -> &'static str {
    if error.kind() == io::ErrorKind::IsADirectory { "read" } else { "open" }
}

/// The error alone: without its number, lower case.
pub(crate) fn text(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

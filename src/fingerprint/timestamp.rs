//! Times of change instead of contents (go-task 3.54 `sources_timestamp.go`).

use super::{Freshness, Reason};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The newest time of change; the file's path where one cannot be asked for.
pub(super) fn newest(files: &[PathBuf]) -> Result<Option<SystemTime>, PathBuf> {
    let mut newest = None;
    for file in files {
        newest = newest.max(Some(modified(file)?));
    }
    Ok(newest)
}

/// Looks for a source that is newer than `than`; the first one is enough.
pub(super) fn compare(sources: &[PathBuf], than: SystemTime) -> Freshness {
    for file in sources {
        match modified(file) {
            Ok(time) if time > than => return Freshness::Stale(Reason::Newer(file.clone())),
            Ok(_) => {}
            Err(path) => return Freshness::Stale(Reason::Unreadable(path)),
        }
    }
    Freshness::UpToDate
}

fn modified(file: &Path) -> Result<SystemTime, PathBuf> {
    std::fs::metadata(file).and_then(|meta| meta.modified()).map_err(|_| file.to_owned())
}

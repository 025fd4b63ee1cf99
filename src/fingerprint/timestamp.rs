//! Times of change instead of contents (go-task 3.54 `sources_timestamp.go`).

use super::{Freshness, Reason, stat};
use rustix::fs::Stat;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The newest time of change; the file's path where one cannot be asked for.
pub(super) fn newest(files: &[PathBuf]) -> Result<Option<SystemTime>, PathBuf> {
    let mut newest = None;
    stat::each(files, |_, stat| {
        newest = newest.max(Some(modified(stat)));
        true
    })?;
    Ok(newest)
}

/// Looks for a source that is newer than `than`; the first one is enough.
pub(super) fn compare(sources: &[PathBuf], than: SystemTime) -> Freshness {
    let mut newer = None;
    let asked = stat::each(sources, |file, stat| {
        newer = (modified(stat) > than).then(|| file.to_owned());
        newer.is_none()
    });
    match (asked, newer) {
        (Err(path), _) => Freshness::Stale(Reason::Unreadable(path)),
        (Ok(()), Some(file)) => Freshness::Stale(Reason::Newer(file)),
        (Ok(()), None) => Freshness::UpToDate,
    }
}

fn modified(stat: &Stat) -> SystemTime {
    let nanoseconds = Duration::from_nanos(u64::try_from(stat.st_mtime_nsec as i128).unwrap_or(0));
    let seconds = stat.st_mtime as i128;
    let distance = Duration::from_secs(u64::try_from(seconds.unsigned_abs()).unwrap_or(0));
    let whole = if seconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    whole.and_then(|time| time.checked_add(nanoseconds)).unwrap_or(UNIX_EPOCH)
}

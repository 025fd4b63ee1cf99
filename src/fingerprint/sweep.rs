//! Takes away what was kept of projects that nobody has worked on for long: the next run of one only reads its sources
//! again.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How long what is kept of a project is left alone since the last time that something was written.
const KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Removes what is old beside the directory of a project that gets one for the first time. What cannot be removed stays.
pub(super) fn before_first(dir: &Path) {
    if dir.exists() {
        return;
    }
    let beside = dir.parent().and_then(|dir| fs::read_dir(dir).ok());
    let Some(limit) = SystemTime::now().checked_sub(KEPT) else { return };
    for entry in beside.into_iter().flatten().flatten() {
        if is_of_project(&entry.file_name()) && last_written(&entry.path()).is_some_and(|at| at < limit) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether it is the hash of a project's directory.
fn is_of_project(name: &std::ffi::OsStr) -> bool {
    name.to_str().is_some_and(|name| name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A file that is written takes the place of another, which the directories tell.
fn last_written(dir: &Path) -> Option<SystemTime> {
    let modified = |path: &Path| fs::symlink_metadata(path).and_then(|of| of.modified()).ok();
    let own = modified(dir)?;
    let inner = fs::read_dir(dir).ok()?.flatten().filter_map(|entry| modified(&entry.path()));
    inner.chain([own]).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_old_goes_and_only_when_a_project_is_new() {
        let cache = tempfile::tempdir().unwrap();
        let at = |name: &str| cache.path().join(name);
        let old = SystemTime::now() - KEPT - Duration::from_secs(60);
        for name in ["0123456789abcdef", "00000000000000aa", "other"] {
            fs::create_dir_all(at(name).join("checksum")).unwrap();
            fs::create_dir_all(at(name).join("contents")).unwrap();
            fs::write(at(name).join("checksum/lint"), "x").unwrap();
            for dir in ["checksum/lint", "checksum", "contents", ""] {
                fs::File::open(at(name).join(dir)).unwrap().set_modified(old).unwrap();
            }
        }
        fs::write(at("00000000000000aa/contents/lint"), "x").unwrap();
        before_first(&at("0123456789abcdef"));
        assert!(at("0123456789abcdef").exists(), "its own directory was there");
        before_first(&at("ffffffffffffffff"));
        let left: Vec<bool> =
            ["0123456789abcdef", "00000000000000aa", "other"].iter().map(|name| at(name).exists()).collect();
        assert_eq!(left, [false, true, true]);
        before_first(&at("none/ffffffffffffffff"));
    }
}

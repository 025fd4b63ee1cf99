//! Directories that the kernel watches (inotify(7)).

use super::change::{Change, ChangeKind};
use rustix::fs::inotify::{CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Room for some hundred events of one read.
const BUFFER: usize = 16 << 10;

pub(super) struct Inotify {
    fd: OwnedFd,
    /// By watch descriptor.
    paths: Mutex<HashMap<i32, PathBuf>>,
}

impl Inotify {
    pub(super) fn new() -> io::Result<Self> {
        let fd = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        Ok(Self { fd, paths: Mutex::default() })
    }

    /// Watches what happens to the entries of a directory.
    pub(super) fn add(&self, dir: &Path) -> io::Result<()> {
        let entries = WatchFlags::CREATE
            | WatchFlags::MODIFY
            | WatchFlags::DELETE
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO;
        let itself = WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF | WatchFlags::ONLYDIR;
        // Held across the call: no event of the new watch may be looked up before its path is there.
        let mut paths = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        let descriptor = add_watch(&self.fd, dir, entries | itself)?;
        paths.insert(descriptor, dir.to_owned());
        Ok(())
    }

    /// All that has happened; does not wait. Directories that are watched no longer go to `ended`.
    pub(super) fn read(&self, changes: &mut Vec<Change>, ended: &mut Vec<PathBuf>) {
        let mut buffer = [MaybeUninit::uninit(); BUFFER];
        let mut reader = Reader::new(&self.fd, &mut buffer);
        let mut paths = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        while let Ok(event) = reader.next() {
            let flags = event.events();
            if flags.contains(ReadFlags::QUEUE_OVERFLOW) {
                changes.push(Change { path: PathBuf::new(), kind: ChangeKind::Lost, is_dir: false });
                continue;
            }
            let Some(dir) = paths.get(&event.wd()) else { continue };
            if flags.intersects(ReadFlags::IGNORED | ReadFlags::MOVE_SELF) {
                ended.push(dir.clone());
                paths.remove(&event.wd());
                continue;
            }
            let kind = if flags.intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO) {
                ChangeKind::Created
            } else if flags.intersects(ReadFlags::DELETE | ReadFlags::MOVED_FROM) {
                ChangeKind::Removed
            } else if flags.contains(ReadFlags::MODIFY) {
                ChangeKind::Written
            } else {
                continue;
            };
            let Some(name) = event.file_name() else { continue };
            let change = Change {
                path: dir.join(OsStr::from_bytes(name.to_bytes())),
                kind,
                is_dir: flags.contains(ReadFlags::ISDIR),
            };
            // A file that is written in many pieces has one entry.
            if changes.last() != Some(&change) {
                changes.push(change);
            }
        }
    }
}

impl AsFd for Inotify {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

//! The directories whose entries are watched: by the kernel where it can, else by looking again.

use super::change::Change;
#[cfg(target_os = "linux")]
use super::inotify::Inotify;
use super::polled::Polled;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Time between two looks at what the kernel does not watch; go-task's debounce is as long.
const LOOK: Duration = Duration::from_millis(100);

pub(super) struct Directories {
    #[cfg(target_os = "linux")]
    kernel: Option<Inotify>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    watched: HashSet<PathBuf>,
    polled: Polled,
}

impl Directories {
    pub(super) fn new() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            kernel: Inotify::new().ok(),
            state: Mutex::default(),
        }
    }

    /// Watches a directory from now on. Says whether it was not watched before; one that is not there is not.
    pub(super) fn add(&self, dir: &Path) -> bool {
        let mut state = self.state();
        if state.watched.contains(dir) || !dir.is_dir() {
            return false;
        }
        if !self.add_to_kernel(dir) {
            state.polled.add(dir);
        }
        state.watched.insert(dir.to_owned());
        true
    }

    #[cfg(target_os = "linux")]
    fn add_to_kernel(&self, dir: &Path) -> bool {
        self.kernel.as_ref().is_some_and(|kernel| kernel.add(dir).is_ok())
    }

    #[cfg(not(target_os = "linux"))]
    fn add_to_kernel(&self, _dir: &Path) -> bool {
        false
    }

    /// Waits for changes, at most that long; may also return early with none.
    pub(super) fn wait(&self, limit: Option<Duration>) -> Vec<Change> {
        let look = (!self.state().polled.is_empty()).then_some(LOOK);
        let limit = limit.into_iter().chain(look).min();
        let (mut changes, mut ended) = (Vec::new(), Vec::new());
        self.wait_for_kernel(limit, &mut changes, &mut ended);
        let mut state = self.state();
        state.polled.look(&mut changes, &mut ended);
        for dir in ended {
            state.watched.remove(&dir);
        }
        changes
    }

    #[cfg(target_os = "linux")]
    fn wait_for_kernel(&self, limit: Option<Duration>, changes: &mut Vec<Change>, ended: &mut Vec<PathBuf>) {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let Some(kernel) = &self.kernel else {
            std::thread::sleep(limit.unwrap_or(LOOK));
            return;
        };
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
        if poll(&mut [PollFd::new(kernel, PollFlags::IN)], limit.as_ref()).is_ok() {
            kernel.read(changes, ended);
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn wait_for_kernel(
        &self,
        limit: Option<Duration>,
        _changes: &mut Vec<Change>,
        _ended: &mut Vec<PathBuf>,
    ) {
        std::thread::sleep(limit.unwrap_or(LOOK));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

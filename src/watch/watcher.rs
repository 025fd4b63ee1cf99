//! The thread that waits for changes and stops the run that they make stale.

use super::change::{Change, ChangeKind};
use super::directories::Directories;
use super::sources::{Sources, is_ignored};
use crate::executor::event::{TaskEvent, Tone};
use crate::executor::task::WatchedFiles;
use crate::process::{Cancel, Stop};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Quiet time after a change before a run begins, when none is going on: long enough for an editor that writes a file and
/// then renames it.
const SETTLE: Duration = Duration::from_millis(5);
/// The same while a run goes on, which would be stopped: go-task's debounce.
const SETTLE_RUNNING: Duration = Duration::from_millis(100);
/// Changes that never end are acted on after so many times the quiet time.
const IMPATIENCE: u32 = 20;
/// What has not ended so long after it was interrupted is killed (mvdan/sh's default, which go-task keeps).
const GRACE: Duration = Duration::from_secs(2);
/// go-task looks for new directories as often.
const RESCAN: Duration = Duration::from_secs(5);

/// What tells of watching.
pub(super) type Tell = Arc<dyn Fn(TaskEvent) + Send + Sync>;

/// A thread that watches.
pub(super) struct Watcher {
    shared: Arc<Shared>,
}

struct Shared {
    directories: Directories,
    state: Mutex<State>,
    /// The quiet time that the user asked for.
    interval: Option<Duration>,
    /// Paths are shown relative to it.
    root: PathBuf,
    /// Where `--verbose` lines go, if they are wanted.
    tell: Option<Tell>,
}

#[derive(Default)]
struct State {
    sources: Sources,
    run: Cancel,
    is_running: bool,
    /// When the run, which was interrupted, is killed.
    kill_at: Option<Instant>,
}

/// Changes that nothing was done about yet.
struct Pending {
    first: Instant,
    last: Instant,
}

impl Watcher {
    /// Starts the thread.
    pub(super) fn start(root: &Path, interval: Option<Duration>, tell: Option<Tell>) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            directories: Directories::new(),
            state: Mutex::default(),
            interval,
            root: root.to_owned(),
            tell,
        });
        let listening = Arc::clone(&shared);
        std::thread::Builder::new().name("watch".to_owned()).spawn(move || listening.listen())?;
        Ok(Self { shared })
    }

    /// A run begins, which the next change stops. What changed before is seen by it.
    pub(super) fn begin(&self, run: &Cancel) {
        let mut state = self.shared.state();
        state.run = run.clone();
        state.is_running = true;
        state.kill_at = None;
    }

    /// The run is over.
    pub(super) fn end(&self) {
        let mut state = self.shared.state();
        state.is_running = false;
        state.kill_at = None;
    }

    /// What is watched from now on.
    pub(super) fn watch(&self, tasks: Vec<WatchedFiles>) {
        let mut state = self.shared.state();
        if !state.sources.are_of(&tasks) {
            state.sources = Sources::new(tasks);
        }
        self.shared.watch_directories(state.sources.directories());
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self) {
        let mut pending: Option<Pending> = None;
        let mut next_scan = Instant::now() + RESCAN;
        loop {
            let due = pending.as_ref().map(|pending| self.due(pending));
            let until = due.into_iter().chain(self.state().kill_at).min().unwrap_or(next_scan);
            let changes = self.directories.wait(Some(until.saturating_duration_since(Instant::now())));
            if self.count(changes, &mut next_scan) {
                let last = Instant::now();
                let first = pending.map_or(last, |pending| pending.first);
                pending = Some(Pending { first, last });
            } else if pending.as_ref().is_some_and(|pending| self.due(pending) <= Instant::now()) {
                pending = None;
                self.interrupt();
            }
            self.kill();
        }
    }

    fn interrupt(&self) {
        let mut state = self.state();
        state.run.stop(Stop::Interrupt);
        state.kill_at = state.is_running.then(|| Instant::now() + GRACE);
    }

    fn kill(&self) {
        let mut state = self.state();
        if state.kill_at.is_some_and(|at| at <= Instant::now()) {
            state.kill_at = None;
            state.run.stop(Stop::Kill);
        }
    }

    fn due(&self, pending: &Pending) -> Instant {
        let settle = if self.state().is_running { SETTLE_RUNNING } else { SETTLE };
        let settle = self.interval.unwrap_or(settle);
        (pending.last + settle).min(pending.first + settle * IMPATIENCE)
    }

    /// Whether changes make a run stale. Without any it looks now and then whether there are files that nobody told of.
    fn count(&self, changes: Vec<Change>, next_scan: &mut Instant) -> bool {
        let mut state = self.state();
        if changes.is_empty() {
            if Instant::now() < *next_scan {
                return false;
            }
            let differs = state.sources.may_grow_unseen() && state.sources.refresh();
            if differs {
                self.watch_directories(state.sources.directories());
            }
            *next_scan = Instant::now() + RESCAN;
            return differs;
        }
        for change in changes.iter().filter(|change| change.is_dir && change.kind == ChangeKind::Created) {
            self.watch_directories(state.sources.new_directories(&change.path));
        }
        let meaning = state.sources.meaning(changes);
        if meaning.differs {
            self.watch_directories(state.sources.directories());
        }
        for change in &meaning.sources {
            self.verbose(Tone::Progress, || format!("received watch event: {change}"));
        }
        for change in &meaning.others {
            self.verbose(Tone::Progress, || format!("received watch event: {change}"));
            self.verbose(Tone::Progress, || {
                if is_ignored(&change.path) {
                    format!("event skipped for being an ignored dir: {}", change.path.display())
                } else {
                    format!("skipped for file not in sources: {}", self.relative(&change.path).display())
                }
            });
        }
        meaning.counts()
    }

    fn watch_directories(&self, directories: impl IntoIterator<Item = PathBuf>) {
        for dir in directories {
            if self.directories.add(&dir) {
                self.verbose(Tone::Watched, || {
                    format!("watching new dir: {}", self.relative(&dir).display())
                });
            }
        }
    }

    fn relative<'p>(&self, path: &'p Path) -> &'p Path {
        match path.strip_prefix(&self.root) {
            Ok(relative) if relative.as_os_str().is_empty() => Path::new("."),
            Ok(relative) => relative,
            Err(_) => path,
        }
    }

    fn verbose(&self, tone: Tone, text: impl FnOnce() -> String) {
        if let Some(tell) = &self.tell {
            tell(TaskEvent::Verbose { tone, text: text() });
        }
    }
}

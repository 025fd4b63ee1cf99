//! Asking running work to stop, in rising steps: interrupt, terminate, kill (DESIGN: Ctrl-C once, twice, three times).

use super::Signals;
use super::wakeup::{Waker, Wakeup};
use std::collections::HashMap;
use std::iter::successors;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

/// How hard to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// Start nothing new; processes get SIGINT.
    Interrupt = 1,
    /// Processes get SIGTERM.
    Terminate = 2,
    /// Processes get SIGKILL.
    Kill = 3,
}

/// A shared request to stop. Clones speak of the same request; a [`Cancel::child`] also follows its parent.
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    node: Arc<Node>,
}

#[derive(Debug, Default)]
struct Node {
    level: AtomicU8,
    parent: Option<Cancel>,
    waiting: Mutex<Waiting>,
    signals: OnceLock<Weak<Signals>>,
}

/// Who sleeps until this request rises.
#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    wakers: HashMap<u64, Waker>,
}

impl Cancel {
    /// Nothing is asked to stop.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A request that stops when this one does, and may be asked to stop alone.
    #[must_use]
    pub fn child(&self) -> Self {
        let mut node = Node::default();
        node.parent = Some(self.clone());
        Self { node: Arc::new(node) }
    }

    /// Asks to stop at least that hard. Running processes that follow this request are signalled at once.
    pub fn stop(&self, stop: Stop) {
        self.node.level.fetch_max(stop as u8, Ordering::SeqCst);
        for waker in self.node.waiting().wakers.values() {
            waker.wake();
        }
    }

    /// How hard to stop, if at all.
    #[must_use]
    pub fn requested(&self) -> Option<Stop> {
        let level = self.lineage().map(|cancel| cancel.node.level.load(Ordering::SeqCst)).max();
        match level.unwrap_or_default() {
            0 => None,
            1 => Some(Stop::Interrupt),
            2 => Some(Stop::Terminate),
            _ => Some(Stop::Kill),
        }
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.requested().is_some()
    }

    /// Sleeps for `duration`, or less when asked to stop meanwhile. Gives whether to stop.
    #[must_use]
    pub fn sleep(&self, duration: Duration) -> bool {
        let until = Instant::now() + duration;
        let Ok(wakeup) = Wakeup::of_this_thread() else {
            std::thread::sleep(duration);
            return self.is_requested();
        };
        let _registered = self.register(wakeup.waker());
        let signals = self.signals();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if self.is_requested() || left.is_zero() {
                return self.is_requested();
            }
            wakeup.wait(signals.as_deref(), left);
        }
    }

    /// Handles the signals that have arrived; does not wait. For whoever works long without waiting for a process.
    pub fn poll_signals(&self) {
        if let Some(signals) = self.signals() {
            signals.handle();
        }
    }

    /// This request and those it follows, nearest first. A loop, since a chain of calls may be long.
    fn lineage(&self) -> impl Iterator<Item = &Self> {
        successors(Some(self), |cancel| cancel.node.parent.as_ref())
    }

    /// Wakes `waker` at every rise of this request or of one it follows, until the guard is dropped.
    pub(super) fn register(&self, waker: &Waker) -> Registered {
        let places = self.lineage().map(|cancel| {
            let mut waiting = cancel.node.waiting();
            let key = waiting.next;
            waiting.next += 1;
            waiting.wakers.insert(key, waker.clone());
            (cancel.clone(), key)
        });
        Registered { places: places.collect() }
    }

    /// Lets whoever waits on this request look for signals as well.
    pub(super) fn attach(&self, signals: &Arc<Signals>) {
        let _ = self.node.signals.set(Arc::downgrade(signals));
    }

    /// The listener that a waiting thread must poll, unless it has a thread of its own.
    pub(super) fn signals(&self) -> Option<Arc<Signals>> {
        let listener = self.lineage().find_map(|cancel| cancel.node.signals.get()?.upgrade());
        listener.filter(|signals| !signals.has_thread())
    }
}

impl Node {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Node {
    /// Frees a long lineage in a loop, where the derived drop would recurse.
    fn drop(&mut self) {
        let mut parent = self.parent.take();
        while let Some(cancel) = parent {
            parent = Arc::into_inner(cancel.node).and_then(|mut node| node.parent.take());
        }
    }
}

/// Keeps a waker registered.
#[must_use]
pub(super) struct Registered {
    places: Vec<(Cancel, u64)>,
}

impl Drop for Registered {
    fn drop(&mut self) {
        for (cancel, key) in &self.places {
            cancel.node.waiting().wakers.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cancel, Stop};
    use std::time::Duration;

    #[test]
    fn a_child_follows_its_parent_and_not_the_other_way() {
        let parent = Cancel::new();
        let child = parent.child();
        child.stop(Stop::Terminate);
        assert_eq!(parent.requested(), None);
        parent.stop(Stop::Interrupt);
        assert_eq!(child.requested(), Some(Stop::Terminate));
        parent.stop(Stop::Kill);
        assert_eq!(child.requested(), Some(Stop::Kill));
    }

    #[test]
    fn the_level_never_falls() {
        let cancel = Cancel::new();
        cancel.stop(Stop::Kill);
        cancel.stop(Stop::Interrupt);
        assert_eq!(cancel.requested(), Some(Stop::Kill));
    }

    #[test]
    fn a_long_lineage_is_neither_walked_nor_freed_by_recursion() {
        let mut cancel = Cancel::new();
        let root = cancel.clone();
        for _ in 0..200_000 {
            cancel = cancel.child();
        }
        root.stop(Stop::Interrupt);
        assert!(cancel.is_requested());
    }

    #[test]
    fn a_sleep_ends_when_asked_to_stop() {
        let cancel = Cancel::new();
        let child = cancel.child();
        let sleeper = std::thread::spawn(move || child.sleep(Duration::from_secs(600)));
        cancel.stop(Stop::Interrupt);
        assert!(sleeper.join().unwrap());
        assert!(!Cancel::new().sleep(Duration::from_millis(1)));
    }
}

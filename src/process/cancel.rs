//! Asking running work to stop, in rising steps: interrupt, terminate, kill (DESIGN: Ctrl-C once, twice, three times).

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

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
    level: Arc<AtomicU8>,
    parent: Option<Arc<Cancel>>,
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
        Self { level: Arc::default(), parent: Some(Arc::new(self.clone())) }
    }

    /// Asks to stop at least that hard.
    pub fn stop(&self, stop: Stop) {
        self.level.fetch_max(stop as u8, Ordering::SeqCst);
    }

    /// How hard to stop, if at all.
    #[must_use]
    pub fn requested(&self) -> Option<Stop> {
        let own = match self.level.load(Ordering::SeqCst) {
            0 => None,
            1 => Some(Stop::Interrupt),
            2 => Some(Stop::Terminate),
            _ => Some(Stop::Kill),
        };
        own.max(self.parent.as_ref().and_then(|parent| parent.requested()))
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.requested().is_some()
    }
}

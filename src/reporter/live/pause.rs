//! Lets others have the terminal for a while: the live view is taken off the screen before they write, and comes back
//! after them. Knows neither.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Longest wait for the live view to go: it looks 10 times a second.
const PATIENCE: Duration = Duration::from_secs(2);

/// A shared request to leave the terminal alone.
#[derive(Debug, Clone, Default)]
pub struct Pause {
    shared: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Debug, Default)]
struct State {
    /// A live view looks at this.
    attached: bool,
    /// How many have asked for the terminal.
    asked: usize,
    /// The screen is free.
    granted: bool,
}

impl Pause {
    /// Waits until nothing is drawn any more. Drawing goes on when the value is dropped.
    #[must_use]
    pub fn begin(&self) -> Paused {
        let (_, changed) = &*self.shared;
        let mut state = self.state();
        state.asked += 1;
        let waits = |state: &mut State| state.attached && !state.granted;
        drop(changed.wait_timeout_while(state, PATIENCE, waits));
        Paused { pause: self.clone() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A live view draws from now on, or does so no more.
    pub(super) fn attach(&self, attached: bool) {
        self.state().attached = attached;
    }

    /// Whether somebody has asked for the terminal.
    pub(super) fn is_asked(&self) -> bool {
        self.state().asked > 0
    }

    /// Says that the screen is free.
    pub(super) fn grant(&self) {
        let mut state = self.state();
        state.granted = state.asked > 0;
        self.shared.1.notify_all();
    }
}

/// The terminal is left alone while this lives.
#[derive(Debug)]
pub struct Paused {
    pause: Pause,
}

impl Drop for Paused {
    fn drop(&mut self) {
        let mut state = self.pause.state();
        state.asked = state.asked.saturating_sub(1);
        state.granted &= state.asked > 0;
    }
}

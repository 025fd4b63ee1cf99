//! `--watch` and `watch: true` (go-task 3.54 `watch.go`).

use super::session::{Failure, Session};
use crate::executor::task::Request;
use crate::process::{Reaction, Signal, escalate};
use crate::reporter::TaskColour;
use crate::watch::Rounds;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A program that a hangup ends.
const HANGUP: u8 = 129;

/// The tasks that are watched. Their failures are shown in red and end nothing.
pub(super) fn rounds(session: &Session, requests: Vec<Request>) -> Rounds {
    let (stderr, paint) = (session.stderr.clone(), session.paint);
    let failed = move |error: &crate::executor::task::TaskError| {
        let _ = stderr.write(paint.paint(TaskColour::Red, &format!("{error}\n")).as_bytes());
    };
    Rounds::after(&session.runner, requests, Box::new(failed)).once_for_all(&session.runner)
}

/// Signals of a call that may come to watch: they end it then, with what runs, and that is no failure.
pub(super) struct Signalled {
    /// `--watch`, where go-task takes signals for the watch's from the start and does not speak of them.
    asked_for: bool,
    is_watching: AtomicBool,
    hung_up: AtomicBool,
}

impl Signalled {
    pub(super) fn new(asked_for: bool) -> Arc<Self> {
        let [is_watching, hung_up] = [asked_for, false].map(AtomicBool::new);
        Arc::new(Self { asked_for, is_watching, hung_up })
    }

    /// What follows from a signal; `by_task` says it of a call that does not watch.
    pub(super) fn react(&self, signal: Signal, count: u32, by_task: impl FnOnce() -> Reaction) -> Reaction {
        let is_watching = self.is_watching.load(Ordering::SeqCst);
        if is_watching && self.asked_for {
            self.hung_up.fetch_or(signal == Signal::Hangup, Ordering::SeqCst);
            return escalate(signal, count);
        }
        let reaction = by_task();
        if is_watching { escalate(signal, count) } else { reaction }
    }

    /// Watches until a signal comes.
    pub(super) fn run(&self, rounds: Rounds) -> Result<u8, Failure> {
        self.is_watching.store(true, Ordering::SeqCst);
        rounds.run().map_err(|error| Failure::plain(format!("task: {error}")))?;
        Ok(if self.hung_up.load(Ordering::SeqCst) { HANGUP } else { 0 })
    }
}

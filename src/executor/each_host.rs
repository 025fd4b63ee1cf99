//! The same question to many hosts at once. Knows no pipeline.

use crate::model::Host;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Asks every host, at most `at_once` (at least one) at the same time; the answers stand in the order of `hosts`.
/// With one host or one at once no thread is started.
pub fn each_host<T: Send>(hosts: &[Host], at_once: usize, ask: impl Fn(&Host) -> T + Sync) -> Vec<T> {
    each(hosts, at_once, ask)
}

/// [`each_host`] of anything.
pub fn each<I: Sync, T: Send>(items: &[I], at_once: usize, ask: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let answers = Mutex::new(Vec::with_capacity(items.len()));
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return };
            let answer = ask(item);
            answers.lock().unwrap_or_else(PoisonError::into_inner).push((index, answer));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..at_once.min(items.len()) {
            scope.spawn(work);
        }
        work();
    });
    let mut answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    answers.sort_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

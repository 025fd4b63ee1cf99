//! The same question to many hosts at once. Knows no pipeline.

use crate::model::Host;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Asks every host, at most `at_once` (at least one) at the same time; the answers stand in the order of `hosts`.
/// With one host or one at once no thread is started.
pub fn each_host<T: Send>(hosts: &[Host], at_once: usize, ask: impl Fn(&Host) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let answers = Mutex::new(Vec::with_capacity(hosts.len()));
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(host) = hosts.get(index) else { return };
            let answer = ask(host);
            answers.lock().unwrap_or_else(PoisonError::into_inner).push((index, answer));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..at_once.min(hosts.len()) {
            scope.spawn(work);
        }
        work();
    });
    let mut answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    answers.sort_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

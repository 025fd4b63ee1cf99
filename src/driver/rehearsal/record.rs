//! What a rehearsal was asked for, for those who look at it.

use super::FaultStage;
use crate::model::HostName;
use crate::process::Cancel;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A call of a driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Which.
    pub stage: FaultStage,
    /// The host it was about.
    pub host: Option<HostName>,
}

/// Counts calls and, where asked for, keeps them and slows them down.
#[derive(Debug, Default)]
pub(super) struct Record {
    keeps: bool,
    delays: HashMap<FaultStage, Duration>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    calls: Vec<Call>,
    now: HashMap<FaultStage, usize>,
    most: HashMap<FaultStage, usize>,
}

impl Record {
    pub(super) fn slow(&mut self, stage: FaultStage, delay: Duration) {
        self.delays.insert(stage, delay);
    }

    pub(super) fn keep(&mut self) {
        self.keeps = true;
    }

    pub(super) fn call(&self, stage: FaultStage, host: Option<&HostName>, cancel: &Cancel) {
        if !self.keeps && self.delays.is_empty() {
            return;
        }
        self.with(|seen| {
            if self.keeps {
                seen.calls.push(Call { stage, host: host.cloned() });
            }
            let now = seen.now.entry(stage).or_default();
            *now += 1;
            let now = *now;
            let most = seen.most.entry(stage).or_default();
            *most = now.max(*most);
        });
        if let Some(delay) = self.delays.get(&stage) {
            let _ = cancel.sleep(*delay);
        }
        self.with(|seen| *seen.now.entry(stage).or_default() -= 1);
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.with(|seen| seen.calls.clone())
    }

    pub(super) fn most_at_once(&self, stage: FaultStage) -> usize {
        self.with(|seen| seen.most.get(&stage).copied().unwrap_or_default())
    }

    fn with<T>(&self, f: impl FnOnce(&mut Seen) -> T) -> T {
        f(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

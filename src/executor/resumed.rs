//! What an earlier run has proven, so that the run that goes on with it does not do it again.

use super::event::{Generation, HostResult};
use crate::driver::{Probe, StorePath, Sudo, SystemState};
use crate::model::HostName;
use std::collections::{HashMap, HashSet};

/// The proven part of an earlier run.
#[derive(Debug, Clone, Default)]
pub struct Resumed {
    /// The earlier run's id.
    pub run: String,
    /// Hosts that were reported to be as the run wanted them.
    pub hosts: HashMap<HostName, DoneHost>,
    /// Checks for the run as a whole that held, by node; empty where the plan or the tree may be another one.
    pub checks: HashSet<u32>,
}

/// A host that the earlier run was done with.
#[derive(Debug, Clone)]
pub struct DoneHost {
    /// What was reported.
    pub result: HostResult,
    /// What it had before.
    pub before: Option<Generation>,
    /// What it had then.
    pub after: Option<Generation>,
}

impl DoneHost {
    /// What it was before, as far as the earlier run told: enough to go back to.
    pub(super) fn probe(&self) -> Probe {
        Probe {
            system: String::new(),
            host_name: String::new(),
            machine_id: None,
            revision: None,
            boot_id: String::new(),
            host_key: None,
            sudo: Sudo::Root,
            store_free_mib: 0,
            boot_free_mib: None,
            state: state(self.before.as_ref()),
            failed_units: Vec::new(),
            lock: None,
            went_back: false,
        }
    }

    /// What it had in the end.
    pub(super) fn state(&self) -> SystemState {
        state(self.after.as_ref())
    }
}

fn state(generation: Option<&Generation>) -> SystemState {
    let path = generation.and_then(|generation| StorePath::new(&generation.path).ok());
    let number = generation.and_then(|generation| generation.number);
    SystemState {
        profile: path.clone().filter(|_| number.is_some()),
        current: path,
        generation: number,
        needs_reboot: Vec::new(),
    }
}

//! What is known of one host in the course of a run, and the result that follows from it.

use super::activation::Verdict;
use super::event::{Generation, HostReport, HostResult};
use super::resumed::DoneHost;
use crate::driver::{
    Derivation, DriverError, ErrorKind, Guarded, Place, Probe, StorePath, SystemDiff, SystemState,
};
use crate::model::{Action, BuildOn, Host};
use crate::plan::{NodeId, NodeKind, Stage};
use std::sync::Arc;
use std::time::Duration;

/// A host on its way through the stages.
#[derive(Debug, Default)]
pub(super) struct HostState {
    /// Own nodes that have not ended.
    pub(super) left: usize,
    /// Its result was told.
    pub(super) told: bool,
    pub(super) probe: Option<Arc<Probe>>,
    pub(super) derivation: Option<Result<Derivation, DriverError>>,
    pub(super) path: Option<StorePath>,
    /// What the system would change.
    pub(super) diff: Option<Arc<SystemDiff>>,
    /// Where that was built.
    pub(super) built_on: Option<Place>,
    /// The last word on its activation.
    pub(super) verdict: Option<Verdict>,
    /// How that was guarded.
    pub(super) guarded: Option<Guarded>,
    /// Number of its wave, from 0.
    pub(super) wave: Option<usize>,
    /// What is done with it, where it is deployed.
    pub(super) action: Option<Action>,
    /// An earlier run was done with it.
    pub(super) is_done: bool,
    /// Time spent on its nodes.
    pub(super) took: Duration,
    /// The furthest stage that was started.
    stage: Option<Stage>,
    /// The first node that failed, by id, and what that makes of the host.
    failure: Option<(NodeId, HostResult, String)>,
    /// The lowest node because of which one of its own was not run, and why.
    blocked: Option<(NodeId, HostResult, String)>,
}

impl HostState {
    /// Takes over what an earlier run has proven.
    pub(super) fn resume(&mut self, done: &DoneHost) {
        self.is_done = true;
        self.probe = Some(Arc::new(done.probe()));
        self.verdict = Some(Verdict { result: done.result, reason: None, state: Some(done.state()) });
    }

    /// One of its nodes begins.
    pub(super) fn started(&mut self, stage: Stage) {
        self.stage = self.stage.max(Some(stage));
    }

    /// One of its nodes has failed. Of several the first in the plan counts, so that the order of ends does not.
    pub(super) fn failed(&mut self, id: NodeId, kind: &NodeKind, host: &Host, error: &DriverError) {
        let result = classify(kind, host, error.kind);
        keep_first(&mut self.failure, (id, result, error.to_string()));
    }

    /// One of its nodes was not run because of `cause`.
    pub(super) fn blocked(&mut self, cause: NodeId, result: HostResult, reason: String) {
        keep_first(&mut self.blocked, (cause, result, reason));
    }

    /// The result, by what is known now.
    pub(super) fn result(&self) -> (HostResult, Option<String>) {
        if let Some(verdict) = &self.verdict {
            return (verdict.result, verdict.reason.clone());
        }
        match self.failure.as_ref().or(self.blocked.as_ref()) {
            Some((_, result, reason)) => (*result, Some(reason.clone())),
            None => (HostResult::Succeeded, None),
        }
    }

    /// Whether one of its nodes has failed.
    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// What only a reboot brings into use, as far as the host has said.
    fn needs_reboot(&self) -> Vec<String> {
        let state = match &self.verdict {
            Some(verdict) => verdict.state.as_ref(),
            None => self.probe.as_ref().map(|probe| &probe.state),
        };
        state.map(|state| state.needs_reboot.clone()).unwrap_or_default()
    }

    /// Whether it counts among the failed hosts of a wave.
    pub(super) fn counts_as_failed(&self) -> bool {
        use HostResult::{Degraded, Failed, RolledBack, Unknown, Unreachable};
        matches!(self.result().0, Failed | Degraded | RolledBack | Unknown | Unreachable)
    }

    /// Whether it has the intended system already.
    pub(super) fn is_there(&self, action: Action) -> bool {
        match (&self.probe, &self.path) {
            (Some(probe), Some(path)) => super::proof::has(action, path, &probe.state),
            _ => false,
        }
    }

    /// The last word.
    pub(super) fn report(&self, host: &Host) -> HostReport {
        let (result, reason) = self.result();
        let boots = self.action == Some(Action::Boot);
        HostReport {
            host: host.name.clone(),
            result,
            stage: self.stage.unwrap_or(Stage::Check),
            reason,
            before: self.probe.as_ref().and_then(|probe| generation(&probe.state, boots)),
            after: self
                .verdict
                .as_ref()
                .and_then(|verdict| verdict.state.as_ref())
                .and_then(|state| generation(state, boots)),
            needs_reboot: self.needs_reboot(),
            built_on: self.built_on.as_ref().map(|place| place.word().to_owned()),
            guarded: self.guarded,
            took_ms: u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

fn keep_first(slot: &mut Option<(NodeId, HostResult, String)>, new: (NodeId, HostResult, String)) {
    if slot.as_ref().is_none_or(|(id, ..)| new.0 < *id) {
        *slot = Some(new);
    }
}

/// What an error before the activation makes of a host.
fn classify(kind: &NodeKind, host: &Host, error: ErrorKind) -> HostResult {
    // Only some steps speak with the host itself: a builder or a URL that does not answer says nothing of it.
    let speaks_with_it = match kind {
        NodeKind::Probe | NodeKind::Generation(_) | NodeKind::Copy | NodeKind::Diff { .. } => true,
        NodeKind::Hook { hook, .. } => hook.on_host,
        // By `auto` only the host itself is spoken with.
        NodeKind::Build => matches!(host.build_on, BuildOn::Target | BuildOn::Auto),
        _ => false,
    };
    match error {
        ErrorKind::Cancelled => HostResult::Cancelled,
        error if error.is_link() && speaks_with_it => HostResult::Unreachable,
        _ => HostResult::Failed,
    }
}

/// What a host runs, or will boot where that is what was asked for.
fn generation(state: &SystemState, boots: bool) -> Option<Generation> {
    let path = if boots { state.profile.as_ref() } else { state.current.as_ref() }?;
    let is_profile = state.profile.as_ref() == Some(path);
    Some(Generation { number: state.generation.filter(|_| is_profile), path: path.to_string() })
}

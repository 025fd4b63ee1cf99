//! The deploy stage of a plan: copies, what is shown and asked, and wave after wave of activations.

use super::pipeline::{Compiler, end, success};
use super::{EdgeKind, HostId, NodeId, NodeKind, Stage};
use crate::model::{Action, Confirmation, Deploy, OnFailure, RebootPolicy};
use std::sync::Arc;

impl Compiler {
    pub(super) fn deploys(&mut self, deploy: &Deploy, built: &[NodeId], groups: &[Vec<HostId>]) {
        let each_wave = deploy.confirm == Confirmation::EachWave;
        // A copy changes nothing that runs, so that it need not wait for the host's wave. What is to be shown before
        // anybody is asked must be there.
        let shown = deploy.diff.then(|| {
            let copies = self.copies(built, None);
            self.diffs(deploy.action, &copies)
        });
        if groups.is_empty() {
            self.leaves.extend(shown.iter().flatten());
        }
        let seen = shown.as_deref().unwrap_or(built);
        let mut confirm = (deploy.confirm == Confirmation::Once)
            .then(|| self.confirm(None, seen.iter().copied().map(end).collect()));
        let ready = match shown.clone() {
            Some(shown) => shown,
            None if each_wave => Vec::new(),
            None => self.copies(built, confirm),
        };
        let health: Arc<[_]> = deploy.health.clone().into();
        let before_hooks: Arc<[_]> = deploy.before.clone().into();
        let after_hooks: Arc<[_]> = deploy.after.clone().into();
        // What changes nothing that runs needs nothing to be still.
        let quiesce = deploy.quiesce.clone().filter(|_| deploy.action.activates());
        let allowed = allowed_failures(deploy, self.builder.hosts().len());
        let proof = Arc::new(deploy.proof.clone());
        let rolls_back_waves = deploy.on_failure == OnFailure::RollBackWave;
        // One by one, so that not all who do the same are away at once.
        let reboots =
            (deploy.reboot.when != RebootPolicy::Never).then(|| self.builder.pool("reboot", Some(1)));
        let mut barrier: Option<NodeId> = None;
        for (wave, hosts) in groups.iter().enumerate() {
            if each_wave {
                let own = hosts.iter().filter_map(|host| seen.get(host.0 as usize)).copied().map(end);
                let before = own.chain(barrier.into_iter().chain(confirm).map(success)).collect();
                confirm = Some(self.confirm(Some(wave), before));
            }
            let mut activations = Vec::with_capacity(hosts.len());
            for host in hosts {
                let at = host.0 as usize;
                let Some(own) = built.get(at) else { continue };
                let ready = match ready.get(at) {
                    Some(ready) => *ready,
                    None => self.copy(*host, *own, confirm),
                };
                let kind = NodeKind::Activate {
                    action: deploy.action,
                    before: Arc::clone(&before_hooks),
                    health: Arc::clone(&health),
                    after: Arc::clone(&after_hooks),
                    quiesce: quiesce.clone(),
                    on_failure: deploy.on_failure,
                    proof: Arc::clone(&proof),
                    wave,
                };
                // Where nothing is shown, the copy has waited for the answer.
                let asked = confirm.filter(|_| deploy.diff);
                let before = [ready].into_iter().chain(barrier).chain(asked).map(success);
                let pool = Some(self.pools.activate);
                activations.push((*host, self.add(kind, Stage::Deploy, Some(*host), pool, before)));
            }
            if let Some(pool) = reboots {
                for (host, last) in &mut activations {
                    let kind = NodeKind::Reboot {
                        action: deploy.action,
                        reboot: deploy.reboot,
                        health: Arc::clone(&health),
                        proof: Arc::clone(&proof),
                        quiesce: deploy.quiesce.clone(),
                        wave,
                    };
                    *last = self.add(kind, Stage::Deploy, Some(*host), Some(pool), [success(*last)]);
                }
            }
            let is_last = wave + 1 == groups.len();
            if is_last && !rolls_back_waves {
                self.leaves.extend(activations.iter().map(|(_, id)| *id));
                continue;
            }
            let kind = NodeKind::Wave { number: wave, max_failures: allowed };
            let ended = self.add(
                kind,
                Stage::Deploy,
                None,
                None,
                activations.iter().map(|(_, id)| end(*id)).chain(barrier.map(success)),
            );
            if rolls_back_waves {
                for (host, activation) in activations {
                    let kind = NodeKind::RollBack { action: deploy.action, quiesce: quiesce.clone(), wave };
                    let before = [end(activation), end(ended)];
                    let pool = Some(self.pools.activate);
                    let id = self.add(kind, Stage::Deploy, Some(host), pool, before);
                    self.leaves.push(id);
                }
            }
            if is_last {
                self.leaves.push(ended);
            }
            barrier = Some(ended);
        }
    }

    fn confirm(&mut self, wave: Option<usize>, before: Vec<(NodeId, EdgeKind)>) -> NodeId {
        self.add(NodeKind::Confirm { wave }, Stage::Deploy, None, None, before)
    }

    fn copies(&mut self, built: &[NodeId], confirm: Option<NodeId>) -> Vec<NodeId> {
        built.iter().zip(0..).map(|(build, index)| self.copy(HostId(index), *build, confirm)).collect()
    }

    fn copy(&mut self, host: HostId, build: NodeId, confirm: Option<NodeId>) -> NodeId {
        let before = [build].into_iter().chain(confirm).map(success);
        self.add(NodeKind::Copy, Stage::Deploy, Some(host), Some(self.pools.copy), before)
    }

    fn diffs(&mut self, action: Action, copies: &[NodeId]) -> Vec<NodeId> {
        let pool = Some(self.pools.check);
        let diff = |(copy, index): (&NodeId, u32)| {
            self.add(NodeKind::Diff { action }, Stage::Deploy, Some(HostId(index)), pool, [success(*copy)])
        };
        copies.iter().zip(0..).map(diff).collect()
    }
}

/// How many failed hosts later waves survive.
fn allowed_failures(deploy: &Deploy, hosts: usize) -> Option<usize> {
    let written = deploy.max_failures.map(|most| most.of(hosts));
    match deploy.on_failure {
        OnFailure::Continue | OnFailure::RollBackHost => written,
        OnFailure::Stop | OnFailure::RollBackWave => Some(written.unwrap_or(0)),
    }
}

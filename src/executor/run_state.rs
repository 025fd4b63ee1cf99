//! What is known of a run: the state of each host, what failed, what was told; and the events that tell it. Knows no
//! threads.

use super::event::{
    Delivery, Event, Failure, HostReport, HostResult, NodeRef, NodeStatus, RunReport, RunStarted, Stamped,
    VERSION,
};
use super::host::HostState;
use super::notification::message;
use super::outcome::exit_code;
use super::pipeline::RunOptions;
use super::reporter::Reporter;
use super::schedule::Unstarted;
use crate::driver::Message;
use crate::model::HostName;
use crate::plan::{HostId, NodeId, NodeKind, Plan};
use crate::process::Stream;
use crate::secrets::Access;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) struct RunState<'p> {
    pub(super) plan: &'p Plan,
    pub(super) options: &'p RunOptions,
    reporter: &'p mut dyn Reporter,
    begun: Instant,
    pub(super) hosts: Vec<HostState>,
    reports: Vec<Option<HostReport>>,
    /// Nodes about the whole run that failed, and why.
    pub(super) failures: Vec<(NodeId, Failure)>,
    pub(super) skipped: Vec<(NodeId, Failure)>,
    /// What hosts have to open, by the fence around secrets.
    pub(super) access: Access,
    pub(super) notifications: Vec<(NodeId, Delivery)>,
    /// Hosts that count as failed for waves, in the order in which they ended.
    pub(super) failed_hosts: Vec<HostName>,
    pub(super) failed_waves: BTreeSet<usize>,
    /// What notifications tell, and of what; made when every host's result is known.
    pub(super) told: Option<(Arc<Message>, RunReport)>,
    pub(super) stopped: bool,
}

impl<'p> RunState<'p> {
    pub(super) fn new(plan: &'p Plan, options: &'p RunOptions, reporter: &'p mut dyn Reporter) -> Self {
        let mut hosts: Vec<HostState> = plan.hosts.iter().map(|_| HostState::default()).collect();
        for node in &plan.nodes {
            let Some(state) = node.host.and_then(|id| hosts.get_mut(id.0 as usize)) else { continue };
            state.left += 1;
            if let NodeKind::Activate { action, wave, .. } = &node.kind {
                (state.action, state.wave) = (Some(*action), Some(*wave));
            }
        }
        if let Some(resumed) = &options.resumed {
            for (host, state) in plan.hosts.iter().zip(&mut hosts) {
                if let Some(done) = resumed.hosts.get(&host.name) {
                    state.resume(done);
                }
            }
        }
        Self {
            plan,
            options,
            reporter,
            begun: Instant::now(),
            reports: plan.hosts.iter().map(|_| None).collect(),
            hosts,
            failures: Vec::new(),
            skipped: Vec::new(),
            access: Access::default(),
            notifications: Vec::new(),
            failed_hosts: Vec::new(),
            failed_waves: BTreeSet::new(),
            told: None,
            stopped: false,
        }
    }

    pub(super) fn begin(&mut self, revision: Option<String>) {
        self.emit(Event::RunStarted(RunStarted {
            version: VERSION,
            run: self.options.run.clone(),
            name: self.plan.name.clone(),
            started: self.options.started.clone(),
            rehearsal: self.options.rehearsal,
            hosts: self.plan.hosts.iter().map(|host| host.name.clone()).collect(),
            nodes: self.plan.nodes.len(),
            revision,
        }));
    }

    pub(super) fn end(mut self) -> RunReport {
        self.finish_hosts();
        let report = self.report();
        self.emit(Event::RunFinished(report.clone()));
        report
    }

    pub(super) fn tick(&mut self) {
        self.reporter.tick();
    }

    pub(super) fn stop(&mut self) {
        self.stopped = true;
    }

    pub(super) fn line(&mut self, id: NodeId, stream: Stream, line: String) {
        let node = self.node_ref(id);
        self.emit(Event::Output { node, stream, line });
    }

    /// A node has ended without being started.
    pub(super) fn never_started(&mut self, id: NodeId, unstarted: Unstarted) {
        let (status, message) = match unstarted {
            Unstarted::Cancelled => {
                let reason = "the run was stopped".to_owned();
                if let Some(state) = self.host_mut(id) {
                    state.blocked(id, HostResult::Cancelled, reason.clone());
                }
                (NodeStatus::Cancelled, reason)
            }
            Unstarted::Skipped { because } => {
                let (result, reason) = self.blame(because);
                let is_own = self.plan.node(because).is_some_and(|node| node.host.is_some());
                if !is_own && let Some(state) = self.host_mut(id) {
                    state.blocked(because, result, reason.clone());
                }
                (NodeStatus::Skipped, reason)
            }
        };
        self.node_ended(id, status, Duration::ZERO, Some(message));
    }

    /// Tells the end of a node, and of its host when it was the last one.
    pub(super) fn node_ended(
        &mut self,
        id: NodeId,
        status: NodeStatus,
        took: Duration,
        message: Option<String>,
    ) {
        let node = self.node_ref(id);
        self.emit(Event::NodeFinished { node, status, took_ms: millis(took), message });
        let Some(node) = self.plan.node(id) else { return };
        let Some(host) = node.host else { return };
        let Some(state) = self.hosts.get_mut(host.0 as usize) else { return };
        state.left = state.left.saturating_sub(1);
        let is_last = state.left == 0;
        // One whose activation failed is not rebooted.
        let is_told = match node.kind {
            NodeKind::Activate { .. } => true,
            NodeKind::Reboot { .. } => status == NodeStatus::Failed,
            _ => false,
        };
        if is_told
            && state.counts_as_failed()
            && let Some(host) = self.plan.host(host)
        {
            self.failed_hosts.push(host.name.clone());
        }
        if is_last {
            self.finish_host(host);
        }
    }

    fn finish_host(&mut self, id: HostId) {
        let at = id.0 as usize;
        let (Some(state), Some(host)) = (self.hosts.get_mut(at), self.plan.host(id)) else { return };
        if std::mem::replace(&mut state.told, true) {
            return;
        }
        let report = state.report(host);
        if let Some(slot) = self.reports.get_mut(at) {
            *slot = Some(report.clone());
        }
        self.emit(Event::HostFinished(report));
    }

    /// Hosts that have no node of their own share the fate of the run.
    pub(super) fn finish_hosts(&mut self) {
        let cause = self.failures.first().map(|(id, _)| *id);
        for index in 0..self.hosts.len() {
            let Some(state) = self.hosts.get(index) else { return };
            if state.told {
                continue;
            }
            if let Some(cause) = cause {
                let (result, reason) = self.blame(cause);
                if let Some(state) = self.hosts.get_mut(index) {
                    state.blocked(cause, result, reason);
                }
            }
            if let Ok(id) = u32::try_from(index) {
                self.finish_host(HostId(id));
            }
        }
    }

    /// What a node that did not succeed makes of those that are not run because of it.
    pub(super) fn blame(&self, id: NodeId) -> (HostResult, String) {
        let label = self.plan.node(id).map(|node| node.kind.label()).unwrap_or_default();
        match self.failures.iter().find(|(failed, _)| *failed == id) {
            Some((_, failure)) => {
                let first = failure.reason.lines().next().unwrap_or_default();
                (HostResult::Skipped, format!("{label} failed: {first}"))
            }
            None if self.plan.node(id).is_some_and(|node| matches!(node.kind, NodeKind::Confirm { .. })) => {
                (HostResult::Cancelled, "not confirmed".into())
            }
            None if self.stopped => (HostResult::Cancelled, "the run was stopped".into()),
            None => (HostResult::Skipped, format!("{label} did not succeed")),
        }
    }

    /// Makes what notifications tell, once every host's result is known.
    pub(super) fn tell(&mut self) {
        if !self.plan.nodes.iter().any(|node| matches!(node.kind, NodeKind::Notify(_))) {
            return;
        }
        let report = self.report();
        self.told = Some((Arc::new(message(&report)), report));
    }

    fn report(&mut self) -> RunReport {
        // By id, so that the order in which nodes ended does not show.
        self.failures.sort_by_key(|(id, _)| *id);
        self.skipped.sort_by_key(|(id, _)| *id);
        self.notifications.sort_by_key(|(id, _)| *id);
        let hosts: Vec<HostReport> = self.reports.iter().flatten().cloned().collect();
        let failures: Vec<Failure> = self.failures.iter().map(|(_, failure)| failure.clone()).collect();
        let notifications: Vec<Delivery> = self.notifications.iter().map(|(_, it)| it.clone()).collect();
        RunReport {
            version: VERSION,
            run: self.options.run.clone(),
            name: self.plan.name.clone(),
            rehearsal: self.options.rehearsal,
            exit_code: exit_code(&hosts, &failures, &notifications, self.stopped),
            hosts,
            failures,
            skipped: self.skipped.iter().map(|(_, skipped)| skipped.clone()).collect(),
            notifications,
            took_ms: millis(self.begun.elapsed()),
        }
    }

    pub(super) fn host(&self, id: NodeId) -> Option<&HostState> {
        self.hosts.get(self.plan.node(id)?.host?.0 as usize)
    }

    pub(super) fn host_mut(&mut self, id: NodeId) -> Option<&mut HostState> {
        self.hosts.get_mut(self.plan.node(id)?.host?.0 as usize)
    }

    /// The step, with its host where it has one.
    pub(super) fn step_name(&self, id: NodeId) -> String {
        let label = self.plan.node(id).map(|node| node.kind.label()).unwrap_or_default();
        match self.plan.host_of(id) {
            Some(host) => format!("{label} on {}", host.name),
            None => label,
        }
    }

    pub(super) fn node_ref(&self, id: NodeId) -> NodeRef {
        let node = self.plan.node(id);
        NodeRef {
            node: id.0,
            stage: node.map_or(crate::plan::Stage::Task, |node| node.stage),
            step: node.map(|node| node.kind.word()).unwrap_or_default().to_owned(),
            host: self.plan.host_of(id).map(|host| host.name.clone()),
        }
    }

    pub(super) fn emit(&mut self, event: Event) {
        self.reporter.event(&Stamped { at_ms: millis(self.begun.elapsed()), event });
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The first of many names.
pub(super) fn names(names: &[HostName]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(HostName::as_str).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

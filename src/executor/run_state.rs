//! What is known of a run: the state of each host, what failed, what was told. Decides what needs no driver, turns
//! answers into ends and events. Knows no threads.

use super::activation::Verdict;
use super::event::{
    Delivery, Event, Failure, HostReport, HostResult, NodeRef, NodeStatus, RunReport, RunStarted, Stamped,
    VERSION,
};
use super::host::HostState;
use super::node::{Answer, Input};
use super::notification::{applies, message};
use super::outcome::exit_code;
use super::pipeline::RunOptions;
use super::reporter::Reporter;
use super::schedule::{Ended, Unstarted};
use crate::driver::{Change, DriverError, ErrorKind, Evaluated, Message, Probe, Question};
use crate::model::{Action, Host, HostName, NotifyTarget, StepKind};
use crate::plan::{HostId, NodeId, NodeKind, Plan};
use crate::process::Stream;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How a node that may start goes on.
pub(super) enum Next {
    /// It needs no driver.
    Ended(Box<Result<Answer, DriverError>>),
    /// A worker runs it with this.
    Work(Box<Input>),
}

pub(super) struct RunState<'p> {
    plan: &'p Plan,
    options: &'p RunOptions,
    reporter: &'p mut dyn Reporter,
    begun: Instant,
    hosts: Vec<HostState>,
    reports: Vec<Option<HostReport>>,
    /// Nodes about the whole run that failed, and why.
    failures: Vec<(NodeId, Failure)>,
    skipped: Vec<(NodeId, Failure)>,
    notifications: Vec<(NodeId, Delivery)>,
    /// Hosts that count as failed for waves, in the order in which they ended.
    failed_hosts: Vec<HostName>,
    failed_waves: BTreeSet<usize>,
    /// What notifications tell, and of what; made when every host's result is known.
    told: Option<(Arc<Message>, RunReport)>,
    stopped: bool,
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
        Self {
            plan,
            options,
            reporter,
            begun: Instant::now(),
            reports: plan.hosts.iter().map(|_| None).collect(),
            hosts,
            failures: Vec::new(),
            skipped: Vec::new(),
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

    /// A node begins: ends it here, or says what a worker needs for it.
    pub(super) fn start(&mut self, id: NodeId) -> Next {
        let node = self.node_ref(id);
        self.emit(Event::NodeStarted(node));
        let Some(node) = self.plan.node(id) else { return done(None) };
        if let Some(state) = self.host_mut(id) {
            state.started(node.stage);
        }
        let state = self.host(id);
        let input = || Input {
            probe: state.and_then(|state| state.probe.clone()),
            path: state.and_then(|state| state.path.clone()),
            ..Input::default()
        };
        match &node.kind {
            NodeKind::Check(step) => match (&step.kind, step.kind.skipped()) {
                (_, Some(reason)) => skipped(reason),
                (StepKind::Reachable, _) => done(None),
                (StepKind::Disk { min_free_mib }, _) => {
                    let probe = state.and_then(|state| state.probe.as_deref());
                    Next::Ended(Box::new(disk(probe, *min_free_mib)))
                }
                _ => work(input()),
            },
            NodeKind::Derivation => Next::Ended(Box::new(self.take_derivation(id))),
            NodeKind::Build => {
                let derivation = state.and_then(|state| state.derivation.clone()).and_then(Result::ok);
                work(Input { derivation, ..input() })
            }
            NodeKind::Confirm => {
                let question = self.question();
                if question.changes.is_empty() {
                    return skipped("there is nothing to change");
                }
                work(Input { question: Some(question), ..Input::default() })
            }
            NodeKind::Copy => match state.and_then(|state| state.action) {
                Some(action) if state.is_some_and(|state| state.is_there(action)) => {
                    skipped("the host has it already")
                }
                _ => work(input()),
            },
            NodeKind::Activate { action, health, .. } => {
                let is_there = state.is_some_and(|state| state.is_there(*action));
                if is_there && (health.is_empty() || !action.activates()) {
                    let state = state.and_then(|state| state.probe.as_ref()).map(|probe| probe.state.clone());
                    let verdict = Verdict { result: HostResult::Unchanged, reason: None, state };
                    return Next::Ended(Box::new(Ok(Answer::Judged(verdict))));
                }
                work(Input { is_there, ..input() })
            }
            NodeKind::Wave { number, max_failures } => {
                Next::Ended(Box::new(self.end_wave(*number, *max_failures)))
            }
            NodeKind::RollBack { wave, .. } => {
                let verdict = state.and_then(|state| state.verdict.clone());
                match verdict {
                    _ if !self.failed_waves.contains(wave) => skipped("the wave has not failed"),
                    Some(verdict)
                        if matches!(verdict.result, HostResult::Succeeded | HostResult::Degraded) =>
                    {
                        work(Input { verdict: Some(self.blamed(verdict, *wave)), ..input() })
                    }
                    _ => skipped("the host was not changed"),
                }
            }
            NodeKind::Report => {
                self.finish_hosts();
                self.tell();
                done(None)
            }
            NodeKind::Notify(notification) => match &self.told {
                Some((_, report)) if !applies(&notification.when, report) => skipped("not for this outcome"),
                Some((message, _)) => work(Input { message: Some(Arc::clone(message)), ..Input::default() }),
                None => skipped("there is no report"),
            },
            NodeKind::Probe | NodeKind::Evaluate | NodeKind::Task { .. } => work(input()),
        }
    }

    /// A node that was started has ended.
    pub(super) fn finish(
        &mut self,
        id: NodeId,
        result: Result<Answer, DriverError>,
        took: Duration,
    ) -> Ended {
        let Some(node) = self.plan.node(id) else { return Ended::Failed };
        if let Some(state) = self.host_mut(id) {
            state.took += took;
        }
        if let NodeKind::Notify(notification) = &node.kind {
            self.delivered(id, &notification.target, &result);
        }
        let (ended, message) = match result {
            Ok(answer) => self.take_answer(id, &node.kind, answer),
            Err(error) => self.take_error(id, &node.kind, &error),
        };
        let status = match ended {
            Ended::Succeeded => NodeStatus::Succeeded,
            Ended::NotApplicable => NodeStatus::Skipped,
            Ended::Failed => NodeStatus::Failed,
            Ended::Cancelled => NodeStatus::Cancelled,
        };
        self.node_ended(id, status, took, message);
        ended
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

    fn take_answer(&mut self, id: NodeId, kind: &NodeKind, answer: Answer) -> (Ended, Option<String>) {
        match answer {
            Answer::Done(message) => (Ended::Succeeded, message),
            Answer::Skipped(reason) => {
                if matches!(kind, NodeKind::Check(_)) {
                    self.skipped.push((id, Failure { step: self.step_name(id), reason: reason.clone() }));
                }
                (Ended::NotApplicable, Some(reason))
            }
            Answer::Flake(left_out) => {
                let message = (!left_out.is_empty()).then(|| format!("skipped: {}", left_out.join(", ")));
                for reason in left_out {
                    self.skipped.push((id, Failure { step: self.step_name(id), reason }));
                }
                (Ended::Succeeded, message)
            }
            Answer::Probed(probe) => {
                if let Some(error) = self.plan.host_of(id).and_then(|host| wrong_host(host, &probe)) {
                    return self.take_error(id, kind, &error);
                }
                let message = format!("{}, {} MiB free", probe.system, probe.store_free_mib);
                if let Some(state) = self.host_mut(id) {
                    state.probe = Some(Arc::new(probe));
                }
                (Ended::Succeeded, Some(message))
            }
            Answer::Evaluated(hosts) => {
                self.take_evaluated(hosts);
                (Ended::Succeeded, None)
            }
            Answer::Built(path) => {
                let message = path.to_string();
                if let Some(state) = self.host_mut(id) {
                    state.path = Some(path);
                }
                (Ended::Succeeded, Some(message))
            }
            Answer::Confirmed(true) => (Ended::Succeeded, None),
            Answer::Confirmed(false) => {
                self.stopped = true;
                (Ended::Cancelled, Some("the answer was no".into()))
            }
            Answer::Judged(verdict) => {
                let is_roll_back = matches!(kind, NodeKind::RollBack { .. });
                let ended = match verdict.result {
                    HostResult::Succeeded | HostResult::Unchanged => Ended::Succeeded,
                    HostResult::RolledBack if is_roll_back => Ended::Succeeded,
                    HostResult::Cancelled => Ended::Cancelled,
                    _ => Ended::Failed,
                };
                let message = match (&verdict.reason, verdict.result) {
                    (None, HostResult::Unchanged) => Some("the host has it already".into()),
                    (reason, HostResult::RolledBack) => {
                        Some(format!("rolled back: {}", reason.as_deref().unwrap_or_default()))
                    }
                    (reason, _) => reason.clone(),
                };
                if let Some(state) = self.host_mut(id) {
                    state.verdict = Some(verdict);
                }
                (ended, message)
            }
        }
    }

    fn take_error(&mut self, id: NodeId, kind: &NodeKind, error: &DriverError) -> (Ended, Option<String>) {
        let ended = if error.kind == ErrorKind::Cancelled { Ended::Cancelled } else { Ended::Failed };
        let text = error.to_string();
        match self.plan.host_of(id) {
            Some(host) => {
                if let Some(state) = self.host_mut(id) {
                    state.failed(id, kind, host, error);
                }
            }
            None if matches!(kind, NodeKind::Notify(_)) => {}
            None if ended == Ended::Cancelled => self.stopped = true,
            None => self.failures.push((id, Failure { step: kind.label(), reason: text.clone() })),
        }
        (ended, Some(text))
    }

    /// Tells the end of a node, and of its host when it was the last one.
    fn node_ended(&mut self, id: NodeId, status: NodeStatus, took: Duration, message: Option<String>) {
        let node = self.node_ref(id);
        self.emit(Event::NodeFinished { node, status, took_ms: millis(took), message });
        let Some(node) = self.plan.node(id) else { return };
        let Some(host) = node.host else { return };
        let Some(state) = self.hosts.get_mut(host.0 as usize) else { return };
        state.left = state.left.saturating_sub(1);
        let is_last = state.left == 0;
        if matches!(node.kind, NodeKind::Activate { .. })
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
    fn finish_hosts(&mut self) {
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
    fn blame(&self, id: NodeId) -> (HostResult, String) {
        let label = self.plan.node(id).map(|node| node.kind.label()).unwrap_or_default();
        match self.failures.iter().find(|(failed, _)| *failed == id) {
            Some((_, failure)) => {
                let first = failure.reason.lines().next().unwrap_or_default();
                (HostResult::Skipped, format!("{label} failed: {first}"))
            }
            None if self.plan.node(id).is_some_and(|node| matches!(node.kind, NodeKind::Confirm)) => {
                (HostResult::Cancelled, "not confirmed".into())
            }
            None if self.stopped => (HostResult::Cancelled, "the run was stopped".into()),
            None => (HostResult::Skipped, format!("{label} did not succeed")),
        }
    }

    /// The verdict of a host that is well but has to go back with its wave.
    fn blamed(&self, verdict: Verdict, wave: usize) -> Verdict {
        let why = format!("wave {} failed: {}", wave + 1, names(&self.failed_hosts));
        let reason = Some(verdict.reason.map_or(why.clone(), |reason| format!("{reason}\n{why}")));
        Verdict { reason, ..verdict }
    }

    fn take_evaluated(&mut self, evaluated: Vec<Evaluated>) {
        let by_name: HashMap<&HostName, usize> =
            self.plan.hosts.iter().enumerate().map(|(index, host)| (&host.name, index)).collect();
        for (name, derivation) in evaluated {
            if let Some(state) = by_name.get(&name).and_then(|index| self.hosts.get_mut(*index)) {
                state.derivation = Some(derivation);
            }
        }
    }

    fn take_derivation(&self, id: NodeId) -> Result<Answer, DriverError> {
        match self.host(id).and_then(|state| state.derivation.as_ref()) {
            Some(Ok(derivation)) => Ok(Answer::Done(Some(derivation.as_str().to_owned()))),
            Some(Err(error)) => Err(error.clone()),
            None => {
                let message = "the evaluation gave no derivation for this host";
                Err(DriverError::new(ErrorKind::Evaluation, message))
            }
        }
    }

    fn end_wave(&mut self, number: usize, max_failures: Option<usize>) -> Result<Answer, DriverError> {
        let failed = self.failed_hosts.len();
        match max_failures {
            Some(most) if failed > most => {
                self.failed_waves.insert(number);
                let hosts = names(&self.failed_hosts);
                let message = format!("{failed} hosts have failed, {most} are allowed: {hosts}");
                Err(DriverError::new(ErrorKind::Other, message))
            }
            _ => Ok(Answer::Done((failed > 0).then(|| format!("{failed} hosts have failed")))),
        }
    }

    fn question(&self) -> Question {
        let mut question = Question {
            pipeline: self.plan.name.clone(),
            action: Action::Switch,
            changes: Vec::new(),
            unchanged: 0,
            failed: Vec::new(),
        };
        for (host, state) in self.plan.hosts.iter().zip(&self.hosts) {
            let Some(action) = state.action else { continue };
            question.action = action;
            match &state.path {
                Some(_) if state.is_there(action) => question.unchanged += 1,
                Some(path) => question.changes.push(Change {
                    host: host.name.clone(),
                    before: state.probe.as_ref().and_then(|probe| probe.state.current.clone()),
                    after: path.clone(),
                }),
                None => question.failed.push(host.name.clone()),
            }
        }
        question
    }

    /// Makes what notifications tell, once every host's result is known.
    fn tell(&mut self) {
        if !self.plan.nodes.iter().any(|node| matches!(node.kind, NodeKind::Notify(_))) {
            return;
        }
        let report = self.report();
        self.told = Some((Arc::new(message(&report)), report));
    }

    fn delivered(&mut self, id: NodeId, target: &NotifyTarget, result: &Result<Answer, DriverError>) {
        if matches!(result, Ok(Answer::Skipped(_))) {
            return;
        }
        let delivery = Delivery {
            target: match target {
                NotifyTarget::Ntfy(_) => "ntfy",
                NotifyTarget::Webhook(_) => "webhook",
                NotifyTarget::Command(_) => "command",
            }
            .into(),
            delivered: result.is_ok() && !self.options.rehearsal,
            rehearsal: self.options.rehearsal && result.is_ok(),
            reason: result.as_ref().err().map(ToString::to_string),
        };
        self.notifications.push((id, delivery.clone()));
        self.emit(Event::Notified(delivery));
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

    fn host(&self, id: NodeId) -> Option<&HostState> {
        self.hosts.get(self.plan.node(id)?.host?.0 as usize)
    }

    fn host_mut(&mut self, id: NodeId) -> Option<&mut HostState> {
        self.hosts.get_mut(self.plan.node(id)?.host?.0 as usize)
    }

    /// The step, with its host where it has one.
    fn step_name(&self, id: NodeId) -> String {
        let label = self.plan.node(id).map(|node| node.kind.label()).unwrap_or_default();
        match self.plan.host_of(id) {
            Some(host) => format!("{label} on {}", host.name),
            None => label,
        }
    }

    fn node_ref(&self, id: NodeId) -> NodeRef {
        let node = self.plan.node(id);
        NodeRef {
            node: id.0,
            stage: node.map_or(crate::plan::Stage::Task, |node| node.stage),
            step: node.map(|node| node.kind.word()).unwrap_or_default().to_owned(),
            host: self.plan.host_of(id).map(|host| host.name.clone()),
        }
    }

    fn emit(&mut self, event: Event) {
        self.reporter.event(&Stamped { at_ms: millis(self.begun.elapsed()), event });
    }
}

/// The error of a step whose time was over.
pub(super) fn timed_out(error: DriverError, timeout: Duration) -> DriverError {
    let message = format!("took longer than {} s and was stopped", timeout.as_secs_f64());
    DriverError { kind: ErrorKind::TimedOut, message, ..error }
}

fn done(message: Option<String>) -> Next {
    Next::Ended(Box::new(Ok(Answer::Done(message))))
}

fn skipped(reason: &str) -> Next {
    Next::Ended(Box::new(Ok(Answer::Skipped(reason.to_owned()))))
}

fn work(input: Input) -> Next {
    Next::Work(Box::new(input))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The first of many names.
fn names(names: &[HostName]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(HostName::as_str).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn disk(probe: Option<&Probe>, min_free_mib: u64) -> Result<Answer, DriverError> {
    let Some(probe) = probe else { return Ok(Answer::Skipped("the host was not probed".into())) };
    let free = probe.store_free_mib;
    if free >= min_free_mib {
        return Ok(Answer::Done(Some(format!("{free} MiB free"))));
    }
    let message = format!("only {free} MiB are free in the host's nix store, {min_free_mib} are asked for");
    Err(DriverError::new(ErrorKind::DiskFull, message)
        .help("run `nix-collect-garbage` there, or ask for less in the `disk` check"))
}

/// Whether another machine than the configured one answers. Kernels run some foreign systems of their own family.
fn wrong_host(host: &Host, probe: &Probe) -> Option<DriverError> {
    let wanted = host.system.as_deref()?;
    let family = |system: &str| match system {
        "i686-linux" => "x86_64-linux".to_owned(),
        "armv7l-linux" | "armv6l-linux" => "aarch64-linux".to_owned(),
        other => other.to_owned(),
    };
    if wanted == probe.system || family(wanted) == family(&probe.system) {
        return None;
    }
    let message = format!(
        "{} answers as a {} machine (`{}`), but the configuration is for {wanted}",
        host.address, probe.system, probe.host_name
    );
    Some(
        DriverError::new(ErrorKind::Refusal, message)
            .help("is the address right? `fleet hosts` shows what is configured"),
    )
}

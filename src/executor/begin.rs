//! What a node that may start needs: the coordinator's own answer, or a worker and what the run has found for it.

use super::activation::Verdict;
use super::event::{Event, HostResult};
use super::node::{Answer, Input};
use super::notification::applies;
use super::reboot;
use super::run_state::{RunState, names};
use crate::driver::{Change, DriverError, ErrorKind, Probe, Question};
use crate::model::{Action, StepKind};
use crate::plan::{NodeId, NodeKind};
use crate::secrets::LockedOut;
use std::sync::Arc;

/// How a node that may start goes on.
pub(super) enum Next {
    /// It needs no driver.
    Ended(Box<Result<Answer, DriverError>>),
    /// A worker runs it with this.
    Work(Box<Input>),
}

impl RunState<'_> {
    /// A node begins: ends it here, or says what a worker needs for it.
    pub(super) fn start(&mut self, id: NodeId) -> Next {
        let node = self.node_ref(id);
        self.emit(Event::NodeStarted(node));
        let Some(node) = self.plan.node(id) else { return done(None) };
        if let Some(state) = self.host_mut(id) {
            state.started(node.stage);
        }
        if let Some(run) = self.proven_by(id) {
            return done(Some(format!("done in run {run}")));
        }
        let state = self.host(id);
        let input = || Input {
            probe: state.and_then(|state| state.probe.clone()),
            path: state.and_then(|state| state.path.clone()),
            ..Input::default()
        };
        match &node.kind {
            NodeKind::Check(step) => match &step.kind {
                StepKind::Reachable => done(None),
                StepKind::Disk { min_free_mib } => {
                    let probe = state.and_then(|state| state.probe.as_deref());
                    Next::Ended(Box::new(disk(probe, *min_free_mib)))
                }
                _ => work(input()),
            },
            NodeKind::Access => done(None),
            NodeKind::Derivation => Next::Ended(Box::new(self.take_derivation(id))),
            NodeKind::Build => {
                let derivation = state.and_then(|state| state.derivation.clone()).and_then(Result::ok);
                work(Input { derivation, ..input() })
            }
            NodeKind::Confirm { wave } => {
                let question = self.question(*wave);
                if question.changes.is_empty() {
                    return skipped("there is nothing to change");
                }
                work(Input { question: Some(question), ..Input::default() })
            }
            NodeKind::Copy | NodeKind::Diff { .. }
                if self.plan.host_of(id).is_some_and(|host| !host.driver.is_native()) =>
            {
                skipped("another program brings the system to the host")
            }
            NodeKind::Copy | NodeKind::Diff { .. } => match state.and_then(|state| state.action) {
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
                    return Next::Ended(Box::new(Ok(Answer::Judged(verdict, None))));
                }
                work(Input { is_there, ..input() })
            }
            NodeKind::Reboot { action, reboot, .. } => {
                let Some((verdict, path)) = state.and_then(|it| it.verdict.clone().zip(it.path.as_ref()))
                else {
                    return skipped("the host was not changed");
                };
                match reboot::unneeded(reboot.when, *action, path, &verdict) {
                    Some(reason) => skipped(reason),
                    None => work(Input { verdict: Some(verdict), ..input() }),
                }
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
            NodeKind::Probe
            | NodeKind::Hook { .. }
            | NodeKind::Evaluate
            | NodeKind::Generation(_)
            | NodeKind::Task { .. }
            | NodeKind::Pipeline { .. } => work(input()),
        }
    }

    /// The earlier run that has done what the node would do. To go back is never done.
    fn proven_by(&self, id: NodeId) -> Option<&str> {
        let resumed = self.options.resumed.as_ref()?;
        let node = self.plan.node(id)?;
        let is_done = match self.host(id) {
            Some(state) => state.is_done && !matches!(node.kind, NodeKind::RollBack { .. }),
            // The fence tells what hosts have to open, which is needed again; what held is remembered anyway.
            None => match &node.kind {
                NodeKind::Check(step) => {
                    !matches!(step.kind, StepKind::Secrets) && resumed.checks.contains(&id.0)
                }
                _ => false,
            },
        };
        is_done.then_some(&resumed.run)
    }

    /// The verdict of a host that is well but has to go back with its wave.
    fn blamed(&self, verdict: Verdict, wave: usize) -> Verdict {
        let why = format!("wave {} failed: {}", wave + 1, names(&self.failed_hosts));
        let reason = Some(verdict.reason.map_or(why.clone(), |reason| format!("{reason}\n{why}")));
        Verdict { reason, ..verdict }
    }

    fn take_derivation(&self, id: NodeId) -> Result<Answer, DriverError> {
        if let Some(locked) = self.locked_out(id) {
            return Err(DriverError::new(ErrorKind::Refusal, locked.message).help(locked.help));
        }
        match self.host(id).and_then(|state| state.derivation.as_ref()) {
            Some(Ok(derivation)) => Ok(Answer::Done(Some(derivation.as_str().to_owned()))),
            Some(Err(error)) => Err(error.clone()),
            None => {
                let message = "the evaluation gave no derivation for this host";
                Err(DriverError::new(ErrorKind::Evaluation, message))
            }
        }
    }

    /// Whether the host that was probed has another key than the one that its secrets are for.
    fn locked_out(&self, id: NodeId) -> Option<LockedOut> {
        let (host, state) = (self.plan.host_of(id)?, self.host(id)?);
        self.access.refuses(&host.name, state.probe.as_ref()?.host_key.as_deref()?)
    }

    fn end_wave(&mut self, number: usize, max_failures: Option<usize>) -> Result<Answer, DriverError> {
        let failed = self.failed_hosts.len();
        match max_failures {
            Some(most) if failed > most => {
                self.failed_waves.insert(number);
                let hosts = names(&self.failed_hosts);
                let message = format!("{}, {} allowed: {hosts}", have_failed(failed), are(most));
                Err(DriverError::new(ErrorKind::Other, message))
            }
            _ => Ok(Answer::Done((failed > 0).then(|| have_failed(failed)))),
        }
    }

    /// The question for the hosts of a wave, or for all.
    fn question(&self, wave: Option<usize>) -> Question {
        let mut question = Question {
            pipeline: self.plan.name.clone(),
            action: Action::Switch,
            wave,
            changes: Vec::new(),
            unchanged: 0,
            failed: Vec::new(),
        };
        for (host, state) in self.plan.hosts.iter().zip(&self.hosts) {
            let Some(action) = state.action else { continue };
            if wave.is_some() && state.wave != wave {
                continue;
            }
            question.action = action;
            match &state.path {
                _ if state.is_done => question.unchanged += 1,
                Some(_) if state.is_there(action) => question.unchanged += 1,
                Some(path) if !state.has_failed() => question.changes.push(Change {
                    host: host.name.clone(),
                    before: state.probe.as_ref().and_then(|probe| probe.state.current.clone()),
                    after: path.clone(),
                    diff: state.diff.clone(),
                }),
                _ => question.failed.push(host.name.clone()),
            }
        }
        question
    }
}

fn have_failed(hosts: usize) -> String {
    if hosts == 1 { "1 host has failed".to_owned() } else { format!("{hosts} hosts have failed") }
}

fn are(allowed: usize) -> String {
    if allowed == 1 { "1 is".to_owned() } else { format!("{allowed} are") }
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

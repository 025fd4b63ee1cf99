//! What a node's answer or error means: for the run, for its host, and as an end.

use super::event::{Delivery, Event, Failure, HostDiff, HostResult, NodeStatus};
use super::node::Answer;
use super::run_state::RunState;
use super::schedule::Ended;
use crate::driver::{Built, DriverError, ErrorKind, Evaluated, Probe};
use crate::model::{Host, HostName, Notification};
use crate::plan::{NodeId, NodeKind};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

impl RunState<'_> {
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
            self.delivered(id, notification, &result);
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
                if let Some(error) = self.plan.host_of(id).and_then(|host| self.locked(host, &probe)) {
                    return self.take_error(id, kind, &error);
                }
                if let Some(error) = self.plan.host_of(id).and_then(|host| other_machine(host, &probe)) {
                    return self.take_error(id, kind, &error);
                }
                let message = format!("{}, {} MiB free", probe.system, probe.store_free_mib);
                if let Some(state) = self.host_mut(id) {
                    state.probe = Some(Arc::from(probe));
                }
                (Ended::Succeeded, Some(message))
            }
            Answer::Held(held) => {
                self.access = held.access;
                (Ended::Succeeded, held.said)
            }
            Answer::Evaluated(hosts) => {
                self.take_evaluated(hosts);
                (Ended::Succeeded, None)
            }
            Answer::Built(Built { path, place }) => {
                let message = path.to_string();
                if let Some(state) = self.host_mut(id) {
                    state.path = Some(path);
                    state.built_on = place;
                }
                (Ended::Succeeded, Some(message))
            }
            Answer::Diffed(diff) => {
                if let (Some(host), Some(state)) = (self.plan.host_of(id), self.host_mut(id)) {
                    state.diff = Some(Arc::new((*diff).clone()));
                    let before = state.probe.as_ref().and_then(|probe| probe.state.current.as_ref());
                    let before = before.map(ToString::to_string);
                    let after = state.path.as_ref().map(ToString::to_string).unwrap_or_default();
                    self.emit(Event::Diff(HostDiff { host: host.name.clone(), before, after, diff: *diff }));
                }
                (Ended::Succeeded, None)
            }
            Answer::Confirmed(true) => (Ended::Succeeded, None),
            Answer::Confirmed(false) => {
                self.stopped = true;
                (Ended::Cancelled, Some("the answer was no".into()))
            }
            Answer::Judged(verdict, guarded) => {
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
                    state.guarded = guarded.or(state.guarded);
                }
                (ended, message)
            }
        }
    }

    /// Whether another run is changing a host that this one would change.
    fn locked(&self, host: &Host, probe: &Probe) -> Option<DriverError> {
        let lock = probe.lock.as_ref().filter(|lock| lock.keeps_away(&self.options.run))?;
        let deploys = self.plan.nodes.iter().any(|node| matches!(node.kind, NodeKind::Activate { .. }));
        deploys.then(|| lock.refusal(&host.name))
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

    fn take_evaluated(&mut self, evaluated: Vec<Evaluated>) {
        let by_name: HashMap<&HostName, usize> =
            self.plan.hosts.iter().enumerate().map(|(index, host)| (&host.name, index)).collect();
        for (name, derivation) in evaluated {
            if let Some(state) = by_name.get(&name).and_then(|index| self.hosts.get_mut(*index)) {
                state.derivation = Some(derivation);
            }
        }
    }

    fn delivered(&mut self, id: NodeId, notification: &Notification, result: &Result<Answer, DriverError>) {
        if matches!(result, Ok(Answer::Skipped(_))) {
            return;
        }
        let delivery = Delivery {
            target: notification.label(),
            delivered: result.is_ok() && !self.options.rehearsal,
            rehearsal: self.options.rehearsal && result.is_ok(),
            reason: match result {
                Ok(Answer::Done(by)) => by.clone(),
                Ok(_) => None,
                Err(error) => Some(error.to_string()),
            },
        };
        self.notifications.push((id, delivery.clone()));
        self.emit(Event::Notified(delivery));
    }
}

/// The error of a step whose time was over.
pub(super) fn timed_out(error: DriverError, timeout: Duration) -> DriverError {
    let message = format!("took longer than {} s and was stopped", timeout.as_secs_f64());
    DriverError { kind: ErrorKind::TimedOut, message, ..error }
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

/// Whether the machine says that it is not the host: another machine id than the pinned one, or another name.
fn other_machine(host: &Host, probe: &Probe) -> Option<DriverError> {
    let refusal =
        |message: String, help: String| Some(DriverError::new(ErrorKind::Refusal, message).help(help));
    if let Some(pinned) = &host.identity.machine_id {
        if probe.machine_id.as_ref() == Some(pinned) {
            return None;
        }
        let found = probe.machine_id.as_deref().unwrap_or("none");
        let message = format!("{} has the machine id {found}, not {pinned}", host.address);
        let help = format!(
            "is the address right? If the machine was replaced, correct `machine_id` of {}",
            host.name
        );
        return refusal(message, help);
    }
    let expected = host.identity.host_name.as_ref().unwrap_or(&host.host_name);
    if !is_another_name(&probe.host_name, expected) || !is_another_name(&probe.host_name, &host.host_name) {
        return None;
    }
    let message = format!("{} calls itself `{}`, not `{expected}`", host.address, probe.host_name);
    let help = format!(
        "is the address right? If it is the machine, and gets its name by this deployment: `host_name: {}` of {} in the Fleetfile",
        probe.host_name, host.name
    );
    refusal(message, help)
}

/// Whether a machine with that name cannot be the one that is to have the other. Images and installers give names that
/// say nothing (nixpkgs `nixos/modules/tasks/network-interfaces.nix`, `networking.hostName`).
fn is_another_name(own: &str, expected: &str) -> bool {
    let label = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    !matches!(label(own).as_str(), "" | "nixos" | "localhost") && label(own) != label(expected)
}

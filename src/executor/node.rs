//! What a worker does for one node: one driver call to its end. Knows no other node.

use super::activation::{self, Order, Verdict};
use super::channel::deliver;
use super::drivers::Drivers;
use super::{health, reboot};
use crate::driver::{
    Built, CheckOutcome, Derivation, DriverError, ErrorKind, Evaluated, Guard, Guarded, HealthOutcome, Held,
    Io, Message, Output, PLUGIN_PROTOCOL, PluginRequest, Probe, Question, StorePath, SystemDiff,
};
use crate::model::{Host, OnFailure, Step, StepKind, Text, Variables};
use crate::plan::{NodeId, NodeKind, Plan};
use crate::process::{Cancel, Stream};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// What all nodes of a run share.
pub(super) struct Shared {
    pub(super) plan: Arc<Plan>,
    pub(super) drivers: Drivers,
    /// The run's id.
    pub(super) run: String,
    /// Where `cmd:` steps run.
    pub(super) dir: PathBuf,
    /// A host that runs a newer revision than the flake's is refused.
    pub(super) refuses_older: bool,
    /// Whether what is built goes to its host.
    pub(super) copies: bool,
    /// Whether to wait between tries.
    pub(super) pauses: bool,
    /// See [`Order::insist`].
    pub(super) insist: Cancel,
}

/// What a node needs that was found in the run.
#[derive(Default)]
pub(super) struct Input {
    pub(super) probe: Option<Arc<Probe>>,
    pub(super) derivation: Option<Derivation>,
    pub(super) path: Option<StorePath>,
    pub(super) verdict: Option<Verdict>,
    pub(super) question: Option<Question>,
    pub(super) message: Option<Arc<Message>>,
    /// The host has the system already: only its health is looked at.
    pub(super) is_there: bool,
}

/// What a node gave.
pub(super) enum Answer {
    /// It did what it should, with a word on what it found.
    Done(Option<String>),
    /// It could not be carried out; not passed.
    Skipped(String),
    /// `nix flake check`, with what nix left out.
    Flake(Vec<String>),
    Probed(Box<Probe>),
    /// The fence around secrets, which holds.
    Held(Box<Held>),
    Evaluated(Vec<Evaluated>),
    Built(Built),
    Diffed(Box<SystemDiff>),
    Confirmed(bool),
    /// An activation or a roll-back, and how the activation was guarded.
    Judged(Verdict, Option<Guarded>),
}

/// Runs a node.
///
/// # Errors
/// The driver's error, with what the step's command said last.
pub(super) fn run(
    shared: &Shared,
    id: NodeId,
    input: Input,
    output: &dyn Output,
    cancel: &Cancel,
) -> Result<Answer, DriverError> {
    let tail = Tail { output, lines: Mutex::default() };
    let io = Io { output: &tail, cancel };
    let Shared { plan, drivers, .. } = shared;
    let Some(node) = plan.node(id) else { return Err(missing("its node")) };
    let host = plan.host_of(id);
    match &node.kind {
        NodeKind::Probe => probe(shared, known(host)?, io).map(|probe| Answer::Probed(Box::new(probe))),
        NodeKind::Check(step) => check(shared, step, host, io, &tail),
        NodeKind::Hook { hook, stage, after } => {
            let when = format!("{} {}", if *after { "after" } else { "before" }, stage.word());
            // As it was written: what it is rendered to may hold a secret.
            let named = |reason: &str| format!("hook {when} `{}`: {reason}", hook.script.raw());
            let ended = match host {
                Some(host) => health::run_hook(hook, host, drivers, io).map(|outcome| match outcome {
                    HealthOutcome::Healthy => None,
                    HealthOutcome::Unhealthy(reason) => Some(reason),
                }),
                None => command(shared, &hook.script, None, io)
                    .map(|code| (code != 0).then(|| format!("the command exited with {code}"))),
            };
            match ended {
                Ok(None) => Ok(Answer::Done(None)),
                Ok(Some(reason)) => {
                    Err(DriverError::new(ErrorKind::Other, named(&reason)).said(tail.lines()))
                }
                Err(error) => Err(DriverError { message: named(&error.message), ..error }),
            }
        }
        NodeKind::Evaluate => drivers.flake.evaluate(&plan.hosts, io).map(Answer::Evaluated),
        NodeKind::Generation(number) => {
            let path = drivers.target.generation(known(host)?, *number, io)?;
            Ok(Answer::Built(Built { path, place: None }))
        }
        NodeKind::Build => {
            let derivation = input.derivation.ok_or_else(|| missing("the derivation"))?;
            let host = known(host)?;
            if shared.copies {
                drivers.target.takes(host, &derivation, io)?;
            }
            drivers.build.build(host, &derivation, io).map(Answer::Built)
        }
        NodeKind::Diff { action } => {
            let path = input.path.ok_or_else(|| missing("the system"))?;
            let before = input.probe.ok_or_else(|| missing("the probe"))?;
            let diff = drivers.target.diff(known(host)?, &path, *action, &before, io)?;
            Ok(Answer::Diffed(Box::new(diff)))
        }
        NodeKind::Confirm { .. } => {
            let question = input.question.ok_or_else(|| missing("the question"))?;
            drivers.confirm.ask(&question, io).map(Answer::Confirmed)
        }
        NodeKind::Copy => {
            let path = input.path.ok_or_else(|| missing("the system"))?;
            drivers.target.copy(known(host)?, &path, io).map(|()| Answer::Done(Some(path.to_string())))
        }
        NodeKind::Activate {
            action,
            before: hooks_before,
            health,
            after,
            on_failure,
            proof,
            quiesce,
            ..
        } => {
            let path = input.path.ok_or_else(|| missing("the system"))?;
            let before = input.probe.ok_or_else(|| missing("the probe"))?;
            let order = Order {
                host: known(host)?,
                path: &path,
                action: *action,
                before: &before,
                hooks_before,
                health,
                hooks_after: after,
                quiesce: quiesce.as_deref(),
                on_failure: *on_failure,
                proof,
                run: &shared.run,
                pauses: shared.pauses,
                insist: &shared.insist,
            };
            if input.is_there {
                return Ok(Answer::Judged(activation::check_health(&order, drivers, io), None));
            }
            let verdict = activation::activate(&order, drivers, io);
            Ok(Answer::Judged(verdict, drivers.target.guarded(order.host)))
        }
        NodeKind::Reboot { action, reboot: wish, health, proof, quiesce, .. } => {
            let path = input.path.ok_or_else(|| missing("the system"))?;
            let before = input.probe.ok_or_else(|| missing("the probe"))?;
            let verdict = input.verdict.ok_or_else(|| missing("the verdict"))?;
            let order = Order {
                host: known(host)?,
                path: &path,
                action: *action,
                before: &before,
                hooks_before: &[],
                health,
                hooks_after: &[],
                quiesce: quiesce.as_deref(),
                on_failure: OnFailure::Continue,
                proof,
                run: &shared.run,
                pauses: shared.pauses,
                insist: &shared.insist,
            };
            Ok(Answer::Judged(reboot::reboot(&order, wish, &verdict, drivers, io), None))
        }
        NodeKind::RollBack { action, quiesce, .. } => {
            let before = input.probe.ok_or_else(|| missing("the probe"))?;
            let verdict = input.verdict.ok_or_else(|| missing("the verdict"))?;
            let (host, quiesce) = (known(host)?, quiesce.as_deref());
            let verdict =
                activation::roll_back_quiesced(&verdict, quiesce, host, &before, *action, drivers, io);
            Ok(Answer::Judged(verdict, None))
        }
        NodeKind::Notify(notification) => {
            let message = input.message.ok_or_else(|| missing("the report"))?;
            let by = (&*drivers.render, &*drivers.notify);
            deliver(notification, &message, by, io).map(Answer::Done)
        }
        NodeKind::Task { name } => {
            drivers.tasks.run(name, &Variables::new(), None, io).map(|()| Answer::Done(None))
        }
        // Pipelines that tasks call are run by the run of the task.
        NodeKind::Pipeline { name } => {
            let message = format!("the pipeline `{name}` cannot be run as a step");
            Err(DriverError::new(ErrorKind::Other, message)
                .help("this is a mistake in fleet; please report it"))
        }
        NodeKind::Access | NodeKind::Derivation | NodeKind::Wave { .. } | NodeKind::Report => {
            Ok(Answer::Done(None))
        }
    }
}

/// Asks a host what it is, and whether it is ahead of the flake.
fn probe(shared: &Shared, host: &Host, io: Io<'_>) -> Result<Probe, DriverError> {
    let probe = shared.drivers.target.probe(host, io)?;
    let newer = probe.revision.as_ref().filter(|_| shared.refuses_older);
    match newer.filter(|revision| shared.drivers.flake.is_behind(revision)) {
        None => Ok(probe),
        Some(revision) => {
            let message = format!("{} runs revision {revision}, and the flake is at an older one", host.name);
            Err(DriverError::new(ErrorKind::Refusal, message)
                .help("pull first, or go back to the older revision with `--allow-older`"))
        }
    }
}

fn check(
    shared: &Shared,
    step: &Step,
    host: Option<&Host>,
    io: Io<'_>,
    tail: &Tail<'_>,
) -> Result<Answer, DriverError> {
    let Shared { plan, drivers, run, .. } = shared;
    match &step.kind {
        // Answered from the probe, by the coordinator.
        StepKind::Reachable | StepKind::Disk { .. } => Ok(Answer::Done(None)),
        StepKind::Secrets => {
            drivers.secrets.check(&*drivers.flake, io).map(|held| Answer::Held(Box::new(held)))
        }
        StepKind::Flake => drivers.flake.check(io).map(|check| Answer::Flake(check.skipped)),
        StepKind::Vm(name) => {
            let guard = |sources: &[PathBuf]| drivers.secrets.guard_test(name, sources, io.cancel);
            let guard: Option<Guard<'_>> = drivers.secrets.guards_tests().then_some(&guard);
            drivers.flake.build_check(name, guard, io).map(|outcome| checked(outcome, None))
        }
        StepKind::Task { name, vars } => {
            let name = drivers.render.render(name, host)?;
            drivers.tasks.run(&name, vars, host, io).map(|()| Answer::Done(None))
        }
        StepKind::Command(script) => match command(shared, script, host, io)? {
            0 => Ok(Answer::Done(None)),
            code => {
                let message = format!("the command ended with exit code {code}");
                Err(DriverError::new(ErrorKind::Other, message).said(tail.lines()))
            }
        },
        StepKind::Plugin { name, options } => {
            let hosts = if host.is_none() { plan.hosts.as_slice() } else { &[] };
            let request = PluginRequest {
                version: PLUGIN_PROTOCOL,
                plugin: name,
                pipeline: &plan.name,
                run,
                host,
                hosts,
                options,
            };
            drivers.plugin.run(&request, io).map(|result| checked(result.outcome, result.message))
        }
    }
}

/// Runs a command on this machine; gives its exit code.
fn command(shared: &Shared, script: &Text, host: Option<&Host>, io: Io<'_>) -> Result<i32, DriverError> {
    let Shared { plan, drivers, run, dir, .. } = shared;
    let script = drivers.render.render(script, host)?;
    let mut env =
        vec![("FLEET_RUN".to_owned(), run.clone()), ("FLEET_PIPELINE".to_owned(), plan.name.clone())];
    if let Some(host) = host {
        env.push(("FLEET_HOST".to_owned(), host.name.to_string()));
        env.push(("FLEET_ADDRESS".to_owned(), host.address.clone()));
    }
    drivers.shell.run(&script, dir, &env, io)
}

fn checked(outcome: CheckOutcome, message: Option<String>) -> Answer {
    match outcome {
        CheckOutcome::Passed => Answer::Done(message),
        CheckOutcome::Cached => Answer::Done(Some("cached: unchanged since it passed".to_owned())),
        CheckOutcome::Skipped(reason) => Answer::Skipped(reason),
    }
}

fn known(host: Option<&Host>) -> Result<&Host, DriverError> {
    host.ok_or_else(|| missing("its host"))
}

/// A node that was started without what the nodes before it give: a mistake of the plan.
fn missing(what: &str) -> DriverError {
    DriverError::new(ErrorKind::Other, format!("the step was started without {what}"))
        .help("this is a mistake in fleet; please report it")
}

/// Lines that a failed command's error repeats.
const TAIL: usize = 10;

/// Passes lines on and keeps the last ones.
struct Tail<'a> {
    output: &'a dyn Output,
    lines: Mutex<VecDeque<String>>,
}

impl Tail<'_> {
    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Output for Tail<'_> {
    fn line(&self, stream: Stream, line: &str) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == TAIL {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
        drop(lines);
        self.output.line(stream, line);
    }
}

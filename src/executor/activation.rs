//! Activates a system and finds out what came of it. The result is what the host itself says afterwards, over a new
//! connection; that nothing reported an error is never taken for success.

use super::drivers::Drivers;
use super::event::HostResult;
use super::health;
use super::proof::{self, Found, Judgement};
use super::quiesce::quiesced;
use crate::driver::{
    DriverError, ErrorKind, Gate, HealthOutcome, Io, Probe, Proving, StorePath, SystemState,
};
use crate::model::{Action, Health, Hook, Host, OnFailure, Proof, Quiesce};
use crate::process::{Cancel, Stream};
use std::time::{Duration, Instant};

/// How often a host that was lost during the activation is looked for, and the pause before each time.
const INQUIRIES: u32 = 4;
const INQUIRY_PAUSE: Duration = Duration::from_secs(3);
/// How long going back may take.
const SETTLED: Duration = Duration::from_secs(60);

/// What to do with one host.
pub(super) struct Order<'a> {
    pub(super) host: &'a Host,
    pub(super) path: &'a StorePath,
    pub(super) action: Action,
    pub(super) before: &'a Probe,
    pub(super) hooks_before: &'a [Hook],
    pub(super) health: &'a [Health],
    pub(super) hooks_after: &'a [Hook],
    pub(super) quiesce: Option<&'a Quiesce>,
    pub(super) on_failure: OnFailure,
    pub(super) proof: &'a Proof,
    /// The run's id.
    pub(super) run: &'a str,
    /// Whether to wait between tries. Not in a rehearsal.
    pub(super) pauses: bool,
    /// Stops what must be finished in spite of a first Ctrl-C: to ask what the host runs now, to bring it back.
    pub(super) insist: &'a Cancel,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) result: HostResult,
    pub(super) reason: Option<String>,
    /// What the host said last.
    pub(super) state: Option<SystemState>,
}

/// Activates while the host holds its lease, with the hooks around that, and goes back if that is the policy.
pub(super) fn activate(order: &Order<'_>, drivers: &Drivers, io: Io<'_>) -> Verdict {
    let Order { host, action, .. } = *order;
    if action != Action::DryActivate
        && let Some(reason) = health::run_hooks("before", order.hooks_before, order, drivers, io)
    {
        let result = if io.cancel.is_requested() { HostResult::Cancelled } else { HostResult::Failed };
        return Verdict { result, reason: Some(reason), state: None };
    }
    let held = quiesced(order.quiesce, host, drivers, io, || {
        go_back(prove(order, drivers, io), order, drivers, order.insisting(io))
    });
    let verdict = match held {
        Ok((verdict, lost)) => with_loss(verdict, lost, io),
        Err(error) => return untouched(&error),
    };
    if verdict.result != HostResult::Succeeded || action == Action::DryActivate {
        return verdict;
    }
    let Some(reason) = health::run_hooks("after", order.hooks_after, order, drivers, io) else {
        return verdict;
    };
    let degraded =
        Verdict { result: HostResult::Degraded, reason: joined(verdict.reason, &reason), ..verdict };
    let io = order.insisting(io);
    let back = quiesced(order.quiesce.filter(|_| order.goes_back()), host, drivers, io, || {
        go_back(degraded.clone(), order, drivers, io)
    });
    match back {
        Ok((verdict, lost)) => with_loss(verdict, lost, io),
        Err(error) => Verdict {
            reason: joined(degraded.reason.clone(), &format!("not rolled back: {error}")),
            ..degraded
        },
    }
}

/// Nothing was changed on the host.
fn untouched(error: &DriverError) -> Verdict {
    let result = match error.kind {
        kind if kind.is_link() => HostResult::Unreachable,
        ErrorKind::Cancelled => HostResult::Cancelled,
        _ => HostResult::Failed,
    };
    Verdict { result, reason: Some(error.to_string()), state: None }
}

fn joined(reason: Option<String>, further: &str) -> Option<String> {
    Some(reason.map_or_else(|| further.to_owned(), |reason| format!("{reason}\n{further}")))
}

/// The host is as it is; that it was alone meanwhile is not certain.
pub(super) fn with_loss(verdict: Verdict, lost: Option<String>, io: Io<'_>) -> Verdict {
    let Some(why) = lost else { return verdict };
    let text = format!("the lease of `quiesce` was lost before all was done: {why}");
    io.output.line(Stream::Stderr, &text);
    Verdict { reason: joined(verdict.reason, &text), ..verdict }
}

/// Goes back from what failed, if that is the policy.
fn go_back(verdict: Verdict, order: &Order<'_>, drivers: &Drivers, io: Io<'_>) -> Verdict {
    let changed = verdict.state.as_ref().is_some_and(|state| *state != order.before.state);
    if order.goes_back() && changed && matches!(verdict.result, HostResult::Degraded | HostResult::Failed) {
        return roll_back(&verdict, order.host, order.before, order.action, drivers, io);
    }
    verdict
}

/// Activates, asks, and looks at the health.
fn prove(order: &Order<'_>, drivers: &Drivers, io: Io<'_>) -> Verdict {
    let Order { host, path, action, before, proof, .. } = *order;
    // A first Ctrl-C leaves no activation half proven.
    let look = |io: Io<'_>| match health::check(order, drivers, order.insisting(io)) {
        None => HealthOutcome::Healthy,
        Some(reason) => HealthOutcome::Unhealthy(reason),
    };
    let gate = Gate { longest: health::longest(order.health), goes_back: order.goes_back(), look: &look };
    let gate = (action.activates() && !order.health.is_empty()).then_some(&gate);
    let found = match drivers.target.activate(host, path, action, before, Proving { proof, gate }, io) {
        Ok(activation) => Found {
            state: activation.state,
            code: activation.code,
            failed_units: activation.failed_units,
            went_back: activation.went_back,
            ignored: activation.ignored,
            health: activation.health,
            error: None,
        },
        // Nothing was changed, so there is nothing to find out.
        Err(error) if error.kind == ErrorKind::Refusal || action == Action::DryActivate => {
            return untouched(&error);
        }
        Err(error) => match inquire(order, drivers, io) {
            Ok((now, went_back)) => {
                let ignore = crate::driver::IgnoredUnits::new(&proof.ignore_units);
                let new = |unit: &String| !before.failed_units.contains(unit) && !ignore.matches(unit);
                let failed_units = now
                    .failed_units
                    .into_iter()
                    .filter(new)
                    .map(|name| crate::driver::Unit { name, log: Vec::new() })
                    .collect();
                Found {
                    state: now.state,
                    code: None,
                    failed_units,
                    went_back,
                    ignored: false,
                    health: None,
                    error: Some(error),
                }
            }
            // Whoever stopped the activation has asked the host already, and asks for nothing more.
            Err(_) if error.kind == ErrorKind::Cancelled && drivers.target.last_state(host).is_some() => {
                Found {
                    state: drivers.target.last_state(host).unwrap_or_default(),
                    code: None,
                    failed_units: Vec::new(),
                    went_back: false,
                    ignored: false,
                    health: None,
                    error: Some(error),
                }
            }
            Err(lost) => {
                let reason = format!("{error}\nand the host cannot be asked what it runs now: {lost}");
                return Verdict { result: HostResult::Unknown, reason: Some(reason), state: None };
            }
        },
    };
    let judgement = proof::judge(action, path, before, &found);
    let judgement = match found.health {
        // What they said is in the judgement.
        Some(_) => judgement,
        None => with_health(judgement, order, drivers, io),
    };
    Verdict { result: judgement.result, reason: judgement.reason, state: Some(found.state) }
}

/// Health of a host that has the system already.
pub(super) fn check_health(order: &Order<'_>, drivers: &Drivers, io: Io<'_>) -> Verdict {
    let unchanged = Judgement { result: HostResult::Unchanged, reason: None };
    let judgement = with_health(unchanged, order, drivers, io);
    let state = Some(order.before.state.clone());
    Verdict { result: judgement.result, reason: judgement.reason, state }
}

/// Goes back as [`roll_back`] does, while the host holds its lease. One that cannot have it stays as it is.
pub(super) fn roll_back_quiesced(
    verdict: &Verdict,
    quiesce: Option<&Quiesce>,
    host: &Host,
    before: &Probe,
    action: Action,
    drivers: &Drivers,
    io: Io<'_>,
) -> Verdict {
    match quiesced(quiesce, host, drivers, io, || roll_back(verdict, host, before, action, drivers, io)) {
        Ok((verdict, lost)) => with_loss(verdict, lost, io),
        Err(error) => Verdict {
            reason: joined(verdict.reason.clone(), &format!("not rolled back: {error}")),
            ..verdict.clone()
        },
    }
}

/// Goes back from what `verdict` says to what ran `before`.
pub(super) fn roll_back(
    verdict: &Verdict,
    host: &Host,
    before: &Probe,
    action: Action,
    drivers: &Drivers,
    io: Io<'_>,
) -> Verdict {
    let why = verdict.reason.clone().unwrap_or_default();
    let failed = |text: String| {
        let reason = if why.is_empty() { text } else { format!("{why}\n{text}") };
        Verdict { result: verdict.result, reason: Some(reason), state: verdict.state.clone() }
    };
    if before.state.current.is_none() && action.activates() {
        return failed("not rolled back: what ran before is not known".into());
    }
    match drivers.target.roll_back(host, before, action, io) {
        Ok(state) if proof::is_back(action, &before.state, &state) => {
            Verdict { result: HostResult::RolledBack, reason: verdict.reason.clone(), state: Some(state) }
        }
        Ok(state) => Verdict {
            state: Some(state),
            ..failed("rolled back, but the host does not run what it ran before".into())
        },
        Err(error) if error.kind.is_link() => {
            let text = format!("lost while it was rolled back: {error}");
            Verdict { result: HostResult::Unknown, state: None, ..failed(text) }
        }
        Err(error) => failed(format!("the roll-back failed: {error}")),
    }
}

impl Order<'_> {
    fn goes_back(&self) -> bool {
        matches!(self.on_failure, OnFailure::RollBackHost | OnFailure::RollBackWave)
    }

    fn insisting<'a>(&'a self, io: Io<'a>) -> Io<'a> {
        Io { output: io.output, cancel: self.insist }
    }
}

/// Looks for a host that was lost; an activation may take its network down for a while. While the host holds our own
/// lock its job is not over: it waits for its proof, or goes back. Tells what the host says, and whether it was seen to go
/// back by itself.
fn inquire(order: &Order<'_>, drivers: &Drivers, io: Io<'_>) -> Result<(Probe, bool), DriverError> {
    let io = order.insisting(io);
    let until =
        Instant::now() + order.proof.watchdog + order.proof.settle + health::longest(order.health) + SETTLED;
    let mut tries = 0;
    let mut busy = false;
    loop {
        let result = drivers.target.probe(order.host, io);
        tries += 1;
        let again = match &result {
            Ok(probe) if probe.lock.as_ref().is_some_and(|lock| lock.is_of(order.run)) => {
                busy = true;
                Instant::now() < until
            }
            Ok(_) => false,
            Err(error) => error.kind.is_link() && tries < INQUIRIES,
        };
        if !again || (order.pauses && io.cancel.sleep(INQUIRY_PAUSE)) {
            return result.map(|now| {
                let is_back = busy && now.state.current == order.before.state.current;
                let went_back = now.went_back || is_back;
                (now, went_back)
            });
        }
    }
}

fn with_health(judgement: Judgement, order: &Order<'_>, drivers: &Drivers, io: Io<'_>) -> Judgement {
    if !judgement.result.is_good() || !order.action.activates() || order.health.is_empty() {
        return judgement;
    }
    match health::check(order, drivers, io) {
        None => judgement,
        Some(reason) => Judgement { result: HostResult::Degraded, reason: Some(reason) },
    }
}

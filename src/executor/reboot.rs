//! Whether a host is to be rebooted, and what came of it.

use super::activation::{Order, Verdict};
use super::drivers::Drivers;
use super::event::HostResult;
use super::health;
use super::quiesce::quiesced;
use crate::driver::{DriverError, ErrorKind, Io, Rebooted, StorePath};
use crate::model::{Action, Reboot, RebootPolicy};

/// Why a host is not rebooted; `None` where it is to be.
pub(super) fn unneeded(
    policy: RebootPolicy,
    action: Action,
    path: &StorePath,
    verdict: &Verdict,
) -> Option<&'static str> {
    let state = verdict.state.as_ref();
    let needs = match policy {
        RebootPolicy::Never => false,
        RebootPolicy::Always => verdict.result != HostResult::Unchanged,
        // What was only made the boot default is brought into use by nothing else.
        RebootPolicy::IfNeeded if action == Action::Boot => {
            state.is_some_and(|state| state.current.as_ref() != Some(path))
        }
        RebootPolicy::IfNeeded => state.is_some_and(|state| !state.needs_reboot.is_empty()),
    };
    (!needs).then_some("no reboot is needed")
}

/// Reboots a host that has its new system, and proves that it runs it.
pub(super) fn reboot(
    order: &Order<'_>,
    reboot: &Reboot,
    verdict: &Verdict,
    drivers: &Drivers,
    io: Io<'_>,
) -> Verdict {
    let Order { host, path, before, proof, .. } = *order;
    let go = || drivers.target.reboot(host, path, reboot.timeout, before, proof, io);
    // That the lease ends with the session is what a reboot does.
    let rebooted = match quiesced(order.quiesce, host, drivers, io, go) {
        Ok((rebooted, _)) => rebooted,
        Err(error) => return not_rebooted(&error, verdict),
    };
    match rebooted {
        Ok(rebooted) => {
            let verdict = judge(path, rebooted);
            if verdict.result != HostResult::Succeeded {
                return verdict;
            }
            match health::check(order, drivers, io) {
                None => verdict,
                Some(reason) => Verdict { result: HostResult::Degraded, reason: Some(reason), ..verdict },
            }
        }
        Err(error) => unknown(&error, verdict),
    }
}

fn judge(path: &StorePath, rebooted: Rebooted) -> Verdict {
    let Rebooted { state, booted, failed_units } = rebooted;
    let name = |path: &Option<StorePath>| path.as_ref().map_or("nothing known".into(), ToString::to_string);
    let (result, reason) = if booted.as_ref() != Some(path) {
        (HostResult::Failed, Some(format!("it booted {}, not {path}", name(&booted))))
    } else if state.current.as_ref() != Some(path) {
        (HostResult::Failed, Some(format!("it booted {path} and runs {}", name(&state.current))))
    } else if failed_units.is_empty() {
        (HostResult::Succeeded, None)
    } else {
        let lines = failed_units.iter().flat_map(|unit| {
            let log = unit.log.iter().map(|line| format!("  {line}"));
            std::iter::once(format!("{} has failed after the reboot", unit.name)).chain(log)
        });
        (HostResult::Degraded, Some(lines.collect::<Vec<_>>().join("\n")))
    };
    Verdict { result, reason, state: Some(state) }
}

fn unknown(error: &DriverError, verdict: &Verdict) -> Verdict {
    if error.kind.is_link() || error.kind == ErrorKind::TimedOut {
        return Verdict { result: HostResult::Unknown, reason: Some(error.to_string()), state: None };
    }
    not_rebooted(error, verdict)
}

/// It was not asked to reboot: it has what it was given, and not all of it is in use.
fn not_rebooted(error: &DriverError, verdict: &Verdict) -> Verdict {
    let reason = Some(format!("not rebooted: {error}"));
    Verdict { result: HostResult::Degraded, reason, state: verdict.state.clone() }
}

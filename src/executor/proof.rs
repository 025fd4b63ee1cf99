//! What the state of a host proves about an activation. Pure: asks nobody.

use super::event::HostResult;
use crate::driver::{DriverError, ErrorKind, Probe, StorePath, SystemState, Unit};
use crate::model::Action;

/// What was found after an activation.
pub(super) struct Found {
    /// What the host says it has.
    pub(super) state: SystemState,
    /// Exit code of the activation, where it is known.
    pub(super) code: Option<i32>,
    /// Units that failed and had not before.
    pub(super) failed_units: Vec<Unit>,
    /// The error of the activation, when the state was asked for afterwards.
    pub(super) error: Option<DriverError>,
}

/// A result and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) result: HostResult,
    pub(super) reason: Option<String>,
}

/// Whether a host has what the action would give it.
pub(super) fn has(action: Action, path: &StorePath, state: &SystemState) -> bool {
    let path = Some(path);
    match action {
        Action::Switch => state.current.as_ref() == path && state.profile.as_ref() == path,
        Action::Boot => state.profile.as_ref() == path,
        Action::Test => state.current.as_ref() == path,
        // It is told again each time it is asked for.
        Action::DryActivate => false,
    }
}

/// Whether a host has again what it had, as far as the action can have changed it.
pub(super) fn is_back(action: Action, before: &SystemState, now: &SystemState) -> bool {
    let current = !action.activates() || before.current == now.current;
    let profile = !action.sets_profile() || before.profile == now.profile;
    current && profile
}

/// The result that the findings prove.
pub(super) fn judge(action: Action, path: &StorePath, before: &Probe, found: &Found) -> Judgement {
    let complaint = complaint(before, found);
    let is_done = match action {
        Action::DryActivate => is_back(Action::Switch, &before.state, &found.state),
        _ => has(action, path, &found.state),
    };
    if is_done {
        let result = match (&complaint, action) {
            (None, _) => HostResult::Succeeded,
            // Nothing was made worse by a question.
            (Some(_), Action::DryActivate) => HostResult::Failed,
            (Some(_), _) => HostResult::Degraded,
        };
        return Judgement { result, reason: complaint };
    }
    let (result, text) = unfinished(action, path, before, found);
    let reason = match complaint {
        Some(complaint) => format!("{complaint}\n{text}"),
        None => text,
    };
    Judgement { result, reason: Some(reason) }
}

/// What the host does not have, in words.
fn unfinished(action: Action, path: &StorePath, before: &Probe, found: &Found) -> (HostResult, String) {
    let name = |path: &Option<StorePath>| path.as_ref().map_or("nothing known".into(), ToString::to_string);
    let now = &found.state;
    let stopped = found.error.as_ref().is_some_and(|error| error.kind == ErrorKind::Cancelled);
    if action.activates() && now.current.as_ref() == Some(path) {
        let text = format!("runs the new system, but will boot {}", name(&now.profile));
        return (HostResult::Degraded, text);
    }
    let result = if stopped && *now == before.state { HostResult::Cancelled } else { HostResult::Failed };
    if !action.activates() {
        return (result, format!("will boot {}, not {path}", name(&now.profile)));
    }
    let mut text = if now.current == before.state.current {
        format!("still runs {}", name(&now.current))
    } else {
        format!("runs {}, which is neither what it ran before nor {path}", name(&now.current))
    };
    if now.profile != before.state.profile {
        text.push_str(&format!(", but will boot {}", name(&now.profile)));
    }
    (result, text)
}

/// What speaks against success though the state may be right.
fn complaint(before: &Probe, found: &Found) -> Option<String> {
    let mut lines = Vec::new();
    match &found.error {
        // The state that was asked for afterwards is the answer that the lost connection did not give.
        Some(error) if error.kind.is_link() => {}
        Some(error) => lines.push(error.to_string()),
        None => {}
    }
    if let Some(code) = found.code.filter(|code| *code != 0) {
        // 4 is also given for units that had failed before (nixpkgs switch-to-configuration-ng, end of `main`).
        let is_old = code == 4 && found.failed_units.is_empty() && !before.failed_units.is_empty();
        if !is_old {
            lines.push(format!("the activation ended with {code}{}", meaning(code)));
        }
    }
    for unit in &found.failed_units {
        lines.push(format!("{} has failed", unit.name));
        lines.extend(unit.log.iter().map(|line| format!("  {line}")));
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// What `switch-to-configuration` means by its exit code (nixpkgs switch-to-configuration-ng).
fn meaning(code: i32) -> &'static str {
    match code {
        1 => ": a check before the switch, the boot loader or the switch itself failed",
        2 => ": a part of the activation script failed",
        4 => ": units failed to start",
        11 => ": another activation is running",
        100 => ": the new init needs a reboot",
        101 => ": switch-to-configuration crashed",
        _ => "",
    }
}

//! What the state of a host proves about an activation. Pure: asks nobody.

use super::event::HostResult;
use crate::driver::{DriverError, ErrorKind, HealthOutcome, Probe, StorePath, SystemState, Unit};
use crate::model::Action;

/// What was found after an activation.
pub(super) struct Found {
    /// What the host says it has.
    pub(super) state: SystemState,
    /// Exit code of the activation, where it is known.
    pub(super) code: Option<i32>,
    /// Units that failed and had not before.
    pub(super) failed_units: Vec<Unit>,
    /// Units failed that are not looked at.
    pub(super) ignored: bool,
    /// What the health checks said, where they were made.
    pub(super) health: Option<HealthOutcome>,
    /// The host went back by itself.
    pub(super) went_back: bool,
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
    if found.went_back && is_back(action, &before.state, &found.state) {
        let text = match &found.health {
            Some(HealthOutcome::Unhealthy(_)) => "the host went back to its old system",
            _ => "nobody proved the new system in time, and the host went back to its old one by itself",
        };
        let reason = complaint.map_or_else(|| text.to_owned(), |complaint| format!("{complaint}\n{text}"));
        return Judgement { result: HostResult::RolledBack, reason: Some(reason) };
    }
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
        let others = found.ignored || !before.failed_units.is_empty();
        let is_old = code == 4 && found.failed_units.is_empty() && others;
        if !is_old {
            lines.push(format!("the activation ended with {code}{}", meaning(code)));
        }
    }
    if let Some(HealthOutcome::Unhealthy(why)) = &found.health {
        lines.push(why.clone());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::Sudo;

    fn path(name: &str) -> StorePath {
        StorePath::new(&format!("/nix/store/{}-{name}", "0".repeat(32))).unwrap()
    }

    fn state(current: &str, profile: &str) -> SystemState {
        SystemState {
            current: Some(path(current)),
            profile: Some(path(profile)),
            generation: Some(1),
            needs_reboot: Vec::new(),
        }
    }

    fn before(failed_units: &[&str]) -> Probe {
        Probe {
            system: "x86_64-linux".into(),
            host_name: "luna".into(),
            machine_id: None,
            revision: None,
            boot_id: "1".into(),
            sudo: Sudo::Root,
            host_key: None,
            store_free_mib: 1,
            boot_free_mib: None,
            state: state("old", "old"),
            failed_units: failed_units.iter().map(|unit| (*unit).to_owned()).collect(),
            lock: None,
            went_back: false,
        }
    }

    fn found(state: SystemState, code: Option<i32>) -> Found {
        Found {
            state,
            code,
            failed_units: Vec::new(),
            health: None,
            went_back: false,
            ignored: false,
            error: None,
        }
    }

    fn result(action: Action, before: &Probe, found: &Found) -> HostResult {
        judge(action, &path("new"), before, found).result
    }

    #[test]
    fn success_is_what_the_host_has_and_not_what_was_reported() {
        use HostResult::{Degraded, Failed, Succeeded};
        let of =
            |action, current, profile| result(action, &before(&[]), &found(state(current, profile), Some(0)));
        assert_eq!(of(Action::Switch, "new", "new"), Succeeded);
        assert_eq!(of(Action::Switch, "new", "old"), Degraded);
        assert_eq!(of(Action::Switch, "old", "new"), Failed);
        assert_eq!(of(Action::Switch, "old", "old"), Failed);
        assert_eq!(of(Action::Switch, "other", "other"), Failed);
        assert_eq!(of(Action::Boot, "old", "new"), Succeeded);
        assert_eq!(of(Action::Boot, "old", "old"), Failed);
        assert_eq!(of(Action::Test, "new", "old"), Succeeded);
        assert_eq!(of(Action::Test, "old", "old"), Failed);
        assert_eq!(of(Action::DryActivate, "old", "old"), Succeeded);
        assert_eq!(of(Action::DryActivate, "new", "old"), Failed);
    }

    #[test]
    fn units_that_had_failed_before_are_not_held_against_it() {
        let four = found(state("new", "new"), Some(4));
        assert_eq!(result(Action::Switch, &before(&["old.service"]), &four), HostResult::Succeeded);
        assert_eq!(result(Action::Switch, &before(&[]), &four), HostResult::Degraded);
        let unit = Unit { name: "new.service".into(), log: vec!["why".into()] };
        let new = Found { failed_units: vec![unit], ..found(state("new", "new"), Some(4)) };
        let judgement = judge(Action::Switch, &path("new"), &before(&["old.service"]), &new);
        assert_eq!(judgement.result, HostResult::Degraded);
        assert!(judgement.reason.unwrap().contains("new.service has failed\n  why"));
    }

    #[test]
    fn a_stop_before_anything_changed_is_no_failure() {
        let error = || Some(DriverError::new(ErrorKind::Cancelled, "stopped"));
        let of =
            |state| result(Action::Switch, &before(&[]), &Found { error: error(), ..found(state, None) });
        assert_eq!(of(state("old", "old")), HostResult::Cancelled);
        assert_eq!(of(state("old", "new")), HostResult::Failed);
        assert_eq!(of(state("new", "new")), HostResult::Degraded);
    }

    #[test]
    fn a_half_way_host_is_described() {
        let judgement =
            judge(Action::Switch, &path("new"), &before(&[]), &found(state("old", "new"), Some(1)));
        let reason = judgement.reason.unwrap();
        assert!(reason.contains("ended with 1") && reason.contains("-old, but will boot"), "{reason}");
    }
}

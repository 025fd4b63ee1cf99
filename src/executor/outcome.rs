//! From the results of hosts to what is told of the whole run: exit code, cases of notifications, their text.

use super::event::{Delivery, Failure, HostReport, HostResult, RunReport};
use crate::driver::Message;
use crate::model::NotifyWhen;
use crate::plan::Stage;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Exit codes of a pipeline run (`docs/exit-codes.md`).
pub mod exit_code {
    /// Every selected host is as it should be.
    pub const GOOD: u8 = 0;
    /// At least one host failed, was unreachable or is in an unknown state.
    pub const HOSTS_FAILED: u8 = 3;
    /// No host failed, but at least one is degraded or was rolled back.
    pub const HOSTS_DEGRADED: u8 = 4;
    /// Something that is about the whole run failed, so that hosts were skipped or a check did not hold.
    pub const RUN_FAILED: u8 = 5;
    /// The run was stopped, by a signal or by the answer no.
    pub const STOPPED: u8 = 6;
    /// Every host is as it should be, but a notification was not delivered.
    pub const NOT_NOTIFIED: u8 = 7;
}

/// The exit code of a run. Of several that apply, the one that needs a person most.
#[must_use]
pub fn exit_code(
    hosts: &[HostReport],
    failures: &[Failure],
    notifications: &[Delivery],
    stopped: bool,
) -> u8 {
    use HostResult::{Cancelled, Degraded, Failed, RolledBack, Skipped, Unknown, Unreachable};
    let any = |results: &[HostResult]| hosts.iter().any(|host| results.contains(&host.result));
    if any(&[Failed, Unreachable, Unknown]) {
        exit_code::HOSTS_FAILED
    } else if stopped || any(&[Cancelled]) {
        exit_code::STOPPED
    } else if any(&[Skipped]) && !any(&[Degraded, RolledBack]) || only_run(failures, hosts) {
        exit_code::RUN_FAILED
    } else if any(&[Degraded, RolledBack]) {
        exit_code::HOSTS_DEGRADED
    } else if notifications.iter().any(|delivery| !delivery.delivered && !delivery.rehearsal) {
        exit_code::NOT_NOTIFIED
    } else {
        exit_code::GOOD
    }
}

/// Whether the run failed by something other than its hosts. A wave fails because of hosts.
fn only_run(failures: &[Failure], hosts: &[HostReport]) -> bool {
    !failures.is_empty() && hosts.iter().all(|host| host.result.is_good())
}

/// The cases that a run is.
#[must_use]
pub fn cases(report: &RunReport, deploys: bool) -> BTreeSet<NotifyWhen> {
    use HostResult::{Degraded, Failed, RolledBack, Succeeded, Unknown, Unreachable};
    let any = |results: &[HostResult]| report.hosts.iter().any(|host| results.contains(&host.result));
    let mut cases = BTreeSet::new();
    if report.hosts.iter().all(|host| host.result.is_good()) && report.failures.is_empty() {
        cases.insert(NotifyWhen::Succeeded);
    }
    if deploys && any(&[Succeeded, Degraded, RolledBack]) {
        cases.insert(NotifyWhen::Changed);
    }
    if any(&[Failed, Unreachable, Unknown]) || !report.failures.is_empty() {
        cases.insert(NotifyWhen::Failed);
    }
    if any(&[Degraded]) {
        cases.insert(NotifyWhen::Degraded);
    }
    if any(&[RolledBack]) {
        cases.insert(NotifyWhen::RolledBack);
    }
    cases
}

/// Hosts and failures that a notification names before it says how many more there are.
const NAMED: usize = 30;

/// The text of a run's notifications.
#[must_use]
pub fn message(report: &RunReport) -> Message {
    let rehearsal = if report.rehearsal { "REHEARSAL: " } else { "" };
    let title = format!("{rehearsal}{}: {}", report.name, counts(&report.hosts));
    let mut lines = Vec::new();
    for failure in &report.failures {
        lines.push(format!("{}: {}", failure.step, first_line(&failure.reason)));
    }
    for host in report.hosts.iter().filter(|host| !host.result.is_good()) {
        let reason = host.reason.as_deref().map(first_line).unwrap_or_default();
        let at = if host.stage == Stage::Deploy { "" } else { host.stage.word() };
        let mut line = format!("{}: {}", host.host, host.result.word());
        if !at.is_empty() {
            let _ = write!(line, " ({at})");
        }
        if !reason.is_empty() {
            let _ = write!(line, ": {reason}");
        }
        lines.push(line);
    }
    if lines.len() > NAMED {
        let more = lines.len() - NAMED;
        lines.truncate(NAMED);
        lines.push(format!("and {more} more"));
    }
    Message {
        title,
        text: lines.join("\n"),
        urgent: !report.failures.is_empty() || report.hosts.iter().any(|host| !host.result.is_good()),
        // A report holds nothing that JSON cannot.
        report: serde_json::to_value(report).unwrap_or_default(),
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// How many hosts have which result, in the order of [`HostResult`].
#[must_use]
pub fn counts(hosts: &[HostReport]) -> String {
    let mut counts = std::collections::BTreeMap::<HostResult, usize>::new();
    for host in hosts {
        *counts.entry(host.result).or_default() += 1;
    }
    let parts: Vec<String> =
        counts.into_iter().map(|(result, count)| format!("{count} {}", result.word())).collect();
    if parts.is_empty() { "no host".into() } else { parts.join(", ") }
}

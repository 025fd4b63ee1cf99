//! From the results of hosts to the exit code of the run. Pure.

use super::event::{Delivery, Failure, HostReport, HostResult};

/// Exit codes of `fleet` (`docs/exit-codes.md`); those of tasks are go-task's ([`super::task::TaskError::exit_code`]).
pub mod exit_code {
    /// Every selected host is as it should be.
    pub const GOOD: u8 = 0;
    /// Anything that has no code of its own; no host was touched.
    pub const FAILED: u8 = 1;
    /// The command line cannot be used, as clap has it.
    pub const USAGE: u8 = 2;
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

//! What is asked of a host outside of a deployment: how it is, and what a command says there.

use super::{DriverError, Io, Lock, StorePath, SystemState};
use crate::model::{Host, HostName};
use std::time::Duration;

/// How a host is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostStatus {
    /// Which systems it has.
    pub state: SystemState,
    /// The system that it booted.
    pub booted: Option<StorePath>,
    /// For how long the current system has been the current one, by the host's own clock.
    pub age: Option<Duration>,
    /// `system.configurationRevision` of the current system, where it was set.
    pub revision: Option<String>,
    /// Units that have failed.
    pub failed_units: Vec<String>,
    /// Who is changing it.
    pub lock: Option<Lock>,
    /// Jobs of activations that are not over, or were broken off.
    pub jobs: Vec<String>,
    /// When it last went back by itself, since it has booted.
    pub went_back: Option<WentBack>,
    /// Parts of the current system that only a reboot brings into use: `kernel`, `initrd`, `kernel-modules`, `systemd`.
    pub needs_reboot: Vec<String>,
}

/// A host that went back to its old system by itself, because nobody had proven the new one in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WentBack {
    /// The system that it left.
    pub from: StorePath,
    /// The system that it went back to.
    pub to: StorePath,
    /// Exit code of the way back.
    pub code: Option<i32>,
    /// How long ago, by the host's own clock.
    pub age: Duration,
}

/// A command for hosts.
#[derive(Debug, Clone)]
pub struct Execution {
    /// The program and its arguments. No shell reads them.
    pub words: Vec<String>,
    /// As root rather than as the user that ssh logs in.
    pub as_root: bool,
    /// When it has taken too long.
    pub timeout: Option<Duration>,
}

/// Looks at hosts; all but [`Inspect::execute`] changes nothing there.
pub trait Inspect: Send + Sync {
    /// Asks a host how it is, in one round trip.
    ///
    /// # Errors
    /// No connection.
    fn status(&self, host: &Host, io: Io<'_>) -> Result<HostStatus, DriverError>;

    /// Runs a command and gives its exit code. Its standard input is empty.
    ///
    /// # Errors
    /// No connection, no way to become root, or it took too long.
    fn execute(&self, host: &Host, execution: &Execution, io: Io<'_>) -> Result<i32, DriverError>;

    /// The system that the flake has for each host, in the order of `hosts`.
    ///
    /// # Errors
    /// Nothing could be evaluated at all.
    fn intended(&self, hosts: &[Host], io: Io<'_>) -> Result<Vec<Intended>, DriverError>;
}

/// A host and the system that the flake has for it, or why it does not evaluate.
pub type Intended = (HostName, Result<StorePath, DriverError>);

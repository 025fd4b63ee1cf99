//! What is asked of one host.

use super::{Derivation, DriverError, Guarded, Io, Lock, StorePath, SystemDiff};
use crate::model::{Action, Health, Hook, Host, Proof, Quiesce};
use regex::RegexSet;
use std::sync::Arc;
use std::time::Duration;

/// How commands become root's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sudo {
    /// We are root.
    Root,
    /// sudo asks nothing.
    Free,
    /// sudo takes the password that was given.
    Password,
}

/// What a host says of itself before anything is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Nix system by `uname`, such as `x86_64-linux`.
    pub system: String,
    /// `hostname`.
    pub host_name: String,
    /// `/etc/machine-id`, where there is one.
    pub machine_id: Option<String>,
    /// `system.configurationRevision` of what runs, where it was set.
    pub revision: Option<String>,
    /// Changes at each boot.
    pub boot_id: String,
    /// How to become root.
    pub sudo: Sudo,
    /// The public key of ed25519 that its sshd shows, as OpenSSH writes it, where it can be read.
    pub host_key: Option<String>,
    /// Free space in the store, MiB.
    pub store_free_mib: u64,
    /// Free space in /boot, MiB, where there is one.
    pub boot_free_mib: Option<u64>,
    /// What runs.
    pub state: SystemState,
    /// Units that had failed before.
    pub failed_units: Vec<String>,
    /// Who is changing it.
    pub lock: Option<Box<Lock>>,
    /// It has gone back by itself from what this run activated.
    pub went_back: bool,
}

/// Which systems a host has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SystemState {
    /// `/run/current-system`
    pub current: Option<StorePath>,
    /// What `/nix/var/nix/profiles/system` points to.
    pub profile: Option<StorePath>,
    /// The number of that generation.
    pub generation: Option<u64>,
    /// Parts of the current system that only a reboot brings into use: `kernel`, `initrd`, `kernel-modules`, `systemd`.
    pub needs_reboot: Vec<String>,
}

/// A unit that failed because of the activation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its name.
    pub name: String,
    /// Its last lines of log.
    pub log: Vec<String>,
}

/// Units whose failure says nothing of a new system.
#[derive(Debug, Clone, Default)]
pub struct IgnoredUnits(RegexSet);

impl IgnoredUnits {
    /// Those that any of some regular expressions matches. They were checked where they are written: one that is none
    /// matches nothing.
    #[must_use]
    pub fn new(patterns: &[String]) -> Self {
        Self(RegexSet::new(patterns).unwrap_or_default())
    }

    /// Whether a unit is one of them.
    #[must_use]
    pub fn matches(&self, unit: &str) -> bool {
        self.0.is_match(unit)
    }
}

/// What an activation came to, as the host itself said over a new connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// Exit code of `switch-to-configuration`, where it is known.
    pub code: Option<i32>,
    /// The state afterwards.
    pub state: SystemState,
    /// Units that failed and had not failed before.
    pub failed_units: Vec<Unit>,
    /// Other units failed, which the pipeline has set not to be looked at.
    pub ignored: bool,
    /// What [`Gate`] found; `None` where it was not asked.
    pub health: Option<HealthOutcome>,
    /// The host went back to its old system by itself, because nobody had proven the new one in time.
    pub went_back: bool,
}

/// A host that is back after a reboot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebooted {
    /// What it has now.
    pub state: SystemState,
    /// The system that it booted.
    pub booted: Option<StorePath>,
    /// Units that failed and had not failed before the activation, without those that are ignored.
    pub failed_units: Vec<Unit>,
}

/// How an activation is proven.
#[derive(Clone, Copy)]
pub struct Proving<'a> {
    /// How it is followed.
    pub proof: &'a Proof,
    /// What must hold beside what the host says by itself.
    pub gate: Option<&'a Gate<'a>>,
}

/// What must hold of a system that runs before it is made lasting.
pub struct Gate<'a> {
    /// The longest time that it takes to find out.
    pub longest: Duration,
    /// Where it does not hold, the host goes back to its old system at once; else it is only not made lasting.
    pub goes_back: bool,
    /// Finds out.
    pub look: &'a dyn Fn(Io<'_>) -> HealthOutcome,
}

/// What a health check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealthOutcome {
    /// As it should be.
    Healthy,
    /// Not, and why.
    Unhealthy(String),
}

/// Where a system was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// On the host that it is for.
    Target,
    /// Here, or where the nix here builds for other systems.
    Local,
    /// On another machine.
    Builder(Arc<str>),
}

impl Place {
    /// As the Fleetfile's `build_on` names it.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Target => "target",
            Self::Local => "local",
            Self::Builder(name) => name,
        }
    }
}

/// A system that is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// Its path.
    pub path: StorePath,
    /// Where it was built; `None` where nobody had to build it, because the host runs it.
    pub place: Option<Place>,
}

/// Builds systems.
pub trait Build: Send + Sync {
    /// Builds a host's system where its `build_on` says.
    ///
    /// # Errors
    /// It does not build; nix's own last lines are kept.
    fn build(&self, host: &Host, derivation: &Derivation, io: Io<'_>) -> Result<Built, DriverError>;
}

/// Reaches one host.
pub trait Target: Send + Sync {
    /// Asks the host what it is, in one round trip, and whether sudo works.
    ///
    /// # Errors
    /// No connection, or no way to become root.
    fn probe(&self, host: &Host, io: Io<'_>) -> Result<Probe, DriverError>;

    /// The system of a generation that the host has, which is then what [`Target::activate`] switches to: the one of
    /// that number, or without one the newest before its current one.
    ///
    /// # Errors
    /// There is no such generation, or no connection.
    fn generation(&self, host: &Host, number: Option<u64>, io: Io<'_>) -> Result<StorePath, DriverError>;

    /// Whether the host would take a system that has yet to be built, as far as that is known.
    ///
    /// # Errors
    /// [`super::ErrorKind::Refusal`]: it would be built elsewhere, and the host would not take it from there.
    fn takes(&self, host: &Host, derivation: &Derivation, io: Io<'_>) -> Result<(), DriverError>;

    /// Copies a closure and protects it from garbage collection. Nothing is copied twice.
    ///
    /// # Errors
    /// No space, no trust, no connection.
    fn copy(&self, host: &Host, path: &StorePath, io: Io<'_>) -> Result<(), DriverError>;

    /// What a system that was copied would change on the host. Changes nothing.
    ///
    /// # Errors
    /// No connection, or the host cannot name what is in a closure.
    fn diff(
        &self,
        host: &Host,
        path: &StorePath,
        action: Action,
        before: &Probe,
        io: Io<'_>,
    ) -> Result<SystemDiff, DriverError>;

    /// Activates a system that was copied, and asks over a new connection what came of it. `before` is what the probe
    /// found. The profile is set only as the action asks, and only where the gate holds.
    ///
    /// # Errors
    /// It was not activated, or nobody can tell ([`super::ErrorKind::ConnectionLost`]).
    fn activate(
        &self,
        host: &Host,
        path: &StorePath,
        action: Action,
        before: &Probe,
        proving: Proving<'_>,
        io: Io<'_>,
    ) -> Result<Activation, DriverError>;

    /// Reboots a host into a system that it boots by default, and waits for it to come back with a new boot id, no longer
    /// than `longest`. `before` is what the probe found.
    ///
    /// # Errors
    /// It was not rebooted ([`super::ErrorKind::Refusal`]), or is not back in time.
    fn reboot(
        &self,
        host: &Host,
        path: &StorePath,
        longest: Duration,
        before: &Probe,
        proof: &Proof,
        io: Io<'_>,
    ) -> Result<Rebooted, DriverError>;

    /// Goes back to the system that ran before.
    ///
    /// # Errors
    /// It did not come back, or nobody can tell.
    fn roll_back(
        &self,
        host: &Host,
        before: &Probe,
        action: Action,
        io: Io<'_>,
    ) -> Result<SystemState, DriverError>;

    /// Tries one health check once. Its texts are rendered already: they are taken as they are (`Text::raw`).
    ///
    /// # Errors
    /// It could not be tried.
    fn health(&self, host: &Host, health: &Health, io: Io<'_>) -> Result<HealthOutcome, DriverError>;

    /// Runs a hook. Its script is rendered already: it is taken as it is (`Text::raw`).
    ///
    /// # Errors
    /// It could not be run.
    fn hook(&self, host: &Host, hook: &Hook, io: Io<'_>) -> Result<HealthOutcome, DriverError>;

    /// Lets the host hold a lease and does `work` meanwhile; tells why the lease was lost before the work was done, if it
    /// was. Its texts are rendered already: they are taken as they are (`Text::raw`).
    ///
    /// # Errors
    /// The lease could not be had; the work was not begun.
    fn quiesce(
        &self,
        host: &Host,
        quiesce: &Quiesce,
        work: &mut dyn FnMut(),
        io: Io<'_>,
    ) -> Result<Option<String>, DriverError>;

    /// Clears the lock that a host has, whoever took it, and tells what it was.
    ///
    /// # Errors
    /// No connection, or no way to become root.
    fn unlock(&self, host: &Host, io: Io<'_>) -> Result<Option<Lock>, DriverError>;

    /// How the last activation of a host in this run was guarded, as far as the host has told; `None` where there was none.
    fn guarded(&self, host: &Host) -> Option<Guarded>;

    /// Which systems the host had when it was last asked in this run; an activation that was stopped has asked.
    fn last_state(&self, host: &Host) -> Option<SystemState>;

    /// Which systems the host has now.
    ///
    /// # Errors
    /// No connection.
    fn state(&self, host: &Host, io: Io<'_>) -> Result<SystemState, DriverError>;
}

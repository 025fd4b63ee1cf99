//! The native engine: nix for the flake and builds, ssh for the hosts. One value serves a whole run.
//!
//! Deploying a host takes four steps: [`Target::probe`] asks what it is and changes nothing; [`Target::copy`] brings
//! the closure and a garbage collector root; [`Target::activate`] runs `switch-to-configuration test` in a transient
//! unit that no connection owns, then proves the result over a new connection, and only then sets the profile and the
//! boot default. Until then a power cycle brings the old system back.

mod activation;
#[cfg(test)]
mod boot_space;
mod build;
mod cache;
mod copy;
mod diff;
mod generation;
mod health;
mod inspect;
mod job;
mod lock;
mod other_driver;
mod place;
mod privilege;
mod probe;
mod quiesce;
mod reboot;
mod roll_back;

pub use privilege::AskPassword;

use super::nix::{LocalBuilds, Nix, NixFlake, Settings};
use super::ssh::{Destination, Privilege, Script, Ssh};
use super::{
    Activation, Build, Built, CheckOutcome, CommandEnvironment, Derivation, Discovered, DriverError,
    ErrorKind, Evaluated, Expect, Flake, FlakeCheck, Guard, Guarded, HealthOutcome, Holder, Io, Lock, Place,
    Probe, Proving, Rebooted, StorePath, SystemDiff, SystemState, Target,
};
use crate::model::{
    Action, DeployDriver, Health, HealthKind, Hook, Host, HostName, Platform, Proof, Quiesce,
};
use crate::secrets::Named;
use privilege::Passwords;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// What the engine needs to know.
pub struct NativeOptions {
    /// Directory of the Fleetfile; relative references to flakes start there.
    pub directory: PathBuf,
    /// The flake's reference, without a fragment.
    pub flake: String,
    /// The project's `.fleet` directory.
    pub state: PathBuf,
    /// Asks for a sudo password, at most once in a run.
    pub password: Box<dyn AskPassword>,
    /// What health checks by command run with.
    pub commands: CommandEnvironment,
    /// Who changes hosts.
    pub holder: Holder,
    /// Memory that evaluations may take together, MiB; what is free, less something for others, when absent.
    pub eval_memory_mib: Option<u64>,
    /// Whether the run will ask which files of sops the hosts name.
    pub asks_secrets: bool,
}

/// The engine.
pub struct Native {
    flake: NixFlake,
    nix: Arc<Nix>,
    builds: LocalBuilds,
    settings: OnceLock<Result<Settings, DriverError>>,
    ssh: Ssh,
    passwords: Passwords,
    commands: CommandEnvironment,
    holder: Holder,
    known: Mutex<HashMap<HostName, Known>>,
}

/// What is known of a host that was probed.
#[derive(Clone)]
struct Known {
    privilege: Privilege,
    system: String,
    state: SystemState,
    /// The path that a root protects there.
    rooted: Option<StorePath>,
    /// The generation that it is to have, where that is one that it has had.
    chosen: Option<(u64, StorePath)>,
    /// Free space in its store when it was probed, MiB.
    store_free_mib: u64,
    /// Free memory when it was probed, MiB, where it told.
    memory_free_mib: Option<u64>,
    /// Where its system was built in this run.
    place: Option<Place>,
    /// Whether its nix takes unsigned paths from the user, or sudo can step in for that; as far as it was asked.
    takes_unsigned: bool,
    /// The job that activates there.
    job: Option<String>,
    /// How its activation was guarded.
    guarded: Option<Guarded>,
    /// When it was probed.
    probed: Instant,
}

impl Native {
    /// An engine; nothing is started yet.
    ///
    /// # Errors
    /// `flake` is no reference to a flake.
    pub fn new(options: NativeOptions) -> Result<Self, DriverError> {
        let nix = Arc::new(Nix::default());
        Ok(Self {
            flake: NixFlake::new(nix.clone(), &options.directory, &options.flake, &options.state)?
                .asking_secrets(options.asks_secrets)
                .within(options.eval_memory_mib),
            builds: LocalBuilds::new(nix.clone()),
            settings: OnceLock::new(),
            nix,
            ssh: Ssh::new(),
            passwords: Passwords::new(options.password),
            commands: options.commands,
            holder: options.holder,
            known: Mutex::default(),
        })
    }

    /// All hosts, when it is known which of them will be evaluated: `expect` tells, given the hosts of the last time.
    ///
    /// # Errors
    /// As for [`Flake::discover`].
    pub fn discover_expecting(
        &self,
        platforms: &[Platform],
        expect: Expect<'_>,
        io: Io<'_>,
    ) -> Result<Vec<Discovered>, DriverError> {
        self.flake.discover_expecting(platforms, expect, io)
    }

    /// Closes all connections. Dropping the engine does it as well.
    pub fn finish(&self) {
        self.ssh.close();
    }

    /// What the nix here is set to; asked once.
    fn settings(&self, io: Io<'_>) -> Result<&Settings, DriverError> {
        self.settings.get_or_init(|| Settings::ask(&self.nix, io)).as_ref().map_err(Clone::clone)
    }

    fn known(&self, host: &Host) -> Option<Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&host.name).cloned()
    }

    fn remember(&self, host: &Host, change: impl FnOnce(&mut Known)) {
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&host.name) {
            change(known);
        }
    }

    /// What is known of a host; probes it when nothing is.
    fn known_or_probed(&self, host: &Host, io: Io<'_>) -> Result<Known, DriverError> {
        if let Some(known) = self.known(host) {
            return Ok(known);
        }
        self.probe(host, io)?;
        self.known(host).ok_or_else(|| DriverError::new(super::ErrorKind::Other, "the host was not probed"))
    }
}

impl Flake for Native {
    fn discover(&self, platforms: &[Platform], io: Io<'_>) -> Result<Vec<Discovered>, DriverError> {
        self.flake.discover(platforms, io)
    }

    fn evaluate(&self, hosts: &[Host], io: Io<'_>) -> Result<Vec<Evaluated>, DriverError> {
        self.flake.evaluate(hosts, io)
    }

    fn check(&self, io: Io<'_>) -> Result<FlakeCheck, DriverError> {
        self.flake.check(io)
    }

    fn build_check(
        &self,
        name: &str,
        guard: Option<Guard<'_>>,
        io: Io<'_>,
    ) -> Result<CheckOutcome, DriverError> {
        self.flake.build_check(name, guard, io)
    }

    fn check_names(&self, io: Io<'_>) -> Result<Vec<(String, bool, Vec<String>)>, DriverError> {
        self.flake.check_names(io)
    }

    fn secrets(&self, root: &Path, io: Io<'_>) -> Result<Named, DriverError> {
        self.flake.secrets(root, io)
    }

    fn revision(&self) -> Option<String> {
        self.flake.revision()
    }

    fn is_behind(&self, revision: &str) -> bool {
        self.flake.is_behind(revision)
    }
}

impl Build for Native {
    fn build(&self, host: &Host, derivation: &Derivation, io: Io<'_>) -> Result<Built, DriverError> {
        self.build_system(host, derivation, io)
    }
}

impl Target for Native {
    fn probe(&self, host: &Host, io: Io<'_>) -> Result<Probe, DriverError> {
        let mut probe = self.probe_host(host, io)?;
        // A profile of deploy-rs wraps the system that it is about.
        if host.driver == DeployDriver::Deploy && probe.state.profile != probe.state.current {
            probe.state = self.unwrapped(host, io)?;
            self.remember(host, |known| known.state = probe.state.clone());
        }
        Ok(probe)
    }

    fn generation(&self, host: &Host, number: Option<u64>, io: Io<'_>) -> Result<StorePath, DriverError> {
        self.find_generation(host, number, io)
    }

    fn takes(&self, host: &Host, derivation: &Derivation, io: Io<'_>) -> Result<(), DriverError> {
        self.takes_system(host, derivation, io)
    }

    fn copy(&self, host: &Host, path: &StorePath, io: Io<'_>) -> Result<(), DriverError> {
        self.copy_closure(host, path, io)
    }

    fn diff(
        &self,
        host: &Host,
        path: &StorePath,
        action: Action,
        before: &Probe,
        io: Io<'_>,
    ) -> Result<SystemDiff, DriverError> {
        self.diff_system(host, path, action, before, io)
    }

    fn activate(
        &self,
        host: &Host,
        path: &StorePath,
        action: Action,
        before: &Probe,
        proving: Proving<'_>,
        io: Io<'_>,
    ) -> Result<Activation, DriverError> {
        if !host.driver.is_native() {
            return self
                .by_other_driver(host, path, action, before, proving.proof, io)
                .map_err(|error| activation::unproven(error, action));
        }
        self.activate_system(host, path, action, before, proving, io)
    }

    fn reboot(
        &self,
        host: &Host,
        path: &StorePath,
        longest: Duration,
        before: &Probe,
        proof: &Proof,
        io: Io<'_>,
    ) -> Result<Rebooted, DriverError> {
        self.reboot_host(host, path, longest, before, proof, io)
    }

    fn roll_back(
        &self,
        host: &Host,
        before: &Probe,
        action: Action,
        io: Io<'_>,
    ) -> Result<SystemState, DriverError> {
        match self.roll_back_system(host, before, action, io) {
            Err(error) if error.kind == ErrorKind::Verification && host.driver == DeployDriver::Deploy => {
                let state = self.unwrapped(host, io)?;
                if state == before.state { Ok(state) } else { Err(error) }
            }
            result => result,
        }
    }

    fn health(&self, host: &Host, health: &Health, io: Io<'_>) -> Result<HealthOutcome, DriverError> {
        self.check_health(host, health, io)
    }

    fn hook(&self, host: &Host, hook: &Hook, io: Io<'_>) -> Result<HealthOutcome, DriverError> {
        // A check that is tried once.
        let kind = HealthKind::Command { script: hook.script.clone(), on_host: hook.on_host };
        self.check_health(host, &Health { kind, retries: 0, deadline: hook.timeout, span: hook.span }, io)
    }

    fn quiesce(
        &self,
        host: &Host,
        quiesce: &Quiesce,
        work: &mut dyn FnMut(),
        io: Io<'_>,
    ) -> Result<Option<String>, DriverError> {
        self.hold(host, quiesce, work, io)
    }

    fn unlock(&self, host: &Host, io: Io<'_>) -> Result<Option<Lock>, DriverError> {
        self.unlock_host(host, io)
    }

    fn guarded(&self, host: &Host) -> Option<Guarded> {
        self.known(host)?.guarded
    }

    fn last_state(&self, host: &Host) -> Option<SystemState> {
        Some(self.known(host)?.state)
    }

    fn state(&self, host: &Host, io: Io<'_>) -> Result<SystemState, DriverError> {
        let script = Script::new(concat!(include_str!("state.sh"), "say_state\nsay end 1\n"));
        let answer = self.ssh.ask(&Destination::of(host)?, &script, io);
        probe::complete(host, &answer)?;
        Ok(probe::state(&answer))
    }
}

//! Drivers that touch nothing: hosts in memory, made of their names alone, that fail where they are told to. What they
//! say is the same at each run and calls itself a rehearsal. Tests use the same drivers and look at what they were
//! asked for.

mod fault;
mod record;

pub use fault::{Fault, FaultError, FaultKind, FaultStage};
pub use record::Call;

use super::diff::OnlyIn;
use super::{
    Activation, Build, Built, Channel, CheckOutcome, Derivation, Discovered, DriverError, ErrorKind,
    Evaluated, Flake, FlakeCheck, Guard, Guarded, HealthOutcome, Held, Io, Lock, Message, Notify, Place,
    Plugin, PluginRequest, PluginResult, Probe, Proving, Rebooted, Render, Secrets, Shell, StorePath, Sudo,
    SystemDiff, SystemState, Target, TaskRunner, Unit,
};
use crate::model::{
    Action, BuildOn, Health, HealthKind, Hook, Host, HostName, Platform, Proof, Quiesce, Text, Variables,
};
use crate::process::Stream;
use crate::secrets::Named;
use record::Record;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// The number of the generation that every host has before.
const GENERATION: u64 = 41;
/// Free space in every host's store, MiB.
const FREE_MIB: u64 = 20_480;

/// The revision of a host that runs a newer one than the flake's.
const NEWER: &str = "rehearsed-newer-revision";

/// A host in memory.
struct Machine {
    state: SystemState,
    /// Something was activated on it.
    activated: bool,
    /// The earlier generation that it is to have.
    chosen: Option<u64>,
    /// What it gets has another kernel.
    new_kernel: bool,
}

/// A fleet in memory.
pub struct Rehearsal {
    discovered: Vec<Discovered>,
    machines: HashMap<HostName, Mutex<Machine>>,
    faults: HashMap<(Option<HostName>, FaultStage), FaultKind>,
    record: Record,
}

impl Rehearsal {
    /// A fleet of hosts, each of which fails as the faults say. A host that a fault names and that is none of these
    /// never fails; [`Fault::check`] finds it.
    #[must_use]
    pub fn new(hosts: impl IntoIterator<Item = HostName>, faults: impl IntoIterator<Item = Fault>) -> Self {
        let names: Vec<HostName> = hosts.into_iter().collect();
        let discovered = |name: &HostName| Discovered {
            name: name.to_string(),
            platform: Platform::Nixos,
            system: None,
            host_name: Some(name.to_string()),
        };
        Self {
            discovered: names.iter().map(discovered).collect(),
            machines: names.into_iter().map(|name| (name.clone(), Mutex::new(Machine::new(&name)))).collect(),
            faults: faults.into_iter().map(|fault| ((fault.host, fault.stage), fault.kind)).collect(),
            record: Record::default(),
        }
    }

    /// Lets every call of a stage take that long.
    #[must_use]
    pub fn slow(mut self, stage: FaultStage, delay: Duration) -> Self {
        self.record.slow(stage, delay);
        self
    }

    /// Writes down every call from now on.
    #[must_use]
    pub fn recorded(mut self) -> Self {
        self.record.keep();
        self
    }

    /// Lets a host have the intended system already.
    pub fn is_current(&self, name: &HostName) {
        if let (Some(mut machine), Ok(path)) = (self.machine(name), system_path(name, "new")) {
            machine.state.current = Some(path.clone());
            machine.state.profile = Some(path);
        }
    }

    /// Lets what a host gets have another kernel than what it has booted.
    pub fn gets_a_kernel(&self, name: &HostName) {
        if let Some(mut machine) = self.machine(name) {
            machine.new_kernel = true;
        }
    }

    /// The calls written down, in the order in which they began.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.record.calls()
    }

    /// The most calls of a stage that there were at once.
    #[must_use]
    pub fn most_at_once(&self, stage: FaultStage) -> usize {
        self.record.most_at_once(stage)
    }

    /// What a host has now.
    #[must_use]
    pub fn state_of(&self, name: &HostName) -> SystemState {
        self.machine(name).map(|machine| machine.state.clone()).unwrap_or_default()
    }

    fn machine(&self, name: &HostName) -> Option<MutexGuard<'_, Machine>> {
        Some(self.machines.get(name)?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes a call, waits as long as it is to take, and fails as it is to fail.
    fn call(
        &self,
        stage: FaultStage,
        host: Option<&HostName>,
        io: Io<'_>,
        says: &str,
    ) -> Result<(), DriverError> {
        io.output.line(Stream::Stdout, &format!("rehearsal: {says}"));
        self.record.call(stage, host, io.cancel);
        if io.cancel.is_requested() {
            return Err(DriverError::new(ErrorKind::Cancelled, "stopped"));
        }
        match self.fault(stage, host) {
            Some(FaultKind::Error(kind)) => Err(rehearsed(kind, stage)),
            Some(FaultKind::Exit(_) | FaultKind::Wrong) | None => Ok(()),
        }
    }

    fn fault(&self, stage: FaultStage, host: Option<&HostName>) -> Option<FaultKind> {
        let own = host.and_then(|host| self.faults.get(&(Some(host.clone()), stage)));
        own.or_else(|| self.faults.get(&(None, stage))).copied()
    }
}

/// The error of a rehearsed failure.
fn rehearsed(kind: ErrorKind, stage: FaultStage) -> DriverError {
    let what = fault::words(kind);
    DriverError::new(kind, format!("rehearsed failure of {}: {what}", stage.word()))
}

/// A store path that only depends on its arguments. Its digest has the form of Nix's, and is none.
fn system_path(name: &HostName, what: &str) -> Result<StorePath, DriverError> {
    let digest = |seed| xxh3_128_with_seed(format!("{what}/{name}").as_bytes(), seed);
    let hex = format!("{:032x}", digest(0));
    StorePath::new(&format!("/nix/store/{hex}-nixos-system-{name}-rehearsal"))
        .map_err(|error| DriverError::new(ErrorKind::Other, error.to_string()))
}

impl Machine {
    fn new(name: &HostName) -> Self {
        let old = system_path(name, "old").ok();
        let state = SystemState {
            current: old.clone(),
            profile: old,
            generation: Some(GENERATION),
            needs_reboot: Vec::new(),
        };
        Self { state, activated: false, chosen: None, new_kernel: false }
    }
}

impl Flake for Rehearsal {
    fn discover(&self, platforms: &[Platform], io: Io<'_>) -> Result<Vec<Discovered>, DriverError> {
        self.call(FaultStage::Discover, None, io, "would ask the flake for its hosts")?;
        Ok(self.discovered.iter().filter(|host| platforms.contains(&host.platform)).cloned().collect())
    }

    fn evaluate(&self, hosts: &[Host], io: Io<'_>) -> Result<Vec<Evaluated>, DriverError> {
        self.call(FaultStage::Evaluate, None, io, &format!("would evaluate {} hosts", hosts.len()))?;
        let derivation = |host: &Host| {
            if let Some(FaultKind::Error(kind)) = self.fault(FaultStage::Evaluate, Some(&host.name)) {
                return Err(rehearsed(kind, FaultStage::Evaluate));
            }
            let path = system_path(&host.name, "new")?;
            Derivation::new(&format!("{path}.drv"))
                .map_err(|error| DriverError::new(ErrorKind::Other, error.to_string()))
        };
        Ok(hosts.iter().map(|host| (host.name.clone(), derivation(host))).collect())
    }

    fn check(&self, io: Io<'_>) -> Result<FlakeCheck, DriverError> {
        self.call(FaultStage::Flake, None, io, "would run `nix flake check`")?;
        Ok(FlakeCheck::default())
    }

    fn build_check(&self, name: &str, _: Option<Guard<'_>>, io: Io<'_>) -> Result<CheckOutcome, DriverError> {
        self.call(FaultStage::Vm, None, io, &format!("would build the check `{name}`"))?;
        Ok(CheckOutcome::Passed)
    }

    fn check_names(&self, _: Io<'_>) -> Result<Vec<(String, bool, Vec<String>)>, DriverError> {
        Ok(Vec::new())
    }

    fn secrets(&self, _: &Path, _: Io<'_>) -> Result<Named, DriverError> {
        Ok(Named::default())
    }

    fn revision(&self) -> Option<String> {
        None
    }

    fn is_behind(&self, revision: &str) -> bool {
        revision == NEWER
    }
}

impl Build for Rehearsal {
    fn build(&self, host: &Host, derivation: &Derivation, io: Io<'_>) -> Result<Built, DriverError> {
        let says = format!("would build {}", derivation.as_str());
        self.call(FaultStage::Build, Some(&host.name), io, &says)?;
        let place = match &host.build_on {
            BuildOn::Target => Some(Place::Target),
            BuildOn::Local => Some(Place::Local),
            BuildOn::Builder(name) => Some(Place::Builder(name.clone())),
            // What decides is not known.
            BuildOn::Auto => None,
        };
        Ok(Built { path: system_path(&host.name, "new")?, place })
    }
}

impl Target for Rehearsal {
    fn probe(&self, host: &Host, io: Io<'_>) -> Result<Probe, DriverError> {
        let name = &host.name;
        self.call(FaultStage::Probe, Some(name), io, &format!("would connect to {}", host.address))?;
        let is_activated = self.machine(name).is_some_and(|machine| machine.activated);
        if let Some(FaultKind::Error(kind)) =
            self.fault(FaultStage::Verify, Some(name)).filter(|_| is_activated)
        {
            return Err(rehearsed(kind, FaultStage::Verify));
        }
        let mut probe = Probe {
            system: host.system.clone().unwrap_or_else(|| "x86_64-linux".into()),
            host_name: host.host_name.clone(),
            machine_id: None,
            revision: None,
            boot_id: format!("{:032x}", xxh3_128_with_seed(name.as_str().as_bytes(), 2)),
            sudo: Sudo::Free,
            host_key: None,
            store_free_mib: FREE_MIB,
            boot_free_mib: Some(FREE_MIB / 64),
            state: self.state_of(name),
            failed_units: Vec::new(),
            lock: None,
            went_back: false,
        };
        if self.fault(FaultStage::Identity, Some(name)).is_some() {
            probe.host_name = "another".into();
        }
        if self.fault(FaultStage::Revision, Some(name)).is_some() {
            probe.revision = Some(NEWER.into());
        }
        if self.fault(FaultStage::Disk, Some(name)).is_some() {
            probe.store_free_mib = 0;
        }
        Ok(probe)
    }

    fn generation(&self, host: &Host, number: Option<u64>, io: Io<'_>) -> Result<StorePath, DriverError> {
        let name = number.map_or_else(|| "before the current one".to_owned(), |number| number.to_string());
        let says = format!("would look for the generation {name}");
        self.call(FaultStage::Generation, Some(&host.name), io, &says)?;
        if let Some(mut machine) = self.machine(&host.name) {
            machine.chosen = Some(number.unwrap_or(GENERATION - 1));
        }
        system_path(&host.name, "older")
    }

    fn takes(&self, _: &Host, _: &Derivation, _: Io<'_>) -> Result<(), DriverError> {
        Ok(())
    }

    fn copy(&self, host: &Host, path: &StorePath, io: Io<'_>) -> Result<(), DriverError> {
        self.call(FaultStage::Copy, Some(&host.name), io, &format!("would copy {path}"))
    }

    fn diff(
        &self,
        host: &Host,
        path: &StorePath,
        action: Action,
        _before: &Probe,
        io: Io<'_>,
    ) -> Result<SystemDiff, DriverError> {
        self.call(FaultStage::Diff, Some(&host.name), io, &format!("would compare {path} with what runs"))?;
        let paths = [("rehearsal-1", false), ("rehearsal-2", true)];
        let paths = paths.map(|(name, new)| OnlyIn { new, name, bytes: 1 << 20 });
        let said = ["would restart the following units: rehearsal.service, sshd.service"];
        Ok(SystemDiff::new(paths, (action != Action::Boot).then_some(&said[..]), Vec::new()))
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
        let name = &host.name;
        let says = format!("would activate {path} ({})", action.verb());
        let begun = self.call(FaultStage::Activate, Some(name), io, &says);
        let code = match self.fault(FaultStage::Activate, Some(name)) {
            Some(FaultKind::Exit(code)) => code,
            _ => 0,
        };
        // A connection that is lost does not stop the host. Of the codes, 1 and 11 mean that nothing was activated
        // (facts of switch-to-configuration-ng).
        let lost = matches!(&begun, Err(error) if error.kind == ErrorKind::ConnectionLost);
        let is_done = (begun.is_ok() || lost) && !matches!(code, 1 | 11);
        let wrong = self.fault(FaultStage::Verify, Some(name)) == Some(FaultKind::Wrong);
        if is_done && let Some(mut machine) = self.machine(name) {
            machine.activated = true;
            let Machine { state, chosen, new_kernel, .. } = &mut *machine;
            if action.activates() && !wrong {
                state.current = Some(path.clone());
                if *new_kernel {
                    state.needs_reboot = vec!["kernel".into()];
                }
            }
            if action.sets_profile() && !wrong {
                state.profile = Some(path.clone());
                state.generation = match *chosen {
                    Some(chosen) => Some(chosen),
                    None => state.generation.map(|number| number + 1),
                };
            }
        }
        begun?;
        if let Some(FaultKind::Error(kind)) = self.fault(FaultStage::Verify, Some(name)) {
            return Err(rehearsed(kind, FaultStage::Verify));
        }
        let failed_units = match code {
            4 => vec![Unit {
                name: "rehearsal.service".into(),
                log: vec!["rehearsed failure of a unit".into()],
            }],
            _ => Vec::new(),
        };
        let runs = action.activates() && self.state_of(name).current.as_ref() == Some(path);
        let health = proving.gate.filter(|_| runs && failed_units.is_empty()).map(|gate| (gate.look)(io));
        if !matches!(health, None | Some(HealthOutcome::Healthy))
            && let Some(mut machine) = self.machine(name)
        {
            machine.state.profile = before.state.profile.clone();
            machine.state.generation = before.state.generation;
        }
        Ok(Activation {
            code: Some(code),
            state: self.state_of(name),
            failed_units,
            health,
            ignored: false,
            went_back: false,
        })
    }

    fn hook(&self, host: &Host, hook: &Hook, io: Io<'_>) -> Result<HealthOutcome, DriverError> {
        let place = if hook.on_host { "there" } else { "here" };
        let says = format!("would run {place}: {}", first_line(hook.script.raw()));
        self.call(FaultStage::Hook, Some(&host.name), io, &says)?;
        Ok(match self.fault(FaultStage::Hook, Some(&host.name)) {
            Some(_) => HealthOutcome::Unhealthy("rehearsed failure of a hook".into()),
            None => HealthOutcome::Healthy,
        })
    }

    fn quiesce(
        &self,
        host: &Host,
        quiesce: &Quiesce,
        work: &mut dyn FnMut(),
        io: Io<'_>,
    ) -> Result<Option<String>, DriverError> {
        let says = format!("would hold there: {}", first_line(quiesce.script.raw()));
        self.call(FaultStage::Quiesce, Some(&host.name), io, &says)?;
        work();
        Ok(match self.fault(FaultStage::Quiesce, Some(&host.name)) {
            Some(FaultKind::Wrong) => Some("rehearsed loss of a lease".into()),
            _ => {
                io.output.line(Stream::Stdout, "rehearsal: would let go");
                None
            }
        })
    }

    fn unlock(&self, host: &Host, io: Io<'_>) -> Result<Option<Lock>, DriverError> {
        io.output.line(Stream::Stdout, &format!("rehearsal: would clear the lock of {}", host.name));
        Ok(None)
    }

    fn reboot(
        &self,
        host: &Host,
        path: &StorePath,
        _longest: Duration,
        _before: &Probe,
        _proof: &Proof,
        io: Io<'_>,
    ) -> Result<Rebooted, DriverError> {
        self.call(FaultStage::Reboot, Some(&host.name), io, &format!("would reboot into {path}"))?;
        if let Some(mut machine) = self.machine(&host.name) {
            machine.state.current = Some(path.clone());
            machine.state.needs_reboot.clear();
        }
        let wrong = self.fault(FaultStage::Reboot, Some(&host.name)) == Some(FaultKind::Wrong);
        let booted = if wrong { system_path(&host.name, "old").ok() } else { Some(path.clone()) };
        Ok(Rebooted { state: self.state_of(&host.name), booted, failed_units: Vec::new() })
    }

    fn roll_back(
        &self,
        host: &Host,
        before: &Probe,
        _action: Action,
        io: Io<'_>,
    ) -> Result<SystemState, DriverError> {
        self.call(FaultStage::RollBack, Some(&host.name), io, "would go back to the system before")?;
        if let Some(mut machine) = self.machine(&host.name) {
            machine.state = before.state.clone();
        }
        Ok(self.state_of(&host.name))
    }

    fn health(&self, host: &Host, health: &Health, io: Io<'_>) -> Result<HealthOutcome, DriverError> {
        let what = match &health.kind {
            HealthKind::Unit(text) => format!("the unit {}", text.raw()),
            HealthKind::Http(text) => text.raw().to_owned(),
            HealthKind::Tcp(text) => format!("port {}", text.raw()),
            HealthKind::Command { .. } => "a command".to_owned(),
        };
        self.call(FaultStage::Health, Some(&host.name), io, &format!("would look at {what}"))?;
        Ok(match self.fault(FaultStage::Health, Some(&host.name)) {
            Some(_) => HealthOutcome::Unhealthy("rehearsed failure of health".into()),
            None => HealthOutcome::Healthy,
        })
    }

    fn guarded(&self, _: &Host) -> Option<Guarded> {
        None
    }

    fn last_state(&self, host: &Host) -> Option<SystemState> {
        Some(self.state_of(&host.name))
    }

    fn state(&self, host: &Host, io: Io<'_>) -> Result<SystemState, DriverError> {
        self.call(FaultStage::Probe, Some(&host.name), io, "would ask what runs")?;
        Ok(self.state_of(&host.name))
    }
}

impl Shell for Rehearsal {
    fn run(&self, script: &str, _: &Path, env: &[(String, String)], io: Io<'_>) -> Result<i32, DriverError> {
        let host = env.iter().find(|(name, _)| name == "FLEET_HOST");
        let host = host.and_then(|(_, value)| HostName::new(value).ok());
        self.call(FaultStage::Command, host.as_ref(), io, &format!("would run: {}", first_line(script)))?;
        Ok(match self.fault(FaultStage::Command, host.as_ref()) {
            Some(FaultKind::Exit(code)) => code,
            _ => 0,
        })
    }
}

impl Plugin for Rehearsal {
    fn run(&self, request: &PluginRequest<'_>, io: Io<'_>) -> Result<PluginResult, DriverError> {
        let says = format!("would run the plugin fleet-{}", request.plugin);
        self.call(FaultStage::Plugin, request.host.map(|host| &host.name), io, &says)?;
        Ok(PluginResult { outcome: CheckOutcome::Passed, message: None })
    }
}

impl Notify for Rehearsal {
    fn send(&self, channel: &Channel, message: &Message, io: Io<'_>) -> Result<(), DriverError> {
        let says = format!("would notify by {}: {}", channel.service.word(), message.title);
        self.call(FaultStage::Notify, None, io, &says)?;
        for line in message.text.lines() {
            io.output.line(Stream::Stdout, &format!("rehearsal:   {line}"));
        }
        Ok(())
    }
}

impl TaskRunner for Rehearsal {
    fn run(&self, name: &str, _: &Variables, host: Option<&Host>, io: Io<'_>) -> Result<(), DriverError> {
        let says = format!("would run the task {name}");
        self.call(FaultStage::Task, host.map(|host| &host.name), io, &says)
    }
}

/// The files of a project are not there; who has a project asks the real fence, which touches no host either.
impl Secrets for Rehearsal {
    fn check(&self, _: &dyn Flake, io: Io<'_>) -> Result<Held, DriverError> {
        io.output.line(Stream::Stdout, "rehearsal: would look at the fence around secrets");
        Ok(Held::default())
    }
}

/// Texts as they are written: a rehearsal of the drivers alone, without a project, has no variables.
impl Render for Rehearsal {
    fn render(&self, text: &Text, _host: Option<&Host>) -> Result<String, DriverError> {
        Ok(text.raw().to_owned())
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

//! Asks a host what it is, in one round trip; in two where sudo turns out to want a password that nobody was asked for.

use super::activation::flag;
use super::{Known, Native, lock};
use crate::driver::ssh::{Answer, Destination, Password, Privilege, Script};
use crate::driver::{DriverError, ErrorKind, Io, Probe, StorePath, Sudo, SystemState};
use crate::model::{BuildOn, Host, Platform};
use std::time::Instant;

const KIB_PER_MIB: u64 = 1024;

const PROBE: &str = concat!(
    include_str!("state.sh"),
    include_str!("lock.sh"),
    include_str!("probe.sh"),
    include_str!("sudo.sh"),
    include_str!("trust.sh"),
    "say end 1
"
);
const SUDO: &str = concat!(
    include_str!("sudo.sh"),
    "say end 1
"
);

impl Native {
    pub(super) fn probe_host(&self, host: &Host, io: Io<'_>) -> Result<Probe, DriverError> {
        let mut password = self.passwords.known();
        let answer = self.ask_host(host, PROBE, password.as_ref(), io)?;
        let probed = Instant::now();
        let mut second = None;
        if answer.value("sudo") == Some("asks") {
            let asked = self.passwords.ask(host).map_err(|error| {
                // Whoever was asked has stopped the run instead.
                let stopped = io.cancel.is_requested();
                let cancelled = || DriverError::new(ErrorKind::Cancelled, "the password was not given");
                if stopped { cancelled() } else { error }
            });
            password = Some(asked?);
            second = Some(self.ask_host(host, SUDO, password.as_ref(), io)?);
        }
        let sudo = sudo(host, second.as_ref().unwrap_or(&answer))?;
        if answer.value("lacks").is_some() {
            let message = format!("{} has no nix-store on the PATH of an ssh login", host.name);
            return Err(DriverError::new(ErrorKind::MissingProgram, message)
                .help("install Nix there, or put its directory on the PATH that sshd sets"));
        }
        let mut probe = read(host, &answer, sudo)?;
        let earlier = self.known(host);
        let job = earlier.as_ref().and_then(|known| known.job.as_deref());
        probe.went_back = job.is_some() && answer.value("returned_job") == job;
        let known = Known {
            privilege: Privilege { sudo, password: password.filter(|_| sudo == Sudo::Password) },
            system: probe.system.clone(),
            state: probe.state.clone(),
            rooted: None,
            chosen: None,
            store_free_mib: probe.store_free_mib,
            memory_free_mib: answer
                .value("memory_free_kib")
                .and_then(|kib| kib.parse::<u64>().ok())
                .map(|kib| kib / KIB_PER_MIB),
            place: None,
            job: earlier.as_ref().and_then(|known| known.job.clone()),
            guarded: earlier.as_ref().and_then(|known| known.guarded),
            takes_unsigned: answer.value("trust_asked").is_none() || answer.value("takes_unsigned").is_some(),
            probed,
        };
        let mut hosts = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        hosts.insert(host.name.clone(), known);
        Ok(probe)
    }

    fn ask_host(
        &self,
        host: &Host,
        script: &'static str,
        password: Option<&Password>,
        io: Io<'_>,
    ) -> Result<Answer, DriverError> {
        let elsewhere = host.build_on != BuildOn::Target && host.cache.is_none();
        let script = Script::new(script).variable("TRUST", flag(elsewhere)).password(password.cloned());
        let answer = self.ssh.ask(&Destination::of(host)?, &script, io);
        complete(host, &answer)?;
        Ok(answer)
    }
}

/// Whether a script ran to its end.
///
/// # Errors
/// Why it did not.
pub(super) fn complete(host: &Host, answer: &Answer) -> Result<(), DriverError> {
    match &answer.end {
        Err(error) => Err(error.clone()),
        Ok(_) if answer.value("end").is_some() => Ok(()),
        Ok(_) if !answer.begun() && !answer.said.iter().any(|line| line.starts_with("sudo:")) => {
            let message = format!("the login on {} does not run the script that it is sent", host.name);
            Err(DriverError::new(ErrorKind::Other, message).said(answer.said.clone()).help(format!(
                "is there a forced command (ForceCommand, command= of a key), a login shell that runs nothing, or StdinNull in your ssh_config? ssh {} true",
                host.address
            )))
        }
        Ok(code) => {
            let sudo = answer.said.iter().any(|line| line.starts_with("sudo:"));
            let kind = if sudo { ErrorKind::Sudo } else { ErrorKind::Other };
            let message = if sudo {
                format!("sudo on {} refused", host.name)
            } else {
                format!("the script on {} ended early with exit code {code}", host.name)
            };
            Err(DriverError::new(kind, message).said(answer.said.clone()))
        }
    }
}

fn sudo(host: &Host, answer: &Answer) -> Result<Sudo, DriverError> {
    let user = host.user.as_deref().unwrap_or("the user");
    let said = || answer.values("sudo_said").map(str::to_owned).collect();
    match answer.value("sudo") {
        Some("root") => Ok(Sudo::Root),
        Some("free") => Ok(Sudo::Free),
        Some("password") => Ok(Sudo::Password),
        Some("missing") => {
            let message = format!("{user} is not root on {}, and there is no sudo", host.name);
            Err(DriverError::new(ErrorKind::Sudo, message).help("set `user: root` for the host"))
        }
        Some("barred") => {
            let message = format!("{user} may not use sudo on {}", host.name);
            Err(DriverError::new(ErrorKind::Sudo, message).said(said()).help(format!(
                "let {user} use it there (NixOS: users.users.{user}.extraGroups = [ \"wheel\" ]), or set `user: root` for the host"
            )))
        }
        Some("broken") => {
            let message = format!("sudo on {} cannot be used", host.name);
            Err(DriverError::new(ErrorKind::Sudo, message).said(said()).help(format!(
                "try it by hand: ssh {} sudo -n true; or set `user: root` for the host",
                host.address
            )))
        }
        _ => {
            let message = format!("sudo on {} does not take the password of {user}", host.name);
            Err(DriverError::new(ErrorKind::Sudo, message).help(format!(
                "type it again; it is the password of {user} on {}, and {user} must be allowed to use sudo there",
                host.name
            )))
        }
    }
}

fn read(host: &Host, answer: &Answer, sudo: Sudo) -> Result<Probe, DriverError> {
    let text = |name: &str| answer.value(name).unwrap_or_default().to_owned();
    let mib = |name: &str| answer.value(name)?.parse::<u64>().ok().map(|kib| kib / KIB_PER_MIB);
    let store_free_mib = mib("store_free_kib").ok_or_else(|| {
        DriverError::new(
            ErrorKind::Other,
            format!("{} does not tell how much space its store has", host.name),
        )
        .help("is there a /nix/store, and is `df` on the PATH?")
    })?;
    Ok(Probe {
        system: system(&text("machine"), &text("kernel")),
        host_name: text("host_name"),
        machine_id: Some(text("machine_id")).filter(|id| !id.is_empty()),
        revision: Some(text("revision")).filter(|revision| !revision.is_empty()),
        boot_id: text("boot_id"),
        host_key: Some(text("host_key")).filter(|key| !key.is_empty()),
        sudo,
        store_free_mib,
        boot_free_mib: mib("boot_free_kib"),
        state: state(answer),
        failed_units: answer.values("failed").map(str::to_owned).collect(),
        lock: lock::lock(answer).map(Box::new),
        went_back: false,
    })
}

/// The systems that a script told last.
pub(super) fn state(answer: &Answer) -> SystemState {
    let path = |name| answer.value(name).and_then(|text| StorePath::new(text).ok());
    let generation = |link: &str| link.strip_prefix("system-")?.strip_suffix("-link")?.parse().ok();
    SystemState {
        current: path("current"),
        profile: path("profile"),
        generation: answer.value("generation").and_then(generation),
        needs_reboot: needs_reboot(answer),
    }
}

/// The parts that a script told last.
pub(super) fn needs_reboot(answer: &Answer) -> Vec<String> {
    answer.value("reboot").unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// The Nix system for what `uname` says (nix's own `configure.ac` maps the same way).
fn system(machine: &str, kernel: &str) -> String {
    let machine = match machine {
        "arm64" => "aarch64",
        "amd64" => "x86_64",
        "i386" | "i486" | "i586" => "i686",
        other => other,
    };
    format!("{machine}-{}", kernel.to_lowercase())
}

/// Refuses a system that the host's processor or kernel cannot run.
///
/// # Errors
/// [`ErrorKind::Refusal`]
pub(super) fn fits(host: &Host, system: &str) -> Result<(), DriverError> {
    let runs = [
        ("x86_64-linux", "i686-linux"),
        ("aarch64-linux", "armv7l-linux"),
        ("aarch64-linux", "armv6l-linux"),
    ];
    // Where nobody knows what the configuration is for, its evaluation has failed or is not wanted.
    let Some(wanted) = host.system.as_deref() else { return Ok(()) };
    if wanted == system || runs.contains(&(system, wanted)) {
        return Ok(());
    }
    let output = match host.platform {
        Platform::Nixos => "nixosConfigurations",
        Platform::Darwin => "darwinConfigurations",
    };
    let message = format!("{} is {system}, and its configuration is for {wanted}", host.name);
    Err(DriverError::new(ErrorKind::Refusal, message).help(format!(
        "check `address` of the host, or set nixpkgs.hostPlatform of {output}.{} to \"{system}\"",
        host.name
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(values: &[(&str, &str)]) -> Answer {
        let mut answer = Answer::new();
        for (name, value) in values {
            assert_eq!(answer.take("m:", &format!("m:{name}={value}")), None);
        }
        answer
    }

    #[test]
    fn systems_are_named_as_nix_does() {
        assert_eq!(system("x86_64", "Linux"), "x86_64-linux");
        assert_eq!(system("arm64", "Darwin"), "aarch64-darwin");
        assert_eq!(system("aarch64", "Linux"), "aarch64-linux");
    }

    #[test]
    fn the_last_state_counts_and_what_is_no_store_path_is_none() {
        let path = "/nix/store/0ccvc3mflpbaw51cm2n4ypf34sljm9yx-nixos-system-luna";
        let state = state(&answer(&[
            ("current", "/run/current-system"),
            ("generation", ""),
            ("profile", "/nix/var/nix/profiles/system"),
            ("current", path),
            ("profile", path),
            ("generation", "system-100-link"),
        ]));
        assert_eq!(state.current, StorePath::new(path).ok());
        assert_eq!(state.profile, state.current);
        assert_eq!(state.generation, Some(100));
    }

    #[test]
    fn units_that_fail_again_and_again_have_failed() {
        let directory = tempfile::tempdir().unwrap();
        let systemctl = directory.path().join("systemctl");
        // As systemd 257 prints them; `clean.service` ended well and is started again all the same.
        let text = "#!/bin/sh\ncase \"$*\" in\n\
            *list-units*auto-restart*) printf '%s\\n' 'dead.service loaded failed failed A unit' \
            'loop.service loaded activating auto-restart A unit' 'clean.service loaded activating auto-restart A unit' ;;\n\
            *show*loop.service) echo 1 ;;\n*show*clean.service) echo 0 ;;\nesac\n";
        std::fs::write(&systemctl, text).unwrap();
        std::fs::set_permissions(&systemctl, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let script =
            format!("PATH={}:$PATH\n{}\nfailed_units", directory.path().display(), include_str!("state.sh"));
        let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "dead.service\nloop.service\n");
    }

    #[test]
    fn a_host_without_generations_has_no_state() {
        let state =
            state(&answer(&[("current", "/run/current-system"), ("profile", ""), ("generation", "")]));
        assert_eq!(state, SystemState::default());
    }
}

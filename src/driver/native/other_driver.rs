//! Deploys a host by another program than fleet itself: nixos-rebuild, darwin-rebuild, colmena or deploy-rs. What it says of
//! its success counts for nothing: the host is asked over a new connection, as after the native sequence.

use super::activation::units;
use super::{Known, Native, probe};
use crate::driver::nix::{last_lines, log};
use crate::driver::ssh::{ANSWER, Answer, Connection, Destination, Script};
use crate::driver::tool::{Limits, Tool, find};
use crate::driver::{
    Activation, Carrier, DriverError, ErrorKind, Guarded, IgnoredUnits, Io, Place, Probe, StorePath, Sudo,
    SystemState, Watchdog,
};
use crate::model::{Action, DeployDriver, Host, Proof};
use crate::process::{Stop, Stream};
use std::time::Instant;

const FOUND: &str = concat!(include_str!("state.sh"), include_str!("found.sh"));
/// nix-darwin's program is on the host, and so must be the flake.
const DARWIN: &str =
    "command -v darwin-rebuild >/dev/null || { say lacks 1; say code 127; say end 1; exit 0; }
darwin-rebuild \"$ACTION\" --flake \"$FLAKE\" 2>&1 </dev/null
say code $?
say end 1";

impl Native {
    /// Lets the host's program do all of it, and proves what came of it.
    ///
    /// # Errors
    /// The program cannot do what is asked, is not there, failed or took too long; then nobody has looked at the host yet.
    pub(super) fn by_other_driver(
        &self,
        host: &Host,
        path: &StorePath,
        action: Action,
        before: &Probe,
        proof: &Proof,
        io: Io<'_>,
    ) -> Result<Activation, DriverError> {
        let known = self.known_or_probed(host, io)?;
        refuse(host, &known, action)?;
        if action.activates() {
            let guarded = Guarded { activation: Carrier::Driver, watchdog: Watchdog::Driver };
            self.remember(host, |known| known.guarded = Some(guarded));
        }
        let limits = Limits {
            heed: Stop::Terminate,
            deadline: Instant::now().checked_add(proof.timeout),
            ..Limits::new(io.cancel)
        };
        let (code, said) = if host.driver == DeployDriver::DarwinRebuild {
            self.darwin_rebuild(host, &known, action, limits, io)?
        } else {
            let (ended, _) = log(&self.call(host, &known, action, io)?, limits, io)?;
            (ended.code, ended.said)
        };
        if code != 0 {
            let message = format!("{} for {} failed with exit code {code}", host.driver.word(), host.name);
            return Err(DriverError::new(ErrorKind::Activation, message)
                .said(last_lines(&said))
                .help("its last lines say why; the host is asked what it runs now"));
        }
        if action == Action::DryActivate {
            let state = before.state.clone();
            return Ok(Activation {
                code: Some(0),
                state,
                failed_units: Vec::new(),
                ignored: false,
                went_back: false,
                health: None,
            });
        }
        std::thread::sleep(proof.settle);
        let script = Script::new(FOUND).variable("UNITS", before.failed_units.join("\n"));
        // What the program has left of its time says nothing of the host.
        let proof_limits = Limits { deadline: Some(Instant::now() + ANSWER), ..limits };
        let answer = self.ssh.run(&Destination::of(host)?, Connection::Fresh, &script, proof_limits, io);
        probe::complete(host, &answer)?;
        let state = state(&answer);
        self.remember(host, |known| known.state = state.clone());
        let ignore = IgnoredUnits::new(&proof.ignore_units);
        let (ignored, failed_units): (Vec<_>, Vec<_>) =
            units(&answer).into_iter().partition(|unit| ignore.matches(&unit.name));
        for unit in &ignored {
            io.output.line(Stream::Stderr, &format!("{} has failed, which is ignored", unit.name));
        }
        if state.current.as_ref() != Some(path) && action.activates() {
            let name = host.driver.word();
            io.output.line(
                Stream::Stderr,
                &format!("{name} reports success, and {} runs another system", host.name),
            );
        }
        Ok(Activation {
            code: Some(0),
            state,
            failed_units,
            ignored: !ignored.is_empty(),
            went_back: false,
            health: None,
        })
    }

    /// What a host has whose profile may only wrap its system.
    pub(super) fn unwrapped(&self, host: &Host, io: Io<'_>) -> Result<SystemState, DriverError> {
        let answer = self.ssh.ask(&Destination::of(host)?, &Script::new(FOUND).variable("UNITS", ""), io);
        probe::complete(host, &answer)?;
        Ok(state(&answer))
    }

    /// The call of a program that runs here.
    fn call(&self, host: &Host, known: &Known, action: Action, io: Io<'_>) -> Result<Tool, DriverError> {
        let name = host.driver.word();
        let program = find(name, host.driver.help())?;
        let destination = Destination::of(host)?;
        let login = match destination.user() {
            Some(user) => format!("{user}@{}", destination.address()),
            None => destination.address().to_owned(),
        };
        let (directory, reference) = self.flake.place();
        let tool = Tool::new(&program)
            .directory(directory)
            .env("NIX_SSHOPTS", self.ssh.nix_options(&destination))
            .env("NIX_CONFIG", nix_config());
        Ok(match host.driver {
            DeployDriver::Colmena => tool
                .args(["apply", "--on", host.name.as_str(), "--config"])
                .arg(self.flake.file().ok_or_else(|| {
                    let message = format!("colmena takes no flake like `{reference}`");
                    DriverError::new(ErrorKind::Refusal, message)
                        .help("set `fleet.flake` to a directory, or another `driver`")
                })?)
                .arg(verb(action)),
            DeployDriver::Deploy => {
                let options = self.ssh.nix_options(&destination);
                let tool = tool
                    .args(["--skip-checks", "--hostname", destination.address()])
                    .args(destination.user().map(|user| ["--ssh-user", user]).into_iter().flatten())
                    .arg(format!("--ssh-opts={options}"));
                let tool = match action {
                    Action::Boot => tool.arg("--boot"),
                    Action::DryActivate => tool.arg("--dry-activate"),
                    Action::Switch | Action::Test => tool,
                };
                tool.arg(format!("{reference}#{}", host.name))
            }
            _ => {
                // The older names of its options are the ones that every version takes.
                let tool = tool
                    .args([verb(action), "--fast", "--flake", &format!("{reference}#{}", host.name)])
                    .args(["--target-host", &login]);
                let tool = match self.place(host, io)? {
                    Place::Local => tool,
                    Place::Target => tool.args(["--build-host", &login]),
                    Place::Builder(builder) => tool.args(["--build-host", &builder]),
                };
                if known.privilege.sudo == Sudo::Root { tool } else { tool.arg("--use-remote-sudo") }
            }
        })
    }

    fn darwin_rebuild(
        &self,
        host: &Host,
        known: &Known,
        action: Action,
        limits: Limits<'_>,
        io: Io<'_>,
    ) -> Result<(i32, Vec<String>), DriverError> {
        let destination = Destination::of(host)?;
        let source = self.flake.send(&destination.store(), &self.ssh.nix_options(&destination), io)?;
        let script = Script::new(DARWIN)
            .variable("ACTION", verb(action))
            .variable("FLAKE", format!("path:{source}#{}", host.name))
            .by(known.privilege.clone());
        let tail = super::job::Tail::new(io.output);
        let heard = Io { output: &tail, cancel: io.cancel };
        let answer = self.ssh.run(&destination, Connection::Shared, &script, limits, heard);
        probe::complete(host, &answer)?;
        if answer.value("lacks").is_some() {
            let message = format!("{} has no darwin-rebuild", host.name);
            return Err(DriverError::new(ErrorKind::MissingProgram, message)
                .help("install nix-darwin there first, or set `driver: native` for the host"));
        }
        let code = answer.value("code").and_then(|code| code.parse().ok()).unwrap_or(-1);
        Ok((code, tail.lines()))
    }
}

/// What the program of a host cannot do.
fn refuse(host: &Host, known: &Known, action: Action) -> Result<(), DriverError> {
    let name = host.driver.word();
    let refusal =
        |message: String, help: String| Err(DriverError::new(ErrorKind::Refusal, message).help(help));
    if !host.driver.can(action) {
        let message = format!("{name} has no `{}`, which {} is to get", verb(action), host.name);
        return refusal(message, format!("set `driver: native` for {}, or another `action`", host.name));
    }
    if host.driver.platform().is_some_and(|platform| platform != host.platform) {
        let message =
            format!("{} is a {} host, which {name} does not deploy", host.name, host.platform.word());
        return refusal(message, format!("set another `driver` for {}", host.name));
    }
    if known.privilege.sudo == Sudo::Password && host.driver != DeployDriver::DarwinRebuild {
        let message = format!("sudo on {} asks for a password, which {name} cannot be given", host.name);
        return refusal(message, format!("set `user: root` or `driver: native` for {}", host.name));
    }
    Ok(())
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::Switch => "switch",
        Action::Boot => "boot",
        Action::Test => "test",
        Action::DryActivate => "dry-activate",
    }
}

/// What nix is set to by the environment, and the features that these programs need.
fn nix_config() -> String {
    let own = std::env::var("NIX_CONFIG").unwrap_or_default();
    format!("{own}\nextra-experimental-features = nix-command flakes\n")
}

fn state(answer: &Answer) -> SystemState {
    let mut state = probe::state(answer);
    if let Some(system) = answer.value("wraps").and_then(|path| StorePath::new(path).ok()) {
        state.profile = Some(system);
    }
    state
}

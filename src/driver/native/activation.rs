//! Activates a system and proves what came of it. The exit codes are those of nixpkgs'
//! `pkgs/by-name/sw/switch-to-configuration-ng`.

use super::job::{Resumable, Tail};
use super::{Known, Native, probe};
use crate::driver::ssh::{Answer, Connection, Destination, Script};
use crate::driver::tool::Limits;
use crate::driver::{Activation, DriverError, ErrorKind, Io, Probe, StorePath, Unit};
use crate::model::{Action, Host, Platform};
use crate::process::Cancel;
use std::time::{Duration, Instant};

/// How long a host may be out of reach before its state counts as unknown.
const PROOF: Duration = Duration::from_secs(90);
/// How long stopping an activation may take.
const STOPPING: Duration = Duration::from_secs(20);
/// The new system's init cannot take over from the running one.
const NEEDS_REBOOT: i32 = 100;
/// `EAGAIN`: another activation holds the lock.
const LOCKED: i32 = 11;

const LIBRARY: &str = concat!(include_str!("state.sh"), include_str!("job.sh"));
const ACTIVATE: &str = concat!(include_str!("state.sh"), include_str!("job.sh"), include_str!("activate.sh"));
const VERIFY: &str = concat!(include_str!("state.sh"), include_str!("job.sh"), include_str!("verify.sh"));

/// What runs on the host, for the shell there. Store paths need no quotes.
pub(super) struct Texts {
    /// The program that must be in the system, relative to it.
    pub(super) program: &'static str,
    /// Activates.
    pub(super) test: String,
    /// Makes it what boots, and the newest generation.
    pub(super) commit: String,
}

impl Texts {
    pub(super) fn new(platform: Platform, path: &StorePath) -> Self {
        let set = format!("nix-env -p /nix/var/nix/profiles/system --set {path}");
        match platform {
            Platform::Nixos => Self {
                program: "bin/switch-to-configuration",
                test: format!("{path}/bin/switch-to-configuration test"),
                commit: format!("{set} && {path}/bin/switch-to-configuration boot"),
            },
            // nix-darwin has no boot loader; what is in the profile is activated at each boot
            // (nix-darwin `modules/services/activate-system`).
            Platform::Darwin => Self { program: "activate", test: format!("{path}/activate"), commit: set },
        }
    }
}

/// What is proven over a new connection, and what follows from it.
pub(super) struct Proof<'a> {
    pub(super) host: &'a Host,
    pub(super) known: &'a Known,
    /// Name of the job that it is about.
    pub(super) job: &'a str,
    /// The system that must run for the commit, if any must.
    pub(super) wanted: Option<&'a StorePath>,
    /// Makes it lasting; empty when nothing is to be made lasting.
    pub(super) commit: &'a str,
    /// Units that had failed before.
    pub(super) baseline: &'a [String],
}

impl Native {
    pub(super) fn activate_system(
        &self,
        host: &Host,
        path: &StorePath,
        action: Action,
        before: &Probe,
        timeout: Duration,
        io: Io<'_>,
    ) -> Result<Activation, DriverError> {
        let known = self.known_or_probed(host, io)?;
        if action == Action::DryActivate {
            return self.dry_activate(host, &known, path, before, timeout, io);
        }
        let tail = Tail::new(io.output);
        let heard = Io { output: &tail, cancel: io.cancel };
        let texts = Texts::new(host.platform, path);
        let job = name_of_job();
        let mut code = None;
        if action.activates() {
            code = self.run_job(host, &known, &job, path, &texts, action, timeout, heard)?;
        }
        let proof = Proof {
            host,
            known: &known,
            job: &job,
            wanted: action.activates().then_some(path),
            // What the activation script left undone (exit code 2) must not become what boots.
            commit: if action.sets_profile() && code.unwrap_or(0) != 2 { &texts.commit } else { "" },
            baseline: &before.failed_units,
        };
        let answer = self.prove(&proof, heard)?;
        let state = probe::state(&answer);
        self.remember(host, |known| known.state = state.clone());
        if !action.activates() {
            code = answer.value("committed").and_then(|code| code.parse().ok());
            if state.profile.as_ref() != Some(path) || code != Some(0) {
                return Err(failure(host, code, &tail.lines()));
            }
        } else if state.current.as_ref() != Some(path) {
            return Err(failure(host, code, &tail.lines()));
        }
        Ok(Activation { code, state, failed_units: units(&answer) })
    }

    /// Runs the activation as a job; returns the exit code, `None` when the job was ended before it had one.
    #[expect(clippy::too_many_arguments, reason = "they are all of what an activation is")]
    fn run_job(
        &self,
        host: &Host,
        known: &Known,
        job: &str,
        path: &StorePath,
        texts: &Texts,
        action: Action,
        timeout: Duration,
        io: Io<'_>,
    ) -> Result<Option<i32>, DriverError> {
        let script = |skip: u64| {
            Script::new(ACTIVATE)
                .variable("JOB", job)
                .variable("OUT", path.as_str())
                .variable("PROGRAM", texts.program)
                .variable("TEXT", texts.test.as_str())
                .variable("SETS_PROFILE", u8::from(action.sets_profile()).to_string())
                .variable("SKIP", skip.to_string())
        };
        let work = Resumable {
            host,
            privilege: &known.privilege,
            connection: Connection::Shared,
            deadline: Instant::now() + timeout,
            script: &script,
        };
        let answer = match self.resume(&work, io) {
            Ok(answer) => answer,
            Err(error) => return Err(self.abandon(host, known, job, path, timeout, error, io)),
        };
        if let Some(why) = answer.value("refused") {
            return Err(
                DriverError::new(ErrorKind::Refusal, format!("{}: {why}", host.name)).said(answer.said)
            );
        }
        Ok(answer.value("rc").and_then(|code| code.parse().ok()))
    }

    /// Ends an activation that took too long or that nobody waits for any more, and says what runs now.
    #[expect(clippy::too_many_arguments, reason = "they are all of what an activation is")]
    fn abandon(
        &self,
        host: &Host,
        known: &Known,
        job: &str,
        path: &StorePath,
        timeout: Duration,
        error: DriverError,
        io: Io<'_>,
    ) -> DriverError {
        if !matches!(error.kind, ErrorKind::TimedOut | ErrorKind::Cancelled) {
            return error;
        }
        let unasked = Cancel::new();
        let limits = Limits { deadline: Some(Instant::now() + STOPPING), ..Limits::new(&unasked) };
        let script = Script::new(format!(
            "{LIBRARY}job_stop \"$JOB\"\nrm -rf \"${{base:?}}/$JOB\"\nsay_state\nsay end 1"
        ))
        .variable("JOB", job)
        .by(known.privilege.clone());
        let lost = |why: &str| {
            DriverError::new(ErrorKind::ConnectionLost, format!("the activation of {} {why}", host.name))
                .help(format!("its unit is {job}: ssh {} systemctl status {job}", host.address))
        };
        let Ok(destination) = Destination::of(host) else { return error };
        let answer = self.ssh.run(&destination, Connection::Fresh, &script, limits, io);
        if probe::complete(host, &answer).is_err() {
            return lost("was given up, and the host cannot be asked what it runs now");
        }
        let state = probe::state(&answer);
        let running = state.current.as_ref() == Some(path);
        self.remember(host, |known| known.state = state);
        if running {
            return lost("was stopped after the new system had begun to run");
        }
        match error.kind {
            ErrorKind::TimedOut => DriverError::new(
                ErrorKind::TimedOut,
                format!("the activation of {} took longer than {} s and was stopped", host.name, timeout.as_secs()),
            )
            .help("the old system is in place, but services may have been stopped; run it again, with a longer `timeout` of the deploy stage if it needs more time"),
            _ => DriverError::new(ErrorKind::Cancelled, format!("the activation of {} was stopped", host.name))
                .help("the old system is in place, but services may have been stopped; run it again"),
        }
    }

    /// Proves over a new connection what runs, and makes it lasting.
    pub(super) fn prove(&self, proof: &Proof<'_>, io: Io<'_>) -> Result<Answer, DriverError> {
        let script = |_| {
            Script::new(VERIFY)
                .variable("JOB", proof.job)
                .variable("WANTED", proof.wanted.map(StorePath::as_str).unwrap_or_default())
                .variable("COMMIT", proof.commit)
                .variable("BASELINE", proof.baseline.join("\n"))
        };
        self.resume(
            &Resumable {
                host: proof.host,
                privilege: &proof.known.privilege,
                connection: Connection::Fresh,
                deadline: Instant::now() + PROOF,
                script: &script,
            },
            io,
        )
    }

    fn dry_activate(
        &self,
        host: &Host,
        known: &Known,
        path: &StorePath,
        before: &Probe,
        timeout: Duration,
        io: Io<'_>,
    ) -> Result<Activation, DriverError> {
        if host.platform == Platform::Darwin {
            let message = format!("{} runs nix-darwin, which cannot activate dry", host.name);
            return Err(DriverError::new(ErrorKind::Refusal, message));
        }
        let body =
            format!("{path}/bin/switch-to-configuration dry-activate 2>&1 </dev/null\nsay rc $?\nsay end 1");
        let script = Script::new(body).by(known.privilege.clone());
        let limits = Limits { deadline: Some(Instant::now() + timeout), ..Limits::new(io.cancel) };
        let tail = Tail::new(io.output);
        let heard = Io { output: &tail, cancel: io.cancel };
        let answer = self.ssh.run(&Destination::of(host)?, Connection::Shared, &script, limits, heard);
        probe::complete(host, &answer)?;
        let code = answer.value("rc").and_then(|code| code.parse().ok());
        if code != Some(0) {
            return Err(failure(host, code, &tail.lines()));
        }
        Ok(Activation { code, state: before.state.clone(), failed_units: Vec::new() })
    }
}

/// A name that no other run's job has.
pub(super) fn name_of_job() -> String {
    use std::hash::BuildHasher;
    let nonce = std::collections::hash_map::RandomState::new().hash_one(std::process::id());
    format!("fleet-switch-{nonce:016x}")
}

fn units(answer: &Answer) -> Vec<Unit> {
    let log = |name: &str| {
        let line = |line: &str| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned);
        answer.values("log").filter_map(line).collect()
    };
    answer.values("failed").map(|name| Unit { name: name.to_owned(), log: log(name) }).collect()
}

/// Why a host does not run or boot the new system.
fn failure(host: &Host, code: Option<i32>, log: &[String]) -> DriverError {
    let name = &host.name;
    let locked = code == Some(LOCKED) || log.iter().any(|line| line.contains("Could not acquire lock"));
    let (message, help) = match code {
        _ if locked => (
            format!("another activation is running on {name}"),
            "wait until it has ended, then run this again".to_owned(),
        ),
        Some(NEEDS_REBOOT) => (
            format!("the new system of {name} cannot take over while the old one runs: it needs a reboot"),
            "deploy with `action: boot`, then reboot the host".to_owned(),
        ),
        Some(0) => (
            format!("the activation on {name} reported success, and the host does not run the new system"),
            format!("see its log: ssh {} journalctl -b", host.address),
        ),
        Some(code) => (
            format!(
                "switch-to-configuration on {name} failed with exit code {code}, and the old system is still in place"
            ),
            "its last lines say why".to_owned(),
        ),
        None => (
            format!(
                "the activation on {name} was ended before it was done, and the old system is still in place"
            ),
            format!("was it stopped there? ssh {} journalctl -b", host.address),
        ),
    };
    DriverError::new(ErrorKind::Activation, message).said(log.to_vec()).help(help)
}

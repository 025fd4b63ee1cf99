//! Activates a system and proves what came of it. The exit codes are those of nixpkgs'
//! `pkgs/by-name/sw/switch-to-configuration-ng`.

use super::job::{Resumable, Tail};
use super::{Known, Native, lock, probe};
use crate::driver::ssh::{Answer, Connection, Destination, Script};
use crate::driver::tool::Limits;
use crate::driver::{
    Activation, Carrier, DriverError, ErrorKind, Gate, Guarded, HealthOutcome, IgnoredUnits, Io, Probe,
    Proving, StorePath, SystemState, Unit, Watchdog,
};
use crate::model::{Action, Host, Platform, Proof};
use crate::process::{Cancel, Stop, Stream};
use std::time::{Duration, Instant};

/// For how long longer a host that is out of reach is looked for, to hear what it has done.
const PROOF: Duration = Duration::from_secs(30);
/// How much longer the host lets a program run than fleet does.
const LONGER: Duration = Duration::from_secs(30);
/// How long it may take to end one, and to take back what it did.
const ENDING: Duration = Duration::from_secs(20);
/// Exit codes of `timeout` for a program that it has ended: coreutils', theirs by force, busybox's.
const ENDED: [&str; 3] = ["124", "137", "143"];
/// How long stopping an activation may take.
const STOPPING: Duration = Duration::from_secs(20);
/// For how long the failed units that a probe found are those of now.
const FRESH: Duration = Duration::from_secs(10);
/// What the newest generation is known by; the loader has an entry for each.
const PROFILE: &str = "/nix/var/nix/profiles/system";
/// The new system's init cannot take over from the running one.
const NEEDS_REBOOT: i32 = 100;
/// `EAGAIN`: another activation holds the lock.
const LOCKED: i32 = 11;

/// Sent before each script about jobs.
macro_rules! with_library {
    ($script:literal) => {
        concat!(
            include_str!("state.sh"),
            include_str!("lock.sh"),
            include_str!("watchdog.sh"),
            include_str!("job.sh"),
            include_str!("boot_space.sh"),
            include_str!($script)
        )
    };
}

const ACTIVATE: &str = with_library!("activate.sh");
const VERIFY: &str = with_library!("verify.sh");
const STOP: &str = with_library!("stop.sh");
const RETURNED: &str = with_library!("returned.sh");

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
    /// `generation` is the one that has the path already; a new one is made where there is none.
    pub(super) fn new(platform: Platform, path: &StorePath, generation: Option<u64>) -> Self {
        let set = match generation {
            Some(number) => format!("limited nix-env -p {PROFILE} --switch-generation {number}"),
            None => format!("limited nix-env -p {PROFILE} --set {path}"),
        };
        match platform {
            Platform::Nixos => Self {
                program: "bin/switch-to-configuration",
                test: format!("limited {path}/bin/switch-to-configuration test"),
                // Where it does not become what boots, the profile must not say so either.
                commit: format!(
                    "was=$(readlink {PROFILE})\n{set} && {{ limited {path}/bin/switch-to-configuration boot || {{ code=$?\n\
                     was=${{was#system-}}\n[ -z \"$was\" ] || limited nix-env -p {PROFILE} --switch-generation \"${{was%-link}}\"\n\
                     (exit $code); }}; }}"
                ),
            },
            // nix-darwin has no boot loader; what is in the profile is activated at each boot
            // (nix-darwin `modules/services/activate-system`).
            Platform::Darwin => {
                Self { program: "activate", test: format!("limited {path}/activate"), commit: set }
            }
        }
    }
}

/// One activation, forward or back.
pub(super) struct Work<'a> {
    pub(super) host: &'a Host,
    pub(super) known: &'a Known,
    /// Name of the job that it is.
    pub(super) job: String,
    /// The system.
    pub(super) path: &'a StorePath,
    /// What is run at once.
    pub(super) text: &'a str,
    /// What is run when the system is proven to run; empty when nothing is to be made lasting.
    pub(super) commit: &'a str,
    /// The program that must be in the system.
    pub(super) program: &'static str,
    /// Whether `text` activates.
    pub(super) activates: bool,
    /// Whether the profile is set, now or later.
    pub(super) sets_profile: bool,
    /// Units that had failed before.
    pub(super) failed_units: &'a [String],
    /// What the host must run when it begins, and what it goes back to by itself when nobody proves the new system.
    /// Unasked where it goes back already.
    pub(super) before: Option<&'a SystemState>,
    /// How it is followed and proven.
    pub(super) proof: &'a Proof,
    /// What must hold before it is made lasting.
    pub(super) gate: Option<&'a Gate<'a>>,
}

impl Work<'_> {
    /// For how long the host waits for its proof after the activation.
    fn window(&self) -> Duration {
        self.proof.watchdog + self.proof.settle + self.gate.map_or(Duration::ZERO, |gate| gate.longest)
    }

    /// How long one of its programs may run on the host: when fleet is there, it ends an activation before that.
    fn longest(&self) -> Duration {
        self.proof.timeout + LONGER
    }

    /// Whether it goes back by itself when nobody proves it. What it went on to run would be what it came from, where that
    /// is the same.
    fn is_watched(&self) -> bool {
        let old = self.before.and_then(|before| before.current.as_ref());
        self.activates && old.is_some_and(|old| old != self.path)
    }

    /// How it is guarded, as far as an answer tells. Of the way back nobody asks.
    fn guarded(&self, answer: &Answer) -> Option<Guarded> {
        let activation = match answer.value("way")? {
            "unit" => Carrier::Unit,
            _ => Carrier::Process,
        };
        let watchdog = match answer.value("watchdog") {
            Some("timer") => Watchdog::Timer,
            Some("gone") => Watchdog::BeforeGone,
            Some(_) => Watchdog::Process,
            None if self.activates && self.before?.current.is_none() => Watchdog::NothingBefore,
            None => Watchdog::Unneeded,
        };
        self.before.is_some().then_some(Guarded { activation, watchdog })
    }
}

/// What came of [`Work::text`].
pub(super) struct Activated {
    /// Its exit code; `None` when it was ended before it had one.
    pub(super) code: Option<i32>,
    /// Lines of its log that were heard.
    pub(super) lines: u64,
}

/// What the host said for its proof.
pub(super) struct Proven {
    pub(super) answer: Answer,
    /// Units that have newly failed.
    failed_units: Vec<Unit>,
    /// Others have, which are not looked at.
    ignored: bool,
    /// What the gate found, where it was asked.
    health: Option<HealthOutcome>,
}

/// What is asked of a host for its proof.
struct Question<'a> {
    /// When nothing is decided yet: `never`, where `units` have newly failed, or `always`.
    undecided: &'static str,
    /// Units that count for nothing.
    ignored: &'a [&'a str],
    /// Whether it may be made lasting.
    may: bool,
    /// What the host does otherwise: `leave` it running, or go `back`.
    otherwise: &'static str,
    /// How long it waits before it looks.
    settle: Duration,
}

impl Native {
    pub(super) fn activate_system(
        &self,
        host: &Host,
        path: &StorePath,
        action: Action,
        before: &Probe,
        proving: Proving<'_>,
        io: Io<'_>,
    ) -> Result<Activation, DriverError> {
        let Proving { proof, gate } = proving;
        let known = self.known_or_probed(host, io)?;
        if action == Action::DryActivate {
            return self.dry_activate(host, &known, path, before, proof.timeout, io);
        }
        let tail = Tail::new(io.output);
        let heard = Io { output: &tail, cancel: io.cancel };
        let chosen = known.chosen.as_ref().filter(|(_, chosen)| chosen == path);
        let texts = Texts::new(host.platform, path, chosen.map(|(number, _)| *number));
        let work = Work {
            host,
            known: &known,
            job: name_of_job(),
            path,
            text: if action.activates() { &texts.test } else { &texts.commit },
            commit: if action == Action::Switch { &texts.commit } else { "" },
            program: texts.program,
            activates: action.activates(),
            sets_profile: action.sets_profile(),
            failed_units: &before.failed_units,
            before: Some(&before.state),
            proof,
            gate,
        };
        let activated = self.start(&work, heard)?;
        let proven = self.prove(&work, &activated, heard);
        let Proven { answer, failed_units, ignored, health } = proven
            .or_else(|error| self.ask_whether_returned(&work, &activated, error, heard))
            .map_err(|error| unproven(error, action))?;
        let state = probe::state(&answer);
        self.remember(host, |known| known.state = state.clone());
        if answer.value("went_back").is_some() {
            let code = activated.code;
            return Ok(Activation { code, state, failed_units, ignored, health, went_back: true });
        }
        not_lasting(host, &answer, &tail)?;
        let booted = answer.value("boot_id").is_some_and(|boot_id| boot_id != before.boot_id);
        if booted && action.activates() && state.current.as_ref() != Some(path) {
            let message = format!("{} has booted before its new system was proven", host.name);
            return Err(DriverError::new(ErrorKind::Activation, message)
                .said(tail.lines())
                .help("it runs what it boots; look why it booted, then run it again"));
        }
        let has = if action.activates() { &state.current } else { &state.profile };
        if has.as_ref() != Some(path) || (!action.activates() && activated.code != Some(0)) {
            return Err(failure(host, activated.code, &tail.lines()));
        }
        Ok(Activation { code: activated.code, state, failed_units, ignored, health, went_back: false })
    }

    /// Starts the job and follows it through its first text.
    pub(super) fn start(&self, work: &Work<'_>, io: Io<'_>) -> Result<Activated, DriverError> {
        let old = work.before.map(|before| before.current.as_ref().map_or("", StorePath::as_str));
        let watched = work.is_watched();
        let window = work.window();
        let limit = work.proof.timeout + window + PROOF;
        self.remember(work.host, |known| known.job = Some(work.job.clone()));
        let script = |skip: u64| {
            let script = Script::new(ACTIVATE)
                .variable("JOB", work.job.as_str())
                .variable("OWNER", self.holder.owner.as_str())
                .variable("RUN", self.holder.run.as_str())
                .variable("WATCHED", flag(watched))
                .variable("WINDOW", window.as_secs().to_string())
                .variable("LIMIT", limit.as_secs().to_string())
                .variable("LONGEST", work.longest().as_secs().to_string())
                .variable("OUT", work.path.as_str())
                .variable("PROGRAM", work.program)
                .variable("TEXT", work.text)
                .variable("COMMIT", work.commit)
                .variable("SETS_PROFILE", flag(work.sets_profile))
                .variable("KNOWN", flag(work.known.probed.elapsed() < FRESH))
                .variable("UNITS", work.failed_units.join("\n"))
                .variable("SKIP", skip.to_string());
            match old {
                Some(old) => script.variable("OLD", old),
                None => script,
            }
        };
        let resumable = Resumable {
            host: work.host,
            privilege: &work.known.privilege,
            connection: Connection::Shared,
            // What is made what boots at once is ended, and taken back, by the host itself.
            deadline: Instant::now()
                + if work.activates { work.proof.timeout } else { work.longest() + ENDING },
            further: Duration::ZERO,
            // The host waits for its proof, or goes back meanwhile.
            patience: if watched { window + PROOF } else { PROOF },
            script: &script,
            hear: &|answer| {
                if let Some(guarded) = work.guarded(answer) {
                    self.remember(work.host, |known| known.guarded = Some(guarded));
                }
            },
        };
        let (answer, lines) = match self.resume(&resumable, io) {
            Ok(answer) => answer,
            Err(error) => return self.abandon(work, error, io),
        };
        if answer.value("locked").is_some() {
            let name = &work.host.name;
            let unread =
                || DriverError::new(ErrorKind::Refusal, format!("the lock of {name} cannot be read"));
            return Err(lock::lock(&answer).map_or_else(unread, |lock| lock.refusal(name)));
        }
        if let Some(why) = answer.value("refused") {
            let message = format!("{}: {why}", work.host.name);
            return Err(DriverError::new(ErrorKind::Refusal, message).said(answer.said));
        }
        Ok(Activated { code: answer.value("rc").and_then(|code| code.parse().ok()), lines })
    }

    /// Ends an activation that took too long or that nobody waits for any more, and says what runs now. One that has ended
    /// meanwhile is proven.
    fn abandon(&self, work: &Work<'_>, error: DriverError, io: Io<'_>) -> Result<Activated, DriverError> {
        let Work { host, known, path, proof: &Proof { timeout, .. }, .. } = *work;
        let job = &work.job;
        if !matches!(error.kind, ErrorKind::TimedOut | ErrorKind::Cancelled) {
            return Err(error);
        }
        let may = error.kind == ErrorKind::TimedOut;
        let unasked = Cancel::new();
        let limits = Limits { deadline: Some(Instant::now() + STOPPING), ..Limits::new(&unasked) };
        let script = Script::new(STOP)
            .variable("JOB", job.as_str())
            .variable("MAY", flag(may))
            .by(known.privilege.clone());
        let lost = |why: &str| {
            DriverError::new(ErrorKind::ConnectionLost, format!("the activation of {} {why}", host.name))
                .help(format!("its unit is {job}: ssh {} systemctl status {job}", host.address))
        };
        let destination = Destination::of(host)?;
        let answer = self.ssh.run(&destination, Connection::Fresh, &script, limits, io);
        if probe::complete(host, &answer).is_err() {
            return Err(lost("was given up, and the host cannot be asked what it runs now"));
        }
        let code = answer.value("rc").and_then(|code| code.parse().ok());
        if code.is_some() || answer.value("went_back").is_some() {
            return Ok(Activated { code, lines: 0 });
        }
        let state = probe::state(&answer);
        let running = state.current.as_ref() == Some(path);
        self.remember(host, |known| known.state = state);
        if running {
            return Err(DriverError {
                kind: error.kind,
                ..lost("was stopped after the new system had begun to run")
            });
        }
        Err(match error.kind {
            ErrorKind::TimedOut => DriverError::new(
                ErrorKind::TimedOut,
                format!("the activation of {} took longer than {} s and was stopped", host.name, timeout.as_secs()),
            )
            .help("the old system is in place, but services may have been stopped; run it again, with a longer `timeout` of the deploy stage if it needs more time"),
            _ => DriverError::new(ErrorKind::Cancelled, format!("the activation of {} was stopped", host.name))
                .help("the old system is in place, but services may have been stopped; run it again"),
        })
    }

    /// Proves over a new connection what runs, and makes it lasting.
    pub(super) fn prove(
        &self,
        work: &Work<'_>,
        activated: &Activated,
        io: Io<'_>,
    ) -> Result<Proven, DriverError> {
        let patterns = !work.proof.ignore_units.is_empty();
        // What was not wholly activated must not become what boots. 4 is also given for units that had failed before;
        // which those are is asked on the host.
        let may = !work.commit.is_empty() && matches!(activated.code, Some(0 | 4));
        let first = Question {
            undecided: if work.gate.is_some() {
                "always"
            } else if patterns {
                "units"
            } else {
                "never"
            },
            ignored: &[],
            may,
            otherwise: "leave",
            settle: work.proof.settle,
        };
        let answer = self.ask_for_proof(work, activated, &first, io)?;
        let found = units(&answer);
        if answer.value("undecided").is_none() {
            return Ok(Proven { failed_units: found, answer, ignored: false, health: None });
        }
        let ignore = IgnoredUnits::new(&work.proof.ignore_units);
        let (ignored, failed): (Vec<Unit>, Vec<Unit>) =
            found.into_iter().partition(|unit| ignore.matches(&unit.name));
        let names: Vec<&str> = ignored.iter().map(|unit| unit.name.as_str()).collect();
        for name in &names {
            io.output.line(Stream::Stderr, &format!("{name} has failed, which is ignored"));
        }
        // What does not run, or has failed already, has no health to be asked for.
        let runs = probe::state(&answer).current.as_ref() == Some(work.path);
        let well = runs && failed.is_empty() && matches!(activated.code, Some(0 | 4));
        let health = work.gate.filter(|_| well).map(|gate| (gate.look)(io));
        let healthy = matches!(health, None | Some(HealthOutcome::Healthy));
        let goes_back = !healthy && work.is_watched() && work.gate.is_some_and(|gate| gate.goes_back);
        let second = Question {
            undecided: "never",
            ignored: &names,
            may: may && healthy,
            otherwise: if goes_back { "back" } else { "leave" },
            settle: Duration::ZERO,
        };
        let answer = self.ask_for_proof(work, activated, &second, io)?;
        // One that failed while health was looked at.
        let further = units(&answer).into_iter().filter(|unit| !failed.iter().any(|it| it.name == unit.name));
        let failed_units = failed.iter().cloned().chain(further).collect();
        Ok(Proven { answer, failed_units, ignored: !ignored.is_empty(), health })
    }

    fn ask_for_proof(
        &self,
        work: &Work<'_>,
        activated: &Activated,
        question: &Question<'_>,
        io: Io<'_>,
    ) -> Result<Answer, DriverError> {
        let Question { undecided, ignored, may, otherwise, settle } = *question;
        let script = |skip: u64| {
            Script::new(VERIFY)
                .variable("JOB", work.job.as_str())
                .variable("WANTED", work.path.as_str())
                .variable("MAY", flag(may))
                .variable("OTHERWISE", otherwise)
                .variable("UNITS", work.failed_units.join("\n"))
                .variable("SETTLE", settle.as_secs_f64().to_string())
                .variable("UNDECIDED", undecided)
                .variable("IGNORED", ignored.join("\n"))
                .variable("SKIP", (activated.lines + skip).to_string())
        };
        let resumable = Resumable {
            host: work.host,
            privilege: &work.known.privilege,
            connection: Connection::Fresh,
            deadline: Instant::now() + settle + work.proof.watchdog + PROOF,
            further: if may { work.longest() + ENDING } else { Duration::ZERO },
            patience: Duration::ZERO,
            script: &script,
            hear: &|_| {},
        };
        self.resume(&resumable, io).map(|(answer, _)| answer)
    }

    /// Where no new connection could be made for the proof, the host may still be heard over the old one: it goes back by
    /// itself, and tells so. Otherwise the error stands.
    fn ask_whether_returned(
        &self,
        work: &Work<'_>,
        activated: &Activated,
        error: DriverError,
        io: Io<'_>,
    ) -> Result<Proven, DriverError> {
        if !error.kind.is_link() {
            return Err(error);
        }
        let script = Script::new(RETURNED)
            .variable("JOB", work.job.as_str())
            .variable("SKIP", activated.lines.to_string())
            .by(work.known.privilege.clone());
        let deadline = Instant::now() + work.window() + PROOF;
        let limits = Limits { heed: Stop::Terminate, deadline: Some(deadline), ..Limits::new(io.cancel) };
        let answer = self.ssh.run(&Destination::of(work.host)?, Connection::Shared, &script, limits, io);
        if probe::complete(work.host, &answer).is_err() || answer.value("went_back").is_none() {
            return Err(error);
        }
        io.output.line(Stream::Stderr, &error.to_string());
        Ok(Proven { answer, failed_units: Vec::new(), ignored: false, health: None })
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
        Ok(Activation {
            code,
            state: before.state.clone(),
            failed_units: Vec::new(),
            health: None,
            ignored: false,
            went_back: false,
        })
    }
}

/// A proof that was stopped leaves a host that nobody has asked what it runs: as one that is lost.
pub(super) fn unproven(error: DriverError, action: Action) -> DriverError {
    match error.kind {
        ErrorKind::Cancelled if action != Action::DryActivate => {
            DriverError::new(ErrorKind::ConnectionLost, "it was stopped before the new system was proven")
        }
        _ => error,
    }
}

pub(super) fn flag(set: bool) -> &'static str {
    if set { "1" } else { "0" }
}

/// A name that no other run's job has.
pub(super) fn name_of_job() -> String {
    use std::hash::BuildHasher;
    let nonce = std::collections::hash_map::RandomState::new().hash_one(std::process::id());
    format!("fleet-switch-{nonce:016x}")
}

pub(super) fn units(answer: &Answer) -> Vec<Unit> {
    let log = |name: &str| {
        let line = |line: &str| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned);
        answer.values("log").filter_map(line).collect()
    };
    answer.values("failed").map(|name| Unit { name: name.to_owned(), log: log(name) }).collect()
}

/// The error of a system that runs and is proven, and could not be made what boots.
pub(super) fn not_lasting(host: &Host, answer: &Answer, tail: &Tail<'_>) -> Result<(), DriverError> {
    match answer.value("committed") {
        None | Some("0") => Ok(()),
        Some(code) if ENDED.contains(&code) => {
            let message = format!(
                "making the system of {} what boots took too long, and the host has ended it",
                host.name
            );
            let help = format!(
                "does its boot loader hang? ssh {} journalctl -b; `timeout` of the deploy stage is the limit",
                host.address
            );
            Err(DriverError::new(ErrorKind::Activation, message).said(tail.lines()).help(help))
        }
        Some(code) => {
            let message =
                format!("making the system of {} what boots failed with exit code {code}", host.name);
            let help = "its last lines say why; when that is mended, run it again";
            Err(DriverError::new(ErrorKind::Activation, message).said(tail.lines()).help(help))
        }
    }
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
        Some(code) if ENDED.contains(&code.to_string().as_str()) => (
            format!("the activation on {name} took too long, and the host has ended it"),
            format!("does its boot loader hang? ssh {} journalctl -b", host.address),
        ),
        Some(0) => (
            format!("the activation on {name} reported success, and the host does not run the new system"),
            format!("see its log: ssh {} journalctl -b", host.address),
        ),
        Some(126 | 127) => (
            format!("the new system on {name} cannot be run, and the old system is still in place"),
            format!("is its store whole? ssh {} nix-store --verify --check-contents", host.address),
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

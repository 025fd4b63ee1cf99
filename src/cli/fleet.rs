//! The fleet of a project: its engine, native or rehearsed, and its hosts.

use super::Failure;
use super::args::Arguments;
use super::password::PasswordPrompt;
use super::project::{self, Loaded};
use crate::diagnostic::Diagnostic;
use crate::driver::rehearsal::{Fault, FaultError, Rehearsal};
use crate::driver::{
    Build, CommandEnvironment, Discovered, DriverError, ErrorKind, Flake, Holder, Io, Native, NativeOptions,
    Output, Target,
};
use crate::executor::outcome::exit_code;
use crate::frontend::fleetfile::{FlakeHost, rehearsed_hosts, resolve_hosts};
use crate::model::{Fleet, Host};
use crate::process::{Cancel, Outlet, Signals, Stream, escalate};
use crate::reporter::Pause;
use crate::source::Span;
use crate::template::Map;
use std::sync::Arc;

/// Who reaches the hosts.
pub(super) struct Engine {
    pub(super) hosts: Vec<Host>,
    native: Option<Arc<Native>>,
    pub(super) rehearsal: Option<Arc<Rehearsal>>,
}

impl Engine {
    /// The engine for each capability.
    pub(super) fn capabilities(&self) -> (Arc<dyn Flake>, Arc<dyn Build>, Arc<dyn Target>) {
        match (&self.native, &self.rehearsal) {
            (Some(native), _) => (Arc::clone(native) as _, Arc::clone(native) as _, Arc::clone(native) as _),
            (None, Some(fake)) => (Arc::clone(fake) as _, Arc::clone(fake) as _, Arc::clone(fake) as _),
            (None, None) => {
                let nobody = Arc::new(Rehearsal::new([], []));
                (Arc::clone(&nobody) as _, Arc::clone(&nobody) as _, nobody as _)
            }
        }
    }

    /// Who looks at hosts; a rehearsal has none.
    pub(super) fn inspect(&self) -> Result<&Native, Failure> {
        self.native.as_deref().ok_or_else(|| Failure::error("hosts in memory cannot be looked at"))
    }

    /// Closes connections.
    pub(super) fn finish(&self) {
        if let Some(native) = &self.native {
            native.finish();
        }
    }
}

/// What an engine is wanted for.
pub(super) struct Wish<'a> {
    /// The run's id; empty where none is made.
    run: &'a str,
    /// Which of some hosts will be evaluated; only a guess, which saves time.
    expects: Option<&'a dyn Fn(Vec<Host>) -> Vec<Host>>,
    /// The faults of a rehearsal; nothing outside is asked then.
    pub(super) faults: Option<&'a [Fault]>,
    /// Gives up when this asks to.
    pub(super) cancel: Cancel,
    /// Keeps the terminal free for a question.
    pub(super) pause: Pause,
    /// Hears Ctrl-C where the command has no listener of its own.
    _signals: Option<Arc<Signals>>,
}

impl<'a> Wish<'a> {
    /// To run something.
    pub(super) fn to_run(run: &'a str, faults: Option<&'a [Fault]>, cancel: &Cancel, pause: &Pause) -> Self {
        Self { run, expects: None, faults, cancel: cancel.clone(), pause: pause.clone(), _signals: None }
    }

    /// Tells which hosts will be evaluated.
    pub(super) fn expecting(mut self, expects: &'a dyn Fn(Vec<Host>) -> Vec<Host>) -> Self {
        self.expects = Some(expects);
        self
    }

    /// To look at the hosts; Ctrl-C ends what evaluates the flake.
    pub(super) fn to_look(faults: Option<&'a [Fault]>) -> Self {
        let cancel = Cancel::new();
        let signals = Signals::listen(&cancel, escalate).ok();
        if let Some(signals) = &signals {
            let _ = signals.in_thread();
        }
        Self { run: "", expects: None, faults, cancel, pause: Pause::default(), _signals: signals }
    }
}

/// The faults of a rehearsal.
pub(super) fn faults(texts: &[String]) -> Result<Vec<Fault>, Failure> {
    let mut faults = Vec::new();
    for text in texts {
        faults.push(Fault::parse(text).map_err(|error| wrong_fault(&error))?);
    }
    Ok(faults)
}

fn wrong_fault(error: &FaultError) -> Failure {
    Failure::helped(error, &error.help, exit_code::USAGE)
}

/// The engine with the hosts of the fleet.
pub(super) fn engine(
    loaded: &Loaded,
    variables: &Map,
    wish: &Wish<'_>,
    arguments: &Arguments,
) -> Result<Engine, Failure> {
    let fleet = fleet_of(loaded, arguments)?;
    if let Some(faults) = wish.faults {
        let (hosts, diagnostics) = rehearsed_hosts(fleet, variables);
        refuse(&diagnostics, loaded, arguments)?;
        let names = hosts.iter().map(|host| host.name.clone());
        for fault in faults {
            fault.check(hosts.iter().map(|host| &host.name)).map_err(|error| wrong_fault(&error))?;
        }
        let rehearsal = Rehearsal::new(names, faults.iter().cloned());
        return Ok(Engine { hosts, native: None, rehearsal: Some(Arc::new(rehearsal)) });
    }
    let text = if fleet.flake.is_plain() {
        fleet.flake.raw().to_owned()
    } else {
        let rendered =
            fleet.flake.template().map_err(Clone::clone).and_then(|template| template.render(variables));
        rendered.map_err(Failure::error)?
    };
    let refused = |error: DriverError| {
        // Without `flake:` the place is where hosts are spoken of at all.
        let span = Some(fleet.flake.span()).filter(|span| *span != Span::NONE).unwrap_or(fleet.span);
        let error = match (&error.help, error.kind) {
            (None, ErrorKind::Evaluation) => {
                error.help("nix's own words stand below; docs/fleetfile.md tells what the flake must have")
            }
            _ => error,
        };
        Failure::driver(&error, (span, "this flake"), &loaded.sources, arguments)
    };
    let prompt = PasswordPrompt { cancel: wish.cancel.clone(), pause: wish.pause.clone() };
    let native = Native::new(NativeOptions {
        directory: fleet.dir.clone(),
        flake: text,
        state: loaded.state_dir(),
        password: Box::new(move |host: &Host| prompt.ask(host)),
        commands: CommandEnvironment::new(loaded.project.shims()),
        holder: Holder::of_run(wish.run),
        eval_memory_mib: fleet.eval_memory_mib,
        asks_secrets: wish.expects.is_some() && fleet.secrets.span.is_some(),
    });
    let native = native.map_err(refused)?;
    let said = Said;
    let io = Io { output: &said, cancel: &wish.cancel };
    let expect = |last: &[Discovered]| {
        let Some(expects) = wish.expects else { return Vec::new() };
        let found: Vec<FlakeHost> = last.iter().cloned().map(flake_host).collect();
        let (hosts, _) = resolve_hosts(fleet, &found, variables);
        expects(hosts).into_iter().map(|host| (host.platform, host.name.as_str().to_owned())).collect()
    };
    let found = native.discover_expecting(&fleet.discover, &expect, io).map_err(refused)?;
    let found: Vec<FlakeHost> = found.into_iter().map(flake_host).collect();
    let (hosts, diagnostics) = resolve_hosts(fleet, &found, variables);
    refuse(&diagnostics, loaded, arguments)?;
    Ok(Engine { hosts, native: Some(Arc::new(native)), rehearsal: None })
}

fn fleet_of<'a>(loaded: &'a Loaded, arguments: &Arguments) -> Result<&'a Fleet, Failure> {
    loaded.project.fleet.as_ref().ok_or_else(|| {
        let file = loaded.project.root_file.display();
        let diagnostic = Diagnostic::error(
            "fleet::hosts::no_fleet",
            format!("{file} has no `fleet:`, so there are no hosts"),
        )
        .help("add `fleet: {flake: .}` to a Fleetfile.yaml; docs/fleetfile.md has every key");
        Failure::finding(diagnostic, &loaded.sources, arguments)
    })
}

fn refuse(
    diagnostics: &crate::diagnostic::Diagnostics,
    loaded: &Loaded,
    arguments: &Arguments,
) -> Result<(), Failure> {
    if diagnostics.has_errors() {
        return Err(Failure::findings(diagnostics, &loaded.sources, arguments));
    }
    let text = project::render(diagnostics, &loaded.sources, arguments);
    let _ = Outlet::stderr().write(text.as_bytes());
    Ok(())
}

fn flake_host(host: Discovered) -> FlakeHost {
    FlakeHost { name: host.name, platform: host.platform, system: host.system, host_name: host.host_name }
}

/// What nix says while it evaluates is shown only where it fails, by the error.
struct Said;

impl Output for Said {
    fn line(&self, _stream: Stream, _line: &str) {}
}

//! The fleet of a project: its engine, native or rehearsed, and its hosts.

use super::args::Arguments;
use super::project::{self, Loaded};
use super::{FAILED, Failure, password};
use crate::diagnostic::Diagnostic;
use crate::driver::rehearsal::{Fault, FaultError, Rehearsal};
use crate::driver::{Build, Discovered, Flake, Io, Native, NativeOptions, Output, Target};
use crate::frontend::fleetfile::{FlakeHost, rehearsed_hosts, resolve_hosts};
use crate::model::{Fleet, Host};
use crate::process::{Cancel, Stream};
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

    /// Closes connections.
    pub(super) fn finish(&self) {
        if let Some(native) = &self.native {
            native.finish();
        }
    }
}

/// The faults of a rehearsal.
pub(super) fn faults(texts: &[String]) -> Result<Vec<Fault>, Failure> {
    let mut faults = Vec::new();
    for text in texts {
        let error = |error: FaultError| Failure::Text(format!("error: --fail {error}\n"), super::USAGE);
        faults.push(Fault::parse(text).map_err(error)?);
    }
    Ok(faults)
}

/// The engine with the hosts of the fleet. In a rehearsal, given by its faults, nothing outside is asked.
pub(super) fn engine(
    loaded: &Loaded,
    variables: &Map,
    faults: Option<&[Fault]>,
    arguments: &Arguments,
) -> Result<Engine, Failure> {
    let fleet = fleet_of(loaded, arguments)?;
    if let Some(faults) = faults {
        let (hosts, diagnostics) = rehearsed_hosts(fleet, variables);
        refuse(&diagnostics, loaded, arguments)?;
        let names = hosts.iter().map(|host| host.name.clone());
        for fault in faults {
            let error = |error: FaultError| Failure::Text(format!("error: --fail {error}\n"), super::USAGE);
            fault.check(hosts.iter().map(|host| &host.name)).map_err(error)?;
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
    let native = Native::new(NativeOptions {
        directory: fleet.dir.clone(),
        flake: text,
        state: loaded.state_dir(),
        password: Box::new(password::ask),
    });
    let native = native.map_err(Failure::error)?;
    let cancel = Cancel::new();
    let said = Said;
    let found =
        native.discover(&fleet.discover, Io { output: &said, cancel: &cancel }).map_err(Failure::error)?;
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
        Failure::Text(
            project::render(&[diagnostic].into_iter().collect(), &loaded.sources, arguments),
            FAILED,
        )
    })
}

fn refuse(
    diagnostics: &crate::diagnostic::Diagnostics,
    loaded: &Loaded,
    arguments: &Arguments,
) -> Result<(), Failure> {
    let text = project::render(diagnostics, &loaded.sources, arguments);
    if diagnostics.has_errors() {
        return Err(Failure::Text(text, FAILED));
    }
    let _ = crate::process::Outlet::stderr().write(text.as_bytes());
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

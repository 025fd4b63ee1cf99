//! `fleet check --eval`: how the Fleetfile fits the flake, which is evaluated for it.

use super::args::Arguments;
use super::project::{self, Loaded};
use super::{Failure, fleet, options, scripts};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::{Fleet, Host, Pipeline, SelectorError, Share};
use crate::process::Outlet;
use crate::source::Span;
use crate::template::Map;

/// What does not fit: hosts that do not evaluate, selectors that select nothing. Nothing for a project without a fleet.
///
/// # Errors
/// The flake cannot be evaluated, or it has no host of a name that the Fleetfile gives.
pub(super) fn check(loaded: &Loaded, arguments: &Arguments, program: &str) -> Result<Diagnostics, Failure> {
    let Some(fleet) = &loaded.project.fleet else { return Ok(Diagnostics::default()) };
    let scripts = scripts::new(Outlet::stderr(), project::task_paint(arguments));
    let variables = loaded.global_variables(options::plain(program, &[]), scripts)?;
    let hosts = fleet::engine(loaded, &variables, &fleet::Wish::to_look(None), arguments)?.hosts;
    let mut found: Diagnostics =
        hosts.iter().filter(|host| host.system.is_none()).map(|host| broken(host, fleet)).collect();
    for pipeline in loaded.project.pipelines.values() {
        found.extend(selectors(pipeline, &hosts, &variables)?);
    }
    Ok(found)
}

fn broken(host: &Host, fleet: &Fleet) -> Diagnostic {
    let written = fleet.hosts.get(&host.name).and_then(|written| written.span);
    let name = format!("{}Configurations.{}", host.platform.word(), host.name);
    Diagnostic::error(
        "fleet::check::evaluation",
        format!("the configuration of `{}` does not evaluate", host.name),
    )
    .at(written.unwrap_or(fleet.span), "this host")
    .help(format!("`nix eval .#{name}.config.system.build.toplevel` shows why"))
}

fn selectors(pipeline: &Pipeline, hosts: &[Host], variables: &Map) -> Result<Diagnostics, Failure> {
    let mut found = Diagnostics::default();
    let template = pipeline.hosts.template().map_err(Failure::error)?;
    let text = template.render(variables).map_err(Failure::error)?;
    // What the command line is to give cannot be judged.
    if !text.is_empty()
        && let Err(diagnostic) = pipeline.select(&text, hosts.to_vec(), pipeline.hosts.span())
    {
        found.push(*diagnostic);
    }
    if let Some(deploy) = &pipeline.deploy {
        for wave in &deploy.waves {
            let Share::Selector(selector) = wave else { continue };
            if let Err(error @ SelectorError::Unknown { .. }) = selector.select(hosts) {
                let told = error.diagnostic(deploy.span);
                found.push(Diagnostic { severity: crate::diagnostic::Severity::Warning, ..told });
            }
        }
    }
    // A selector on the command line has no place; one of a file that has none stands at its pipeline.
    let placed = found.iter().cloned().map(|finding| {
        if finding.labels.is_empty() && pipeline.span != Span::NONE {
            finding.at(pipeline.span, "this pipeline")
        } else {
            finding
        }
    });
    Ok(placed.collect())
}

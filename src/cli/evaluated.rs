//! `fleet check --eval`: how the Fleetfile fits the flake, which is evaluated for it.

use super::args::Arguments;
use super::project::Loaded;
use super::{Failure, fleet};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::driver::{Io, Output};
use crate::model::{Fleet, Host, Pipeline, SelectorError, Share, StepKind};
use crate::process::{Outlet, Stream};
use crate::source::Span;
use crate::template::Map;
use std::collections::BTreeSet;

/// What does not fit: hosts that do not evaluate, selectors that select nothing, tests that the flake has not. Nothing for a project without a fleet.
///
/// # Errors
/// The flake cannot be evaluated, or it has no host of a name that the Fleetfile gives.
pub(super) fn check(loaded: &Loaded, arguments: &Arguments, program: &str) -> Result<Diagnostics, Failure> {
    let Some(fleet) = &loaded.project.fleet else { return Ok(Diagnostics::default()) };
    let variables = loaded.variables(program, &[], &Outlet::stderr(), arguments)?;
    let wish = fleet::Wish::to_look(None);
    let engine = fleet::engine(loaded, &variables, &wish, arguments)?;
    let hosts = &engine.hosts;
    let mut found: Diagnostics =
        hosts.iter().filter(|host| host.system.is_none()).map(|host| broken(host, fleet)).collect();
    for pipeline in loaded.project.pipelines.values() {
        found.extend(selectors(pipeline, hosts, &variables)?);
    }
    let steps = loaded.project.pipelines.values().flat_map(|pipeline| &pipeline.check);
    let tests: Vec<(&str, Span)> = steps
        .filter_map(|step| match &step.kind {
            StepKind::Vm(name) => Some((name.as_str(), step.span)),
            _ => None,
        })
        .collect();
    if !tests.is_empty() {
        let (flake, _, _) = engine.capabilities();
        let checks = flake.check_names(Io { output: &Quiet, cancel: &wish.cancel });
        let failed = |error| Failure::driver(&error, (fleet.span, "this flake"), &loaded.sources, arguments);
        found.extend(unknown_tests(&tests, &checks.map_err(failed)?));
    }
    Ok(found)
}

/// `vm:` steps that name what is no check of the flake, for any system.
fn unknown_tests(tests: &[(&str, Span)], checks: &[(String, bool, Vec<String>)]) -> Diagnostics {
    let known: BTreeSet<&str> = checks.iter().flat_map(|(_, _, names)| names).map(String::as_str).collect();
    let unknown = tests.iter().filter(|(name, _)| !known.contains(name));
    let told = unknown.map(|(name, span)| {
        Diagnostic::error("fleet::check::unknown_test", format!("the flake has no check `{name}`"))
            .at(*span, "this test")
            .suggest(name, known.iter().copied())
    });
    told.collect()
}

/// What nix says of a flake that evaluates is of no interest here.
struct Quiet;

impl Output for Quiet {
    fn line(&self, _: Stream, _: &str) {}
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

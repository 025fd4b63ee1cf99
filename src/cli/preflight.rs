//! What a run of a pipeline needs of this machine, looked for before anything else is done: programs, plugins, and
//! somebody to ask. Runs nothing.

use super::refusal::diagnostic;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::driver::{Confirm, find_plugin};
use crate::model::{
    Action, Confirmation, DeployDriver, Fleet, Host, HostName, Pipeline, Project, Service, StepKind,
};
use crate::source::Span;

/// What is missing for a pipeline.
pub(super) fn check(pipeline: &Pipeline, confirm: &dyn Confirm) -> Diagnostics {
    let mut missing = plugins(pipeline, Severity::Error);
    missing.extend(programs(pipeline));
    if let Some(deploy) = pipeline.deploy.as_ref().filter(|deploy| deploy.confirm != Confirmation::Never)
        && deploy.action != Action::DryActivate
        && let Err(error) = confirm.is_possible()
    {
        missing.push(diagnostic(&error, pipeline.span, "this pipeline"));
    }
    missing
}

/// Programs that are to deploy hosts and are not on PATH: for these hosts, or for all that the Fleetfile names.
pub(super) fn drivers(fleet: &Fleet, hosts: Option<&[Host]>) -> Diagnostics {
    let wanted = |driver: DeployDriver, name: Option<&HostName>| {
        hosts.is_none_or(|hosts| {
            hosts.iter().any(|host| host.driver == driver && name.is_none_or(|name| host.name == *name))
        })
    };
    let own = fleet.hosts.iter().map(|(name, host)| (Some(name), &host.driver));
    let missing = std::iter::once((None, &fleet.defaults.driver)).chain(own).filter_map(|(name, driver)| {
        let driver = driver.as_ref()?;
        let program = driver.value.program().filter(|program| which::which(program).is_err())?;
        let diagnostic = Diagnostic::error(
            "fleet::run::missing_program",
            format!(
                "`{program}` is not on PATH, and is to deploy {}",
                name.map_or("hosts", HostName::as_str)
            ),
        );
        wanted(driver.value, name)
            .then(|| diagnostic.at(driver.span, "this driver").help(driver.value.help()))
    });
    missing.collect()
}

/// Plugins that no program is there for, in all pipelines of a project, as findings of this severity.
pub(super) fn plugins_of(project: &Project, severity: Severity) -> Diagnostics {
    let mut missing = Diagnostics::default();
    for pipeline in project.pipelines.values() {
        missing.extend(plugins(pipeline, severity));
    }
    missing
}

/// Plugins of a pipeline that no program is there for.
pub(super) fn plugins(pipeline: &Pipeline, severity: Severity) -> Diagnostics {
    let missing = pipeline.check.iter().filter_map(|step| {
        let StepKind::Plugin { name, .. } = &step.kind else { return None };
        let error = find_plugin(name).err()?;
        Some(Diagnostic { severity, ..diagnostic(&error, step.span, "this step") })
    });
    missing.collect()
}

/// `nix` is looked for by the discovery of hosts, which says more.
fn programs(pipeline: &Pipeline) -> Diagnostics {
    let mut missing = Diagnostics::default();
    if which::which("ssh").is_err() {
        missing.push(
            Diagnostic::error("fleet::run::missing_program", "`ssh` is not on PATH")
                .at(pipeline.span, "this pipeline reaches its hosts by ssh")
                .help("install OpenSSH (Debian: openssh-client)"),
        );
    }
    let steps = pipeline.check.iter().filter_map(|step| match &step.kind {
        StepKind::Command(script) => Some(script.span()),
        _ => None,
    });
    let notifications = pipeline
        .notify
        .iter()
        .filter(|notification| notification.service == Service::Command)
        .map(|notification| notification.address.text().span());
    let first: Option<Span> = steps.chain(notifications).next();
    if let Some(span) = first
        && which::which("bash").is_err()
        && which::which("sh").is_err()
    {
        missing.push(
            Diagnostic::error("fleet::run::missing_program", "neither `bash` nor `sh` is on PATH")
                .at(span, "this command needs one")
                .help("install bash, or correct PATH"),
        );
    }
    missing
}

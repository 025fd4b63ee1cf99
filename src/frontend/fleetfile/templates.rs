//! The templates of fleet and pipelines: one that does not parse is told before anything runs, not when a notification
//! is to be sent. Renders nothing.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::{
    Fleet, HealthKind, HostOverride, Pipeline, Project, StepKind, Structure, Text, VariableValue, Variables,
};
use crate::source::SourceMap;
use crate::yaml::locate;

/// Every text that a run of a pipeline renders.
pub(super) fn texts<'p>(project: &'p Project, pipeline: &'p Pipeline) -> Vec<&'p Text> {
    let mut texts = Vec::new();
    project.fleet.iter().for_each(|fleet| of_fleet(fleet, &mut texts));
    of_pipeline(pipeline, &mut texts);
    texts
}

/// Texts whose template does not parse.
pub(super) fn check(project: &Project, sources: &SourceMap) -> Diagnostics {
    let mut texts = Vec::new();
    if let Some(fleet) = &project.fleet {
        of_fleet(fleet, &mut texts);
    }
    for pipeline in project.pipelines.values() {
        of_pipeline(pipeline, &mut texts);
    }
    texts.into_iter().filter_map(|text| error(text, sources)).collect()
}

fn error(text: &Text, sources: &SourceMap) -> Option<Diagnostic> {
    if text.is_plain() {
        return None;
    }
    let error = text.template().err()?;
    let at = error.range.clone().map_or(text.span(), |range| locate(sources, text.span(), range));
    let message = format!("the template is wrong: {}", error.reason());
    let diagnostic = Diagnostic::error("fleet::fleetfile::template", message).at(at, "here");
    Some(match error.help() {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    })
}

fn of_fleet<'p>(fleet: &'p Fleet, texts: &mut Vec<&'p Text>) {
    let settings = |host: &'p HostOverride| host.user.iter().chain(&host.address);
    texts.push(&fleet.flake);
    texts.extend(settings(&fleet.defaults));
    texts.extend(fleet.hosts.values().flat_map(settings));
}

fn of_pipeline<'p>(pipeline: &'p Pipeline, texts: &mut Vec<&'p Text>) {
    texts.push(&pipeline.hosts);
    texts.extend(pipeline.desc.iter().chain(&pipeline.summary));
    of_variables(&pipeline.vars, texts);
    for step in &pipeline.check {
        match &step.kind {
            StepKind::Task { name, vars } => {
                texts.push(name);
                of_variables(vars, texts);
            }
            StepKind::Command(script) => texts.push(script),
            _ => {}
        }
    }
    texts.extend(pipeline.around.iter().map(|hook| &hook.script));
    if let Some(deploy) = &pipeline.deploy {
        texts.extend(deploy.before.iter().chain(&deploy.after).map(|hook| &hook.script));
        texts.extend(deploy.quiesce.iter().flat_map(|it| std::iter::once(&it.script).chain(&it.ready)));
    }
    for health in pipeline.deploy.iter().flat_map(|deploy| &deploy.health) {
        texts.push(match &health.kind {
            HealthKind::Unit(text) | HealthKind::Http(text) | HealthKind::Tcp(text) => text,
            HealthKind::Command { script, .. } => script,
        });
    }
    texts.extend(pipeline.notify.iter().flat_map(|notification| notification.texts()));
}

fn of_variables<'p>(variables: &'p Variables, texts: &mut Vec<&'p Text>) {
    for variable in variables.values() {
        texts.extend(variable.query.iter().map(|query| &query.program));
        match &variable.value {
            VariableValue::Template(text) => texts.push(text),
            VariableValue::Shell(command) => texts.push(command),
            VariableValue::Structure(structure) => of_structure(structure, texts),
            // An expression, not a template.
            VariableValue::Reference(_) | VariableValue::Literal(_) => {}
        }
    }
}

fn of_structure<'p>(structure: &'p Structure, texts: &mut Vec<&'p Text>) {
    match structure {
        Structure::Literal(_) => {}
        Structure::Template(text) => texts.push(text),
        // The parser limits the depth.
        Structure::List(items) => items.iter().for_each(|item| of_structure(item, texts)),
        Structure::Map(entries) => entries.iter().for_each(|(_, item)| of_structure(item, texts)),
    }
}

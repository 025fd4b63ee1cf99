//! Templates of tasks and variables that cannot be parsed: go-task tells when it reaches them.

use super::site::{Language, Site, sites, variables};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::Diagnostics;
use crate::model::Project;
use crate::source::SourceMap;
use crate::template::{Expression, TemplateError};
use crate::yaml::locate;

pub(super) fn check(project: &Project, sources: &SourceMap) -> Diagnostics {
    let mut globals = Vec::new();
    for map in [&project.env, &project.vars] {
        variables(map, &[], &mut globals);
    }
    let tasks = project.tasks.values().flat_map(|task| {
        let mut all = sites(task);
        let told = task.desc.iter().chain(&task.summary).filter(|text| !text.is_plain());
        let language = Language::Template;
        all.extend(told.map(|text| Site { text, language, locals: Vec::new(), variable: None }));
        all
    });
    globals.into_iter().chain(tasks).filter_map(|site| wrong(&site, sources)).collect()
}

fn wrong(site: &Site<'_>, sources: &SourceMap) -> Option<Diagnostic> {
    let error = match site.language {
        Language::Template => site.text.template().err()?.clone(),
        Language::Expression => Expression::parse(site.text.raw()).err()?,
        // It has been compiled when it was read.
        Language::Query => return None,
    };
    Some(diagnostic(&error, site, sources))
}

fn diagnostic(error: &TemplateError, site: &Site<'_>, sources: &SourceMap) -> Diagnostic {
    let span = site.text.span();
    let at = error.range.clone().map_or(span, |range| locate(sources, span, range));
    let message = format!("the template is wrong: {}", error.reason());
    let diagnostic = Diagnostic::error("fleet::check::template", message).at(at, "here");
    match error.help() {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

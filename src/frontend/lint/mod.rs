//! What go-task passes in silence and is probably not meant: found by looking at the whole project, before anything is
//! run. It errs on the side of silence. Knows neither programs nor the flake.

mod call;
mod environment;
mod fleet;
mod known;
mod shadow;
mod sibling;
mod site;
mod template;
mod undefined;
mod unused;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::Project;
use crate::source::SourceMap;
use std::collections::HashSet;

pub(in crate::frontend) use sibling::siblings;

/// What is found in a project that can be used. `environment` tells whether the process has a
/// variable.
#[must_use]
pub fn lint(project: &Project, sources: &SourceMap, environment: &dyn Fn(&str) -> bool) -> Diagnostics {
    let mut found = Diagnostics::default();
    found.extend(template::check(project, sources));
    found.extend(undefined::check(project, sources, environment));
    found.extend(call::check(project));
    found.extend(shadow::check(project));
    found.extend(environment::check(project));
    found.extend(unused::check(project, sources));
    found.extend(fleet::check(project));
    // A file that is included twice is wrong once.
    let mut told = HashSet::new();
    let is_new = |finding: &&Diagnostic| {
        let at = finding.labels.first().map(|(span, _)| *span);
        told.insert((finding.code, at, at.is_none().then(|| finding.message.clone())))
    };
    found.iter().filter(is_new).cloned().collect()
}

//! What go-task passes in silence and is probably not meant: found by looking at the whole project, before anything is
//! run. It errs on the side of silence. Knows neither programs nor the flake.

mod call;
mod environment;
mod fleet;
mod given;
mod known;
mod shadow;
mod sibling;
mod site;
mod template;
mod undefined;
mod unused;

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
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
    found.extend(given::check(project));
    found.extend(shadow::check(project));
    found.extend(environment::check(project));
    found.extend(unused::check(project, sources));
    found.extend(fleet::check(project));
    // Where something is probably wrong, it need not be told that it could go.
    let place = |finding: &Diagnostic| finding.labels.first().map(|(span, _)| *span);
    let wrong: HashSet<_> =
        found.iter().filter(|finding| finding.severity > Severity::Hint).filter_map(place).collect();
    let could_go = |finding: &Diagnostic| {
        finding.severity == Severity::Hint && place(finding).is_some_and(|place| wrong.contains(&place))
    };
    // A file that is included twice is wrong once.
    let mut told = HashSet::new();
    let is_new = |finding: &&Diagnostic| {
        let at = place(finding);
        told.insert((finding.code, at, at.is_none().then(|| finding.message.clone())))
    };
    found.iter().filter(|finding| !could_go(finding)).filter(is_new).cloned().collect()
}

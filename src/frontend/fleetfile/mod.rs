//! A Fleetfile: a Taskfile plus `fleet:` (the hosts) and `pipelines:` at its root. Reads those two keys, puts what they
//! say into the model, and looks at how it fits the tasks. Knows neither nix nor ssh, and runs nothing.

pub mod ast;
mod calls;
mod circle;
mod decode;
mod hosts;
mod json;
mod keys;
mod lower;
mod names;
mod pools;
mod schema;
mod secrets_gate;
mod templates;
mod variables;

pub use hosts::{FlakeHost, host_variables, rehearsed_hosts, resolve_hosts};

pub use ast::Fleetfile;
pub use decode::decode;
pub use keys::ROOT as ROOT_KEYS;
pub use lower::Place;
pub use secrets_gate::sops_root;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::frontend::taskfile::keys::TASKFILE;
use crate::model::Project;
use crate::source::{SourceMap, Span};
use std::path::PathBuf;

/// Names of a Fleetfile, the stronger first.
pub const FILE_NAMES: [&str; 2] = ["Fleetfile.yaml", "Fleetfile.yml"];

/// What one file says of fleet and pipelines, and where the file stands.
#[derive(Debug)]
pub struct Part {
    /// What was written.
    pub fleetfile: Fleetfile,
    /// Its namespace.
    pub place: Place,
    /// The directory of the file, absolute.
    pub dir: PathBuf,
}

/// Adds fleet and pipelines of all files, the root's first, to a project that has its tasks; tells what does not fit
/// together. The root's `fleet:` is the fleet; a root that has none takes that of an included file.
pub fn assemble(project: &mut Project, parts: Vec<Part>, sources: &SourceMap) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    for part in parts {
        if let Some(fleet) = part.fleetfile.fleet {
            let fleet = lower::fleet(fleet, part.dir);
            match &project.fleet {
                Some(first) if first.span != fleet.span => {
                    diagnostics.push(second_fleet(first.span, fleet.span));
                }
                _ => project.fleet = Some(fleet),
            }
        }
        for pipeline in part.fleetfile.pipelines {
            if part.place.leaves_out(&pipeline.name) {
                continue;
            }
            let pipeline = lower::pipeline(pipeline, &part.place);
            match project.pipelines.get(&pipeline.name) {
                Some(other) => diagnostics.push(names::twice(&pipeline.name, &pipeline, other)),
                None => {
                    project.pipelines.insert(pipeline.name.clone(), pipeline);
                }
            }
        }
    }
    diagnostics.extend(names::clashes(project));
    diagnostics.extend(pools::check(project));
    diagnostics.extend(calls::check(project));
    diagnostics.extend(templates::check(project, sources));
    secrets_gate::add(project);
    diagnostics
}

/// What is probably not meant in a project that can be used: tasks that a pipeline has replaced.
#[must_use]
pub fn check(project: &Project) -> Diagnostics {
    names::replaced(project)
}

/// Every text that a run of a pipeline renders, those of the fleet among them.
#[must_use]
pub fn texts<'p>(project: &'p Project, pipeline: &'p crate::model::Pipeline) -> Vec<&'p crate::model::Text> {
    templates::texts(project, pipeline)
}

/// The JSON schema (draft-07) of a Fleetfile, pretty-printed.
#[must_use]
pub fn schema_text() -> String {
    let kinds: schema::Kinds<'_> = &[
        (keys::STEP.name, keys::STEP_KINDS),
        (keys::HEALTH.name, keys::HEALTH_KINDS),
        (keys::NOTIFY.name, keys::NOTIFY_KINDS),
        (keys::GIVEN.name, keys::GIVEN_KINDS),
    ];
    format!("{:#}\n", schema::generate(&TASKFILE, ROOT_KEYS, kinds))
}

fn second_fleet(first: Span, second: Span) -> Diagnostic {
    Diagnostic::error("fleet::fleetfile::second_fleet", "a project has one `fleet:`, and here are two")
        .at(second, "the second")
        .at(first, "the first")
        .help("move the hosts of both into one of the files")
}

#[cfg(test)]
mod tests;

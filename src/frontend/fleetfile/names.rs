//! Names of pipelines beside those of tasks: what clashes, and what is replaced on purpose. Runs nothing.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::{Pipeline, Project, Task};
use std::collections::HashMap;

/// Names that would leave open what is called: two pipelines of one name or alias, a pipeline named as a task.
pub(super) fn clashes(project: &Project) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let mut taken: HashMap<&str, &Pipeline> = HashMap::new();
    for pipeline in project.pipelines.values() {
        for name in names(pipeline) {
            match taken.get(name) {
                Some(other) if other.name != pipeline.name => {
                    diagnostics.push(twice(name, pipeline, other));
                }
                _ => {
                    taken.insert(name, pipeline);
                }
            }
        }
        if let Some(task) = project.tasks.get(&pipeline.name) {
            diagnostics.push(
                Diagnostic::error("fleet::fleetfile::name_clash", format!("`{}` is a pipeline and a task", pipeline.name))
                    .at(pipeline.span, "the pipeline")
                    .at(task.span, "the task")
                    .help(format!(
                        "rename one of them; a pipeline that should replace the task has another name and `aliases: [{}]`",
                        pipeline.name
                    )),
            );
        }
    }
    diagnostics
}

/// Two pipelines of one name: the second would silently replace the first.
pub(super) fn twice(name: &str, pipeline: &Pipeline, other: &Pipeline) -> Diagnostic {
    Diagnostic::error("fleet::fleetfile::name_clash", format!("two pipelines are called `{name}`"))
        .at(pipeline.span, "again here")
        .at(other.span, "first here")
        .help("rename one of them, or include its file under another namespace")
}

/// Tasks that cannot be called by their name any more since a pipeline has it as an alias. This is how a pipeline takes
/// over from a task; it is told so that it does not happen unseen.
pub(super) fn replaced(project: &Project) -> Diagnostics {
    let aliases: HashMap<&str, &Task> = project
        .tasks
        .values()
        .flat_map(|task| task.aliases.iter().map(move |alias| (&**alias, &**task)))
        .collect();
    let mut diagnostics = Diagnostics::default();
    for pipeline in project.pipelines.values() {
        for name in names(pipeline) {
            let own = project.tasks.get(name).map(|task| &**task).filter(|_| *name != *pipeline.name);
            if let Some(task) = own.or_else(|| aliases.get(name).copied()) {
                let message =
                    format!("`{name}` runs the pipeline `{}`, not the task `{}`", pipeline.name, task.name);
                diagnostics.push(
                    Diagnostic::hint("fleet::fleetfile::replaced_task", message)
                        .at(pipeline.span, "the pipeline")
                        .at(task.span, "the task that it replaces")
                        .help("where this is meant, the task can go"),
                );
            }
        }
    }
    diagnostics
}

fn names(pipeline: &Pipeline) -> impl Iterator<Item = &str> {
    std::iter::once(&*pipeline.name).chain(pipeline.aliases.iter().map(|alias| &**alias))
}

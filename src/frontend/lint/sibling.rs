//! Variables that two included files set: go-task merges includes side by side, and which file wins is left to chance
//! (observed with 3.54). Here the include that is written last wins.

use super::site::{each_use, sites};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::{Overwritten, Project, Task};

/// Those whose value matters to a task.
pub(in crate::frontend) fn siblings(project: &Project) -> Diagnostics {
    let conflicts = project.overwritten.iter().filter(|one| one.by_sibling);
    conflicts.filter(|one| one.is_env || matters(project, one)).map(diagnostic).collect()
}

fn matters(project: &Project, conflict: &Overwritten) -> bool {
    let own = |task: &Task| {
        let is_of_both = task.taskfile == conflict.taken_from || task.taskfile == conflict.lost_from;
        task.vars.contains_key(&conflict.name)
            || task.include_vars.contains_key(&conflict.name)
            // In the map form, the tasks of a file see what their own file says.
            || (is_of_both && task.included_taskfile_vars.contains_key(&conflict.name))
    };
    let tasks = project.tasks.values().map(|task| &**task).filter(|task| !own(task));
    tasks.flat_map(sites).any(|site| {
        let mut named = false;
        each_use(&site, |used, _| named |= *used.name == *conflict.name);
        named
    })
}

fn diagnostic(conflict: &Overwritten) -> Diagnostic {
    let what = if conflict.is_env { "environment variable" } else { "variable" };
    let message = format!(
        "two included files set the {what} `{}`, and `task` takes one of them at random",
        conflict.name
    );
    Diagnostic::warning("fleet::taskfile::random_variable", message)
        .at(conflict.taken, "taken here: this include is written last")
        .at(conflict.lost, "not taken")
        .help("give one of them another name, or set it in the tasks that need it")
}

//! Names that do not mean what they seem to: an alias that another name hides, or that two tasks have.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::{Project, Task};
use std::collections::HashMap;

pub(super) fn check(project: &Project) -> Diagnostics {
    let mut found = Diagnostics::default();
    let mut aliases: HashMap<&str, &Task> = HashMap::new();
    for task in project.tasks.values() {
        for alias in &task.aliases {
            if let Some(other) = project.tasks.get(alias) {
                found.push(hidden(alias, task, other));
                continue;
            }
            match aliases.get(&**alias) {
                Some(first) if first.name != task.name => found.push(twice(alias, first, task)),
                _ => {
                    aliases.insert(alias, task);
                }
            }
        }
    }
    found.extend(namespaces(project));
    found
}

fn hidden(alias: &str, task: &Task, other: &Task) -> Diagnostic {
    let diagnostic = if task.name == other.name {
        Diagnostic::hint(
            "fleet::check::own_alias",
            format!("the task `{alias}` has its own name as an alias"),
        )
        .at(task.span, "this task")
    } else {
        Diagnostic::warning(
            "fleet::check::hidden_alias",
            format!("the alias `{alias}` of `{}` never counts: a task has that name", task.name),
        )
        .at(task.span, format!("has the alias `{alias}`"))
        .at(other.span, "is called instead")
    };
    diagnostic.help("take the alias out, or give it another name")
}

fn twice(alias: &str, first: &Task, second: &Task) -> Diagnostic {
    let message =
        format!("calling `{alias}` fails: it is an alias of both `{}` and `{}`", first.name, second.name);
    Diagnostic::error("fleet::check::ambiguous_alias", message)
        .at(second.span, format!("has the alias `{alias}`"))
        .at(first.span, "has it as well")
        .help("take it away from one of them")
}

/// A task with the name of an include whose file has a `default` task: go-task then keeps the task's.
fn namespaces(project: &Project) -> Diagnostics {
    let Some(root) = project.taskfiles.first() else { return Diagnostics::default() };
    let clash = root.includes.iter().filter_map(|include| {
        let default = project.tasks.get(format!("{}:default", include.namespace).as_str())?;
        let task = project.tasks.get(&include.namespace).filter(|_| !include.flatten)?;
        let message = format!("`{}` calls the task, not the default task of the include", include.namespace);
        Some(
            Diagnostic::hint("fleet::check::hidden_include", message)
                .at(task.span, "is called")
                .at(default.span, format!("is called as `{}`", default.name)),
        )
    });
    clash.collect()
}

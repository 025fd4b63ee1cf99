//! Variables that are given and do not arrive: to a task that has another name for it, or to a `sh:` that runs the value.

use super::call::calls_of;
use super::site::{Language, each_use, sites};
use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean};
use crate::frontend::callables::Callables;
use crate::model::{Loop, Project, Task, VariableValue, Variables};
use std::collections::{BTreeSet, HashMap};

pub(super) fn check(project: &Project) -> Diagnostics {
    let callables = Callables::new(project);
    let mut used: HashMap<usize, Option<BTreeSet<String>>> = HashMap::new();
    let mut found = Diagnostics::default();
    for call in project.tasks.values().flat_map(|task| calls_of(task)) {
        if call.vars.is_empty() || !call.task.is_plain() {
            continue;
        }
        let Some(index) = callables.called(call.task.raw()) else { continue };
        let Some((_, task)) = project.tasks.get_index(index) else { continue };
        let Some(names) = used.entry(index).or_insert_with(|| names(task)) else { continue };
        for (name, variable) in call.vars.iter().filter(|(name, _)| !names.contains(&***name)) {
            // A name that is given as well cannot have been meant.
            let missing = names.iter().filter(|known| !call.vars.contains_key(known.as_str()));
            if let Some(near) = did_you_mean(name, missing.map(String::as_str)) {
                let message =
                    format!("the task `{}` does not use the variable `{name}` that it is given", task.name);
                found.push(
                    Diagnostic::warning("fleet::check::unused_argument", message)
                        .at(variable.span, "given here")
                        .help(format!("did you mean `{near}`?")),
                );
            }
        }
    }
    let maps = std::iter::once(&project.vars).chain(project.tasks.values().map(|task| &task.vars));
    found.extend(maps.flat_map(run_values).collect());
    found
}

/// The names that a task asks for; `None` where it may ask for any.
fn names(task: &Task) -> Option<BTreeSet<String>> {
    let mut names: BTreeSet<String> = task.requires.iter().map(|required| required.name.clone()).collect();
    names.extend(task.vars.keys().map(ToString::to_string));
    let loops = task.deps.iter().map(|dependency| dependency.each.as_deref());
    for each in loops.chain(task.commands.iter().map(|command| command.each.as_deref())) {
        if let Some(Loop::Variable { name, .. }) = each {
            names.insert(name.clone());
        }
    }
    for site in sites(task) {
        let takes_all = match site.language {
            Language::Template => site.text.template().is_ok_and(|template| template.uses_all()),
            Language::Expression => site.text.raw().contains("index ."),
            Language::Query => false,
        };
        if takes_all {
            return None;
        }
        each_use(&site, |used, _| {
            names.insert(used.name.to_owned());
        });
    }
    Some(names)
}

/// `sh:` of nothing but the variable itself with a default: a value that is given is run as a command.
fn run_values(variables: &Variables) -> Vec<Diagnostic> {
    let told = variables.iter().filter_map(|(name, variable)| {
        let VariableValue::Shell(command) = &variable.value else { return None };
        let inside = command.raw().trim().strip_prefix("{{")?.strip_suffix("}}")?;
        let names_itself = command.template().is_ok_and(|template| template.references() == [&**name]);
        (names_itself && !inside.contains("{{")).then(|| {
            Diagnostic::warning(
                "fleet::check::value_as_command",
                format!("a value that is given for `{name}` is run as a command"),
            )
            .at(command.span(), "the whole command is the value")
            .help(format!(
                "without `sh`: `{name}: '{{{{.{name} | default \"...\"}}}}'`; or `sh: echo` before it"
            ))
        })
    });
    told.collect()
}

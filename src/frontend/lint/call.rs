//! Calls of tasks by tasks: names that mean nothing, and tasks that nothing can call. Runs nothing.

use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean};
use crate::frontend::callables::{Callables, takes};
use crate::model::{Call, CommandKind, Defer, Project, StepKind, Task, Text, Variables};
use std::collections::{HashMap, HashSet};

/// Who gives which variables to whom.
pub(super) struct Calls<'p> {
    /// Names of variables that calls give to a task, by its index.
    given: HashMap<usize, HashSet<&'p str>>,
    /// Calls whose name is computed: a pattern for the names it may have, and the variables that it gives.
    computed: Vec<(String, &'p Variables)>,
    /// Tasks that are called, by their index.
    called: HashSet<usize>,
    names: Vec<&'p str>,
}

impl<'p> Calls<'p> {
    pub(super) fn new(project: &'p Project, callables: &Callables<'p>) -> Self {
        let names = project.tasks.keys().map(|name| &**name).collect();
        let mut calls = Self { given: HashMap::new(), computed: Vec::new(), called: HashSet::new(), names };
        for task in project.tasks.values() {
            for call in calls_of(task) {
                calls.add(&call.task, &call.vars, callables);
            }
        }
        for pipeline in project.pipelines.values() {
            for step in &pipeline.check {
                if let StepKind::Task { name, vars } = &step.kind {
                    calls.add(name, vars, callables);
                }
            }
        }
        calls
    }

    fn add(&mut self, name: &Text, vars: &'p Variables, callables: &Callables<'p>) {
        if !name.is_plain() {
            self.computed.push((pattern(name), vars));
            return;
        }
        let Some(index) = callables.called(name.raw()).or_else(|| callables.wildcard(name.raw())) else {
            return;
        };
        self.called.insert(index);
        self.given.entry(index).or_default().extend(vars.keys().map(|name| &**name));
    }

    /// Whether a call gives a variable to a task.
    pub(super) fn gives(&self, task: usize, name: &str) -> bool {
        self.given.get(&task).is_some_and(|names| names.contains(name))
            || self
                .computed
                .iter()
                .any(|(pattern, vars)| vars.contains_key(name) && self.may_be(pattern, task))
    }

    fn may_be(&self, pattern: &str, task: usize) -> bool {
        self.names.get(task).is_none_or(|name| name.contains('*') || takes(pattern, name))
    }

    fn reaches(&self, index: usize, task: &Task) -> bool {
        let names = || std::iter::once(&task.name).chain(&task.aliases);
        self.called.contains(&index)
            || self
                .computed
                .iter()
                .any(|(pattern, _)| names().any(|name| name.contains('*') || takes(pattern, name)))
    }
}

/// A computed name with `*` in the place of each action.
fn pattern(name: &Text) -> String {
    let mut pattern = String::new();
    let mut rest = name.raw();
    while let Some((before, inside)) = rest.split_once("{{") {
        pattern.push_str(before);
        pattern.push('*');
        rest = inside.split_once("}}").map_or("", |(_, after)| after);
    }
    pattern + rest
}

/// Every call of a task by a task.
pub(super) fn calls_of(task: &Task) -> impl Iterator<Item = &Call> {
    let deps = task.deps.iter().map(|dependency| &dependency.call);
    deps.chain(task.commands.iter().filter_map(|command| match &command.kind {
        CommandKind::Call(call) | CommandKind::Defer(Defer::Call(call)) => Some(call),
        CommandKind::Shell(_) | CommandKind::Defer(Defer::Shell(_)) => None,
    }))
}

pub(super) fn check(project: &Project) -> Diagnostics {
    let callables = Callables::new(project);
    let calls = Calls::new(project, &callables);
    let absent = absent_namespaces(project);
    let mut found = Diagnostics::default();
    for (index, task) in project.tasks.values().enumerate() {
        for call in calls_of(task).filter(|call| call.task.is_plain() && !call.task.raw().is_empty()) {
            let name = call.task.raw();
            // A file that others include may be looked at alone; what it calls of its root is not known then.
            let is_of_root = name.starts_with(':');
            let may_come = is_of_root || absent.iter().any(|namespace| name.starts_with(&**namespace));
            if callables.called(name).is_none() && callables.wildcard(name).is_none() && !may_come {
                found.push(unknown(task, call, &callables));
            }
        }
        if task.internal && !calls.reaches(index, task) && !is_of_internal_include(project, task) {
            found.push(
                Diagnostic::warning(
                    "fleet::check::unreachable_task",
                    format!("nothing can call the task `{}`", task.name),
                )
                .at(task.span, "it is internal, and no task calls it")
                .help("take it out, or its `internal: true`"),
            );
        }
    }
    found
}

fn unknown(task: &Task, call: &Call, callables: &Callables<'_>) -> Diagnostic {
    let name = call.task.raw();
    let message = format!("`{}` calls the task `{name}`, which does not exist", task.name);
    let diagnostic =
        Diagnostic::error("fleet::check::unknown_task", message).at(call.task.span(), "no task of this name");
    let known = || callables.tasks.keys().chain(callables.pipelines.keys()).copied();
    // In an included file the same name without its namespace is the likeliest mistake.
    let local = name.strip_prefix(&*task.namespace).and_then(|rest| rest.strip_prefix(':'));
    if let Some(local) = local.filter(|local| callables.called(local).is_some()) {
        // Each include that a file is reached by takes one colon off.
        let up = ":".repeat(task.namespace.split(':').count());
        return diagnostic
            .help(format!("names are looked for in this file; write `{up}{local}` for that of the root"));
    }
    let last = name.rsplit(':').next();
    let same = known().filter(|known| known.rsplit(':').next() == last).min();
    match did_you_mean(name, known()).or(same) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help("`fleet list --all` shows all tasks"),
    }
}

/// What names of optional includes that are not there begin with.
fn absent_namespaces(project: &Project) -> Vec<String> {
    let includes = project.taskfiles.iter().flat_map(|file| &file.includes);
    let absent = includes.filter(|include| include.taskfile.is_none());
    // A flattened one may bring any name.
    absent
        .map(|include| if include.flatten { String::new() } else { format!("{}:", include.namespace) })
        .collect()
}

/// Such a file is a library: what is not used of it is no mistake.
fn is_of_internal_include(project: &Project, task: &Task) -> bool {
    let includes = project.taskfiles.iter().flat_map(|file| &file.includes);
    includes
        .filter(|include| include.internal)
        .any(|include| include.flatten || task.name.contains(&*include.namespace))
}

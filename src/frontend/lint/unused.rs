//! Variables whose name stands nowhere else, and includes that nothing can reach. A comment or a script that names one
//! counts as a use.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::frontend::callables::Callables;
use crate::model::{CommandKind, Defer, Project, Task, Variables};
use crate::source::{SourceMap, Span};
use std::collections::{HashMap, HashSet};

pub(super) fn check(project: &Project, sources: &SourceMap) -> Diagnostics {
    let mut found = includes(project);
    found.extend(unused_variables(project, sources));
    found
}

/// Where each name is set.
#[derive(Default)]
struct Definitions<'p> {
    places: HashMap<&'p str, HashSet<(u32, Span)>>,
}

impl<'p> Definitions<'p> {
    fn add(&mut self, variables: &'p Variables) {
        for (name, variable) in variables {
            self.places.entry(name).or_default().insert((variable.span.start, variable.span));
        }
    }
}

fn unused_variables(project: &Project, sources: &SourceMap) -> Diagnostics {
    let mut definitions = Definitions::default();
    definitions.add(&project.vars);
    for file in &project.taskfiles {
        file.includes.iter().for_each(|include| definitions.add(&include.vars));
    }
    for task in project.tasks.values() {
        definitions.add(&task.vars);
        definitions.add(&task.included_taskfile_vars);
        for dependency in &task.deps {
            definitions.add(&dependency.call.vars);
        }
        for command in &task.commands {
            if let CommandKind::Call(call) | CommandKind::Defer(Defer::Call(call)) = &command.kind {
                definitions.add(&call.vars);
            }
        }
    }
    let words = words(sources);
    let env = |name: &str| {
        project.env.contains_key(name) || project.tasks.values().any(|task| task.env.contains_key(name))
    };
    let unused = definitions
        .places
        .iter()
        .filter(|(name, places)| words.get(**name).is_some_and(|count| *count <= places.len()) && !env(name));
    let place = |places: &HashSet<(u32, Span)>| {
        places.iter().min_by_key(|(start, span)| (span.source, *start)).map_or(Span::NONE, |(_, span)| *span)
    };
    unused
        .map(|(name, places)| {
            Diagnostic::hint("fleet::check::unused_variable", format!("nothing uses the variable `{name}`"))
                .at(place(places), "set here")
                .help("take it out")
        })
        .collect()
}

/// How often each word stands in the files.
fn words(sources: &SourceMap) -> HashMap<&str, usize> {
    let mut words: HashMap<&str, usize> = HashMap::new();
    for file in sources.files() {
        let is_separator = |letter: char| !(letter.is_alphanumeric() || letter == '_');
        for word in file.text.split(is_separator).filter(|word| !word.is_empty()) {
            *words.entry(word).or_default() += 1;
        }
    }
    words
}

/// Internal includes none of whose tasks is called from outside of it.
fn includes(project: &Project) -> Diagnostics {
    let Some(root) = project.taskfiles.first() else { return Diagnostics::default() };
    let internal: Vec<_> =
        root.includes.iter().filter(|include| include.internal && !include.flatten).collect();
    if internal.is_empty() {
        return Diagnostics::default();
    }
    let callables = Callables::new(project);
    let mut called: HashSet<&str> = HashSet::new();
    let mut is_computed = false;
    for task in project.tasks.values() {
        for call in super::call::calls_of(task) {
            is_computed |= !call.task.is_plain();
            let name = call.task.raw();
            let target = callables.called(name).or_else(|| callables.wildcard(name));
            if let Some((name, target)) = target.and_then(|index| project.tasks.get_index(index))
                && namespace(target) != namespace(task)
            {
                called.insert(name);
            }
        }
    }
    if is_computed {
        return Diagnostics::default();
    }
    let is_within =
        |name: &str, outer: &str| name.strip_prefix(outer).is_some_and(|rest| rest.starts_with(':'));
    let unused = internal
        .into_iter()
        .filter(|include| include.taskfile.is_some())
        .filter(|include| !called.iter().any(|name| is_within(name, &include.namespace)));
    unused
        .map(|include| {
            let message = format!("nothing calls a task of the internal include `{}`", include.namespace);
            Diagnostic::hint("fleet::check::unused_include", message)
                .at(include.span, "this include")
                .help("take it out, or its `internal: true`")
        })
        .collect()
}

/// The outermost namespace.
fn namespace(task: &Task) -> &str {
    task.name.split_once(':').map_or("", |(first, _)| first)
}

//! Variables that templates name and nothing defines: they are empty when the task runs.

use super::call::Calls;
use super::known::Known;
use super::site::{Site, each_use, sites, variables};
use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean};
use crate::frontend::callables::Callables;
use crate::model::{Loop, Project, Task, Variables};
use crate::source::{SourceMap, Span};
use crate::yaml::locate;

pub(super) fn check<'p>(
    project: &'p Project,
    sources: &'p SourceMap,
    environment: &'p dyn Fn(&str) -> bool,
) -> Diagnostics {
    let callables = Callables::new(project);
    let calls = Calls::new(project, &callables);
    let mut globals = Vec::new();
    variables(&project.vars, &[], &mut globals);
    let before = globals.len();
    variables(&project.env, &[], &mut globals);
    let mut env = globals.split_off(before);
    let tasks: Vec<Vec<Site<'_>>> = project.tasks.values().map(|task| sites(task)).collect();
    let mut known = Known::new(project, environment);
    for file in &project.taskfiles {
        for include in &file.includes {
            known.inputs.extend(include.vars.keys().map(ToString::to_string));
        }
    }
    known.inputs.extend(sources.files().flat_map(|file| assigned(&file.text)));
    for task in project.tasks.values() {
        known.inputs.extend(task.requires.iter().map(|required| required.name.clone()));
    }
    for site in globals.iter().chain(&env).chain(tasks.iter().flatten()) {
        each_use(site, |used, _| {
            if used.guarded {
                known.inputs.insert(used.name.to_owned());
            }
        });
    }
    if known.is_open {
        return Diagnostics::default();
    }
    let check = Check { sources, known: &known, calls: &calls };
    let mut found = Diagnostics::default();
    check.globals(&globals, &project.vars, &|name| known.before_globals(name), &mut found);
    // Commands get their environment when all variables are known.
    for site in &mut env {
        site.variable = None;
    }
    check.globals(&env, &project.env, &|name| known.everywhere(name), &mut found);
    for (index, (task, sites)) in project.tasks.values().zip(&tasks).enumerate() {
        check.task(index, task, sites, &mut found);
    }
    found
}

struct Check<'c, 'p> {
    sources: &'p SourceMap,
    known: &'c Known<'p>,
    calls: &'c Calls<'p>,
}

impl<'p> Check<'_, 'p> {
    fn globals(
        &self,
        sites: &[Site<'p>],
        variables: &Variables,
        is_known: &dyn Fn(&str) -> bool,
        found: &mut Diagnostics,
    ) {
        for site in sites {
            each_use(site, |used, range| {
                let place = || locate(self.sources, site.text.span(), range);
                if used.guarded || is_known(used.name) {
                    return;
                }
                match (site.variable, variables.get_full(used.name)) {
                    (Some(at), Some((index, _, later))) if index > at => {
                        found.push(forward(used.name, place(), later.span));
                    }
                    (_, Some(_)) => {}
                    _ if self.known.inputs.contains(used.name) => {}
                    _ => found.push(self.undefined(used.name, place(), None)),
                }
            });
        }
    }

    fn task(&self, index: usize, task: &'p Task, sites: &[Site<'p>], found: &mut Diagnostics) {
        let is_known = |name: &str| self.known.before_task(index, task, self.calls, name);
        for site in sites {
            each_use(site, |used, range| {
                if used.guarded || site.locals.contains(&used.name) || is_known(used.name) {
                    return;
                }
                let place = || locate(self.sources, site.text.span(), range);
                match (site.variable, task.vars.get_full(used.name)) {
                    // Given on the command line it is there before.
                    (Some(at), Some((index, _, later)))
                        if index > at && !self.known.inputs.contains(used.name) =>
                    {
                        found.push(forward(used.name, place(), later.span));
                    }
                    (_, Some(_)) => {}
                    _ if self.known.inputs.contains(used.name) => {}
                    _ => found.push(self.undefined(used.name, place(), Some(task))),
                }
            });
        }
        let deps = task.deps.iter().map(|dependency| (dependency.each.as_deref(), dependency.span));
        let loops = deps.chain(task.commands.iter().map(|command| (command.each.as_deref(), command.span)));
        for (each, span) in loops {
            let Some(Loop::Variable { name, .. }) = each else { continue };
            let is_given = self.known.inputs.contains(name.as_str()) || task.vars.contains_key(name.as_str());
            if !is_given && !is_known(name) {
                let place = word_after(self.sources, span, "var:", name);
                found.push(
                    self.undefined(name, place, Some(task))
                        .help_unless_set("a loop over what is not set goes round zero times"),
                );
            }
        }
    }

    fn undefined(&self, name: &str, place: Span, task: Option<&'p Task>) -> Diagnostic {
        let message = format!("the variable `{name}` is set nowhere");
        let diagnostic =
            Diagnostic::warning("fleet::check::undefined_variable", message).at(place, "empty when it runs");
        match did_you_mean(name, self.known.names(task).chain(self.known.inputs.iter().map(String::as_str))) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None if task.is_some() => diagnostic.help(format!(
                "where it comes from the command line, name it in `requires: {{vars: [{name}]}}`, or say what holds \
                 without it: `{{{{.{name} | default \"...\"}}}}`"
            )),
            None => diagnostic,
        }
    }
}

impl Diagnostic {
    /// Advice, where there is no better one.
    fn help_unless_set(self, help: &str) -> Self {
        if self.help.as_ref().is_some_and(|help| help.starts_with("did you")) {
            self
        } else {
            self.help(help)
        }
    }
}

/// Names before a `=`, as a command line gives them: `task deploy HOST=luna` in a command or a comment.
fn assigned(text: &str) -> impl Iterator<Item = String> {
    let ends = text.match_indices('=').map(|(at, _)| &text[..at]);
    ends.filter_map(|before| {
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let start = before.trim_end_matches(is_name).len();
        Some(before[start..].to_owned()).filter(|name| !name.is_empty())
    })
}

fn forward(name: &str, place: Span, later: Span) -> Diagnostic {
    Diagnostic::warning(
        "fleet::check::later_variable",
        format!("the variable `{name}` is used before it is set"),
    )
    .at(place, "still empty here")
    .at(later, "set here")
    .help(format!("variables are evaluated from top to bottom: move `{name}` up"))
}

/// The place of a word behind another within a span; all of it where it is not found.
fn word_after(sources: &SourceMap, span: Span, before: &str, word: &str) -> Span {
    let text = sources.text(span);
    let from = text.find(before).map_or(0, |at| at + before.len());
    match text.get(from..).and_then(|rest| rest.find(word)) {
        Some(at) => {
            let start = span.start + (from + at) as u32;
            Span { start, end: start + word.len() as u32, ..span }
        }
        None => span,
    }
}

//! Programs that tasks name and this machine does not have. Runs nothing.

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::driver::programs;
use crate::executor::task::{arch, os};
use crate::model::{CommandKind, Defer, Project, Task, Text, VariableValue};
use crate::source::{SourceMap, Span};
use crate::template::{Lookup, Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Places that are shown of one program.
const SHOWN: usize = 3;
/// What commands find in any case.
const OURS: &[&str] = &["task", "fleet", "jq"];
/// What stands for a value that is not known.
const VALUE: &str = "fleetvalue";

/// Where a program is needed.
#[derive(Default)]
struct Need {
    places: Vec<Span>,
    tasks: BTreeSet<String>,
    /// A precondition asks for it.
    is_precondition: bool,
}

/// A finding for each program that is missing.
pub(super) fn missing(project: &Project, sources: &SourceMap) -> Diagnostics {
    let mut needs: BTreeMap<String, Need> = BTreeMap::new();
    for task in project.tasks.values().filter(|task| is_for_here(task)) {
        for (text, is_precondition) in scripts(task) {
            let Some(script) = script(text) else { continue };
            let names =
                if is_precondition { asked_for(&script) } else { None }.unwrap_or_else(|| programs(&script));
            for name in names {
                let need = needs.entry(name).or_default();
                need.is_precondition |= is_precondition;
                need.tasks.insert(task.name.to_string());
                if !need.places.contains(&text.span()) {
                    need.places.push(text.span());
                }
            }
        }
    }
    needs.retain(|name, _| !name.contains(VALUE) && !OURS.contains(&name.as_str()));
    needs.retain(|name, _| which::which(name).is_err());
    needs.into_iter().map(|(name, need)| diagnostic(&name, &need, sources)).collect()
}

fn diagnostic(name: &str, need: &Need, sources: &SourceMap) -> Diagnostic {
    let who = match need.tasks.len() {
        1 => format!("the task `{}` needs it", need.tasks.first().map(String::as_str).unwrap_or_default()),
        count => format!("{count} tasks need it"),
    };
    let severity = if need.is_precondition { Severity::Warning } else { Severity::Hint };
    let code = "fleet::check::missing_program";
    let message = format!("there is no program `{name}` on the PATH here, and {who}");
    let mut diagnostic = Diagnostic { severity, ..Diagnostic::warning(code, message) };
    for place in need.places.iter().take(SHOWN) {
        diagnostic = diagnostic.at(word(sources, *place, name), "");
    }
    diagnostic.help("install it, or correct its name")
}

/// The place of the name in a script.
fn word(sources: &SourceMap, span: Span, name: &str) -> Span {
    let text = sources.text(span);
    let is_part = |letter: Option<char>| {
        letter.is_some_and(|letter| letter.is_alphanumeric() || "-_.".contains(letter))
    };
    let mut found = text.match_indices(name).map(|(at, _)| at).filter(|at| {
        let (before, after) = (text.get(..*at), text.get(at + name.len()..));
        !is_part(before.and_then(|before| before.chars().next_back()))
            && !is_part(after.and_then(|after| after.chars().next()))
    });
    match found.next().and_then(|at| u32::try_from(at).ok()) {
        Some(at) => Span { start: span.start + at, end: span.start + at + name.len() as u32, ..span },
        None => span,
    }
}

fn is_for_here(task: &Task) -> bool {
    let is_here = |wanted: &Option<String>, here: &str| wanted.as_deref().is_none_or(|wanted| wanted == here);
    let filters = &task.platforms;
    filters.is_empty()
        || filters.iter().any(|filter| is_here(&filter.os, os()) && is_here(&filter.arch, arch()))
}

/// The scripts that a task runs, each with whether it is a precondition.
fn scripts(task: &Task) -> Vec<(&Text, bool)> {
    let mut scripts: Vec<(&Text, bool)> =
        task.preconditions.iter().map(|precondition| (&precondition.command, true)).collect();
    scripts.extend(task.status.iter().map(|text| (text, false)));
    scripts.extend(task.vars.values().filter_map(|variable| match &variable.value {
        VariableValue::Shell(command) => Some((command, false)),
        _ => None,
    }));
    for command in task.commands.iter().filter(|command| command.platforms.is_empty()) {
        if command.condition.is_none()
            && let CommandKind::Shell(shell) | CommandKind::Defer(Defer::Shell(shell)) = &command.kind
        {
            scripts.push((&shell.script, false));
        }
    }
    scripts
}

/// The script with a word in the place of every variable; none where its template asks more than names.
fn script(text: &Text) -> Option<String> {
    if text.is_plain() {
        return Some(text.raw().to_owned());
    }
    if text.raw().contains("{{if") || text.raw().contains("{{range") || text.raw().contains("{{-") {
        return None;
    }
    text.template().ok()?.render(&Unknown).ok()
}

/// A precondition that asks nothing but whether a program is there: `which X`, `command -v X`.
fn asked_for(script: &str) -> Option<BTreeSet<String>> {
    let mut words = script.split_whitespace();
    let name = match (words.next()?, words.next()?) {
        ("which", name) => name,
        ("command" | "type", "-v" | "-p" | "-P") => words.next()?,
        _ => return None,
    };
    let is_name = name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.+".contains(letter));
    let rest: Vec<&str> = words.collect();
    (is_name
        && !name.starts_with('-')
        && rest.iter().all(|word| word.contains(['>', '&']) || *word == "/dev/null"))
    .then(|| BTreeSet::from([name.to_owned()]))
}

/// Any variable.
struct Unknown;

impl Lookup for Unknown {
    fn get(&self, _name: &str) -> Option<Value> {
        Some(Value::string(VALUE))
    }

    fn all(&self) -> Map {
        Map::new()
    }
}

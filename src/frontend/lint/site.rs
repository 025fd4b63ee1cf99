//! All texts of a task that are rendered when it runs, each with the variables that only it sees. Evaluates nothing.

use crate::model::{
    Call, Command, CommandKind, Defer, Loop, MatrixRow, ShellCommand, Structure, Task, Text, VariableValue,
    Variables,
};
use crate::query::{Program, Value};
use crate::template::{Expression, Use};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// A text of a task.
pub(super) struct Site<'p> {
    pub(super) text: &'p Text,
    pub(super) language: Language,
    /// Variables that are set for it alone.
    pub(super) locals: Vec<&'p str>,
    /// Its place among the variables that see each other, where it is one of them.
    pub(super) variable: Option<usize>,
}

/// How a text names variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// Text with `{{.NAME}}`.
    Template,
    /// An expression without `{{` and `}}`.
    Expression,
    /// A jq program: `$NAME`.
    Query,
}

/// Every text of a task that its variables are put into. Its description and summary are left out: they are for people,
/// and show templates now and then.
pub(super) fn sites(task: &Task) -> Vec<Site<'_>> {
    let mut sites = Vec::new();
    variables(&task.vars, &[], &mut sites);
    let before = sites.len();
    variables(&task.env, &[], &mut sites);
    for site in &mut sites[before..] {
        site.variable = None;
    }
    let plain = task.label.iter().chain(&task.prefix).chain(&task.dir).chain(&task.condition);
    let plain = plain.chain(&task.prompt).chain(&task.status).chain(&task.dotenv);
    let globs = task.sources.iter().chain(&task.generates).map(|glob| &glob.pattern);
    let preconditions = task.preconditions.iter();
    let preconditions = preconditions.flat_map(|one| std::iter::once(&one.command).chain(&one.message));
    for text in plain.chain(globs).chain(preconditions) {
        push(text, &[], &mut sites);
    }
    for dependency in &task.deps {
        let locals = round(dependency.each.as_deref(), &mut sites);
        call(&dependency.call, &locals, &mut sites);
    }
    for entry in &task.commands {
        command(entry, &mut sites);
    }
    sites
}

fn push<'p>(text: &'p Text, locals: &[&'p str], sites: &mut Vec<Site<'p>>) {
    if !text.is_plain() {
        sites.push(Site { text, language: Language::Template, locals: locals.to_vec(), variable: None });
    }
}

fn command<'p>(entry: &'p Command, sites: &mut Vec<Site<'p>>) {
    let mut locals = round(entry.each.as_deref(), sites);
    if let Some(condition) = &entry.condition {
        push(condition, &locals, sites);
    }
    match &entry.kind {
        CommandKind::Shell(ShellCommand { script, .. }) => push(script, &locals, sites),
        CommandKind::Call(target) => call(target, &locals, sites),
        CommandKind::Defer(defer) => {
            locals.push("EXIT_CODE");
            match defer {
                Defer::Shell(ShellCommand { script, .. }) => push(script, &locals, sites),
                Defer::Call(target) => call(target, &locals, sites),
            }
        }
    }
}

fn call<'p>(call: &'p Call, locals: &[&'p str], sites: &mut Vec<Site<'p>>) {
    push(&call.task, locals, sites);
    let before = sites.len();
    variables(&call.vars, locals, sites);
    // The caller renders them, and they do not see each other.
    for site in &mut sites[before..] {
        site.variable = None;
    }
}

/// The variables of a loop.
fn round<'p>(each: Option<&'p Loop>, sites: &mut Vec<Site<'p>>) -> Vec<&'p str> {
    match each {
        None => Vec::new(),
        Some(Loop::Variable { rename, .. }) => vec!["ITEM", "KEY", rename.as_deref().unwrap_or("ITEM")],
        Some(Loop::Matrix { rows, rename }) => {
            for row in rows {
                if let MatrixRow::Reference(_, text) = row {
                    expression(text, sites);
                }
            }
            vec!["ITEM", rename.as_deref().unwrap_or("ITEM")]
        }
        Some(_) => vec!["ITEM"],
    }
}

fn expression<'p>(text: &'p Text, sites: &mut Vec<Site<'p>>) {
    sites.push(Site { text, language: Language::Expression, locals: Vec::new(), variable: None });
}

/// The texts of some variables, each with the index of its variable.
pub(super) fn variables<'p>(variables: &'p Variables, locals: &[&'p str], sites: &mut Vec<Site<'p>>) {
    for (index, variable) in variables.values().enumerate() {
        let before = sites.len();
        match &variable.value {
            VariableValue::Literal(_) => {}
            VariableValue::Template(text) => push(text, locals, sites),
            VariableValue::Reference(text) => expression(text, sites),
            VariableValue::Shell(command) => push(command, locals, sites),
            VariableValue::Structure(structure) => collect(structure, locals, sites),
        }
        if let Some(query) = &variable.query {
            let language = if query.program.is_plain() { Language::Query } else { Language::Template };
            sites.push(Site { text: &query.program, language, locals: Vec::new(), variable: None });
        }
        for site in &mut sites[before..] {
            site.variable = Some(index);
            if site.locals.is_empty() {
                site.locals = locals.to_vec();
            }
        }
    }
}

fn collect<'p>(structure: &'p Structure, locals: &[&'p str], sites: &mut Vec<Site<'p>>) {
    match structure {
        Structure::Literal(_) => {}
        Structure::Template(text) => push(text, locals, sites),
        // The parser limits the depth.
        Structure::List(items) => items.iter().for_each(|item| collect(item, locals, sites)),
        Structure::Map(entries) => entries.iter().for_each(|(_, item)| collect(item, locals, sites)),
    }
}

/// Calls `each` with every use of a variable in a text, and its bytes there. A text that cannot be parsed has none.
pub(super) fn each_use(site: &Site<'_>, mut each: impl FnMut(&Use<'_>, std::ops::Range<usize>)) {
    match site.language {
        Language::Template => {
            for used in site.text.template().iter().flat_map(|template| template.uses()) {
                each(&used, used.range.clone());
            }
        }
        Language::Expression => {
            let expression = Expression::parse(site.text.raw());
            for used in expression.iter().flat_map(Expression::uses) {
                each(&used, used.range.clone());
            }
        }
        Language::Query => {
            let program = site.text.raw();
            for name in free_variables(program) {
                let place = program.match_indices('$').find_map(|(at, _)| {
                    let rest = program.get(at + 1..)?.strip_prefix(name.as_str())?;
                    let is_whole =
                        !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_');
                    is_whole.then_some((at..at + 1 + name.len(), rest.trim_start().starts_with("//")))
                });
                let (range, guarded) = place.unwrap_or((0..program.len(), false));
                let used = Use { name: &name, range, guarded };
                each(&used, used.range.clone());
            }
        }
    }
}

/// The variables of the project that a jq program names.
fn free_variables(program: &str) -> BTreeSet<String> {
    let names = RefCell::new(BTreeSet::new());
    let note = |name: &str| {
        if name != "ENV" {
            names.borrow_mut().insert(name.to_owned());
        }
        Some(Value::Null)
    };
    let _ = Program::compile(program, &note);
    names.into_inner()
}

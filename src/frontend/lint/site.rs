//! All texts of a task that are rendered when it runs, each with the variables that only it sees. Evaluates nothing.

use crate::model::{
    Call, Command, CommandKind, Defer, Loop, MatrixRow, ShellCommand, Structure, Task, Text, VariableValue,
    Variables,
};
use crate::template::{Expression, Use};

/// A text of a task.
pub(super) struct Site<'p> {
    pub(super) text: &'p Text,
    /// An expression without `{{` and `}}`.
    pub(super) is_expression: bool,
    /// Variables that are set for it alone.
    pub(super) locals: Vec<&'p str>,
    /// Its place among the variables that see each other, where it is one of them.
    pub(super) variable: Option<usize>,
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
        let locals = round(dependency.each.as_ref(), &mut sites);
        call(&dependency.call, &locals, &mut sites);
    }
    for entry in &task.commands {
        command(entry, &mut sites);
    }
    sites
}

fn push<'p>(text: &'p Text, locals: &[&'p str], sites: &mut Vec<Site<'p>>) {
    if !text.is_plain() {
        sites.push(Site { text, is_expression: false, locals: locals.to_vec(), variable: None });
    }
}

fn command<'p>(entry: &'p Command, sites: &mut Vec<Site<'p>>) {
    let mut locals = round(entry.each.as_ref(), sites);
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
    sites.push(Site { text, is_expression: true, locals: Vec::new(), variable: None });
}

/// The texts of some variables, each with the index of its variable.
pub(super) fn variables<'p>(variables: &'p Variables, locals: &[&'p str], sites: &mut Vec<Site<'p>>) {
    for (index, variable) in variables.values().enumerate() {
        let before = sites.len();
        match &variable.value {
            VariableValue::Literal(_) => {}
            VariableValue::Template(text) => push(text, locals, sites),
            VariableValue::Reference(text) => expression(text, sites),
            VariableValue::Shell { command, .. } => push(command, locals, sites),
            VariableValue::Structure(structure) => collect(structure, locals, sites),
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
    if site.is_expression {
        let expression = Expression::parse(site.text.raw());
        for used in expression.iter().flat_map(Expression::uses) {
            each(&used, used.range.clone());
        }
    } else {
        for used in site.text.template().iter().flat_map(|template| template.uses()) {
            each(&used, used.range.clone());
        }
    }
}

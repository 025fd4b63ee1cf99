//! `tasks` and a task (go-task `taskfile/ast/tasks.go`, `task.go`).

use super::super::keys::TASK;
use super::command::{decode_command, decode_commands};
use super::context::Context;
use super::dependency::decode_dependencies;
use super::glob::decode_globs;
use super::platform::decode_platforms;
use super::precondition::decode_preconditions;
use super::requirement::decode_requires;
use super::variable::decode_variables;
use crate::diagnostic::Diagnostic;
use crate::model::{Method, RunMode, Task, Text};
use crate::yaml::{Field, Kind, Node};
use indexmap::IndexMap;
use std::sync::Arc;

/// `tasks`, by name as written.
pub(super) fn decode_tasks(context: &mut Context<'_>, node: &Node) -> IndexMap<Arc<str>, Arc<Task>> {
    if node.as_mapping().is_none() {
        if !node.is_null() {
            context.wrong_kind(node, "tasks", "a mapping of tasks");
        }
        return IndexMap::new();
    }
    let blank = Task::blank(context.file);
    let fields = context.entries(node);
    fields
        .iter()
        .map(|field| {
            let task = Arc::new(decode_task(context, field, &blank));
            (Arc::clone(&task.name), task)
        })
        .collect()
}

fn decode_task(context: &mut Context<'_>, field: &Field<'_>, blank: &Task) -> Task {
    let node = field.value;
    let mut task = blank.named(field.shared_name(), field.key_span);
    match &node.kind {
        _ if node.is_null() => {}
        Kind::Scalar(_) => {
            task.commands =
                context.scope(node, |context| decode_command(context, node)).into_iter().collect();
        }
        Kind::Sequence(_) => {
            task.commands = context.scope(node, |context| decode_commands(context, node)).unwrap_or_default();
        }
        Kind::Mapping(_) if context.is_unquoted_template(node) => {}
        Kind::Mapping(_) => context.scope(node, |context| decode_fields(context, node, &mut task)),
    }
    task
}

fn decode_fields(context: &mut Context<'_>, node: &Node, task: &mut Task) {
    let (mut commands, mut command) = (None, None);
    let fields = context.fields(node, &TASK);
    for field in &fields {
        let value = field.value;
        match field.name {
            "cmds" => commands = decode_commands(context, value),
            "cmd" if value.is_null() => {}
            "cmd" => command = Some(decode_command(context, value)),
            "deps" => task.deps = decode_dependencies(context, value),
            "label" => task.label = context.text(value),
            "desc" => task.desc = context.text(value),
            "summary" => task.summary = context.text(value),
            "prompt" => task.prompt = decode_prompt(context, value),
            "aliases" => task.aliases = context.strings(value).into_iter().map(|alias| alias.value).collect(),
            "sources" => task.sources = decode_globs(context, value),
            "generates" => task.generates = decode_globs(context, value),
            "status" => task.status = context.texts(value),
            "preconditions" => task.preconditions = decode_preconditions(context, value),
            "requires" => task.requires = decode_requires(context, value),
            "dir" => task.dir = context.text(value),
            "vars" => task.vars = decode_variables(context, value),
            "env" => task.env = decode_variables(context, value),
            "dotenv" => task.dotenv = context.texts(value),
            "silent" => task.silent = context.bool(value),
            "interactive" => task.interactive = context.bool(value).unwrap_or(false),
            "internal" => task.internal = context.bool(value).unwrap_or(false),
            "method" => task.method = method(context, value),
            "prefix" => task.prefix = context.text(value),
            "ignore_error" => task.ignore_error = context.bool(value).unwrap_or(false),
            "run" => task.run = run_mode(context, value),
            "platforms" => task.platforms = decode_platforms(context, value),
            "if" => task.condition = context.text(value),
            "watch" => task.watch = context.bool(value).unwrap_or(false),
            "failfast" => task.failfast = context.bool(value).unwrap_or(false),
            "set" => task.set = context.words(value),
            "shopt" => task.shopt = context.words(value),
            "use_gitignore" => task.use_gitignore = context.bool(value),
            _ => {}
        }
    }
    if command.is_some() && commands.is_some() {
        let place = |name| fields.iter().find(|field| field.name == name).map(|field| field.key_span);
        let mut diagnostic =
            Diagnostic::error("fleet::taskfile::cmd_and_cmds", "a task has `cmd` or `cmds`, not both");
        for span in ["cmd", "cmds"].into_iter().filter_map(place) {
            diagnostic = diagnostic.at(span, "");
        }
        let diagnostic = diagnostic.help("move the command of `cmd` into the list of `cmds`");
        context.fail(node, "task cannot have both cmd and cmds", diagnostic);
    }
    task.commands = command.map(|command| command.into_iter().collect()).or(commands).unwrap_or_default();
}

fn decode_prompt(context: &mut Context<'_>, node: &Node) -> Vec<Text> {
    match &node.kind {
        _ if node.is_null() => Vec::new(),
        Kind::Scalar(_) => context.text(node).into_iter().collect(),
        Kind::Sequence(_) => {
            let prompts = context.scope(node, |context| context.texts(node));
            prompts.into_iter().filter(|prompt| !prompt.raw().is_empty()).collect()
        }
        Kind::Mapping(_) => {
            context.wrong_kind(node, "prompt", "a string or a list of strings");
            Vec::new()
        }
    }
}

/// `method`; go-task finds out about a wrong one only when it checks a task.
pub(super) fn method(context: &mut Context<'_>, node: &Node) -> Option<Method> {
    let text = context.string(node);
    Some(match &*text.value {
        "" => return None,
        "checksum" => Method::Checksum,
        "timestamp" => Method::Timestamp,
        "none" => Method::None,
        other => {
            unknown_word(context, node, "method", other, &["checksum", "timestamp", "none"]);
            Method::Invalid(other.to_owned())
        }
    })
}

/// `run`; go-task finds out about a wrong one only when it runs the task.
pub(super) fn run_mode(context: &mut Context<'_>, node: &Node) -> Option<RunMode> {
    let text = context.string(node);
    Some(match &*text.value {
        "" => return None,
        "always" => RunMode::Always,
        "once" => RunMode::Once,
        "when_changed" => RunMode::WhenChanged,
        other => {
            unknown_word(context, node, "run", other, &["always", "once", "when_changed"]);
            RunMode::Invalid(other.to_owned())
        }
    })
}

fn unknown_word(context: &mut Context<'_>, node: &Node, key: &str, word: &str, known: &[&'static str]) {
    let diagnostic = Diagnostic::warning(
        "fleet::taskfile::unknown_word",
        format!("`{key}: {word}` fails when the task runs"),
    )
    .at(node.place(), "")
    .help(format!("known are {}", known.join(", ")))
    .suggest(word, known.iter().copied());
    context.warn(diagnostic);
}

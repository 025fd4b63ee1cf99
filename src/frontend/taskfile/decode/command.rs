//! `cmds` and a command (go-task `taskfile/ast/cmd.go`, `defer.go`).

use super::super::keys::{COMMAND, DEFER};
use super::context::Context;
use super::loops::decode_loop;
use super::platform::decode_platforms;
use super::variable::decode_variables;
use crate::diagnostic::Diagnostic;
use crate::model::{Call, Command, CommandKind, Defer, Loop, PlatformFilter, ShellCommand, Text, Variables};
use crate::yaml::{Field, Kind, Node, parse_duration};
use std::time::Duration;

/// `cmds`; `None` where it is absent or null. Null items are dropped.
pub(super) fn decode_commands(context: &mut Context<'_>, node: &Node) -> Option<Vec<Command>> {
    if node.is_null() {
        return None;
    }
    let items = context.list(node, "[]*ast.Cmd", "a list of commands");
    // Collected, a list of one would get the room of four.
    let mut commands = Vec::with_capacity(items.len());
    for item in items.iter().filter(|item| !item.is_null()) {
        commands.extend(decode_command(context, item));
    }
    Some(commands)
}

/// A command; `None` where it does nothing or cannot be decoded.
pub(super) fn decode_command(context: &mut Context<'_>, node: &Node) -> Option<Command> {
    match &node.kind {
        Kind::Scalar(_) => {
            // An empty one does nothing, but is listed.
            let script = context.scope(node, |context| context.string(node));
            Some(command(node, CommandKind::Shell(shell(Text::new(script.value, script.span)))))
        }
        Kind::Mapping(_) if context.is_unquoted_template(node) => None,
        Kind::Mapping(_) => context.scope(node, |context| decode_mapping(context, node)),
        Kind::Sequence(_) => {
            context.wrong_kind(
                node,
                "command",
                "a command: a string or a mapping with `cmd`, `task` or `defer`",
            );
            None
        }
    }
}

#[derive(Default)]
struct Parts {
    script: Option<Text>,
    task: Option<Text>,
    defer: Option<Deferred>,
    vars: Variables,
    each: Option<Box<Loop>>,
    condition: Option<Text>,
    silent: bool,
    set: Box<[String]>,
    shopt: Box<[String]>,
    ignore_error: bool,
    platforms: Box<[PlatformFilter]>,
    timeout: Option<Text>,
}

fn decode_mapping(context: &mut Context<'_>, node: &Node) -> Option<Command> {
    let mut parts = Parts::default();
    let fields = context.fields(node, &COMMAND);
    for field in &fields {
        let value = field.value;
        match field.name {
            "cmd" => parts.script = context.text(value),
            "task" => parts.task = context.text(value),
            "defer" => parts.defer = decode_defer(context, value),
            "vars" => parts.vars = decode_variables(context, value),
            "for" => parts.each = decode_loop(context, value).map(Box::new),
            "if" => parts.condition = context.text(value),
            "silent" => parts.silent = context.bool(value).unwrap_or(false),
            "set" => parts.set = context.words(value).into(),
            "shopt" => parts.shopt = context.words(value).into(),
            "ignore_error" => parts.ignore_error = context.bool(value).unwrap_or(false),
            "platforms" => parts.platforms = decode_platforms(context, value).into(),
            "timeout" => parts.timeout = context.text(value),
            _ => {}
        }
    }
    if context.has_notes() {
        return None;
    }
    let timeout = parts.timeout.as_ref().and_then(|text| timeout(context, node, text));
    if let Some(deferred) = parts.defer {
        if deferred.timeout {
            let diagnostic = Diagnostic::error(
                "fleet::taskfile::timeout",
                "`timeout` stands beside `defer`, not inside it",
            )
            .at(node.place(), "in this command")
            .help("move `timeout` one level out");
            context.fail(node, "timeout must be set next to defer, not inside it", diagnostic);
        }
        without_effect(
            context,
            &fields,
            "defer",
            &["for", "if", "ignore_error", "platforms", "set", "shopt", "vars", "task", "cmd"],
        );
        let (defer, silent) = match (deferred.script, deferred.task) {
            (Some(script), _) => (Defer::Shell(shell(script)), parts.silent),
            (None, Some(task)) => (Defer::Call(call(task, deferred.vars, deferred.silent)), deferred.silent),
            (None, None) => (Defer::Shell(shell(Text::new("", node.place()))), parts.silent),
        };
        return Some(Command { silent, timeout, ..command(node, CommandKind::Defer(defer)) });
    }
    let kind = if let Some(task) = parts.task {
        without_effect(context, &fields, "task", &["platforms", "set", "shopt", "cmd"]);
        parts.platforms = Box::default();
        CommandKind::Call(call(task, parts.vars, parts.silent))
    } else if let Some(script) = parts.script {
        without_effect(context, &fields, "cmd", &["vars"]);
        CommandKind::Shell(ShellCommand { script, set: parts.set, shopt: parts.shopt })
    } else {
        let diagnostic =
            Diagnostic::error("fleet::taskfile::command", "a command needs `cmd`, `task` or `defer`")
                .at(node.place(), "has none of them")
                .help("write `- cmd: ...` or `- task: NAME`; a plain string is a shell command");
        context.fail(node, "invalid keys in command", diagnostic);
        return None;
    };
    Some(Command {
        each: parts.each,
        condition: parts.condition,
        silent: parts.silent,
        ignore_error: parts.ignore_error,
        platforms: parts.platforms,
        timeout,
        ..command(node, kind)
    })
}

fn command(node: &Node, kind: CommandKind) -> Command {
    Command {
        kind,
        each: None,
        condition: None,
        silent: false,
        ignore_error: false,
        platforms: Box::default(),
        timeout: None,
        span: node.place(),
    }
}

fn shell(script: Text) -> ShellCommand {
    ShellCommand { script, set: Box::default(), shopt: Box::default() }
}

/// A call as written.
pub(super) fn call(task: Text, vars: Variables, silent: bool) -> Call {
    let absolute = task.raw().starts_with(':');
    Call { task, vars, silent, absolute }
}

/// Warns of keys that go-task drops beside another one.
fn without_effect(context: &mut Context<'_>, fields: &[Field<'_>], beside: &str, keys: &[&str]) {
    for field in fields.iter().filter(|field| keys.contains(&field.name) && !field.value.is_null()) {
        let message = format!("`{}` has no effect beside `{beside}`", field.name);
        context.warn(Diagnostic::warning("fleet::taskfile::no_effect", message).at(field.key_span, ""));
    }
}

/// A time-out: a Go duration above zero.
pub(super) fn timeout(context: &mut Context<'_>, node: &Node, text: &Text) -> Option<Duration> {
    let Some(nanoseconds) = parse_duration(text.raw()) else {
        let mut diagnostic =
            Diagnostic::error("fleet::taskfile::timeout", format!("`{}` is not a duration", text.raw()))
                .at(text.span(), "")
                .help("write a number with a unit (ns, us, ms, s, m, h), such as `500ms` or `1m30s`");
        if let Ok(number) = text.raw().parse::<u64>() {
            diagnostic =
                diagnostic.help(format!("give a unit: `{number}s` for seconds, `{number}m` for minutes"));
        }
        context.fail(node, "invalid timeout format", diagnostic);
        return None;
    };
    match u64::try_from(nanoseconds) {
        Ok(nanoseconds) if nanoseconds > 0 => Some(Duration::from_nanos(nanoseconds)),
        _ => {
            let diagnostic =
                Diagnostic::error("fleet::taskfile::timeout", "a time-out must be longer than nothing")
                    .at(text.span(), "")
                    .help("remove `timeout` for no limit");
            context.fail(node, "timeout must be greater than zero", diagnostic);
            None
        }
    }
}

#[derive(Default)]
struct Deferred {
    script: Option<Text>,
    task: Option<Text>,
    vars: Variables,
    silent: bool,
    timeout: bool,
}

fn decode_defer(context: &mut Context<'_>, node: &Node) -> Option<Deferred> {
    let mut deferred = Deferred::default();
    match &node.kind {
        _ if node.is_null() => return None,
        Kind::Scalar(_) => deferred.script = context.scope(node, |context| context.text(node)),
        Kind::Mapping(_) => context.scope(node, |context| {
            // `timeout` is no key here, yet go-task has a message of its own for it.
            deferred.timeout = node.get("timeout").and_then(|timeout| context.text(timeout)).is_some();
            for field in context.fields(node, &DEFER) {
                match field.name {
                    "defer" => deferred.script = context.text(field.value),
                    "task" => deferred.task = context.text(field.value),
                    "vars" => deferred.vars = decode_variables(context, field.value),
                    "silent" => deferred.silent = context.bool(field.value).unwrap_or(false),
                    _ => {}
                }
            }
        }),
        Kind::Sequence(_) => {
            context.wrong_kind(node, "defer", "a command, or a mapping with `task`");
            return None;
        }
    }
    Some(deferred)
}

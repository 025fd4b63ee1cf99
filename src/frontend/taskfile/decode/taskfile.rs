//! The root of a Taskfile (go-task `taskfile/ast/taskfile.go`).

use super::super::ast::Taskfile;
use super::super::keys::TASKFILE;
use super::super::version::Version;
use super::context::Context;
use super::include::decode_includes;
use super::output::decode_output;
use super::task::{decode_tasks, method, run_mode};
use super::variable::decode_variables;
use crate::diagnostic::Diagnostic;
use crate::source::Spanned;
use crate::yaml::{Kind, Node, parse_duration};
use std::time::Duration;

/// Decodes the root node of a file. What is wrong is in the context; the rest is still usable for finding more.
pub fn decode_taskfile(context: &mut Context<'_>, root: &Node) -> Taskfile {
    let mut taskfile = Taskfile::default();
    match &root.kind {
        _ if root.is_null() => {}
        Kind::Mapping(_) => context.scope(root, |context| decode_root(context, root, &mut taskfile)),
        _ => context.wrong_kind(root, "taskfile", "a mapping with `version` and `tasks`"),
    }
    taskfile
}

fn decode_root(context: &mut Context<'_>, root: &Node, taskfile: &mut Taskfile) {
    for field in context.fields(root, &TASKFILE) {
        let value = field.value;
        match field.name {
            "version" => taskfile.version = version(context, root, value),
            "includes" => taskfile.includes = decode_includes(context, value),
            "vars" => taskfile.vars = decode_variables(context, value),
            "env" => taskfile.env = decode_variables(context, value),
            "dotenv" => {
                taskfile.dotenv = context.texts(value);
                taskfile.dotenv_span = (!taskfile.dotenv.is_empty()).then_some(field.key_span);
            }
            "output" => taskfile.output = decode_output(context, value),
            "method" => taskfile.method = method(context, value),
            "run" => taskfile.run = run_mode(context, value),
            "silent" => taskfile.silent = context.bool(value).unwrap_or(false),
            "set" => taskfile.set = context.words(value),
            "shopt" => taskfile.shopt = context.words(value),
            "interval" => taskfile.interval = interval(context, value),
            "use_gitignore" => taskfile.use_gitignore = context.bool(value),
            "tasks" => taskfile.tasks = decode_tasks(context, value),
            _ => {}
        }
    }
}

fn version(context: &mut Context<'_>, root: &Node, node: &Node) -> Option<Spanned<Version>> {
    if node.is_null() {
        return None;
    }
    let Some(text) = context.scalar(node) else {
        context.wrong_type(node, "semver.Version", "a version such as `3`");
        return None;
    };
    let version = Version::parse(&text);
    if version.is_none() {
        let diagnostic = Diagnostic::error("fleet::taskfile::version", format!("`{text}` is not a version"))
            .at(node.place(), "")
            .help("write `version: \"3\"`");
        context.fail(root, "invalid semantic version", diagnostic);
    }
    version.map(|version| Spanned::new(version, node.place()))
}

/// `interval`: a Go duration, which yaml.v3 refuses as a number.
fn interval(context: &mut Context<'_>, node: &Node) -> Option<Duration> {
    if node.is_null() {
        return None;
    }
    let number =
        matches!(node.resolve(), Some(crate::yaml::Resolved::Int(_) | crate::yaml::Resolved::Float(_)));
    match node.text().filter(|_| !number).and_then(parse_duration) {
        Some(nanoseconds) => u64::try_from(nanoseconds).ok().map(Duration::from_nanos),
        None => {
            context.wrong_type(node, "time.Duration", "a duration such as `500ms` or `5s`");
            None
        }
    }
}

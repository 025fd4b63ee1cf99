//! `deps` (go-task `taskfile/ast/dep.go`).

use super::super::keys::DEPENDENCY;
use super::command::{call, timeout};
use super::context::Context;
use super::loops::decode_loop;
use super::variable::decode_variables;
use crate::diagnostic::Diagnostic;
use crate::model::{Dependency, Text, Variables};
use crate::yaml::{Kind, Node};

/// `deps`; null items are dropped.
pub(super) fn decode_dependencies(context: &mut Context<'_>, node: &Node) -> Vec<Dependency> {
    let items = context.list(node, "[]*ast.Dep", "a list of task names");
    // Collected, a list of one would get the room of four.
    let mut dependencies = Vec::with_capacity(items.len());
    for item in items.iter().filter(|item| !item.is_null()) {
        dependencies.extend(decode_dependency(context, item));
    }
    dependencies
}

fn decode_dependency(context: &mut Context<'_>, node: &Node) -> Option<Dependency> {
    match &node.kind {
        Kind::Scalar(_) => {
            let name = context.scope(node, |context| context.string(node));
            let call = call(Text::new(name.value, name.span), Variables::new(), false);
            Some(Dependency { call, each: None, timeout: None, span: node.place() })
        }
        Kind::Mapping(_) if context.is_unquoted_template(node) => None,
        Kind::Mapping(_) => Some(context.scope(node, |context| decode_mapping(context, node))),
        Kind::Sequence(_) => {
            context.wrong_kind(node, "dependency", "a task name, or a mapping with `task`");
            None
        }
    }
}

fn decode_mapping(context: &mut Context<'_>, node: &Node) -> Dependency {
    let mut call = call(Text::new("", node.span), Variables::new(), false);
    let (mut each, mut limit) = (None, None);
    for field in context.fields(node, &DEPENDENCY) {
        let value = field.value;
        match field.name {
            "task" => {
                let name = context.string(value);
                call.task = Text::new(name.value, name.span);
                call.absolute = call.task.raw().starts_with(':');
            }
            "vars" => call.vars = decode_variables(context, value),
            "for" => each = decode_loop(context, value).map(Box::new),
            "silent" => call.silent = context.bool(value).unwrap_or(false),
            "timeout" => limit = context.text(value),
            _ => {}
        }
    }
    if call.task.raw().is_empty() {
        context.warn(
            Diagnostic::warning(
                "fleet::taskfile::dependency",
                "a dependency without `task` fails when it runs",
            )
            .at(node.place(), "names no task"),
        );
    }
    let timeout = limit.and_then(|text| timeout(context, node, &text));
    Dependency { call, each, timeout, span: node.place() }
}

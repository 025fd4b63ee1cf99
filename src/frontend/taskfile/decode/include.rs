//! `includes` (go-task `taskfile/ast/include.go`).

use super::super::ast::Include;
use super::super::keys::INCLUDE;
use super::context::Context;
use super::variable::decode_variables;
use crate::diagnostic::Diagnostic;
use crate::model::{Text, Variables};
use crate::source::Spanned;
use crate::yaml::{Field, Kind, Node};
use indexmap::IndexMap;
use std::sync::Arc;

/// `includes`, by namespace.
pub(super) fn decode_includes(context: &mut Context<'_>, node: &Node) -> IndexMap<Arc<str>, Include> {
    if node.as_mapping().is_none() {
        if !node.is_null() {
            context.wrong_kind(node, "includes", "a mapping from namespaces to Taskfiles");
        }
        return IndexMap::new();
    }
    let fields = context.entries(node);
    fields.iter().map(|field| (field.shared_name(), decode_include(context, field))).collect()
}

fn decode_include(context: &mut Context<'_>, field: &Field<'_>) -> Include {
    let node = field.value;
    let mut include = Include {
        span: field.key_span,
        taskfile: Text::new("", node.span),
        dir: None,
        advanced: false,
        optional: false,
        internal: false,
        flatten: false,
        aliases: Vec::new(),
        excludes: Vec::new(),
        vars: Variables::new(),
        checksum: None,
    };
    match &node.kind {
        _ if node.is_null() => {}
        Kind::Scalar(_) => {
            let path = context.scope(node, |context| context.string(node));
            include.taskfile = Text::new(path.value, path.span);
        }
        Kind::Mapping(_) if context.is_unquoted_template(node) => {}
        Kind::Mapping(_) => {
            include.advanced = true;
            context.scope(node, |context| decode_fields(context, node, &mut include));
        }
        Kind::Sequence(_) => context.wrong_kind(node, "include", "a path, or a mapping with `taskfile`"),
    }
    include
}

fn decode_fields(context: &mut Context<'_>, node: &Node, include: &mut Include) {
    let names = |list: Vec<Spanned<Arc<str>>>| list.into_iter().map(|name| name.value).collect();
    for field in context.fields(node, &INCLUDE) {
        let value = field.value;
        match field.name {
            "taskfile" => {
                let path = context.string(value);
                include.taskfile = Text::new(path.value, path.span);
            }
            "dir" => include.dir = context.text(value),
            "optional" => include.optional = context.bool(value).unwrap_or(false),
            "internal" => include.internal = context.bool(value).unwrap_or(false),
            "flatten" => include.flatten = context.bool(value).unwrap_or(false),
            "aliases" => include.aliases = names(context.strings(value)),
            "excludes" => include.excludes = names(context.strings(value)),
            "vars" => include.vars = decode_variables(context, value),
            "checksum" => {
                let checksum = context.string(value);
                include.checksum = (!checksum.is_empty()).then_some(checksum);
            }
            _ => {}
        }
    }
    if include.taskfile.raw().is_empty() && include.dir.is_none() && !context.has_notes() {
        let diagnostic =
            Diagnostic::error("fleet::taskfile::include", "an include needs `taskfile` or `dir`")
                .at(node.place(), "has neither")
                .help("write `taskfile: PATH`");
        context.fail(node, "include must specify taskfile or dir", diagnostic);
    }
}

//! `output` (go-task `taskfile/ast/output.go`).

use super::super::keys::{GROUP, OUTPUT};
use super::context::Context;
use crate::diagnostic::Diagnostic;
use crate::model::Output;
use crate::yaml::{Kind, Node};

/// `output`; `None` where it is absent, null or empty.
pub(super) fn decode_output(context: &mut Context<'_>, node: &Node) -> Option<Output> {
    match &node.kind {
        _ if node.is_null() => None,
        Kind::Scalar(_) => {
            let name = context.scope(node, |context| context.string(node));
            Some(match &*name.value {
                "" => return None,
                "interleaved" => Output::Interleaved,
                "group" => Output::Group { begin: None, end: None, error_only: false },
                "prefixed" => Output::Prefixed,
                other => {
                    context.warn(
                        Diagnostic::warning(
                            "fleet::taskfile::output",
                            format!("`{other}` is not an output style"),
                        )
                        .at(node.place(), "")
                        .help("known are interleaved, group, prefixed")
                        .suggest(other, ["interleaved", "group", "prefixed"]),
                    );
                    Output::Invalid(other.to_owned())
                }
            })
        }
        Kind::Mapping(_) => context.scope(node, |context| decode_mapping(context, node)),
        Kind::Sequence(_) => {
            context.wrong_kind(node, "output", "a style, or a mapping with `group`");
            None
        }
    }
}

fn decode_mapping(context: &mut Context<'_>, node: &Node) -> Option<Output> {
    let fields = context.fields(node, &OUTPUT);
    let Some(group) = fields.iter().map(|field| field.value).find(|value| !value.is_null()) else {
        let diagnostic = Diagnostic::error("fleet::taskfile::output", "only the style `group` has options")
            .at(node.place(), "has no `group`")
            .help("write `output: prefixed`, or `output: {group: {...}}`");
        context.fail(node, "output style must have the \"group\" key when in mapping form", diagnostic);
        return None;
    };
    if group.as_mapping().is_none() {
        context.wrong_type(group, "ast.OutputGroup", "a mapping with `begin`, `end` and `error_only`");
        return None;
    }
    let (mut begin, mut end, mut error_only) = (None, None, false);
    for field in context.fields(group, &GROUP) {
        match field.name {
            "begin" => begin = context.text(field.value),
            "end" => end = context.text(field.value),
            "error_only" => error_only = context.bool(field.value).unwrap_or(false),
            _ => {}
        }
    }
    Some(Output::Group { begin, end, error_only })
}

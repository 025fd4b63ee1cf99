//! `for` (go-task `taskfile/ast/for.go`, `matrix.go`).

use super::super::keys::{FOR, REFERENCE};
use super::context::Context;
use crate::diagnostic::Diagnostic;
use crate::model::{Loop, MatrixRow, Text};
use crate::yaml::{Field, Kind, Node};

/// `for`; `None` where it is null or cannot be decoded.
pub(super) fn decode_loop(context: &mut Context<'_>, node: &Node) -> Option<Loop> {
    match &node.kind {
        _ if node.is_null() => None,
        Kind::Scalar(scalar) => Some(match &*scalar.text {
            "sources" => Loop::Sources,
            "generates" => Loop::Generates,
            other => {
                let message = format!("`for: {other}` goes over nothing");
                context.warn(
                    Diagnostic::warning("fleet::taskfile::loop", message)
                        .at(node.place(), "")
                        .help("write a list, `sources`, `generates`, or `{var: NAME}`")
                        .suggest(other, ["sources", "generates"]),
                );
                Loop::Nothing
            }
        }),
        Kind::Sequence(items) => Some(Loop::List(items.iter().map(Node::to_value).collect())),
        Kind::Mapping(_) => context.scope(node, |context| decode_mapping(context, node)),
    }
}

fn decode_mapping(context: &mut Context<'_>, node: &Node) -> Option<Loop> {
    let (mut variable, mut split, mut rename, mut rows) = (None, None, None, None);
    for field in context.fields(node, &FOR) {
        let value = field.value;
        match field.name {
            "var" => variable = non_empty(context, value),
            "split" => split = non_empty(context, value),
            "as" => rename = non_empty(context, value),
            "matrix" => rows = decode_matrix(context, value),
            _ => {}
        }
    }
    if context.has_notes() {
        return None;
    }
    match (variable, rows.filter(|rows| !rows.is_empty())) {
        (Some(name), None) => Some(Loop::Variable { name, split, rename }),
        (None, Some(rows)) => Some(Loop::Matrix { rows, rename }),
        (None, None) => {
            let diagnostic = Diagnostic::error("fleet::taskfile::loop", "a loop needs `var` or `matrix`")
                .at(node.place(), "has neither")
                .help("write `for: {var: NAME}`, `for: {matrix: {...}}`, or a list");
            context.fail(node, "invalid keys in for", diagnostic);
            None
        }
        (Some(_), Some(_)) => {
            let diagnostic =
                Diagnostic::error("fleet::taskfile::loop", "a loop has `var` or `matrix`, not both")
                    .at(node.place(), "has both");
            context.fail(node, "cannot use both var and matrix in for", diagnostic);
            None
        }
    }
}

fn non_empty(context: &mut Context<'_>, node: &Node) -> Option<String> {
    let text = context.string(node);
    (!text.is_empty()).then(|| text.value.to_string())
}

fn decode_matrix(context: &mut Context<'_>, node: &Node) -> Option<Vec<MatrixRow>> {
    if node.is_null() {
        return None;
    }
    if node.as_mapping().is_none() {
        context.wrong_kind(node, "matrix", "a mapping of lists");
        return Some(Vec::new());
    }
    let fields = context.entries(node);
    Some(fields.iter().filter_map(|field| decode_row(context, node, field)).collect())
}

fn decode_row(context: &mut Context<'_>, matrix: &Node, field: &Field<'_>) -> Option<MatrixRow> {
    let (name, value) = (field.name.to_owned(), field.value);
    match &value.kind {
        Kind::Sequence(items) => Some(MatrixRow::List(name, items.iter().map(Node::to_value).collect())),
        Kind::Mapping(_) => {
            let reference = context.scope(matrix, |context| decode_reference(context, value));
            Some(MatrixRow::Reference(name, reference.unwrap_or_else(|| Text::new("", value.span))))
        }
        Kind::Scalar(_) => {
            let diagnostic = Diagnostic::error(
                "fleet::taskfile::loop",
                "a row of a matrix is a list or a mapping with `ref`",
            )
            .at(value.place(), format!("this is {}", value.noun()));
            context.fail(matrix, "matrix values must be an array or a reference", diagnostic);
            None
        }
    }
}

/// `{ref: EXPRESSION}`.
pub(super) fn decode_reference(context: &mut Context<'_>, node: &Node) -> Option<Text> {
    let fields = context.fields(node, &REFERENCE);
    fields.first().and_then(|field| context.text(field.value))
}

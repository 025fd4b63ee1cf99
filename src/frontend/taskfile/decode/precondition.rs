//! `preconditions` (go-task `taskfile/ast/precondition.go`).

use super::super::keys::PRECONDITION;
use super::context::Context;
use crate::model::{Precondition, Text};
use crate::yaml::{Kind, Node};

/// `preconditions`; null items are dropped.
pub(super) fn decode_preconditions(context: &mut Context<'_>, node: &Node) -> Vec<Precondition> {
    let items = context.list(node, "[]*ast.Precondition", "a list of preconditions");
    items
        .iter()
        .filter(|item| !item.is_null())
        .filter_map(|item| decode_precondition(context, item))
        .collect()
}

/// The message that go-task makes up depends on the form; like one that is written it is rendered later.
fn decode_precondition(context: &mut Context<'_>, node: &Node) -> Option<Precondition> {
    let span = node.place();
    match &node.kind {
        Kind::Scalar(_) => {
            let command = context.scope(node, |context| context.string(node));
            let message = Text::nowhere(format!("`{}` failed", &*command.value));
            Some(Precondition {
                command: Text::new(command.value, command.span),
                message: Some(message),
                span,
            })
        }
        Kind::Mapping(_) => {
            let (mut command, mut message) = (Text::new("", node.span), None);
            context.scope(node, |context| {
                for field in context.fields(node, &PRECONDITION) {
                    match field.name {
                        "sh" => {
                            command = context.text(field.value).unwrap_or_else(|| Text::new("", node.span));
                        }
                        "msg" => message = context.text(field.value),
                        _ => {}
                    }
                }
            });
            let message = message.or_else(|| Some(Text::nowhere(format!("{} failed", command.raw()))));
            Some(Precondition { command, message, span })
        }
        Kind::Sequence(_) => {
            context.wrong_kind(node, "precondition", "a command, or a mapping with `sh` and `msg`");
            None
        }
    }
}

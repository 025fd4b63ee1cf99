//! `sources` and `generates` (go-task `taskfile/ast/glob.go`).

use super::super::keys::GLOB;
use super::context::Context;
use crate::model::{Glob, Text};
use crate::yaml::{Kind, Node};

/// A list of globs; null items are dropped.
pub(super) fn decode_globs(context: &mut Context<'_>, node: &Node) -> Vec<Glob> {
    let items = context.list(node, "[]*ast.Glob", "a list of file patterns");
    items.iter().filter(|item| !item.is_null()).filter_map(|item| decode_glob(context, item)).collect()
}

fn decode_glob(context: &mut Context<'_>, node: &Node) -> Option<Glob> {
    match &node.kind {
        Kind::Scalar(scalar) => {
            Some(Glob { pattern: Text::new(scalar.text.clone(), node.span), exclude: false })
        }
        Kind::Mapping(_) if context.is_unquoted_template(node) => None,
        Kind::Mapping(_) => context.scope(node, |context| {
            let fields = context.fields(node, &GLOB);
            let pattern = fields.first().and_then(|field| context.text(field.value))?;
            Some(Glob { pattern, exclude: true })
        }),
        Kind::Sequence(_) => {
            context.wrong_kind(node, "glob", "a file pattern, or a mapping with `exclude`");
            None
        }
    }
}

//! `requires` (go-task `taskfile/ast/requires.go`).

use super::super::keys::{REQUIRED, REQUIRES};
use super::context::Context;
use super::loops::decode_reference;
use crate::model::{Allowed, Requirement};
use crate::yaml::{Kind, Node};

/// `requires`: the variables under `vars`.
pub(super) fn decode_requires(context: &mut Context<'_>, node: &Node) -> Vec<Requirement> {
    if node.as_mapping().is_none() {
        if !node.is_null() {
            context.wrong_type(node, "ast.Requires", "a mapping with `vars`");
        }
        return Vec::new();
    }
    let fields = context.fields(node, &REQUIRES);
    let Some(vars) = fields.first() else { return Vec::new() };
    let items = context.list(vars.value, "[]*ast.VarsWithValidation", "a list of variable names");
    items.iter().filter(|item| !item.is_null()).filter_map(|item| decode_requirement(context, item)).collect()
}

fn decode_requirement(context: &mut Context<'_>, node: &Node) -> Option<Requirement> {
    let span = node.place();
    match &node.kind {
        Kind::Scalar(_) => {
            let name = context.scope(node, |context| context.string(node));
            Some(Requirement { name: name.value.to_string(), allowed: None, span })
        }
        Kind::Mapping(_) => {
            let mut requirement = Requirement { name: String::new(), allowed: None, span };
            context.scope(node, |context| {
                for field in context.fields(node, &REQUIRED) {
                    match field.name {
                        "name" => requirement.name = context.string(field.value).value.to_string(),
                        "enum" => requirement.allowed = decode_allowed(context, field.value),
                        _ => {}
                    }
                }
            });
            Some(requirement)
        }
        Kind::Sequence(_) => {
            context.wrong_kind(node, "requires", "a variable name, or a mapping with `name` and `enum`");
            None
        }
    }
}

fn decode_allowed(context: &mut Context<'_>, node: &Node) -> Option<Allowed> {
    let expected = "a list of values, or a mapping with `ref`";
    match &node.kind {
        _ if node.is_null() => None,
        Kind::Sequence(_) => Some(Allowed::List(context.scope(node, |context| context.words(node)))),
        Kind::Mapping(_) => {
            let reference = context.scope(node, |context| decode_reference(context, node));
            if reference.is_none() {
                context.wrong_kind(node, "enum", expected);
            }
            reference.map(Allowed::Reference)
        }
        Kind::Scalar(_) => {
            context.wrong_kind(node, "enum", expected);
            None
        }
    }
}

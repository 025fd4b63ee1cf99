//! `vars`, `env` and a variable (go-task `taskfile/ast/vars.go`, `var.go`).

use super::super::keys::VARIABLE;
use super::context::Context;
use super::query::decode_query;
use super::structure::decode_structure;
use crate::diagnostic::Diagnostic;
use crate::model::{Query, Structure, Text, Variable, VariableValue, Variables};
use crate::template::Value;
use crate::yaml::decode::unknown_key;
use crate::yaml::{Field, Kind, Node, Resolved};

const NO_SOURCE: &str = r#"a variable must define one of "sh", "ref", "map", "value" or be a scalar value"#;

/// `vars` or `env`, in order.
pub fn decode_variables(context: &mut Context<'_>, node: &Node) -> Variables {
    if node.as_mapping().is_none() {
        if !node.is_null() {
            context.wrong_kind(node, "vars", "a mapping of variables");
        }
        return Variables::new();
    }
    let fields = context.entries(node);
    fields.iter().map(|field| (field.shared_name(), decode_variable(context, field))).collect()
}

fn decode_variable(context: &mut Context<'_>, field: &Field<'_>) -> Variable {
    let node = field.value;
    warn_of_dates(context, node);
    let (value, query, secret) = match &node.kind {
        Kind::Mapping(_) if context.is_unquoted_template(node) => nil(),
        Kind::Mapping(_) => context.scope(node, |context| decode_mapping(context, field.name, node)),
        Kind::Scalar(_) => {
            let _ = context.scope(node, |context| context.scalar(node));
            (decode_value(node), None, false)
        }
        Kind::Sequence(_) => (decode_value(node), None, false),
    };
    Variable { value, query, secret, dir: None, taskfile: Some(context.file), span: field.key_span }
}

/// go-task 3.54 panics over a date anywhere in a variable. Here it is the text that was written.
fn warn_of_dates(context: &mut Context<'_>, node: &Node) {
    match &node.kind {
        Kind::Scalar(scalar)
            if scalar.text.starts_with(|first: char| first.is_ascii_digit())
                && node.resolve() == Some(Resolved::Timestamp) =>
        {
            let message = format!("`{}` is a date in YAML, over which `task` panics", scalar.text);
            let diagnostic = Diagnostic::warning("fleet::taskfile::date", message)
                .at(node.place(), "taken as text")
                .help(format!("write it in quotes: \"{}\"", scalar.text));
            context.warn(diagnostic);
        }
        Kind::Scalar(_) => {}
        Kind::Sequence(items) => items.iter().for_each(|item| warn_of_dates(context, item)),
        Kind::Mapping(entries) => entries.iter().for_each(|entry| warn_of_dates(context, &entry.value)),
    }
}

/// A value without a mapping's sources.
fn decode_value(node: &Node) -> VariableValue {
    match decode_structure(node) {
        Structure::Literal(value) => VariableValue::Literal(value),
        Structure::Template(text) => VariableValue::Template(text),
        structure => VariableValue::Structure(structure),
    }
}

/// The value, what takes it apart, and whether it is secret.
type Decoded = (VariableValue, Option<Query>, bool);

fn nil() -> Decoded {
    (VariableValue::Literal(Value::Nil), None, false)
}

/// go-task's precedence where several sources are given: `ref`, `map`, `value`, `sh`.
fn decode_mapping(context: &mut Context<'_>, name: &str, node: &Node) -> Decoded {
    let is_known = |name: &str| VARIABLE.get(name).is_some() && (context.queries || name != "query");
    let entries = node.as_mapping().unwrap_or_default();
    let unknown: Vec<Field<'_>> = entries
        .iter()
        .map(|entry| Field {
            name: entry.key.text().unwrap_or_default(),
            key_span: entry.key.place(),
            key: &entry.key,
            value: &entry.value,
        })
        .filter(|field| !is_known(field.name))
        .collect();
    if !unknown.is_empty() {
        for field in &unknown {
            let diagnostic = unknown_key(field, &VARIABLE);
            let whole = entries.len() == unknown.len();
            let diagnostic =
                if whole && diagnostic.help.as_ref().is_some_and(|help| help.starts_with("known")) {
                    diagnostic.help(format!("to give `{name}` a mapping as its value, put it under `map:`"))
                } else {
                    diagnostic
                };
            context.fail(node, go_not_a_source(field.name), diagnostic);
        }
        return nil();
    }
    let fields = context.fields(node, &VARIABLE);
    let (mut shell, mut reference, mut map, mut value) = (None, None, None, None);
    let (mut query, mut secret) = (None, false);
    for field in &fields {
        let node = field.value;
        match field.name {
            "sh" if node.is_null() => {}
            "sh" => {
                let command = context.string(node);
                shell = Some(Text::new(command.value, command.span));
            }
            "ref" => reference = context.text(node),
            "map" if !node.is_null() => map = Some(decode_value(node)),
            "value" if !node.is_null() => value = Some(decode_value(node)),
            "query" => query = decode_query(context, node),
            "secret" => secret = context.bool(node).unwrap_or(false),
            _ => {}
        }
    }
    if !fields.iter().any(|field| !matches!(field.name, "secret" | "query")) {
        let diagnostic =
            Diagnostic::error("fleet::taskfile::variable", format!("the variable `{name}` has no value"))
                .at(node.place(), "this mapping gives none")
                .help("write the value itself, or one of `sh`, `ref`, `map`, `value`");
        context.fail(node, NO_SOURCE, diagnostic);
        return nil();
    }
    let value =
        reference.map(VariableValue::Reference).or(map).or(value).or_else(|| shell.map(VariableValue::Shell));
    (value.unwrap_or(VariableValue::Literal(Value::Nil)), query, secret)
}

fn go_not_a_source(key: &str) -> String {
    format!(
        "{key:?} is not a valid variable type. Try \"sh\", \"ref\", \"map\", \"value\" or using a scalar value"
    )
}

//! A call of a task, with its name and variables rendered by the caller.

use super::error::TaskError;
use super::query::bind;
use super::renderer::Renderer;
use super::scope::Scope;
use super::variables::{render_structure, resolve};
use crate::model::{Call, Structure, Text, Variable, VariableValue, Variables};
use crate::source::Span;
use crate::template::Value;
use std::sync::Arc;

/// A request to run a task.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// Variables, rendered by the caller.
    pub vars: Variables,
    /// Hides its command echo.
    pub silent: bool,
    /// Not from the command line.
    pub indirect: bool,
}

impl Request {
    /// A call without variables, from the command line.
    #[must_use]
    pub fn named(name: &str, span: Span) -> Self {
        Self { name: name.to_owned(), span, vars: Variables::new(), silent: false, indirect: false }
    }
}

/// A call with its name and variables rendered by the caller; references see a scope of their own. What the callee gets is
/// rendered once more there, as go-task does; a `sh:` among them runs there.
pub(super) fn request(
    call: &Call,
    scope: &Scope,
    referred: &Scope,
    renderer: &Renderer,
) -> Result<Request, TaskError> {
    let name = renderer.text(&call.task, scope)?;
    let mut vars = Variables::new();
    for (key, variable) in &call.vars {
        let mut query = None;
        let value = match &variable.value {
            VariableValue::Literal(value) => VariableValue::Literal(value.clone()),
            VariableValue::Template(text) => again(renderer.text(text, scope)?),
            VariableValue::Shell(command) => {
                VariableValue::Shell(Text::new(renderer.text(command, scope)?, command.span()))
            }
            VariableValue::Reference(text) => {
                let value = renderer.value(|| resolve(text, referred), || Value::Nil)?;
                VariableValue::Literal(without_nulls(value))
            }
            VariableValue::Structure(structure) => VariableValue::Literal(
                renderer.value(|| render_structure(structure, scope), || as_written(structure))?,
            ),
        };
        if let Some(written) = &variable.query {
            query = Some(renderer.value(|| bind(written, scope), || written.clone())?);
        }
        vars.insert(Arc::clone(key), Variable { value, query, ..variable.clone() });
    }
    Ok(Request { name, span: call.task.span(), vars, silent: call.silent, indirect: true })
}

/// Maps lose what is null on the way to the callee.
fn without_nulls(value: Value) -> Value {
    match (value.as_list(), value.as_map()) {
        (Some(items), _) if items.iter().any(|item| matches!(item, Value::List(_) | Value::Map(_))) => {
            Value::list(items.iter().cloned().map(without_nulls))
        }
        (_, Some(map)) => {
            let entries = map.iter().filter(|(_, value)| !matches!(value, Value::Nil));
            Value::map(
                entries.map(|(name, value)| (Arc::clone(name), without_nulls(value.clone()))).collect(),
            )
        }
        _ => value,
    }
}

/// A rendered text that is rendered again where it is used.
fn again(text: String) -> VariableValue {
    if text.contains("{{") {
        VariableValue::Template(Text::nowhere(text))
    } else {
        VariableValue::Literal(Value::from(text))
    }
}

/// A list or map with its templates not rendered.
pub(super) fn as_written(structure: &Structure) -> Value {
    match structure {
        Structure::Literal(value) => value.clone(),
        Structure::Template(text) => Value::from(text.raw()),
        Structure::List(items) => Value::list(items.iter().map(as_written).collect::<Vec<_>>()),
        Structure::Map(entries) => {
            Value::map(entries.iter().map(|(name, value)| (Arc::clone(name), as_written(value))).collect())
        }
    }
}

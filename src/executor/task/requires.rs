//! `requires`: variables that must be set, and their allowed values (go-task 3.54 `requires.go`).

use super::compile::Compiled;
use super::error::{GoQuoted, TaskError};
use super::lookup::Found;
use super::renderer::Renderer;
use super::request::Request;
use super::runner::Runner;
use super::scope::Scope;
use super::variables::{CallVars, Evaluate, resolve};
use crate::model::{Allowed, Requirement, Task};
use crate::template::Value;
use std::rc::Rc;

/// A required variable that is not set, with its allowed values.
pub(super) type Missing = (String, Vec<String>);

impl Runner {
    /// Before anything is evaluated: an empty string counts as set.
    pub(super) async fn check_required(
        self: &Rc<Self>,
        task: &Task,
        found: &Found,
        request: &Request,
    ) -> Result<(), TaskError> {
        let missing = self.missing(task, found, request).await?;
        let Some((name, _)) = missing.first() else { return Ok(()) };
        let first = task.requires.iter().find(|required| required.name == *name);
        let at = first.map_or(task.span, |required| required.span);
        let call = CallVars { name: &request.name, vars: &request.vars };
        let scope = self.variables(found, &call, Evaluate::Static).await?;
        let name = self.heading(found, &scope, &Renderer::new(Evaluate::Static))?.name.into_owned();
        // Values that a reference gives are not told here.
        let missing = missing.into_iter().map(|(name, values)| {
            let is_list = task
                .requires
                .iter()
                .any(|required| required.name == name && matches!(required.allowed, Some(Allowed::List(_))));
            (name, if is_list { values } else { Vec::new() })
        });
        Err(TaskError::MissingVariables { name, missing: missing.collect() }.at(at))
    }

    /// The variables that are not set at all.
    pub(super) async fn missing(
        self: &Rc<Self>,
        task: &Task,
        found: &Found,
        request: &Request,
    ) -> Result<Vec<Missing>, TaskError> {
        if task.requires.is_empty() {
            return Ok(Vec::new());
        }
        let call = CallVars { name: &request.name, vars: &request.vars };
        let scope = self.variables(found, &call, Evaluate::Static).await?;
        let missing = task.requires.iter().filter(|required| scope.value(&required.name).is_none());
        Ok(missing
            .map(|required| (required.name.clone(), allowed(required.allowed.as_ref(), &scope)))
            .collect())
    }

    /// After everything is evaluated: only strings are compared.
    pub(super) fn check_allowed(&self, task: &Task, compiled: &Compiled) -> Result<(), TaskError> {
        let mut found = Vec::new();
        for required in &task.requires {
            let Some(rule) = &required.allowed else { continue };
            let allowed = allowed(Some(rule), &compiled.scope);
            // No values at all are no rule.
            if allowed.is_empty() {
                continue;
            }
            if let Some(Value::String(value)) = compiled.scope.value(&required.name)
                && !allowed.iter().any(|one| **one == **value)
            {
                found.push((required.name.clone(), value.to_string(), allowed));
            }
        }
        if found.is_empty() {
            return Ok(());
        }
        let is_first =
            |required: &&Requirement| found.first().is_some_and(|(name, ..)| *name == required.name);
        let at = task.requires.iter().find(is_first).map_or(task.span, |required| required.span);
        Err(TaskError::ForbiddenValues { name: compiled.name.clone(), found }.at(at))
    }
}

/// Values that a reference allows are a list of strings, or the task is wrong.
pub(super) fn check_references(task: &Task, scope: &Scope) -> Result<(), TaskError> {
    for required in &task.requires {
        let Some(Allowed::Reference(text)) = &required.allowed else { continue };
        let value = resolve(text, scope)?;
        let wrong = match value.as_list() {
            None => "resolve to a list",
            Some(items) if items.iter().any(|item| !matches!(item, Value::String(_))) => {
                "contain only strings"
            }
            Some(_) => continue,
        };
        let message = format!("enum reference {} must {wrong}", GoQuoted(text.raw()));
        return Err(TaskError::Other(message).at(required.span));
    }
    Ok(())
}

impl Scope {
    /// The values that a required variable may have; none where any will do.
    #[must_use]
    pub fn allowed(&self, required: &Requirement) -> Vec<String> {
        allowed(required.allowed.as_ref(), self)
    }
}

fn allowed(rule: Option<&Allowed>, scope: &Scope) -> Vec<String> {
    match rule {
        None => Vec::new(),
        Some(Allowed::List(values)) => values.clone(),
        Some(Allowed::Reference(text)) => {
            let value = resolve(text, scope).unwrap_or_default();
            value.as_list().unwrap_or_default().iter().map(ToString::to_string).collect()
        }
    }
}

//! What a `for` goes over (go-task 3.54 `variables.go`, `itemsFromFor`).

use super::error::TaskError;
use super::scope::Scope;
use super::variables::resolve;
use crate::model::{Loop, MatrixRow, Text};
use crate::template::{Map, Value};
use std::sync::Arc;

/// One round of a loop.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Round {
    /// Name of the loop variable.
    name: Arc<str>,
    /// Its value.
    item: Value,
    /// `.KEY`, in a loop over a map.
    key: Option<Arc<str>>,
}

impl Round {
    /// The scope of this round.
    pub(super) fn scope(&self, scope: &Scope) -> Scope {
        let mut scope = scope.clone();
        scope.set(Arc::clone(&self.name), self.item.clone());
        if let Some(key) = &self.key {
            scope.set("KEY", Value::String(Arc::clone(key)));
        }
        scope
    }
}

/// The files that a task's globs match, found when a loop asks for them.
pub(super) trait Files {
    /// Files of `sources`, relative to the task's directory.
    fn sources(&self) -> Result<Vec<String>, TaskError>;
    /// Files of `generates`, likewise.
    fn generates(&self) -> Result<Vec<String>, TaskError>;
}

/// None, for loops that go over values.
pub(super) struct NoFiles;

impl Files for NoFiles {
    fn sources(&self) -> Result<Vec<String>, TaskError> {
        Ok(Vec::new())
    }

    fn generates(&self) -> Result<Vec<String>, TaskError> {
        Ok(Vec::new())
    }
}

/// All rounds of a loop.
pub(super) fn rounds(each: &Loop, scope: &Scope, files: &dyn Files) -> Result<Vec<Round>, TaskError> {
    let item: Arc<str> = Arc::from("ITEM");
    let plain = |items: Vec<Value>, name: &Arc<str>| {
        items.into_iter().map(|value| Round { name: Arc::clone(name), item: value, key: None }).collect()
    };
    let renamed = |rename: &Option<String>| rename.as_deref().map_or_else(|| Arc::clone(&item), Arc::from);
    Ok(match each {
        Loop::List(items) => plain(items.clone(), &item),
        Loop::Sources => plain(files.sources()?.into_iter().map(Value::from).collect(), &item),
        Loop::Generates => plain(files.generates()?.into_iter().map(Value::from).collect(), &item),
        Loop::Nothing => Vec::new(),
        Loop::Variable { name, split, rename } => {
            let as_name = renamed(rename);
            match scope.value(name) {
                _ if scope.is_undefined(name) => Vec::new(),
                None | Some(Value::Nil) => Vec::new(),
                Some(Value::String(text)) => {
                    let parts: Vec<Value> = match split.as_deref() {
                        Some("") => {
                            text.chars().map(|character| Value::from(character.to_string())).collect()
                        }
                        Some(separator) => text.split(separator).map(Value::from).collect(),
                        None => text.split_whitespace().map(Value::from).collect(),
                    };
                    plain(parts, &as_name)
                }
                Some(value) => match (value.as_list(), value.as_map()) {
                    (Some(items), _) => plain(items.to_vec(), &as_name),
                    (None, Some(map)) => map
                        .iter()
                        .map(|(key, value)| Round {
                            name: Arc::clone(&as_name),
                            item: value.clone(),
                            key: Some(Arc::clone(key)),
                        })
                        .collect(),
                    (None, None) => return Err(TaskError::Loop { taskfile: String::new(), reference: None }),
                },
            }
        }
        Loop::Matrix { rows, rename } => plain(combinations(rows, scope)?, &renamed(rename)),
    })
}

/// The list that a row refers to.
fn referred(expression: &Text, scope: &Scope) -> Result<Vec<Value>, TaskError> {
    let value = resolve(expression, scope)?;
    value.as_list().map(<[Value]>::to_vec).ok_or_else(|| {
        TaskError::Other(format!("matrix reference {:?} must resolve to a list", expression.raw()))
    })
}

fn of_matrix(error: TaskError) -> TaskError {
    TaskError::Loop { taskfile: String::new(), reference: Some(Box::new(error)) }
}

/// The product of the rows, the first varying slowest.
fn combinations(rows: &[MatrixRow], scope: &Scope) -> Result<Vec<Value>, TaskError> {
    let mut combinations = vec![Map::new()];
    for row in rows {
        let (name, values) = match row {
            MatrixRow::List(name, values) => (name, values.clone()),
            MatrixRow::Reference(name, expression) => (name, referred(expression, scope).map_err(of_matrix)?),
        };
        let name: Arc<str> = Arc::from(name.as_str());
        let mut next = Vec::with_capacity(combinations.len() * values.len());
        for combination in &combinations {
            for value in &values {
                let mut combination = combination.clone();
                combination.insert(Arc::clone(&name), value.clone());
                next.push(combination);
            }
        }
        combinations = next;
    }
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    Ok(combinations.into_iter().map(Value::map).collect())
}

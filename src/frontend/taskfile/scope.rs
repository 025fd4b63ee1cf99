//! The variables that the path of an include may use: the process environment and the file's own `vars`, as
//! written, none of them rendered or run (go-task `taskfile/reader.go`).

use crate::model::{Structure, Variable, VariableValue, Variables};
use crate::template::{Lookup, Map, Value};

pub(super) struct IncludeScope<'a> {
    pub(super) vars: &'a Variables,
    pub(super) environment: &'a dyn Lookup,
}

impl Lookup for IncludeScope<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        match self.vars.get(name) {
            Some(variable) => as_written(variable),
            None => self.environment.get(name),
        }
    }

    fn all(&self) -> Map {
        let mut all = self.environment.all();
        for (name, variable) in self.vars {
            match as_written(variable) {
                Some(value) => {
                    all.insert(name.clone(), value);
                }
                None => {
                    all.shift_remove(name);
                }
            }
        }
        all
    }
}

/// The value without evaluating anything; `None` where only a command or a query would tell.
fn as_written(variable: &Variable) -> Option<Value> {
    match &variable.value {
        _ if variable.query.is_some() => None,
        VariableValue::Literal(value) => Some(value.clone()),
        VariableValue::Template(text) => Some(Value::string(text.raw())),
        VariableValue::Structure(structure) => Some(structure_as_written(structure)),
        VariableValue::Reference(_) => Some(Value::Nil),
        VariableValue::Shell(command) if command.raw().is_empty() => Some(Value::Nil),
        VariableValue::Shell(_) => None,
    }
}

fn structure_as_written(structure: &Structure) -> Value {
    match structure {
        Structure::Literal(value) => value.clone(),
        Structure::Template(text) => Value::string(text.raw()),
        Structure::List(items) => Value::list(items.iter().map(structure_as_written)),
        Structure::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| (key.clone(), structure_as_written(value)));
            Value::map(entries.collect::<Map>())
        }
    }
}

//! The variables of a running script: its environment, and what the script changed of it.

use crate::process::Environment;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};

/// Variables.
#[derive(Debug, Clone)]
pub(super) struct Variables {
    environment: Environment,
    changed: HashMap<String, Variable>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Variable {
    value: Option<String>,
    exported: bool,
}

/// A variable as it was, to be put back.
pub(super) struct Saved {
    name: String,
    variable: Option<Variable>,
}

impl Variables {
    /// The variables of an environment. `PWD` is ours from now on and not exported (mvdan/sh).
    pub(super) fn new(environment: Environment) -> Self {
        Self { environment, changed: HashMap::new() }
    }

    fn inherited(&self, name: &str) -> Option<&OsStr> {
        // The last entry of a name counts, as in Go's exec.
        self.environment.iter().rev().find(|(own, _)| own == name).map(|(_, value)| value.as_os_str())
    }

    /// The value, if it is set.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        match self.changed.get(name) {
            Some(variable) => variable.value.clone(),
            None => self.inherited(name).map(|value| value.to_string_lossy().into_owned()),
        }
    }

    fn is_exported(&self, name: &str) -> bool {
        match self.changed.get(name) {
            Some(variable) => variable.exported,
            None => self.inherited(name).is_some(),
        }
    }

    /// Sets a value; what was exported stays so.
    pub(super) fn set(&mut self, name: &str, value: String) {
        let exported = self.is_exported(name);
        self.changed.insert(name.to_owned(), Variable { value: Some(value), exported });
    }

    /// Sets a value that is not exported.
    pub(super) fn set_private(&mut self, name: &str, value: String) {
        self.changed.insert(name.to_owned(), Variable { value: Some(value), exported: false });
    }

    /// Exports a variable, with a new value where one is given.
    pub(super) fn export(&mut self, name: &str, value: Option<String>) {
        let value = value.or_else(|| self.get(name));
        self.changed.insert(name.to_owned(), Variable { value, exported: true });
    }

    /// Unsets a variable.
    pub(super) fn unset(&mut self, name: &str) {
        self.changed.insert(name.to_owned(), Variable { value: None, exported: false });
    }

    /// What is needed to put a variable back.
    pub(super) fn save(&self, name: &str) -> Saved {
        Saved { name: name.to_owned(), variable: self.changed.get(name).cloned() }
    }

    /// Puts a variable back.
    pub(super) fn restore(&mut self, saved: Saved) {
        match saved.variable {
            Some(variable) => {
                self.changed.insert(saved.name, variable);
            }
            None => {
                self.changed.remove(&saved.name);
            }
        }
    }

    /// The environment of a program: this, changed by the second.
    pub(super) fn environment(&self) -> (Environment, Vec<(OsString, Option<OsString>)>) {
        let change = |(name, variable): (&String, &Variable)| {
            let value = variable.value.as_ref().filter(|_| variable.exported);
            (name.into(), value.map(Into::into))
        };
        (self.environment.clone(), self.changed.iter().map(change).collect())
    }
}

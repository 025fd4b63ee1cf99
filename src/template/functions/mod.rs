//! The functions that go-task 3.54 registers for templates, and the methods of times and durations.
//! They know values, never templates.

mod arguments;
mod builtins;
mod comparison;
mod dates;
mod defaults;
mod digests;
mod encoding;
mod json;
mod lists;
mod maps;
mod numbers;
mod paths;
mod reflection;
mod regex;
mod spew;
mod strings;
mod table;
mod task;
mod time_methods;
mod urls;
mod words;
mod yaml;

use super::value::Value;
pub(crate) use regex::GoRegex;
pub(super) use time_methods::method;
pub(crate) use urls::Url;

/// A function or method: its signature in Go and what it does.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    /// The types of the parameters; the last one repeats if `variadic`.
    pub(super) parameters: &'static [Type],
    pub(super) variadic: bool,
    pub(super) call: Call,
}

/// What a call does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Call {
    /// Computes a value from the arguments, which have been checked against the parameters.
    Function(fn(&[Value]) -> Returned),
    /// Evaluates its arguments only as far as needed.
    And,
    /// The same for `or`.
    Or,
    /// Changes a map in place.
    Set,
    /// Removes a key in place.
    Unset,
    /// Go's `call`, which has nothing to call here: no value is a function.
    Uncallable,
}

/// A value, or Go's words of what went wrong.
pub(super) type Returned = Result<Value, String>;

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Any,
    /// Any value, or none
    Reflect,
    String,
    Int,
    Float,
    Bool,
    Map,
    Time,
    Duration,
}

impl Type {
    /// The type as Go names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Reflect => "reflect.Value",
            Self::String => "string",
            Self::Int => "int",
            Self::Float => "float64",
            Self::Bool => "bool",
            Self::Map => "map[string]interface {}",
            Self::Time => "time.Time",
            Self::Duration => "time.Duration",
        }
    }

    /// Whether nothing can be given for it.
    pub(super) fn can_be_nil(self) -> bool {
        matches!(self, Self::Any | Self::Reflect | Self::Map)
    }
}

impl Function {
    /// The type that the argument at `index` must have.
    pub(super) fn parameter(&self, index: usize) -> Type {
        self.parameters.get(index).or(self.parameters.last()).copied().unwrap_or(Type::Any)
    }
}

/// The names of all functions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    table::FUNCTIONS.iter().map(|function| function.name)
}

/// The function of that name.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    let index = table::FUNCTIONS.binary_search_by(|function| function.name.cmp(name)).ok()?;
    Some(&table::FUNCTIONS[index])
}

#[cfg(test)]
mod tests {
    use super::{find, table::FUNCTIONS};

    #[test]
    fn every_function_is_found_by_its_name() {
        for function in FUNCTIONS {
            assert!(
                find(function.name).is_some_and(|found| std::ptr::eq(found, function)),
                "{}",
                function.name
            );
        }
        assert!(find("").is_none() && find("zzz").is_none() && find("uppe").is_none());
    }

    #[test]
    fn every_function_stands_in_a_recorded_case() {
        let cases = include_str!("../../../tests/conformance/templates.txt");
        let words: std::collections::HashSet<&str> =
            cases.split(|next: char| !(next == '_' || next.is_alphanumeric())).collect();
        let missing: Vec<_> =
            FUNCTIONS.iter().map(|function| function.name).filter(|name| !words.contains(name)).collect();
        assert!(missing.is_empty(), "no case in templates.txt calls {missing:?}");
    }
}

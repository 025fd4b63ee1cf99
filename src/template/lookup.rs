//! Where templates get their variables from.

use super::value::{Map, Value};

/// The variables of a template: what `.` and `$` are.
pub trait Lookup {
    /// The variable `name`; `None` where it is not defined.
    fn get(&self, name: &str) -> Option<Value>;
    /// All variables, for templates that use `.` as a whole.
    fn all(&self) -> Map;
}

impl Lookup for Map {
    fn get(&self, name: &str) -> Option<Value> {
        Self::get(self, name).cloned()
    }

    fn all(&self) -> Map {
        self.clone()
    }
}

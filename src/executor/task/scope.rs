//! The variables that one task sees, in layers: what all tasks share is not copied.

use crate::model::Text;
use crate::template::{Map, Value};
use std::rc::Rc;
use std::sync::Arc;

/// Values by name. A later layer hides an earlier one.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    environment: Arc<Map>,
    shared: Rc<Map>,
    own: Map,
    /// Names whose values are masked in what is shown.
    secrets: Vec<Arc<str>>,
    /// Names that templates do not find, whatever an outer layer has: `sh:` variables that are not run.
    undefined: Vec<Arc<str>>,
}

impl Scope {
    /// A scope over the process environment.
    pub(super) fn new(environment: Arc<Map>) -> Self {
        Self { environment, ..Self::default() }
    }

    /// Sets a value.
    pub(super) fn set(&mut self, name: impl Into<Arc<str>>, value: Value) {
        let name = name.into();
        self.undefined.retain(|undefined| *undefined != name);
        self.own.insert(name, value);
    }

    /// Keeps a variable's place with an empty value, and lets templates not find it.
    pub(super) fn set_undefined(&mut self, name: &Arc<str>) {
        self.set(Arc::clone(name), Value::string(""));
        self.undefined.push(Arc::clone(name));
    }

    /// Whether a variable is one that is not run.
    pub(super) fn is_undefined(&self, name: &str) -> bool {
        self.undefined.iter().any(|undefined| **undefined == *name)
    }

    /// Notes that a variable is secret.
    pub(super) fn hide(&mut self, name: &Arc<str>) {
        self.secrets.push(Arc::clone(name));
    }

    /// Makes what was set so far shared, so that clones are cheap.
    pub(super) fn share(mut self) -> Self {
        if self.shared.is_empty() {
            self.shared = Rc::new(std::mem::take(&mut self.own));
        }
        self
    }

    /// The same scope as it may be shown; `None` when nothing is secret.
    pub(super) fn masked(&self) -> Option<Self> {
        if self.secrets.is_empty() {
            return None;
        }
        let mut masked = self.clone();
        for name in &self.secrets {
            masked.set(Arc::clone(name), Value::string("*****"));
        }
        Some(masked)
    }

    /// A value.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.own.get(name).or_else(|| self.shared.get(name)).or_else(|| self.environment.get(name))
    }

    /// What was set, in the order in which it first was.
    pub fn in_order(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        let shared = self.shared.iter().map(|(name, value)| (name, self.own.get(name).unwrap_or(value)));
        shared.chain(self.own.iter().filter(|(name, _)| !self.shared.contains_key(*name)))
    }

    /// A text with these values; as it is written where that fails.
    #[must_use]
    pub fn render(&self, text: &Text) -> String {
        super::variables::render(text, self).unwrap_or_else(|_| text.raw().to_owned())
    }

    /// All values in order of their layers.
    pub(super) fn layers(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        let shared = self.shared.iter().filter(|(name, _)| !self.own.contains_key(*name));
        shared.chain(self.own.iter())
    }
}

impl crate::template::Lookup for Scope {
    fn get(&self, name: &str) -> Option<Value> {
        if self.is_undefined(name) {
            return None;
        }
        self.value(name).cloned()
    }

    fn all(&self) -> Map {
        let mut all = (*self.environment).clone();
        for (name, value) in self.layers() {
            all.insert(Arc::clone(name), value.clone());
        }
        for name in &self.undefined {
            all.shift_remove(name);
        }
        all
    }
}

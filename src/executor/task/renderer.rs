//! Renders the texts of one task in order. Where nothing is run (lists, summaries) an error is none, but what follows it
//! stays as written: go-task's cache of a task's templates does so (go-task 3.54 `internal/templater`).

use super::error::TaskError;
use super::scope::Scope;
use super::variables::{Evaluate, render};
use crate::model::Text;
use std::cell::Cell;

/// Renders texts.
pub(super) struct Renderer {
    evaluate: Evaluate,
    failed: Cell<bool>,
}

impl Renderer {
    pub(super) fn new(evaluate: Evaluate) -> Self {
        Self { evaluate, failed: Cell::new(false) }
    }

    /// One for a text that is apart from the others.
    pub(super) fn alone(&self) -> Self {
        Self::new(self.evaluate)
    }

    /// Whether an error has been passed over.
    pub(super) fn failed(&self) -> bool {
        self.failed.get()
    }

    /// A text.
    pub(super) fn text(&self, text: &Text, scope: &Scope) -> Result<String, TaskError> {
        self.value(|| render(text, scope), || text.raw().to_owned())
    }

    /// A text that may be absent, which is as good as empty.
    pub(super) fn optional(&self, text: Option<&Text>, scope: &Scope) -> Result<String, TaskError> {
        text.map_or_else(|| Ok(String::new()), |text| self.text(text, scope))
    }

    /// Anything that may fail, and what stands for it where it has.
    pub(super) fn value<T>(
        &self,
        value: impl FnOnce() -> Result<T, TaskError>,
        otherwise: impl FnOnce() -> T,
    ) -> Result<T, TaskError> {
        if self.failed.get() {
            return Ok(otherwise());
        }
        match value() {
            Err(_) if self.evaluate == Evaluate::Static => {
                self.failed.set(true);
                Ok(otherwise())
            }
            result => result,
        }
    }
}

//! What a call runs under: a request to stop, and whether a time limit raised it (Go's `context.Context`).

use super::error::TaskError;
use crate::process::{Cancel, Stop};
use std::cell::Cell;
use std::rc::Rc;

/// A request to stop with its reason. Clones speak of the same one.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) cancel: Cancel,
    limit: Option<Rc<Limit>>,
    /// The execution of a task that runs once which it is part of.
    within: Option<Rc<str>>,
}

struct Limit {
    passed: Cell<bool>,
    above: Option<Rc<Limit>>,
}

impl Context {
    /// Without a time limit.
    pub(super) fn new(cancel: Cancel) -> Self {
        Self { cancel, limit: None, within: None }
    }

    /// One that ends with this one, and may be ended alone.
    pub(super) fn child(&self) -> Self {
        Self { cancel: self.cancel.child(), ..self.clone() }
    }

    /// One that has a time limit of its own, too.
    pub(super) fn limited(&self) -> Self {
        let limit = Limit { passed: Cell::new(false), above: self.limit.clone() };
        Self { cancel: self.cancel.child(), limit: Some(Rc::new(limit)), within: self.within.clone() }
    }

    /// The same as a part of an execution.
    pub(super) fn inside(&self, execution: &Rc<str>) -> Self {
        Self { within: Some(Rc::clone(execution)), ..self.clone() }
    }

    /// One that nothing stops, for cleaning up.
    pub(super) fn apart(&self) -> Self {
        Self { within: self.within.clone(), ..Self::new(Cancel::new()) }
    }

    /// The execution that it is part of.
    pub(super) fn within(&self) -> Option<&Rc<str>> {
        self.within.as_ref()
    }

    /// Ends it since its time has passed.
    pub(super) fn expire(&self) {
        if let Some(limit) = &self.limit {
            limit.passed.set(true);
        }
        self.cancel.stop(Stop::Interrupt);
    }

    /// Ends it.
    pub(super) fn stop(&self) {
        self.cancel.stop(Stop::Interrupt);
    }

    /// The error of what was stopped by it.
    pub(super) fn stopped(&self) -> Option<TaskError> {
        if !self.cancel.is_requested() {
            return None;
        }
        let mut limit = self.limit.as_deref();
        while let Some(inner) = limit {
            if inner.passed.get() {
                return Some(TaskError::Expired);
            }
            limit = inner.above.as_deref();
        }
        Some(TaskError::Interrupted)
    }
}

//! What names mean while a program runs: entries in a chain, the newest first, shared by all that still needs them.

use super::node::{NodeId, Up};
use super::value::Value;
use std::cell::RefCell;
use std::rc::Rc;

/// The newest entry.
pub(super) type Environment = Option<Rc<Scoped>>;

/// What an entry holds.
#[derive(Debug, Clone)]
pub(super) enum Held {
    /// A variable's value.
    Value(Value),
    /// An argument: a program with its environment.
    Closure(NodeId, Environment),
    /// A definition. Its body finds itself here.
    Definition,
    /// A label, told from others by its number.
    Label(u64),
    /// The state of `reduce` and `foreach`.
    State(Rc<RefCell<Value>>),
}

/// An entry.
#[derive(Debug)]
pub(super) struct Scoped {
    pub(super) held: Held,
    next: Environment,
}

/// With one more entry.
pub(super) fn with(environment: &Environment, held: Held) -> Environment {
    Some(Rc::new(Scoped { held, next: environment.clone() }))
}

/// The environment whose newest entry lies `up` entries above.
pub(super) fn above(environment: &Environment, up: Up) -> &Environment {
    let mut found = environment;
    for _ in 0..up {
        match found {
            Some(scoped) => found = &scoped.next,
            None => break,
        }
    }
    found
}

/// The environment without its newest entry.
pub(super) fn outer(environment: &Environment) -> Environment {
    environment.as_ref().and_then(|scoped| scoped.next.clone())
}

/// What the entry `up` entries above holds.
pub(super) fn held(environment: &Environment, up: Up) -> Option<&Held> {
    above(environment, up).as_ref().map(|scoped| &scoped.held)
}

impl Drop for Scoped {
    /// Chains grow as long as a program recurses: they are taken apart one by one.
    fn drop(&mut self) {
        let mut waiting: Vec<Rc<Self>> = Vec::new();
        take_apart(self, &mut waiting);
        while let Some(scoped) = waiting.pop() {
            if let Some(mut scoped) = Rc::into_inner(scoped) {
                take_apart(&mut scoped, &mut waiting);
            }
        }
    }
}

fn take_apart(scoped: &mut Scoped, waiting: &mut Vec<Rc<Scoped>>) {
    waiting.extend(scoped.next.take());
    if let Held::Closure(_, environment) = &mut scoped.held {
        waiting.extend(environment.take());
    }
}

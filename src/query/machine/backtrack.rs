//! What can still be gone back to: other values, and what catches an error.

use super::{Machine, State};
use crate::query::environment::Environment;
use crate::query::kont::{Kont, Place, Tracked};
use crate::query::node::{Node, NodeId};
use crate::query::path;
use crate::query::raise::Raise;
use crate::query::value::{DEPTH_LIMIT, Value};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// What can still be gone back to.
pub(super) enum Choice {
    /// The alternatives of a comma from one on.
    Comma {
        node: NodeId,
        next: usize,
        environment: Environment,
        input: Value,
        track: Tracked,
        kont: Kont,
    },
    /// The elements from one on.
    Each {
        container: Value,
        next: usize,
        track: Tracked,
        kont: Kont,
    },
    /// Numbers.
    Range {
        at: f64,
        upto: f64,
        by: f64,
        track: Tracked,
        kont: Kont,
    },
    /// The value of a cell, when all that filled it is done.
    Collected {
        items: Rc<RefCell<Vec<Value>>>,
        track: Tracked,
        kont: Kont,
    },
    Reduced {
        state: Rc<RefCell<Value>>,
        track: Tracked,
        kont: Kont,
    },
    /// `//`: the right side where nothing was true on the left.
    Otherwise {
        found: Rc<Cell<bool>>,
        node: NodeId,
        place: Place,
        kont: Kont,
    },
    /// What is below is guarded by `try`.
    Try {
        number: u64,
        handler: Option<NodeId>,
        environment: Environment,
        track: Tracked,
        kont: Kont,
    },
    /// What is above has left that `try`.
    Left(u64),
    /// `?//`: the alternatives from one on, where the one before it fails.
    Alternatives {
        node: NodeId,
        next: usize,
        place: Place,
        kont: Kont,
    },
    Label(u64),
    /// A path to delete, where its update gave nothing.
    Delete {
        root: Rc<RefCell<Value>>,
        path: Rc<Vec<Value>>,
        number: u64,
    },
    First(u64),
}

impl<'p> Machine<'p> {
    /// Goes on from a choice.
    pub(super) fn resume(&mut self, choice: Choice) -> State {
        match choice {
            Choice::Comma { node, next, environment, input, track, kont } => {
                self.track = track;
                self.kont = kont;
                let program = self.program;
                match program.nodes.get(node as usize) {
                    Some(Node::Comma(items)) => self.comma(node, items, next, environment, input),
                    _ => State::Backtrack,
                }
            }
            Choice::Each { container, next, track, kont } => self.each(container, next, track, kont),
            Choice::Range { at, upto, by, track, kont } => {
                let more = if by > 0.0 {
                    at < upto
                } else if by < 0.0 {
                    at > upto
                } else {
                    false
                };
                if !more {
                    return State::Backtrack;
                }
                self.track.clone_from(&track);
                self.kont.clone_from(&kont);
                self.choose(Choice::Range { at: at + by, upto, by, track, kont });
                State::Return(Value::Number(at))
            }
            Choice::Collected { items, track, kont } => {
                self.track = track;
                self.kont = kont;
                let value = Value::from(items.take());
                if value.depth() > DEPTH_LIMIT {
                    return State::Raise(Raise::Limit("a value is nested too deeply"));
                }
                State::Return(value)
            }
            Choice::Reduced { state, track, kont } => {
                self.track = track;
                self.kont = kont;
                let value = state.replace(Value::Null);
                State::Return(value)
            }
            Choice::Otherwise { found, node, place, kont } => {
                if found.get() {
                    return State::Backtrack;
                }
                self.track = place.track;
                self.kont = kont;
                State::Evaluate { node, environment: place.environment, input: place.input }
            }
            Choice::Delete { root, path, .. } => {
                let whole = root.replace(Value::Null);
                match path::delete(whole, &path) {
                    Ok(whole) => {
                        root.replace(whole);
                        State::Backtrack
                    }
                    Err(raise) => State::Raise(raise),
                }
            }
            Choice::Try { .. }
            | Choice::Left(_)
            | Choice::Alternatives { .. }
            | Choice::Label(_)
            | Choice::First(_) => State::Backtrack,
        }
    }

    pub(super) fn each(&mut self, container: Value, next: usize, track: Tracked, kont: Kont) -> State {
        let (key, value, last) = match &container {
            Value::Array(array) => match array.items().get(next) {
                Some(value) => (None, value.clone(), next + 1 == array.items().len()),
                None => return State::Backtrack,
            },
            Value::Object(object) => match object.pairs().get_index(next) {
                Some((key, value)) => (Some(Rc::clone(key)), value.clone(), next + 1 == object.pairs().len()),
                None => return State::Backtrack,
            },
            _ => return State::Backtrack,
        };
        self.track = track.clone().map(|mut track| {
            Rc::make_mut(&mut track.path).push(key.map_or_else(|| Value::count(next), Value::String));
            track.at = value.clone();
            track
        });
        self.kont.clone_from(&kont);
        if !last {
            self.choose(Choice::Each { container, next: next + 1, track, kont });
        }
        State::Return(value)
    }

    /// Goes back to what catches.
    pub(super) fn unwind(&mut self, raise: Raise) -> Result<State, Raise> {
        let error = match raise {
            // What is raised without a value is nothing: jq's own way to say that there is no more.
            Raise::Error(Value::Null) => return Ok(State::Backtrack),
            Raise::Error(error) => error,
            Raise::Break(number) => {
                while let Some(choice) = self.choices.pop() {
                    if matches!(choice, Choice::Label(found) if found == number) {
                        return Ok(State::Backtrack);
                    }
                }
                return Err(Raise::text("break"));
            }
            other => {
                self.choices.clear();
                return Err(other);
            }
        };
        let mut left = None;
        while let Some(choice) = self.choices.pop() {
            match choice {
                Choice::Left(number) if left.is_none() => left = Some(number),
                Choice::Try { number, .. } if left == Some(number) => left = None,
                Choice::Try { .. } if left.is_some() => {}
                Choice::Try { handler, environment, track, kont, .. } => {
                    let Some(node) = handler else { return Ok(State::Backtrack) };
                    self.track = track;
                    self.kont = kont;
                    return Ok(State::Evaluate { node, environment, input: error });
                }
                Choice::Alternatives { node, next, place, kont } => {
                    self.kont = kont;
                    let program = self.program;
                    if let Some(Node::Alternatives(bodies)) = program.nodes.get(node as usize) {
                        return Ok(self.alternative(node, bodies, next, place));
                    }
                }
                _ => {}
            }
        }
        Err(Raise::Error(error))
    }
}

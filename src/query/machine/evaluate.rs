//! What a node of the program does to an input.

use super::{CALL_DEPTH, CHOICES, Choice, IDLE_CALLS, Machine, State, result};
use crate::query::environment::{self, Environment, Held};
use crate::query::kont::{Place, Step, Track};
use crate::query::native::Context;
use crate::query::node::{Node, NodeId};
use crate::query::path;
use crate::query::raise::Raise;
use crate::query::value::{Object, Value};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

impl<'p> Machine<'p> {
    pub(super) fn evaluate(
        &mut self,
        context: &mut Context<'_>,
        id: NodeId,
        environment: Environment,
        input: Value,
    ) -> State {
        let program = self.program;
        let Some(node) = program.nodes.get(id as usize) else { return State::Backtrack };
        match node {
            Node::Identity => State::Return(input),
            Node::Constant(value) => State::Return(value.clone()),
            Node::Variable(up) => match environment::held(&environment, *up) {
                Some(Held::Value(value)) => State::Return(value.clone()),
                _ => State::Backtrack,
            },
            Node::Empty => State::Backtrack,
            Node::Pipe(left, right) => {
                self.push(Step::Pipe(*right, environment.clone()));
                State::Evaluate { node: *left, environment, input }
            }
            Node::Comma(items) => self.comma(id, items, 0, environment, input),
            Node::Index { term, key } => match self.quick(*key, &environment, &input) {
                Some(key) => self.indexed(*term, key, environment, input),
                None => {
                    let place = self.place(&environment, &input);
                    self.push(Step::Key { term: *term, place });
                    State::Evaluate { node: *key, environment, input }
                }
            },
            Node::Slice { term, from, upto } => {
                let place = self.place(&environment, &input);
                match from {
                    None => {
                        self.take(context, Step::SliceFrom { term: *term, upto: *upto, place }, Value::Null)
                    }
                    Some(from) => {
                        self.push(Step::SliceFrom { term: *term, upto: *upto, place });
                        State::Evaluate { node: *from, environment, input }
                    }
                }
            }
            Node::Iterate(term) => {
                if matches!(program.nodes.get(*term as usize), Some(Node::Identity)) {
                    return self.iterate(input);
                }
                self.push(Step::Iterate);
                State::Evaluate { node: *term, environment, input }
            }
            Node::Collect(None) => State::Return(Value::from(Vec::new())),
            Node::Collect(Some(inner)) => {
                let items = Rc::new(RefCell::new(Vec::new()));
                let (track, kont) = (self.track.clone(), self.kont.take());
                self.choose(Choice::Collected { items: Rc::clone(&items), track, kont });
                self.push(Step::Collect(items));
                State::Evaluate { node: *inner, environment, input }
            }
            Node::Object(pairs) => {
                let place = self.place(&environment, &input);
                self.pairs(pairs.as_slice().into(), 0, Value::from(Object::default()), place)
            }
            Node::Join(parts) => {
                let place = self.place(&environment, &input);
                self.join(parts.as_slice().into(), parts.len(), String::new(), place)
            }
            Node::Try { body, handler } => {
                let number = self.number();
                self.choose(Choice::Try {
                    number,
                    handler: *handler,
                    environment: environment.clone(),
                    track: self.track.clone(),
                    kont: self.kont.clone(),
                });
                self.push(Step::LeaveTry(number));
                State::Evaluate { node: *body, environment, input }
            }
            Node::Alternative(left, right) => {
                let found = Rc::new(Cell::new(false));
                let place = Place {
                    environment: environment.clone(),
                    input: input.clone(),
                    track: self.track.clone(),
                };
                let kont = self.kont.clone();
                self.choose(Choice::Otherwise { found: Rc::clone(&found), node: *right, place, kont });
                self.push(Step::Alternative(found));
                State::Evaluate { node: *left, environment, input }
            }
            Node::And(left, right) => {
                let place = self.place(&environment, &input);
                self.push(Step::And { right: *right, place });
                State::Evaluate { node: *left, environment, input }
            }
            Node::Or(left, right) => {
                let place = self.place(&environment, &input);
                self.push(Step::Or { right: *right, place });
                State::Evaluate { node: *left, environment, input }
            }
            Node::If { condition, then, otherwise } => match self.quick(*condition, &environment, &input) {
                Some(truth) => {
                    let node = if truth.is_true() { *then } else { *otherwise };
                    State::Evaluate { node, environment, input }
                }
                None => {
                    let place = self.place(&environment, &input);
                    self.push(Step::If { then: *then, otherwise: *otherwise, place });
                    State::Evaluate { node: *condition, environment, input }
                }
            },
            Node::Bind { source, body } => match self.quick(*source, &environment, &input) {
                Some(value) => {
                    let environment = environment::with(&environment, Held::Value(value));
                    State::Evaluate { node: *body, environment, input }
                }
                None => {
                    let place = self.place(&environment, &input);
                    self.push(Step::Bind { body: *body, place });
                    State::Evaluate { node: *source, environment, input }
                }
            },
            Node::Alternatives(bodies) => {
                let place = Place { environment, input, track: self.track.clone() };
                self.alternative(id, bodies, 0, place)
            }
            Node::Outer(inner) => {
                let environment = environment::outer(&environment);
                State::Evaluate { node: *inner, environment, input }
            }
            Node::Reduce { source, init, body } | Node::Foreach { source, init, body } => {
                let is_reduce = matches!(node, Node::Reduce { .. });
                let place = Place {
                    environment: environment.clone(),
                    input: input.clone(),
                    track: self.track.clone(),
                };
                self.push(Step::Init { source: *source, body: *body, is_reduce, place });
                State::Evaluate { node: *init, environment, input }
            }
            Node::State { up, update, extract } => {
                let Some(Held::State(state)) = environment::held(&environment, *up) else {
                    return State::Backtrack;
                };
                let value = state.replace(Value::Null);
                match extract {
                    None => self.push(Step::StoreState(Rc::clone(state))),
                    Some(extract) => self.push(Step::EmitState {
                        state: Rc::clone(state),
                        extract: *extract,
                        environment: environment.clone(),
                    }),
                }
                State::Evaluate { node: *update, environment, input: value }
            }
            Node::Label(body) => {
                let number = self.number();
                self.choose(Choice::Label(number));
                let environment = environment::with(&environment, Held::Label(number));
                State::Evaluate { node: *body, environment, input }
            }
            Node::Break(up) => match environment::held(&environment, *up) {
                Some(Held::Label(number)) => State::Raise(Raise::Break(*number)),
                _ => State::Backtrack,
            },
            Node::Define(rest) => {
                let environment = environment::with(&environment, Held::Definition);
                State::Evaluate { node: *rest, environment, input }
            }
            Node::Call { definition, up, arguments } => {
                let base = environment::above(&environment, *up).clone();
                self.call(*definition, base, arguments, &environment, input)
            }
            Node::CallOwn { definition, arguments } => {
                self.call(*definition, None, arguments, &environment, input)
            }
            Node::Argument(up) => match environment::held(&environment, *up) {
                Some(Held::Closure(node, environment)) => {
                    self.idle += 1;
                    if self.idle > IDLE_CALLS {
                        return State::Raise(Raise::Limit("calls follow each other without an end"));
                    }
                    State::Evaluate { node: *node, environment: environment.clone(), input }
                }
                _ => State::Backtrack,
            },
            Node::Native { native, arguments } => {
                let mut values = [const { Value::Null }; 4];
                let quick = arguments.len() <= 4
                    && arguments.iter().zip(&mut values).rev().all(|(argument, slot)| {
                        match self.quick(*argument, &environment, &input) {
                            Some(value) => {
                                *slot = value;
                                true
                            }
                            None => false,
                        }
                    });
                if quick {
                    let values = values.get(..arguments.len()).unwrap_or_default();
                    return result(native(context, &input, values));
                }
                let place = self.place(&environment, &input);
                let left = arguments.len();
                self.arguments(context, *native, arguments.as_slice().into(), left, Vec::new(), place)
            }
            Node::Path(inner) => {
                let outer = self.track.replace(Track { path: Rc::default(), at: input.clone() });
                self.push(Step::PathEnd(outer));
                State::Evaluate { node: *inner, environment, input }
            }
            Node::Modify { paths, update } => {
                let root = Rc::new(RefCell::new(input.clone()));
                let (track, kont) = (self.track.clone(), self.kont.take());
                self.choose(Choice::Reduced { state: Rc::clone(&root), track, kont });
                self.push(Step::Modify { root, update: *update, environment: environment.clone() });
                self.track = Some(Track { path: Rc::default(), at: input.clone() });
                State::Evaluate { node: *paths, environment, input }
            }
            Node::First(inner) => {
                let number = self.number();
                self.choose(Choice::First(number));
                self.push(Step::First(number));
                State::Evaluate { node: *inner, environment, input }
            }
            Node::Range { from, upto, by } => {
                let mut numbers = [0.0; 3];
                for (slot, node) in numbers.iter_mut().zip([from, upto, by]) {
                    match self.quick(*node, &environment, &input) {
                        Some(Value::Number(number)) => *slot = number,
                        _ => return State::Raise(Raise::text("Range bounds must be numeric")),
                    }
                }
                let [at, upto, by] = numbers;
                let (track, kont) = (self.track.clone(), self.kont.clone());
                self.resume(Choice::Range { at, upto, by, track, kont })
            }
            Node::GetPath(path) => {
                let place = self.place(&environment, &input);
                self.push(Step::GetPath(place));
                State::Evaluate { node: *path, environment, input }
            }
        }
    }

    /// The value of what needs no frames and cannot fail.
    pub(super) fn quick(&self, id: NodeId, environment: &Environment, input: &Value) -> Option<Value> {
        match self.program.nodes.get(id as usize)? {
            Node::Identity => Some(input.clone()),
            Node::Constant(value) => Some(value.clone()),
            Node::Variable(up) => match environment::held(environment, *up)? {
                Held::Value(value) => Some(value.clone()),
                _ => None,
            },
            Node::Index { term, key } => {
                let Node::Constant(Value::String(key)) = self.program.nodes.get(*key as usize)? else {
                    return None;
                };
                let found;
                let container = match self.program.nodes.get(*term as usize)? {
                    Node::Identity => input,
                    Node::Variable(_) => {
                        found = self.quick(*term, environment, input)?;
                        &found
                    }
                    _ => return None,
                };
                match container {
                    Value::Object(object) => Some(object.pairs().get(key).cloned().unwrap_or(Value::Null)),
                    Value::Null => Some(Value::Null),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    pub(super) fn call(
        &mut self,
        definition: u32,
        base: Environment,
        arguments: &[NodeId],
        environment: &Environment,
        input: Value,
    ) -> State {
        self.idle += 1;
        let depth = self.kont.as_ref().map_or(0, |frame| frame.depth);
        if self.idle > IDLE_CALLS {
            return State::Raise(Raise::Limit("calls follow each other without an end"));
        }
        if depth > CALL_DEPTH || self.choices.len() > CHOICES {
            return State::Raise(Raise::Limit("calls are nested too deeply"));
        }
        let mut callee = base;
        for argument in arguments {
            // An argument that is handed on stays what it was, so that calls do not become longer with each one.
            let held = match self.program.nodes.get(*argument as usize) {
                Some(Node::Argument(up)) => environment::held(environment, *up).cloned(),
                _ => None,
            };
            let held = held.unwrap_or_else(|| Held::Closure(*argument, environment.clone()));
            callee = environment::with(&callee, held);
        }
        match self.program.definitions.get(definition as usize) {
            Some(definition) => State::Evaluate { node: definition.body, environment: callee, input },
            None => State::Backtrack,
        }
    }

    pub(super) fn comma(
        &mut self,
        id: NodeId,
        items: &[NodeId],
        index: usize,
        environment: Environment,
        input: Value,
    ) -> State {
        let Some(node) = items.get(index) else { return State::Backtrack };
        if index + 1 < items.len() {
            self.choose(Choice::Comma {
                node: id,
                next: index + 1,
                environment: environment.clone(),
                input: input.clone(),
                track: self.track.clone(),
                kont: self.kont.clone(),
            });
        }
        State::Evaluate { node: *node, environment, input }
    }

    pub(super) fn alternative(&mut self, id: NodeId, bodies: &[NodeId], index: usize, place: Place) -> State {
        let Some(node) = bodies.get(index) else { return State::Backtrack };
        if index + 1 < bodies.len() {
            let (kont, place) = (self.kont.clone(), place.clone());
            self.choose(Choice::Alternatives { node: id, next: index + 1, place, kont });
        }
        self.track = place.track;
        State::Evaluate { node: *node, environment: place.environment, input: place.input }
    }

    pub(super) fn indexed(
        &mut self,
        term: NodeId,
        key: Value,
        environment: Environment,
        input: Value,
    ) -> State {
        if matches!(self.program.nodes.get(term as usize), Some(Node::Identity)) {
            return self.index(&input, &key);
        }
        self.push(Step::Index(key));
        State::Evaluate { node: term, environment, input }
    }

    /// `container[key]`, noted where a path is asked for.
    pub(super) fn index(&mut self, container: &Value, key: &Value) -> State {
        if let Some(track) = &self.track
            && !track.at.is_identical(container)
        {
            return State::Raise(Raise::text(format!(
                "Invalid path expression near attempt to access element {} of {}",
                key.excerpt(14),
                container.excerpt(29)
            )));
        }
        match path::get(container, key) {
            Ok(value) => {
                if let Some(track) = &mut self.track {
                    Rc::make_mut(&mut track.path).push(key.clone());
                    track.at = value.clone();
                }
                State::Return(value)
            }
            Err(raise) => State::Raise(raise),
        }
    }

    pub(super) fn iterate(&mut self, container: Value) -> State {
        if let Some(track) = &self.track
            && !track.at.is_identical(&container)
        {
            return State::Raise(Raise::text(format!(
                "Invalid path expression near attempt to iterate through {}",
                container.excerpt(29)
            )));
        }
        if !matches!(container, Value::Array(_) | Value::Object(_)) {
            return State::Raise(Raise::text(format!(
                "Cannot iterate over {}{}",
                container.kind(),
                format_args!(" ({})", container.excerpt(14))
            )));
        }
        let (track, kont) = (self.track.clone(), self.kont.clone());
        self.resume(Choice::Each { container, next: 0, track, kont })
    }

    pub(super) fn pairs(
        &mut self,
        pairs: Rc<[(NodeId, NodeId)]>,
        done: usize,
        object: Value,
        place: Place,
    ) -> State {
        let (mut done, mut object) = (done, object);
        loop {
            let Some((key, value)) = pairs.get(done).copied() else {
                self.track = place.track;
                return State::Return(object);
            };
            let quick = self
                .quick(key, &place.environment, &place.input)
                .and_then(|key| Some((key, self.quick(value, &place.environment, &place.input)?)));
            if let Some((Value::String(key), value)) = quick {
                object = match path::with_pair(object, key, value) {
                    Ok(object) => object,
                    Err(raise) => return State::Raise(raise),
                };
                done += 1;
                continue;
            }
            let (environment, input) = (place.environment.clone(), place.input.clone());
            self.push(Step::PairKey { pairs, done, object, place });
            return State::Evaluate { node: key, environment, input };
        }
    }

    pub(super) fn join(&mut self, parts: Rc<[NodeId]>, left: usize, tail: String, place: Place) -> State {
        let Some(part) = left.checked_sub(1).and_then(|index| parts.get(index)).copied() else {
            self.track = place.track;
            return State::Return(Value::from(tail));
        };
        let (environment, input) = (place.environment.clone(), place.input.clone());
        self.push(Step::Joined { parts, left: left - 1, tail, place });
        State::Evaluate { node: part, environment, input }
    }

    pub(super) fn arguments(
        &mut self,
        context: &mut Context<'_>,
        native: crate::query::native::Native,
        arguments: Rc<[NodeId]>,
        left: usize,
        mut taken: Vec<Value>,
        place: Place,
    ) -> State {
        let Some(argument) = left.checked_sub(1).and_then(|index| arguments.get(index)).copied() else {
            taken.reverse();
            self.track = place.track;
            return result(native(context, &place.input, &taken));
        };
        let (environment, input) = (place.environment.clone(), place.input.clone());
        self.push(Step::Argument { native, arguments, left: left - 1, taken, place });
        State::Evaluate { node: argument, environment, input }
    }
}

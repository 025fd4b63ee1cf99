//! Runs a program: one loop, without recursion, that evaluates nodes, gives values to frames, and goes back to the last
//! choice when there are no more. What comes of a program, and in which order, is what jq 1.6 makes of it.

use super::environment::{self, Environment, Held};
use super::kont::{Frame, Kont, Place, Step, Track, Tracked};
use super::native::Context;
use super::node::{Node, NodeId, Program};
use super::path;
use super::raise::Raise;
use super::value::{DEPTH_LIMIT, Object, Value};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// How deep calls may be nested; each costs about a hundred bytes.
const CALL_DEPTH: u32 = 1_000_000;
/// How many choices may be open.
const CHOICES: usize = 1_000_000;
/// How many calls may follow each other without anything but calls: `def f: f; f` does nothing for ever.
const IDLE_CALLS: u32 = 1_000_000;

/// What can still be gone back to.
enum Choice {
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

/// What is done next.
enum State {
    Evaluate { node: NodeId, environment: Environment, input: Value },
    Return(Value),
    Backtrack,
    Raise(Raise),
}

/// A program on its way through one input.
pub(super) struct Machine<'p> {
    program: &'p Program,
    choices: Vec<Choice>,
    kont: Kont,
    track: Tracked,
    start: Option<Value>,
    numbers: u64,
    idle: u32,
    /// Steps left, where they are counted.
    steps: Option<u64>,
}

impl<'p> Machine<'p> {
    pub(super) fn new(program: &'p Program, input: Value, steps: Option<u64>) -> Self {
        Self {
            program,
            choices: Vec::new(),
            kont: None,
            track: None,
            start: Some(input),
            numbers: 0,
            idle: 0,
            steps,
        }
    }

    /// The next result.
    pub(super) fn next(&mut self, context: &mut Context<'_>) -> Option<Result<Value, Raise>> {
        let mut state = match self.start.take() {
            Some(input) => State::Evaluate { node: self.program.main, environment: None, input },
            None => State::Backtrack,
        };
        loop {
            if let Some(steps) = &mut self.steps {
                if *steps == 0 {
                    state = State::Raise(Raise::Limit("the program takes too long"));
                } else {
                    *steps -= 1;
                }
            }
            state = match state {
                State::Evaluate { node, environment, input } => {
                    self.evaluate(context, node, environment, input)
                }
                State::Return(value) => match self.kont.take() {
                    None => return Some(Ok(value)),
                    Some(frame) => {
                        self.idle = 0;
                        let step = match Rc::try_unwrap(frame) {
                            Ok(mut frame) => {
                                self.kont = frame.next.take();
                                std::mem::replace(&mut frame.step, Step::Iterate)
                            }
                            Err(frame) => {
                                self.kont.clone_from(&frame.next);
                                frame.step.clone()
                            }
                        };
                        self.take(context, step, value)
                    }
                },
                State::Backtrack => match self.choices.pop() {
                    None => return None,
                    Some(choice) => {
                        self.idle = 0;
                        self.resume(choice)
                    }
                },
                State::Raise(raise) => match self.unwind(raise) {
                    Ok(state) => state,
                    Err(raise) => return Some(Err(raise)),
                },
            };
        }
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn push(&mut self, step: Step) {
        let next = self.kont.take();
        let depth = next.as_ref().map_or(0, |frame| frame.depth) + 1;
        self.kont = Some(Rc::new(Frame { step, next, depth }));
    }

    fn choose(&mut self, choice: Choice) {
        self.choices.push(choice);
    }

    /// The surroundings of a subexpression; no path is asked for within it.
    fn place(&mut self, environment: &Environment, input: &Value) -> Place {
        Place { environment: environment.clone(), input: input.clone(), track: self.track.take() }
    }

    fn evaluate(
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
    fn quick(&self, id: NodeId, environment: &Environment, input: &Value) -> Option<Value> {
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

    fn call(
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

    fn comma(
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

    fn alternative(&mut self, id: NodeId, bodies: &[NodeId], index: usize, place: Place) -> State {
        let Some(node) = bodies.get(index) else { return State::Backtrack };
        if index + 1 < bodies.len() {
            let (kont, place) = (self.kont.clone(), place.clone());
            self.choose(Choice::Alternatives { node: id, next: index + 1, place, kont });
        }
        self.track = place.track;
        State::Evaluate { node: *node, environment: place.environment, input: place.input }
    }

    fn indexed(&mut self, term: NodeId, key: Value, environment: Environment, input: Value) -> State {
        if matches!(self.program.nodes.get(term as usize), Some(Node::Identity)) {
            return self.index(&input, &key);
        }
        self.push(Step::Index(key));
        State::Evaluate { node: term, environment, input }
    }

    /// `container[key]`, noted where a path is asked for.
    fn index(&mut self, container: &Value, key: &Value) -> State {
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

    fn iterate(&mut self, container: Value) -> State {
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

    fn pairs(&mut self, pairs: Rc<[(NodeId, NodeId)]>, done: usize, object: Value, place: Place) -> State {
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

    fn join(&mut self, parts: Rc<[NodeId]>, left: usize, tail: String, place: Place) -> State {
        let Some(part) = left.checked_sub(1).and_then(|index| parts.get(index)).copied() else {
            self.track = place.track;
            return State::Return(Value::from(tail));
        };
        let (environment, input) = (place.environment.clone(), place.input.clone());
        self.push(Step::Joined { parts, left: left - 1, tail, place });
        State::Evaluate { node: part, environment, input }
    }

    fn arguments(
        &mut self,
        context: &mut Context<'_>,
        native: super::native::Native,
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

    /// Gives a value to a frame.
    fn take(&mut self, context: &mut Context<'_>, step: Step, value: Value) -> State {
        match step {
            Step::Pipe(node, environment) => State::Evaluate { node, environment, input: value },
            Step::Key { term, place } => {
                self.track = place.track;
                self.indexed(term, value, place.environment, place.input)
            }
            Step::Index(key) => self.index(&value, &key),
            Step::SliceFrom { term, upto, place } => {
                let (environment, input) = (place.environment.clone(), place.input.clone());
                match upto {
                    None => self.take(context, Step::SliceUpto { term, from: value, place }, Value::Null),
                    Some(upto) => {
                        self.push(Step::SliceUpto { term, from: value, place });
                        State::Evaluate { node: upto, environment, input }
                    }
                }
            }
            Step::SliceUpto { term, from, place } => {
                let key = Value::object([("start", from), ("end", value)]);
                self.track = place.track;
                self.indexed(term, key, place.environment, place.input)
            }
            Step::Iterate => self.iterate(value),
            Step::Argument { native, arguments, left, mut taken, place } => {
                taken.push(value);
                self.arguments(context, native, arguments, left, taken, place)
            }
            Step::Joined { parts, left, tail, place } => {
                let Value::String(part) = &value else { return State::Backtrack };
                self.join(parts, left, format!("{part}{tail}"), place)
            }
            Step::Collect(items) => {
                items.borrow_mut().push(value);
                State::Backtrack
            }
            Step::PairKey { pairs, done, object, place } => {
                let Some((_, node)) = pairs.get(done).copied() else { return State::Backtrack };
                let (environment, input) = (place.environment.clone(), place.input.clone());
                self.push(Step::PairValue { pairs, done, object, key: value, place });
                State::Evaluate { node, environment, input }
            }
            Step::PairValue { pairs, done, object, key, place } => {
                let Value::String(key) = key else {
                    return State::Raise(Raise::text(format!(
                        "Cannot use {} ({}) as object key",
                        key.kind(),
                        key.excerpt(14)
                    )));
                };
                match path::with_pair(object, key, value) {
                    Ok(object) => self.pairs(pairs, done + 1, object, place),
                    Err(raise) => State::Raise(raise),
                }
            }
            Step::If { then, otherwise, place } => {
                self.track = place.track;
                let node = if value.is_true() { then } else { otherwise };
                State::Evaluate { node, environment: place.environment, input: place.input }
            }
            Step::And { right, place } => {
                if !value.is_true() {
                    self.track = place.track;
                    return State::Return(Value::Bool(false));
                }
                self.push(Step::Truth(place.track));
                State::Evaluate { node: right, environment: place.environment, input: place.input }
            }
            Step::Or { right, place } => {
                if value.is_true() {
                    self.track = place.track;
                    return State::Return(Value::Bool(true));
                }
                self.push(Step::Truth(place.track));
                State::Evaluate { node: right, environment: place.environment, input: place.input }
            }
            Step::Truth(track) => {
                self.track = track;
                State::Return(Value::Bool(value.is_true()))
            }
            Step::Alternative(found) => {
                if !value.is_true() {
                    return State::Backtrack;
                }
                found.set(true);
                State::Return(value)
            }
            Step::Bind { body, place } => {
                self.track = place.track;
                let environment = environment::with(&place.environment, Held::Value(value));
                State::Evaluate { node: body, environment, input: place.input }
            }
            Step::LeaveTry(number) => {
                match self.choices.last() {
                    Some(Choice::Try { number: last, .. }) if *last == number => {
                        self.choices.pop();
                    }
                    _ => self.choose(Choice::Left(number)),
                }
                State::Return(value)
            }
            Step::Init { source, body, is_reduce, place } => {
                let state = Rc::new(RefCell::new(value));
                if is_reduce {
                    let (track, kont) = (self.track.clone(), self.kont.take());
                    self.choose(Choice::Reduced { state: Rc::clone(&state), track, kont });
                }
                let (environment, input) = (place.environment.clone(), place.input.clone());
                self.push(Step::Item { state, body, environment: place.environment, input: place.input });
                State::Evaluate { node: source, environment, input }
            }
            Step::Item { state, body, environment, input } => {
                let environment = environment::with(&environment, Held::State(state));
                let environment = environment::with(&environment, Held::Value(value));
                State::Evaluate { node: body, environment, input }
            }
            Step::StoreState(state) => {
                state.replace(value);
                State::Backtrack
            }
            Step::EmitState { state, extract, environment } => {
                state.replace(value.clone());
                State::Evaluate { node: extract, environment, input: value }
            }
            Step::PathEnd(outer) => {
                let Some(track) = std::mem::replace(&mut self.track, outer) else {
                    return State::Backtrack;
                };
                if !track.at.is_identical(&value) {
                    return State::Raise(Raise::text(format!(
                        "Invalid path expression with result {}",
                        value.excerpt(29)
                    )));
                }
                State::Return(Value::from(track.path.to_vec()))
            }
            Step::Modify { root, update, environment } => self.modify(root, update, environment, &value),
            Step::Modified { root, path, mark } => {
                while let Some(choice) = self.choices.pop() {
                    if matches!(choice, Choice::Delete { number, .. } if number == mark) {
                        break;
                    }
                }
                let whole = root.replace(Value::Null);
                match path::set(whole, &path, value) {
                    Ok(whole) => {
                        root.replace(whole);
                        State::Backtrack
                    }
                    Err(raise) => State::Raise(raise),
                }
            }
            Step::First(number) => {
                while let Some(choice) = self.choices.pop() {
                    if matches!(choice, Choice::First(found) if found == number) {
                        break;
                    }
                }
                State::Return(value)
            }
            Step::GetPath(place) => self.get_path(place, &value),
        }
    }

    fn modify(
        &mut self,
        root: Rc<RefCell<Value>>,
        update: NodeId,
        environment: Environment,
        value: &Value,
    ) -> State {
        let Some(track) = self.track.take() else { return State::Backtrack };
        if !track.at.is_identical(value) {
            return State::Raise(Raise::text(format!(
                "Invalid path expression with result {}",
                value.excerpt(29)
            )));
        }
        drop(track.at);
        let before = path::get_path(&root.borrow(), &track.path);
        let before = match before {
            Ok(before) => before,
            Err(raise) => return State::Raise(raise),
        };
        let mark = self.number();
        self.choose(Choice::Delete { root: Rc::clone(&root), path: Rc::clone(&track.path), number: mark });
        self.kont = None;
        self.push(Step::Modified { root, path: track.path, mark });
        State::Evaluate { node: update, environment, input: before }
    }

    fn get_path(&mut self, place: Place, path: &Value) -> State {
        let Value::Array(steps) = path else {
            return State::Raise(Raise::text("Path must be specified as an array"));
        };
        self.track = place.track;
        match path::get_path(&place.input, steps.items()) {
            Ok(value) => {
                if let Some(track) = &mut self.track {
                    if !track.at.is_identical(&place.input) {
                        return State::Raise(Raise::text(format!(
                            "Invalid path expression with result {}",
                            place.input.excerpt(29)
                        )));
                    }
                    Rc::make_mut(&mut track.path).extend(steps.items().iter().cloned());
                    track.at = value.clone();
                }
                State::Return(value)
            }
            Err(raise) => State::Raise(raise),
        }
    }

    /// Goes on from a choice.
    fn resume(&mut self, choice: Choice) -> State {
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

    fn each(&mut self, container: Value, next: usize, track: Tracked, kont: Kont) -> State {
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
    fn unwind(&mut self, raise: Raise) -> Result<State, Raise> {
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

fn result(evaluated: Result<Value, Raise>) -> State {
    match evaluated {
        Ok(value) => State::Return(value),
        Err(raise) => State::Raise(raise),
    }
}

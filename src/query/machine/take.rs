//! What a frame does with a value that is given to it.

use super::{Choice, Machine, State};
use crate::query::environment::{self, Environment, Held};
use crate::query::kont::{Place, Step};
use crate::query::native::Context;
use crate::query::node::NodeId;
use crate::query::path;
use crate::query::raise::Raise;
use crate::query::value::Value;
use std::cell::RefCell;
use std::rc::Rc;

impl<'p> Machine<'p> {
    /// Gives a value to a frame.
    pub(super) fn take(&mut self, context: &mut Context<'_>, step: Step, value: Value) -> State {
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

    pub(super) fn modify(
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

    pub(super) fn get_path(&mut self, place: Place, path: &Value) -> State {
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
}

//! Runs a program: one loop, without recursion, that evaluates nodes, gives values to frames, and goes back to the last
//! choice when there are no more. What comes of a program, and in which order, is what jq 1.6 makes of it.

mod backtrack;
mod evaluate;
mod take;

use super::environment::Environment;
use super::kont::{Frame, Kont, Place, Step, Tracked};
use super::native::Context;
use super::node::{NodeId, Program};
use super::raise::Raise;
use super::value::Value;
use backtrack::Choice;
use std::rc::Rc;

/// How deep calls may be nested; each costs about a hundred bytes.
const CALL_DEPTH: u32 = 1_000_000;
/// How many choices may be open.
const CHOICES: usize = 1_000_000;
/// How many calls may follow each other without anything but calls: `def f: f; f` does nothing for ever.
const IDLE_CALLS: u32 = 1_000_000;

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
}

fn result(evaluated: Result<Value, Raise>) -> State {
    match evaluated {
        Ok(value) => State::Return(value),
        Err(raise) => State::Raise(raise),
    }
}

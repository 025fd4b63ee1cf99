//! A program to run: the face of this module.

use super::compile_error::CompileError;
use super::machine::Machine;
use super::native::{Context, Patterns, World};
use super::node::Program;
use super::parser;
use super::raise::Raise;
use super::value::Value;

/// How a program stopped itself.
#[derive(Debug, Clone)]
pub struct Halt {
    /// What to say on standard error.
    pub message: Option<Value>,
    /// The exit code; absent for `halt`.
    pub code: Option<Value>,
}

/// What a program does next.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It gives a value.
    Value(Value),
    /// It fails with an error that nothing catches.
    Error(Value),
    /// `halt`, `halt_error`.
    Halt(Halt),
    /// A limit of ours is reached.
    Limit(&'static str),
}

impl Program {
    /// Compiles a program. `globals` gives the values of variables that are known before it runs.
    ///
    /// # Errors
    /// All mistakes of which jq would tell.
    pub fn compile(text: &str, globals: &dyn Fn(&str) -> Option<Value>) -> Result<Self, Vec<CompileError>> {
        parser::compile(text, globals)
    }

    /// Begins to run it over one input.
    #[must_use]
    pub fn start(&self, input: Value) -> Run<'_> {
        Run { machine: Machine::new(self, input, None), patterns: Patterns::default(), done: false }
    }

    /// Begins to run it over one input, for at most that many steps.
    #[must_use]
    pub fn start_limited(&self, input: Value, steps: u64) -> Run<'_> {
        Run { machine: Machine::new(self, input, Some(steps)), patterns: Patterns::default(), done: false }
    }
}

/// A program on its way through one input.
pub struct Run<'p> {
    machine: Machine<'p>,
    patterns: Patterns,
    done: bool,
}

impl Run<'_> {
    /// What it does next; nothing after an error.
    pub fn next(&mut self, world: &mut dyn World) -> Option<Outcome> {
        if self.done {
            return None;
        }
        let mut context = Context { world, patterns: &mut self.patterns };
        let outcome = match self.machine.next(&mut context)? {
            Ok(value) => return Some(Outcome::Value(value)),
            Err(Raise::Error(error)) => Outcome::Error(error),
            Err(Raise::Break(_)) => Outcome::Error(Value::from("break")),
            Err(Raise::Halt(message, code)) => Outcome::Halt(Halt { message, code }),
            Err(Raise::Limit(limit)) => Outcome::Limit(limit),
        };
        self.done = true;
        Some(outcome)
    }
}

/// A world with nothing in it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silence;

impl World for Silence {
    fn next_input(&mut self) -> Option<Result<Value, String>> {
        None
    }

    fn file_name(&self) -> Option<String> {
        None
    }

    fn line_number(&self) -> usize {
        0
    }

    fn environment(&self) -> Value {
        Value::from(super::value::Object::default())
    }

    fn say(&mut self, _text: &str) {}
}

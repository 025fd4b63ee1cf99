//! Running a script that was understood: what runs when.

use super::background::Job;
use super::builtin::Options;
use super::parse::Parsed;
use super::ports::{OuterStreams, Ports};
use super::syntax::{Command, Connective, Kind, Pipeline, Program, Statement};
use super::variables::Variables;
use super::{Dialect, ShellError, Stopped};
use crate::process::Cancel;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// A running script.
pub(super) struct Run<'r, 'a> {
    pub(super) parsed: &'r Parsed,
    pub(super) dialect: Dialect,
    pub(super) outer: &'r mut OuterStreams<'a>,
    pub(super) cancel: &'r Cancel,
    pub(super) limits: Limits,
    pub(super) state: State,
    /// Why the next command does not run, if it does not.
    pub(super) flow: Flow,
    /// Status of the last command substitution of the command at hand.
    pub(super) substituted: Option<i32>,
}

/// How programs may be ended; see the fields of [`crate::process::Process`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) group: bool,
    pub(super) deadline: Option<Instant>,
    pub(super) interrupt_grace: Option<Duration>,
}

/// What a subshell has a copy of.
#[derive(Clone)]
pub(super) struct State {
    pub(super) variables: Variables,
    /// Absolute, and with the links it was reached by.
    pub(super) dir: PathBuf,
    /// Status of the last command.
    pub(super) status: i32,
    pub(super) options: Options,
    pub(super) ports: Ports,
    /// Places around this one where a failure does not end the script.
    pub(super) tolerant: usize,
    /// What runs beside the script, or has done so.
    pub(super) jobs: Vec<Rc<Job>>,
}

/// What happens after a command.
#[derive(Debug)]
pub(super) enum Flow {
    /// The next command.
    Next,
    /// The end of the shell.
    Exit,
    /// The end of the loop.
    Break,
    /// The next round of the loop.
    Continue,
    /// The end of everything.
    Stopped(Stopped),
    /// The shell itself failed.
    Failed(ShellError),
}

impl Run<'_, '_> {
    pub(super) fn program(&mut self, program: &Program) {
        for statement in &program.statements {
            if !self.goes_on() {
                return;
            }
            self.statement(statement);
        }
    }

    /// Whether the next command runs.
    pub(super) fn goes_on(&mut self) -> bool {
        if matches!(self.flow, Flow::Next) {
            if self.cancel.is_requested() {
                self.flow = Flow::Stopped(Stopped::Cancelled);
            } else if self.limits.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                self.flow = Flow::Stopped(Stopped::TimedOut);
            }
        }
        matches!(self.flow, Flow::Next)
    }

    fn statement(&mut self, statement: &Statement) {
        if statement.beside {
            return statement.first.commands.iter().for_each(|command| self.start_beside(command));
        }
        let last = statement.rest.len();
        self.pipeline(&statement.first, last == 0);
        for (index, (connective, pipeline)) in statement.rest.iter().enumerate() {
            if !self.goes_on() {
                return;
            }
            if (self.state.status == 0) == (*connective == Connective::And) {
                self.pipeline(pipeline, index + 1 == last);
            }
        }
    }

    /// A failure counts at the end of a statement only, and not after `!`. Inside of a compound command after `!` it does
    /// (mvdan/sh).
    fn pipeline(&mut self, pipeline: &Pipeline, counts: bool) {
        self.state.tolerant += usize::from(!counts);
        match pipeline.commands.as_slice() {
            [command] => self.command(command, pipeline.negated),
            commands => self.piped(commands),
        }
        if pipeline.negated && matches!(self.flow, Flow::Next) {
            self.state.status = i32::from(self.state.status == 0);
        } else if self.dialect == Dialect::GoTask
            || !matches!(pipeline.commands.as_slice(), [Command { kind, .. }] if is_compound(kind))
        {
            // In mvdan/sh the status of a compound command counts, even where the failure in it did not: `{ false && true; }`.
            self.check_failure();
        }
        self.state.tolerant -= usize::from(!counts);
    }

    /// Ends the script after a failure, where failures do.
    fn check_failure(&mut self) {
        let counts = self.state.options.errexit && self.state.tolerant == 0;
        if self.state.status != 0 && counts && matches!(self.flow, Flow::Next) {
            self.flow = Flow::Exit;
        }
    }

    fn command(&mut self, command: &Command, negated: bool) {
        if let Kind::Simple(simple) = &command.kind {
            return self.simple(simple, &command.redirections);
        }
        let before = self.state.ports.clone();
        match self.redirect(&command.redirections, &before) {
            Ok(ports) => {
                self.state.ports = ports;
                self.compound(&command.kind);
                self.state.ports = before;
            }
            Err(message) => {
                self.complain(&message);
                self.state.status = 1;
                if !negated {
                    self.check_failure();
                }
            }
        }
    }

    fn compound(&mut self, kind: &Kind) {
        match kind {
            Kind::Simple(_) => {}
            Kind::Group(program) => self.program(program),
            Kind::Subshell(program) => self.subshell(program),
            Kind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    if self.condition(condition) {
                        return self.program(body);
                    }
                    if !self.goes_on() {
                        return;
                    }
                }
                // `else` sees the status of the condition.
                match otherwise {
                    Some(body) => self.program(body),
                    None => self.state.status = 0,
                }
            }
            Kind::While { until, condition, body } => {
                let mut status = 0;
                while self.next_round() && self.condition(condition) != *until && self.goes_on() {
                    self.program(body);
                    status = self.state.status;
                    if !self.stays_in_loop() {
                        break;
                    }
                }
                if self.goes_on() {
                    // In mvdan/sh a loop that ends by its condition has succeeded, whatever its last round did.
                    self.state.status = if self.dialect == Dialect::GoTask { 0 } else { status };
                }
            }
            Kind::For { name, words, body } => {
                let Some(items) = self.fields(words) else { return };
                if items.is_empty() {
                    self.state.status = 0;
                }
                for item in items {
                    if !self.next_round() {
                        return;
                    }
                    self.state.variables.set(name, item.to_string_lossy().into_owned());
                    self.program(body);
                    if !self.stays_in_loop() {
                        break;
                    }
                }
            }
            Kind::Condition(condition) => {
                self.state.status =
                    self.holds(condition).map_or_else(|status| status, |holds| (!holds).into());
            }
            Kind::Case { word, items } => {
                let Some(text) = self.string(word) else { return };
                for (patterns, body) in items {
                    for pattern in patterns {
                        let Some(pattern) = self.pattern(pattern) else { return };
                        if pattern.is_some_and(|pattern| pattern.matches(text.as_bytes())) {
                            if body.statements.is_empty() {
                                self.state.status = 0;
                            }
                            return self.program(body);
                        }
                    }
                }
                self.state.status = 0;
            }
        }
    }

    /// Runs a program with a copy of everything; its status stays. Failures count in it, wherever it stands (mvdan/sh).
    pub(super) fn subshell(&mut self, program: &Program) {
        let before = self.state.clone();
        self.state.tolerant = 0;
        self.state.jobs.clear();
        self.program(program);
        if matches!(self.flow, Flow::Exit) {
            self.flow = Flow::Next;
        }
        self.state = State { status: self.state.status, ..before };
    }

    /// Whether a condition holds.
    fn condition(&mut self, program: &Program) -> bool {
        self.state.tolerant += 1;
        self.program(program);
        self.state.tolerant -= 1;
        self.state.status == 0 && matches!(self.flow, Flow::Next)
    }

    /// Whether a loop may go round: signals are looked for here, since nothing else may ever wait.
    fn next_round(&mut self) -> bool {
        self.cancel.poll_signals();
        self.goes_on()
    }

    fn stays_in_loop(&mut self) -> bool {
        match self.flow {
            Flow::Continue => {
                self.flow = Flow::Next;
                true
            }
            Flow::Break => {
                self.flow = Flow::Next;
                false
            }
            _ => self.goes_on(),
        }
    }
}

/// Whether a failure in it has counted where it happened.
fn is_compound(kind: &Kind) -> bool {
    !matches!(kind, Kind::Simple(_) | Kind::Subshell(_) | Kind::Condition(_))
}

//! One entry of `cmds`: a script, or a call of a task (go-task 3.54 `task.go`, `runCommand`).

use super::compile::{Compiled, CompiledAction, CompiledCommand};
use super::context::Context;
use super::error::TaskError;
use super::request::Request;
use super::run::go_duration;
use super::runner::Runner;
use crate::driver::{TaskOutput, TaskScript};
use crate::executor::event::{TaskEvent, Tone};
use crate::model::{Command, CommandKind, Defer, Output, Task, Text};
use std::rc::Rc;

impl Runner {
    pub(super) async fn run_command(
        self: &Rc<Self>,
        task: &Task,
        compiled: &Rc<Compiled>,
        written: &Command,
        command: &CompiledCommand,
        request: &Request,
        context: &Context,
    ) -> Result<(), TaskError> {
        self.check_stopped(context)?;
        let condition = command.condition.as_deref().unwrap_or_default();
        if !condition.trim().is_empty() && !self.holds(condition, compiled, context).await {
            self.note(|| format!("[{}] if condition not met - skipped", compiled.name));
            return Ok(());
        }
        let result = match &command.action {
            // What comes to nothing is nothing to do, and nothing to show.
            CompiledAction::Call(call) if call.name.is_empty() => return Ok(()),
            CompiledAction::Shell { text, .. } if text.is_empty() => return Ok(()),
            CompiledAction::Call(call) => {
                self.limit.release();
                let deadline = written.timeout.map(|limit| (limit, compiled.name.clone()));
                let result = self.call_within(call.clone(), deadline, context).await;
                self.limit.acquire().await;
                result
            }
            CompiledAction::Shell { text, shown } => {
                if !super::platform::matches(&written.platforms) {
                    self.note(|| format!("[{}] {shown} not for current platform - ignored", compiled.name));
                    return Ok(());
                }
                let quiet = request.silent
                    || written.silent
                    || task.silent == Some(true)
                    || self.project.silent
                    || self.options.silent;
                if self.options.verbose || !quiet {
                    self.emit(TaskEvent::Command { task: compiled.name.clone(), command: shown.clone() });
                }
                if self.options.dry {
                    return Ok(());
                }
                self.run_script(task, compiled, written, text, context).await
            }
            CompiledAction::Defer(_) => Ok(()),
        };
        match result {
            Err(error) if written.ignore_error && error.command_code().is_some() => {
                let what = if matches!(command.action, CompiledAction::Call(_)) { "task" } else { "command" };
                self.verbose(Tone::Ignored, || format!("[{}] {what} error ignored: {error}", compiled.name));
                Ok(())
            }
            other => other,
        }
    }

    async fn run_script(
        &self,
        task: &Task,
        compiled: &Compiled,
        written: &Command,
        text: &str,
        context: &Context,
    ) -> Result<(), TaskError> {
        let (set, shopt) = match &written.kind {
            CommandKind::Shell(shell) | CommandKind::Defer(Defer::Shell(shell)) => (&shell.set, &shell.shopt),
            _ => return Ok(()),
        };
        let script = TaskScript {
            text: text.to_owned(),
            dir: compiled.dir.clone(),
            env: compiled.env.pairs.clone(),
            set: joined([&self.project.set, &task.set, set]),
            shopt: joined([&self.project.shopt, &task.shopt, shopt]),
            stdin: true,
            output: self.script_output(task, compiled)?,
            timeout: written.timeout,
        };
        let exit = self.script_under(script, context.cancel.clone()).await;
        let at = match &written.kind {
            CommandKind::Shell(shell) | CommandKind::Defer(Defer::Shell(shell)) => shell.script.span(),
            _ => written.span,
        };
        match (exit, context.stopped()) {
            (Ok(exit), _) if exit.code == 0 && !exit.timed_out => Ok(()),
            (_, Some(stopped)) => Err(stopped),
            (Ok(exit), None) if exit.timed_out => {
                let limit = written.timeout.map(go_duration).unwrap_or_default();
                Err(TaskError::TimedOut { name: compiled.name.clone(), limit }.at(at))
            }
            (Ok(exit), None) => Err(TaskError::Exit(exit.code).at(at)),
            (Err(error), None) => Err(error.at(at)),
        }
    }

    fn script_output(&self, task: &Task, compiled: &Compiled) -> Result<TaskOutput, TaskError> {
        if let Some(lines) = &self.options.lines {
            return Ok(TaskOutput::Lines(lines.clone()));
        }
        if task.interactive {
            return Ok(TaskOutput::Inherit);
        }
        Ok(match &self.options.output {
            None | Some(Output::Interleaved | Output::Invalid(_)) => TaskOutput::Inherit,
            Some(Output::Prefixed) => {
                let mut prefixes = self.prefixes.borrow_mut();
                let next = prefixes.len();
                let colour = *prefixes.entry(compiled.prefix.clone()).or_insert(next);
                TaskOutput::Prefixed { prefix: compiled.prefix.clone(), colour: Some(colour) }
            }
            Some(Output::Group { begin, end, error_only }) => {
                let line = |text: &Option<Text>| {
                    text.as_ref().map(|text| super::variables::render(text, &compiled.scope)).transpose()
                };
                TaskOutput::Group { begin: line(begin)?, end: line(end)?, error_only: *error_only }
            }
        })
    }

    /// Whether a condition's command exits 0; what cannot be run does not hold.
    pub(super) async fn holds(&self, condition: &str, compiled: &Compiled, context: &Context) -> bool {
        self.quiet_script(condition, compiled, context).await.is_ok_and(|code| code == 0)
    }

    /// Runs a check: no input, no output.
    pub(super) async fn quiet_script(
        &self,
        text: &str,
        compiled: &Compiled,
        context: &Context,
    ) -> Result<i32, TaskError> {
        let script = TaskScript {
            text: text.to_owned(),
            dir: compiled.dir.clone(),
            env: compiled.env.pairs.clone(),
            set: Vec::new(),
            shopt: Vec::new(),
            stdin: false,
            output: TaskOutput::Discard,
            timeout: None,
        };
        Ok(self.script_under(script, context.cancel.clone()).await?.code)
    }
}

/// Joined, sorted, each once (go-task 3.54 `UniqueJoin`).
fn joined(lists: [&[String]; 3]) -> Vec<String> {
    let mut all: Vec<String> = lists.into_iter().flatten().cloned().collect();
    all.sort();
    all.dedup();
    all
}

//! One call of a task from its dependencies to its last deferred command (go-task 3.54 `task.go`, `RunTask`).

use super::compile::Compiled;
use super::context::Context;
use super::error::{GoQuoted, TaskError};
use super::freshness::Record;
use super::request::Request;
use super::runner::{Answer, Runner};
use crate::executor::event::{TaskEvent, Tone};
use crate::executor::explanation::Because;
use crate::frontend::taskfile::go_io;
use crate::model::{Command, CommandKind, Output, Task};
use std::io::ErrorKind;
use std::rc::Rc;
use std::sync::Arc;

impl Runner {
    pub(super) async fn execute(
        self: &Rc<Self>,
        task: &Task,
        compiled: &Rc<Compiled>,
        request: &Request,
        context: &Context,
    ) -> Result<(), TaskError> {
        let called = GoQuoted(&request.name);
        self.progress(|| format!("{called} started"));
        self.run_deps(task, compiled, context).await?;
        let skip = self.options.force_all || (!request.indirect && self.options.force);
        if !skip {
            self.check_stopped(context)?;
            Box::pin(self.preconditions_hold(compiled, context)).await?;
            let (is_up_to_date, reasons) =
                Box::pin(self.freshness(task, compiled, context, Record::Changes)).await?;
            self.explain(&compiled.name, !is_up_to_date, || reasons);
            if is_up_to_date {
                let quiet =
                    request.silent || task.silent == Some(true) || self.project.silent || self.options.silent;
                if self.options.verbose || !quiet {
                    let prefixed = self.options.output == Some(Output::Prefixed);
                    let name = if prefixed { &compiled.prefix } else { &compiled.name };
                    self.emit(TaskEvent::UpToDate { task: name.clone() });
                }
                return Ok(());
            }
        } else {
            self.explain(&compiled.name, true, || vec![Because::Forced]);
        }
        Box::pin(self.ask(compiled, request)).await?;
        self.make_dir(compiled);
        let mut deferred = Vec::new();
        let mut exit_code = None;
        let mut result = Ok(());
        for command in &compiled.commands {
            let Some(written) = task.commands.get(command.index) else { continue };
            if matches!(written.kind, CommandKind::Defer(_)) {
                deferred.push((command.index, written));
                continue;
            }
            let run = Box::pin(self.run_command(task, compiled, written, command, request, context));
            if let Err(error) = run.await {
                self.forget_fingerprint(task, compiled);
                if let Some(code) = error.command_code() {
                    if task.ignore_error {
                        self.verbose(Tone::Ignored, || format!("task error ignored: {error}"));
                        continue;
                    }
                    exit_code = Some(code);
                }
                self.verbose(Tone::Failed, || format!("{called} failed: {error}"));
                result = Err(error);
                break;
            }
        }
        // go-task's deferred commands run when its function has returned.
        if result.is_ok() {
            self.progress(|| format!("{called} finished"));
        }
        for (index, written) in deferred.into_iter().rev() {
            Box::pin(self.run_deferred(task, compiled, written, index, exit_code, (request, context))).await;
        }
        result
    }

    pub(super) fn check_stopped(&self, context: &Context) -> Result<(), TaskError> {
        context.stopped().map_or(Ok(()), Err)
    }

    async fn run_deps(
        self: &Rc<Self>,
        task: &Task,
        compiled: &Compiled,
        context: &Context,
    ) -> Result<(), TaskError> {
        if compiled.deps.is_empty() {
            return Ok(());
        }
        let calls = compiled.deps.iter().map(|dep| {
            let deadline = dep.timeout.map(|limit| (limit, dep.call.name.clone()));
            (dep.call.clone(), deadline)
        });
        self.limit.release();
        let result = self.call_all(calls.collect(), context, self.options.failfast || task.failfast).await;
        self.limit.acquire().await;
        result
    }

    async fn ask(&self, compiled: &Compiled, request: &Request) -> Result<(), TaskError> {
        for prompt in compiled.prompts.iter().filter(|prompt| !prompt.is_empty()) {
            if self.options.dry {
                continue;
            }
            if self.options.assume_yes {
                self.emit(TaskEvent::Assumed { question: prompt.clone() });
                continue;
            }
            let (console, question) = (Arc::clone(&self.world.console), prompt.clone());
            let answer =
                self.runtime.job(move || console.confirm(&question)).await.map_err(TaskError::other_error)?;
            match answer {
                Answer::Yes => {}
                Answer::No => return Err(TaskError::Declined { name: request.name.clone() }),
                Answer::NoTerminal => return Err(TaskError::NoTerminal { name: request.name.clone() }),
            }
        }
        Ok(())
    }

    /// What is there and no directory is found out by the first command.
    fn make_dir(&self, compiled: &Compiled) {
        if !matches!(compiled.dir.metadata(), Err(error) if error.kind() == ErrorKind::NotFound) {
            return;
        }
        if let Err(error) = std::fs::create_dir_all(&compiled.dir) {
            let missing = compiled.dir.ancestors().take_while(|dir| !dir.exists()).last();
            let (dir, missing) = (compiled.dir.display(), missing.unwrap_or(&compiled.dir).display());
            let reason = go_io::text(&error);
            let text = format!("cannot make directory \"{dir}\": mkdir {missing}: {reason}");
            self.emit(TaskEvent::Warning { text });
        }
    }

    async fn run_deferred(
        self: &Rc<Self>,
        task: &Task,
        compiled: &Rc<Compiled>,
        written: &Command,
        index: usize,
        exit_code: Option<i32>,
        (request, context): (&Request, &Context),
    ) {
        let CommandKind::Defer(defer) = &written.kind else { return };
        // A context of its own: neither fail-fast nor Ctrl-C stops cleaning up.
        let context = context.apart();
        let result = match self.compile_deferred(index, defer, &compiled.scope, exit_code) {
            Ok(command) => self.run_command(task, compiled, written, &command, request, &context).await,
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            self.verbose(Tone::Ignored, || format!("ignored error in deferred cmd: {error}"));
        }
    }
}

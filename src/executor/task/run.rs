//! One call of a task from its checks to its last deferred command (go-task 3.54 `task.go`, `RunTask`).

use super::compile::{Compiled, CompiledAction, CompiledCommand, Request};
use super::error::TaskError;
use super::freshness::Record;
use super::lookup::Found;
use super::runner::{Answer, Runner};
use super::variables::Evaluate;
use crate::driver::{TaskOutput, TaskScript};
use crate::executor::event::{TaskEvent, Tone};
use crate::model::{Command, CommandKind, Output, RunMode, Task};
use crate::process::Cancel;
use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, Shared};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// go-task's limit on calls of one task in one run.
const MAXIMUM_CALLS: u32 = 1000;

/// The one execution of a task that runs once, which others wait for.
pub(super) type Execution = Shared<LocalBoxFuture<'static, Result<(), Arc<TaskError>>>>;

impl Runner {
    /// Runs the named tasks, one after another or side by side.
    ///
    /// # Errors
    /// The first failure. Names are looked up before anything runs.
    pub async fn run(self: &Rc<Self>, requests: Vec<Request>) -> Result<(), TaskError> {
        self.check(&requests)?;
        if !self.options.parallel {
            for request in requests {
                self.call(request, self.cancel.clone()).await?;
            }
            return Ok(());
        }
        let calls = requests.into_iter().map(|request| (request, None)).collect();
        self.call_all(calls, &self.cancel, self.options.failfast).await
    }

    /// Looks the names up.
    ///
    /// # Errors
    /// The first that names no task, or an internal one.
    pub fn check(&self, requests: &[Request]) -> Result<(), TaskError> {
        for request in requests {
            if self.pipeline(&request.name).is_some() {
                continue;
            }
            let found = self.lookup.find(&request.name, request.span)?;
            if self.task(&found)?.internal {
                return Err(TaskError::Internal { name: request.name.clone() });
            }
        }
        Ok(())
    }

    /// Calls a task as a future of its own, so that a deep chain of calls needs no stack.
    pub(super) async fn call(self: &Rc<Self>, request: Request, cancel: Cancel) -> Result<(), TaskError> {
        let runner = Rc::clone(self);
        let call = self.runtime.spawn(async move { runner.run_task(request, cancel).await });
        call.await.unwrap_or(Err(TaskError::Interrupted))
    }

    /// Calls tasks side by side and waits for all; the first failure to happen is returned.
    async fn call_all(
        self: &Rc<Self>,
        calls: Vec<(Request, Option<(Duration, String)>)>,
        cancel: &Cancel,
        failfast: bool,
    ) -> Result<(), TaskError> {
        let siblings = cancel.child();
        let first: Rc<std::cell::RefCell<Option<TaskError>>> = Rc::default();
        let running: Vec<_> = calls
            .into_iter()
            .map(|(request, timeout)| {
                let (runner, first, siblings) = (Rc::clone(self), Rc::clone(&first), siblings.clone());
                self.runtime.spawn(async move {
                    let result = runner.call_within(request, timeout, siblings.child()).await;
                    if let Err(error) = result {
                        first.borrow_mut().get_or_insert(error);
                        if failfast {
                            siblings.stop(crate::process::Stop::Interrupt);
                        }
                    }
                })
            })
            .collect();
        for call in running {
            call.await;
        }
        let failure = first.borrow_mut().take();
        failure.map_or(Ok(()), Err)
    }

    /// Calls a task within a time limit, given with the name that the error bears.
    async fn call_within(
        self: &Rc<Self>,
        request: Request,
        timeout: Option<(Duration, String)>,
        cancel: Cancel,
    ) -> Result<(), TaskError> {
        let Some((limit, name)) = timeout else {
            return self.call(request, cancel).await;
        };
        let call = std::pin::pin!(self.call(request, cancel.clone()));
        let timer = std::pin::pin!(self.runtime.sleep(limit));
        match futures_util::future::select(call, timer).await {
            futures_util::future::Either::Left((result, _)) => result,
            futures_util::future::Either::Right(((), call)) => {
                cancel.stop(crate::process::Stop::Interrupt);
                let _ = call.await;
                Err(TaskError::TimedOut { name, limit: go_duration(limit) })
            }
        }
    }

    async fn run_task(self: Rc<Self>, request: Request, cancel: Cancel) -> Result<(), TaskError> {
        if self.pipeline(&request.name).is_some() {
            return self.run_pipeline(&request, &cancel).await;
        }
        let found = self.lookup.find(&request.name, request.span)?;
        let task = self.task(&found)?.clone();
        if !super::platform::matches(&task.platforms) {
            self.note(|| format!("\"{}\" not for current platform - ignored", request.name));
            return Ok(());
        }
        self.check_required(&task, &found, &request).await?;
        let compiled = Rc::new(self.compile(&found, &request, Evaluate::All).await?);
        if !compiled.condition.trim().is_empty()
            && !self.holds(&compiled.condition, &compiled, &task, &cancel).await
        {
            self.note(|| format!("if condition not met - skipped: {:?}", request.name));
            return Ok(());
        }
        self.check_allowed(&task, &compiled)?;
        self.count_call(&found, &task)?;
        self.limit.acquire().await;
        let name = compiled.name.clone();
        let result = self.once_or_more(Rc::new(task), compiled, request, cancel).await;
        self.limit.release();
        result.map_err(|error| TaskError::Run { name, inner: Box::new(error) })
    }

    fn count_call(&self, found: &Found, task: &Task) -> Result<(), TaskError> {
        let mut calls = self.calls.borrow_mut();
        let count = calls.entry(found.task).or_default();
        *count += 1;
        if *count >= MAXIMUM_CALLS && !self.options.watch {
            return Err(TaskError::CalledTooOften { name: task.name.to_string() });
        }
        Ok(())
    }

    /// `run: once` and `when_changed`: who comes later waits for the first and shares its result.
    async fn once_or_more(
        self: &Rc<Self>,
        task: Rc<Task>,
        compiled: Rc<Compiled>,
        request: Request,
        cancel: Cancel,
    ) -> Result<(), TaskError> {
        let key = match self.execution_key(&task, &compiled)? {
            Some(key) if !self.options.watch => key,
            _ => return self.execute(&task, &compiled, &request, &cancel).await,
        };
        let known = self.executions.borrow().get(&key).cloned();
        let execution = if let Some(execution) = known {
            self.progress(|| format!("skipping execution of task: {key}"));
            self.limit.release();
            let result = execution.await;
            self.limit.acquire().await;
            return result.map_err(|error| TaskError::clone(&error));
        } else {
            let runner = Rc::clone(self);
            let execution =
                async move { runner.execute(&task, &compiled, &request, &cancel).await.map_err(Arc::new) };
            execution.boxed_local().shared()
        };
        self.executions.borrow_mut().insert(key, execution.clone());
        execution.await.map_err(|error| TaskError::clone(&error))
    }

    fn execution_key(&self, task: &Task, compiled: &Compiled) -> Result<Option<String>, TaskError> {
        let mode = task.run.as_ref().or(self.project.run.as_ref()).unwrap_or(&RunMode::Always);
        let file = self.project.taskfile(task.taskfile).map(|file| file.path.display().to_string());
        let local = if compiled.found.captures.is_empty() {
            task.local_name.to_string()
        } else {
            compiled.full_name.clone()
        };
        let once = format!("{}:{local}", file.unwrap_or_default());
        match mode {
            RunMode::Always => Ok(None),
            RunMode::Once => Ok(Some(once)),
            RunMode::WhenChanged => Ok(Some(format!("{once}:{}", compiled.signature()))),
            RunMode::Invalid(word) => Err(TaskError::Other(format!("task: invalid run \"{word}\""))),
        }
    }

    async fn execute(
        self: &Rc<Self>,
        task: &Task,
        compiled: &Rc<Compiled>,
        request: &Request,
        cancel: &Cancel,
    ) -> Result<(), TaskError> {
        self.progress(|| format!("{:?} started", request.name));
        self.run_deps(task, compiled, cancel).await?;
        let skip = self.options.force_all || (!request.indirect && self.options.force);
        if !skip {
            self.check_stopped(cancel)?;
            let met = self.preconditions_hold(task, compiled, cancel).await;
            let fresh = self.is_up_to_date(task, compiled, cancel, Record::Changes).await?;
            met?;
            if fresh {
                let quiet =
                    request.silent || task.silent == Some(true) || self.project.silent || self.options.silent;
                if self.options.verbose || !quiet {
                    let prefixed = self.options.output == Some(Output::Prefixed);
                    let name = if prefixed { &compiled.prefix } else { &compiled.name };
                    self.emit(TaskEvent::UpToDate { task: name.clone() });
                }
                return Ok(());
            }
        }
        self.ask(compiled, request).await?;
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
            if let Err(error) = self.run_command(task, compiled, written, command, request, cancel).await {
                self.forget_fingerprint(task, compiled);
                if let Some(code) = error.command_code() {
                    if task.ignore_error {
                        self.verbose(Tone::Ignored, || format!("task error ignored: {error}"));
                        continue;
                    }
                    exit_code = Some(code);
                }
                result = Err(error);
                break;
            }
        }
        for (index, written) in deferred.into_iter().rev() {
            self.run_deferred(task, compiled, written, index, exit_code, request).await;
        }
        if result.is_ok() {
            self.progress(|| format!("{:?} finished", request.name));
        }
        result
    }

    fn check_stopped(&self, cancel: &Cancel) -> Result<(), TaskError> {
        if cancel.is_requested() { Err(TaskError::Interrupted) } else { Ok(()) }
    }

    async fn run_deps(
        self: &Rc<Self>,
        task: &Task,
        compiled: &Compiled,
        cancel: &Cancel,
    ) -> Result<(), TaskError> {
        if compiled.deps.is_empty() {
            return Ok(());
        }
        let calls = compiled.deps.iter().map(|dep| {
            let timeout = dep.timeout.map(|limit| (limit, dep.call.name.clone()));
            (dep.call.clone(), timeout)
        });
        self.limit.release();
        let result = self.call_all(calls.collect(), cancel, self.options.failfast || task.failfast).await;
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

    fn make_dir(&self, compiled: &Compiled) {
        if let Err(error) = std::fs::create_dir_all(&compiled.dir) {
            let dir = compiled.dir.display();
            self.emit(TaskEvent::Warning { text: format!("cannot make directory \"{dir}\": {error}") });
        }
    }

    async fn run_deferred(
        self: &Rc<Self>,
        task: &Task,
        compiled: &Rc<Compiled>,
        written: &Command,
        index: usize,
        exit_code: Option<i32>,
        request: &Request,
    ) {
        let CommandKind::Defer(defer) = &written.kind else { return };
        // A context of its own: neither fail-fast nor Ctrl-C stops cleaning up.
        let cancel = Cancel::new();
        let result = match self.compile_deferred(index, defer, &compiled.scope, exit_code) {
            Ok(command) => self.run_command(task, compiled, written, &command, request, &cancel).await,
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            self.verbose(Tone::Ignored, || format!("ignored error in deferred cmd: {error}"));
        }
    }

    async fn run_command(
        self: &Rc<Self>,
        task: &Task,
        compiled: &Rc<Compiled>,
        written: &Command,
        command: &CompiledCommand,
        request: &Request,
        cancel: &Cancel,
    ) -> Result<(), TaskError> {
        self.check_stopped(cancel)?;
        let condition = command.condition.as_deref().unwrap_or_default();
        if !condition.trim().is_empty() && !self.holds(condition, compiled, task, cancel).await {
            self.note(|| format!("[{}] if condition not met - skipped", compiled.name));
            return Ok(());
        }
        let result = match &command.action {
            CompiledAction::Call(call) => {
                self.limit.release();
                let timeout = written.timeout.map(|limit| (limit, compiled.name.clone()));
                let result = self.call_within(call.clone(), timeout, cancel.child()).await;
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
                self.run_script(task, compiled, written, text, cancel).await
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
        cancel: &Cancel,
    ) -> Result<(), TaskError> {
        let (set, shopt) = match &written.kind {
            CommandKind::Shell(shell) | CommandKind::Defer(crate::model::Defer::Shell(shell)) => {
                (&shell.set, &shell.shopt)
            }
            _ => return Ok(()),
        };
        let script = TaskScript {
            text: text.to_owned(),
            dir: compiled.dir.clone(),
            env: compiled.env.clone(),
            set: joined([&self.project.set, &task.set, set]),
            shopt: joined([&self.project.shopt, &task.shopt, shopt]),
            stdin: true,
            output: self.script_output(task, compiled)?,
            timeout: written.timeout,
        };
        let exit = self.script_under(script, cancel.clone()).await?;
        if exit.timed_out {
            let limit = written.timeout.map(go_duration).unwrap_or_default();
            return Err(TaskError::TimedOut { name: compiled.name.clone(), limit });
        }
        if exit.code == 0 { Ok(()) } else { Err(TaskError::Exit(exit.code)) }
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
                let line = |text: &Option<crate::model::Text>| {
                    text.as_ref().map(|text| super::variables::render(text, &compiled.scope)).transpose()
                };
                TaskOutput::Group { begin: line(begin)?, end: line(end)?, error_only: *error_only }
            }
        })
    }

    /// Whether a condition's command exits 0; what cannot be run does not hold.
    pub(super) async fn holds(
        &self,
        condition: &str,
        compiled: &Compiled,
        task: &Task,
        cancel: &Cancel,
    ) -> bool {
        self.quiet_script(condition, compiled, task, cancel).await.is_ok_and(|code| code == 0)
    }

    /// Runs a check: no input, no output.
    pub(super) async fn quiet_script(
        &self,
        text: &str,
        compiled: &Compiled,
        _task: &Task,
        cancel: &Cancel,
    ) -> Result<i32, TaskError> {
        let script = TaskScript {
            text: text.to_owned(),
            dir: compiled.dir.clone(),
            env: compiled.env.clone(),
            set: Vec::new(),
            shopt: Vec::new(),
            stdin: false,
            output: TaskOutput::Discard,
            timeout: None,
        };
        Ok(self.script_under(script, cancel.clone()).await?.code)
    }
}

/// Joined, sorted, each once (go-task 3.54 `UniqueJoin`).
fn joined(lists: [&Vec<String>; 3]) -> Vec<String> {
    let mut all: Vec<String> = lists.into_iter().flatten().cloned().collect();
    all.sort();
    all.dedup();
    all
}

/// A duration as Go prints it: `500ms`, `1m30s`.
fn go_duration(duration: Duration) -> String {
    crate::template::Value::Duration(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)).to_string()
}

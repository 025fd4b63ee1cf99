//! Calls of tasks: named ones, side by side, within a time limit (go-task 3.54 `task.go`).

use super::context::Context;
use super::error::{GoQuoted, TaskError};
use super::lookup::Found;
use super::request::Request;
use super::runner::Runner;
use super::variables::Evaluate;
use crate::executor::event::TaskEvent;
use crate::executor::explanation::{Because, Explanation};
use crate::model::Task;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// go-task's limit on calls of one task in one run.
const MAXIMUM_CALLS: u32 = 1000;

/// A time limit, and the name that its error bears.
pub(super) type Deadline = (Duration, String);

impl Runner {
    /// Evaluates what every run needs: the root's dotenv files, and with them all global variables.
    ///
    /// # Errors
    /// A dotenv file cannot be read, or a variable fails.
    pub async fn prepare(self: &Rc<Self>) -> Result<(), TaskError> {
        self.global_env().await.map(|_| ())
    }

    /// Runs the named tasks, one after another or side by side.
    ///
    /// # Errors
    /// The first failure. Names are looked up before anything runs.
    pub async fn run(self: &Rc<Self>, requests: Vec<Request>) -> Result<(), TaskError> {
        self.check(&requests)?;
        self.prepare().await?;
        self.ask_ahead(&requests).await?;
        let context = Context::new(self.cancel.clone());
        if !self.options.parallel {
            for request in requests {
                self.call(request, context.clone()).await?;
            }
            return Ok(());
        }
        let calls = requests.into_iter().map(|request| (request, None)).collect();
        self.call_all(calls, &context, self.options.failfast).await
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
    pub(super) async fn call(self: &Rc<Self>, request: Request, context: Context) -> Result<(), TaskError> {
        let runner = Rc::clone(self);
        let call = self.runtime.spawn(async move { runner.run_task(request, context).await });
        call.await.unwrap_or(Err(TaskError::Interrupted))
    }

    /// Calls tasks side by side and waits for all; the first failure to happen is returned.
    pub(super) async fn call_all(
        self: &Rc<Self>,
        calls: Vec<(Request, Option<Deadline>)>,
        context: &Context,
        failfast: bool,
    ) -> Result<(), TaskError> {
        let mut calls = calls;
        if self.options.as_go_task && calls.len() > 1 {
            calls.rotate_right(1);
        }
        let siblings = if failfast { context.child() } else { context.clone() };
        let first: Rc<RefCell<Option<TaskError>>> = Rc::default();
        let running: Vec<_> = calls
            .into_iter()
            .map(|(request, deadline)| {
                let (runner, first, siblings) = (Rc::clone(self), Rc::clone(&first), siblings.clone());
                self.runtime.spawn(async move {
                    let result = match deadline {
                        None => runner.run_task(request, siblings.clone()).await,
                        deadline => Box::pin(runner.call_within(request, deadline, &siblings)).await,
                    };
                    if let Err(error) = result {
                        first.borrow_mut().get_or_insert(error);
                        if failfast {
                            siblings.stop();
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

    /// Calls a task within a time limit.
    pub(super) async fn call_within(
        self: &Rc<Self>,
        request: Request,
        deadline: Option<Deadline>,
        context: &Context,
    ) -> Result<(), TaskError> {
        let Some((limit, name)) = deadline else {
            return self.call(request, context.clone()).await;
        };
        let context = context.limited();
        let call = std::pin::pin!(self.call(request, context.clone()));
        let timer = std::pin::pin!(self.runtime.sleep(limit));
        match futures_util::future::select(call, timer).await {
            futures_util::future::Either::Left((result, _)) => result,
            futures_util::future::Either::Right(((), call)) => {
                context.expire();
                let _ = call.await;
                Err(TaskError::TimedOut { name, limit: go_duration(limit) })
            }
        }
    }

    async fn run_task(self: Rc<Self>, request: Request, context: Context) -> Result<(), TaskError> {
        if self.pipeline(&request.name).is_some() {
            return Box::pin(self.run_pipeline(&request, &context.cancel)).await;
        }
        let found = self.lookup.find(&request.name, request.span)?;
        let task = Arc::clone(self.task(&found)?);
        Box::pin(self.check_loops(&found, &task, &request)).await?;
        if !super::platform::matches(&task.platforms) {
            // The `\n` in these texts is go-task's own: it is not a line end there either.
            self.note(|| format!("{} not for current platform - ignored\\n", GoQuoted(&request.name)));
            self.explain(&request.name, false, || {
                vec![Because::Platform { here: format!("{}/{}", super::os(), super::arch()) }]
            });
            return Ok(());
        }
        if let Some(result) = self.join_early(&task, &found, &context).await {
            self.explain(&request.name, false, || vec![Because::RanBefore]);
            return result;
        }
        // A call that waits for others, as most may do, keeps nothing of what these need.
        let request = Box::pin(self.answered(&task, &found, request)).await?;
        Box::pin(self.check_required(&task, &found, &request)).await?;
        let compiled = Rc::new(Box::pin(self.compile(&found, &request, Evaluate::All)).await?);
        if !compiled.condition.trim().is_empty() {
            let exit = Box::pin(self.quiet_script(&compiled.condition, &compiled, &context)).await;
            if !exit.as_ref().is_ok_and(|code| *code == 0) {
                self.note(|| format!("if condition not met - skipped: {}", GoQuoted(&request.name)));
                self.explain(&compiled.name, false, || {
                    let command = compiled.condition.clone();
                    vec![Because::Condition { command, exit_code: exit.unwrap_or(1) }]
                });
                return Ok(());
            }
        }
        self.check_allowed(&task, &compiled)?;
        self.count_call(&found, &task)?;
        self.limit.acquire().await;
        let name = compiled.name.clone();
        let result = Box::pin(self.once_or_more(task, compiled, request, context)).await;
        self.limit.release();
        result.map_err(|error| TaskError::Run { name, inner: Box::new(error) })
    }

    /// Tells why a task runs or does not, where somebody asked.
    pub(super) fn explain(&self, task: &str, runs: bool, reasons: impl FnOnce() -> Vec<Because>) {
        if self.options.explain {
            let explanation = Explanation { task: task.to_owned(), runs, reasons: reasons() };
            self.emit(TaskEvent::Explained(explanation));
        }
    }

    pub(super) fn count_call(&self, found: &Found, task: &Task) -> Result<(), TaskError> {
        let mut calls = self.calls.borrow_mut();
        let count = calls.entry(found.task).or_default();
        *count += 1;
        if *count >= MAXIMUM_CALLS && !self.options.watch {
            return Err(TaskError::CalledTooOften { name: task.name.to_string() });
        }
        Ok(())
    }
}

/// A duration as Go prints it: `500ms`, `1m30s`.
pub(super) fn go_duration(duration: Duration) -> String {
    crate::template::Value::Duration(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)).to_string()
}

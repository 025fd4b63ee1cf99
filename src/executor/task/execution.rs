//! `run: once` and `when_changed`: who comes later waits for the first and shares its result (go-task 3.54 `hash.go`).

use super::compile::{Compiled, full_name};
use super::context::Context;
use super::error::TaskError;
use super::lookup::Found;
use super::request::Request;
use super::runner::Runner;
use crate::executor::explanation::Because;
use crate::model::{RunMode, Task};
use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, Shared};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

/// Which executions wait for which others.
pub(super) type Waits = HashMap<Rc<str>, Vec<Rc<str>>>;

/// The one execution of a task that runs once, which others wait for.
pub(super) type Execution = Shared<LocalBoxFuture<'static, Result<(), Arc<TaskError>>>>;

impl Runner {
    /// Waits for an execution that is known already, before any work on variables: nothing that they say can make a
    /// difference to a task that runs once.
    pub(super) async fn join_early(
        self: &Rc<Self>,
        task: &Task,
        found: &Found,
        context: &Context,
    ) -> Option<Result<(), TaskError>> {
        let plain = task.requires.is_empty() && task.condition.is_none() && task.label.is_none();
        if self.run_mode(task) != &RunMode::Once || !plain || self.options.verbose {
            return None;
        }
        let key = self.once_key(task, found);
        let execution = self.executions.borrow().get(&key).cloned()?;
        if let Err(error) = self.count_call(found, task).and_then(|()| self.wait(task, &key, context)) {
            return Some(Err(error));
        }
        let run = |error: Arc<TaskError>| TaskError::Run {
            name: full_name(task, found),
            inner: Box::new(TaskError::clone(&error)),
        };
        Some(execution.await.map_err(run))
    }

    /// Runs a task, or waits for the one who does.
    pub(super) async fn once_or_more(
        self: &Rc<Self>,
        task: Arc<Task>,
        compiled: Rc<Compiled>,
        request: Request,
        context: Context,
    ) -> Result<(), TaskError> {
        let Some(key) = self.execution_key(&task, &compiled)? else {
            return self.execute(&task, &compiled, &request, &context).await;
        };
        self.wait(&task, &key, &context)?;
        let known = self.executions.borrow().get(&key).cloned();
        if let Some(execution) = known {
            self.progress(|| format!("skipping execution of task: {key}"));
            self.explain(&compiled.name, false, || vec![Because::RanBefore]);
            self.limit.release();
            let result = execution.await;
            self.limit.acquire().await;
            return result.map_err(|error| TaskError::clone(&error));
        }
        let (runner, own) = (Rc::clone(self), Rc::from(key.as_str()));
        let execution = async move {
            let result = runner.execute(&task, &compiled, &request, &context.inside(&own)).await;
            runner.waits.borrow_mut().remove(&own);
            result.map_err(Arc::new)
        };
        let execution = execution.boxed_local().shared();
        self.executions.borrow_mut().insert(key, execution.clone());
        execution.await.map_err(|error| TaskError::clone(&error))
    }

    /// Notes that one execution waits for another, unless that would never end: the other waits for it already.
    fn wait(&self, task: &Task, key: &str, context: &Context) -> Result<(), TaskError> {
        let Some(within) = context.within() else { return Ok(()) };
        let mut waits = self.waits.borrow_mut();
        let mut open: Vec<&str> = vec![key];
        let mut seen: HashSet<&str> = HashSet::new();
        while let Some(next) = open.pop() {
            if *next == **within {
                return Err(TaskError::CalledTooOften { name: task.name.to_string() });
            }
            if seen.insert(next) {
                open.extend(waits.get(next).into_iter().flatten().map(|other| &**other));
            }
        }
        waits.entry(Rc::clone(within)).or_default().push(Rc::from(key));
        Ok(())
    }

    fn execution_key(&self, task: &Task, compiled: &Compiled) -> Result<Option<String>, TaskError> {
        let once = || self.once_key(task, &compiled.found);
        match self.run_mode(task) {
            RunMode::Always => Ok(None),
            RunMode::Once => Ok(Some(once())),
            RunMode::WhenChanged => {
                Ok(Some(format!("{}:{}", once(), compiled.signature(task, self.options.as_go_task))))
            }
            RunMode::Invalid(word) => Err(TaskError::Other(format!("task: invalid run \"{word}\""))),
        }
    }

    fn run_mode<'a>(&'a self, task: &'a Task) -> &'a RunMode {
        task.run.as_ref().or(self.project.run.as_ref()).unwrap_or(&RunMode::Always)
    }

    /// The file, and the name without its namespace; wildcards count as filled in.
    fn once_key(&self, task: &Task, found: &Found) -> String {
        let file = self.project.taskfile(task.taskfile).map(|file| file.path.display().to_string());
        let local =
            if found.captures.is_empty() { task.local_name.to_string() } else { full_name(task, found) };
        format!("{}:{local}", file.unwrap_or_default())
    }
}

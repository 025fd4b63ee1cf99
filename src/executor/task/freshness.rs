//! Whether a task is up to date: its status commands and its files' fingerprint (go-task 3.54 `fingerprint/task.go`).

use super::compile::{Compiled, Request};
use super::error::{GoQuoted, TaskError};
use super::lookup::Found;
use super::loops::Files;
use super::runner::Runner;
use super::scope::Scope;
use super::variables::Evaluate;
use crate::model::Task;
use crate::process::Cancel;
use std::path::Path;
use std::rc::Rc;

/// What a task's globs match.
#[expect(dead_code, reason = "the globs are not matched yet")]
pub(super) struct TaskFiles<'a> {
    pub(super) dir: &'a Path,
    pub(super) sources: &'a [(String, bool)],
    pub(super) generates: &'a [(String, bool)],
    pub(super) gitignore: bool,
}

impl Files for TaskFiles<'_> {
    fn sources(&self) -> Result<Vec<String>, TaskError> {
        Ok(Vec::new())
    }

    fn generates(&self) -> Result<Vec<String>, TaskError> {
        Ok(Vec::new())
    }
}

impl Runner {
    /// Whether git's ignore rules count for a task.
    pub(super) fn gitignore(&self, task: &Task) -> bool {
        task.use_gitignore.unwrap_or(self.project.use_gitignore)
    }

    /// Both must hold where both are given; with neither the task is never up to date.
    pub(super) async fn is_up_to_date(
        &self,
        task: &Task,
        compiled: &Compiled,
        cancel: &Cancel,
    ) -> Result<bool, TaskError> {
        if compiled.status.is_empty() {
            return Ok(false);
        }
        for command in &compiled.status {
            let code = self.quiet_script(command, compiled, task, cancel).await.unwrap_or(1);
            if code != 0 {
                self.note(|| format!("status command {command} exited non-zero: exit status {code}"));
                return Ok(false);
            }
            self.note(|| format!("status command {command} exited zero"));
        }
        Ok(compiled.sources.is_empty())
    }

    /// Whether a task is up to date, for lists.
    pub async fn fresh(self: &Rc<Self>, found: &Found) -> bool {
        let Ok(task) = self.task(found) else { return false };
        let request = Request::named(&task.name, crate::source::Span::NONE);
        match self.compile(found, &request, Evaluate::All).await {
            Ok(compiled) => self.is_up_to_date(task, &compiled, &self.cancel).await.unwrap_or(false),
            Err(_) => false,
        }
    }

    /// Fails for the first task that is not up to date (`--status`).
    ///
    /// # Errors
    /// That task, or one that cannot be asked.
    pub async fn status(self: &Rc<Self>, requests: &[Request]) -> Result<(), TaskError> {
        for request in requests {
            let found = self.lookup.find(&request.name, request.span)?;
            let compiled = self.compile(&found, request, Evaluate::All).await?;
            if !self.is_up_to_date(self.task(&found)?, &compiled, &self.cancel).await? {
                return Err(TaskError::Other(format!(
                    "task: Task {} is not up-to-date",
                    GoQuoted(&compiled.name)
                )));
            }
        }
        Ok(())
    }

    /// A failed task is not up to date.
    pub(super) fn forget_fingerprint(&self, _task: &Task, _compiled: &Compiled) {}

    /// Sets `.CHECKSUM` or `.TIMESTAMP`.
    pub(super) fn fingerprint_variable(&self, _task: &Task, _files: &TaskFiles<'_>, _scope: &mut Scope) {}
}

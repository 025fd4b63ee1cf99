//! What `--watch` asks of a run: whose sources count, and each named task's result (go-task 3.54 `watch.go`).

use super::compile::{Compiled, CompiledAction};
use super::context::Context;
use super::error::TaskError;
use super::execution::Execution;
use super::options::TaskOptions;
use super::renderer::Renderer;
use super::request::{Request, request};
use super::runner::{Runner, World};
use super::variables::Evaluate;
use crate::fingerprint::TaskFiles;
use crate::model::{CommandKind, Defer, Project};
use crate::process::Cancel;
use futures_util::future::join_all;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// The `sources` of one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedFiles {
    /// The task's directory.
    pub dir: PathBuf,
    /// Patterns, and whether each excludes.
    pub sources: Vec<(String, bool)>,
    /// Files that git ignores do not count.
    pub use_gitignore: bool,
}

impl WatchedFiles {
    /// The same, to be matched.
    #[must_use]
    pub fn as_task_files(&self) -> TaskFiles<'_> {
        TaskFiles {
            dir: &self.dir,
            anchored: true,
            sources: &self.sources,
            generates: &[],
            use_gitignore: self.use_gitignore,
        }
    }
}

/// What has run once, from one runner to the next.
#[derive(Default)]
pub struct Executions(HashMap<String, Execution>);

impl Runner {
    /// What another run of the same tasks needs.
    #[must_use]
    pub fn setting(&self) -> (Arc<Project>, TaskOptions, World, Cancel) {
        (Arc::clone(&self.project), self.options.clone(), self.world.clone(), self.cancel.clone())
    }

    /// Whether a named task is to run again and again.
    #[must_use]
    pub fn is_watched(&self, request: &Request) -> bool {
        let task = self.lookup.find(&request.name, request.span).ok();
        let task = task.as_ref().and_then(|found| self.task(found).ok());
        self.options.watch || task.is_some_and(|task| task.watch)
    }

    /// The sources of the named tasks, their dependencies and the tasks they call, as far as they can be told, and why not
    /// all could be.
    pub async fn watched(self: &Rc<Self>, requests: &[Request]) -> (Vec<WatchedFiles>, Option<TaskError>) {
        let mut files = Vec::new();
        let mut problem = None;
        let mut open: Vec<Request> = requests.iter().rev().cloned().collect();
        let mut seen = HashSet::new();
        while let Some(next) = open.pop() {
            if self.pipeline(&next.name).is_some() || !seen.insert(format!("{} {:?}", next.name, next.vars)) {
                continue;
            }
            match self.sources_of(&next, &mut open).await {
                Ok(found) if !found.sources.is_empty() => files.push(found),
                Ok(_) => {}
                Err(error) => problem = problem.or(Some(error)),
            }
        }
        (files, problem)
    }

    /// The sources of one task. What it calls is added to `open`.
    async fn sources_of(
        self: &Rc<Self>,
        call: &Request,
        open: &mut Vec<Request>,
    ) -> Result<WatchedFiles, TaskError> {
        let found = self.lookup.find(&call.name, call.span)?;
        let compiled = self.compile(&found, call, Evaluate::All).await?;
        let task = self.task(&found)?;
        for command in &task.commands {
            if let CommandKind::Defer(Defer::Call(call)) = &command.kind {
                open.extend(request(call, &compiled.scope, &compiled.scope, &Renderer::new(Evaluate::All)));
            }
        }
        let use_gitignore = self.gitignore(task);
        let Compiled { dir, sources, commands, deps, .. } = compiled;
        open.extend(commands.into_iter().rev().filter_map(|command| match command.action {
            CompiledAction::Call(call) => Some(call),
            CompiledAction::Shell { .. } | CompiledAction::Defer(_) => None,
        }));
        open.extend(deps.into_iter().rev().map(|dep| dep.call));
        Ok(WatchedFiles { dir, sources, use_gitignore })
    }

    /// Runs the named tasks side by side, tells `ended` of each at its end with its failure, and gives the failures.
    pub async fn run_each(
        self: &Rc<Self>,
        requests: &[Request],
        ended: impl Fn(&Request, Option<&TaskError>),
    ) -> Vec<TaskError> {
        let (context, ended) = (Context::new(self.cancel.clone()), &ended);
        let runs = requests.iter().map(|request| {
            let context = context.clone();
            async move {
                let result = self.call(request.clone(), context).await;
                ended(request, result.as_ref().err());
                result.err()
            }
        });
        join_all(runs).await.into_iter().flatten().collect()
    }

    /// What ran once for an earlier runner counts here.
    pub fn carry_on(&self, earlier: Executions) {
        *self.executions.borrow_mut() = earlier.0;
    }

    /// What has run once.
    #[must_use]
    pub fn executions(&self) -> Executions {
        Executions(self.executions.take())
    }
}

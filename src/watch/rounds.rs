//! Round after round: run the tasks, wait for a change, run them again.

use super::watcher::Watcher;
use crate::executor::event::TaskEvent;
use crate::executor::runtime;
use crate::executor::task::{Executions, Request, Runner, TaskError, TaskOptions, World};
use crate::model::Project;
use crate::process::Cancel;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Nothing but a change or a request to stop ends the wait.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);

/// Shows a failure, which does not end the watch.
pub type ShowFailure = Box<dyn Fn(&TaskError)>;

/// Tasks that are run again and again.
pub struct Rounds {
    project: Arc<Project>,
    options: TaskOptions,
    world: World,
    cancel: Cancel,
    requests: Vec<Request>,
    interval: Option<Duration>,
    once_for_all: bool,
    executions: Executions,
    failed: ShowFailure,
}

impl Rounds {
    /// Tasks that are run side by side as `runner` ran others.
    #[must_use]
    pub fn after(runner: &Runner, requests: Vec<Request>, failed: ShowFailure) -> Self {
        let (project, options, world, cancel) = runner.setting();
        // Without any it is 5 ms, and 100 ms while the tasks still run.
        let interval = options.interval.or(project.interval).filter(|interval| !interval.is_zero());
        let executions = Executions::default();
        Self { project, options, world, cancel, requests, interval, once_for_all: false, executions, failed }
    }

    /// A task with `run: once` never runs again, also when `runner` ran it before (go-task 3.54); else it runs once in each
    /// round.
    #[must_use]
    pub fn once_for_all(mut self, runner: &Runner) -> Self {
        self.once_for_all = true;
        self.executions = runner.executions();
        self
    }

    /// Goes on until asked to stop. What runs then is stopped and waited for.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn run(mut self) -> io::Result<()> {
        let tell = Arc::clone(&self.world.events);
        let names = self.requests.iter().map(|request| request.name.clone()).collect();
        tell(TaskEvent::Watching { tasks: names });
        let verbose = self.options.verbose.then_some(tell);
        let watcher = Watcher::start(&self.project.root_dir, self.interval, verbose)?;
        while !self.cancel.is_requested() {
            let run = self.cancel.child();
            watcher.begin(&run);
            let executions = std::mem::take(&mut self.executions);
            let executions = self.round(&watcher, &run, executions);
            watcher.end();
            if self.once_for_all {
                self.executions = executions;
            }
            while !run.sleep(LONG) {}
        }
        Ok(())
    }

    fn round(&self, watcher: &Watcher, run: &Cancel, executions: Executions) -> Executions {
        runtime::block_on(|runtime| async move {
            let (project, options) = (Arc::clone(&self.project), self.options.clone());
            let runner = Runner::new(project, options, self.world.clone(), runtime, run.clone());
            runner.carry_on(executions);
            let (files, problem) = runner.watched(&self.requests).await;
            watcher.watch(files);
            let failures =
                runner.run_each(&self.requests, |request, failure| self.ended(request, failure)).await;
            let known = |problem: &TaskError| {
                let text = problem.to_string();
                failures.iter().any(|failure| failure.to_string().contains(&text))
            };
            // Mostly it is what the run has failed of, too.
            if let Some(problem) = problem.filter(|problem| !is_stop(problem) && !known(problem)) {
                (self.failed)(&problem);
            }
            runner.executions()
        })
    }

    fn ended(&self, request: &Request, failure: Option<&TaskError>) {
        match failure {
            None => (self.world.events)(TaskEvent::Finished { task: request.name.clone() }),
            Some(error) if is_stop(error) => {}
            Some(error) => (self.failed)(error),
        }
    }
}

/// A run that a change has stopped did not fail.
fn is_stop(error: &TaskError) -> bool {
    matches!(error.innermost(), TaskError::Interrupted | TaskError::Expired)
}

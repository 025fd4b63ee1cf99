//! The state that a run of tasks shares. One thread owns it; scripts run on workers.

use super::dynamic::DynamicValues;
use super::environment::TaskEnvironment;
use super::error::TaskError;
use super::execution::{Execution, Waits};
use super::limit::Limit;
use super::lookup::{Lookup, TaskId};
use super::needed::Needed;
use super::options::TaskOptions;
use super::request::Request;
use super::scope::Scope;
use super::special::Special;
use crate::driver::{ScriptExit, ScriptRunner, TaskScript};
use crate::executor::event::{TaskEvent, Tone};
use crate::executor::runtime::Runtime;
use crate::model::{Project, Variables};
use crate::process::Cancel;
use crate::template::Value;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// The world outside that a run of tasks needs.
#[derive(Clone)]
pub struct World {
    /// Runs scripts.
    pub scripts: Arc<dyn ScriptRunner>,
    /// Asks people.
    pub console: Arc<dyn Console>,
    /// Runs pipelines; without it a pipeline is not found.
    pub pipelines: Option<Arc<dyn Pipelines>>,
    /// Takes what happens, in order.
    pub events: Arc<dyn Fn(TaskEvent) + Send + Sync>,
}

/// Runs pipelines, which are called like tasks.
pub trait Pipelines: Send + Sync {
    /// Runs a pipeline to its end, reports it, and gives the exit code. `variables` are those of the run, the call and
    /// the pipeline.
    fn run(&self, pipeline: &crate::model::Pipeline, variables: crate::template::Map, cancel: &Cancel) -> u8;
}

/// A person's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    Yes,
    /// Do not.
    No,
    /// There is nobody to ask.
    NoTerminal,
}

/// What a person says to a question for a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It.
    Value(String),
    /// Nothing, and the run is to end.
    Cancelled,
    /// There is nobody to ask.
    NoTerminal,
}

/// Asks people.
pub trait Console: Send + Sync {
    /// Asks a yes-or-no question, `no` being the default.
    fn confirm(&self, question: &str) -> Answer;

    /// Asks for the value of a variable, one of those allowed where there are any.
    fn value(&self, _name: &str, _allowed: &[String]) -> Reply {
        Reply::NoTerminal
    }
}

/// A run of tasks in one project.
pub struct Runner {
    pub(super) project: Arc<Project>,
    pub(super) options: TaskOptions,
    pub(super) world: World,
    pub(super) runtime: Runtime,
    pub(super) cancel: Cancel,
    pub(super) lookup: Lookup,
    pub(super) special: Special,
    pub(super) limit: Limit,
    pub(super) dynamic: RefCell<DynamicValues>,
    pub(super) shared_scope: RefCell<Option<Scope>>,
    pub(super) shared_static_scope: RefCell<Option<Scope>>,
    pub(super) globals_shared: OnceCell<bool>,
    /// Which global variables are evaluated; all where nothing is said.
    pub(super) needed: OnceCell<Needed>,
    pub(super) global_env: RefCell<Option<Rc<Variables>>>,
    pub(super) plain_env: RefCell<Option<Rc<TaskEnvironment>>>,
    pub(super) executions: RefCell<HashMap<String, Execution>>,
    pub(super) waits: RefCell<Waits>,
    pub(super) calls: RefCell<HashMap<TaskId, u32>>,
    pub(super) answers: RefCell<Variables>,
    pub(super) prefixes: RefCell<HashMap<String, usize>>,
}

impl Runner {
    /// A run that has not begun.
    #[must_use]
    pub fn new(
        project: Arc<Project>,
        options: TaskOptions,
        world: World,
        runtime: Runtime,
        cancel: Cancel,
    ) -> Rc<Self> {
        Rc::new(Self {
            lookup: Lookup::new(Arc::clone(&project), !options.disable_fuzzy),
            special: Special::new(&project, &options),
            limit: Limit::new(options.concurrency),
            project,
            options,
            world,
            runtime,
            cancel,
            dynamic: RefCell::default(),
            shared_scope: RefCell::default(),
            shared_static_scope: RefCell::default(),
            globals_shared: OnceCell::new(),
            needed: OnceCell::new(),
            global_env: RefCell::default(),
            plain_env: RefCell::default(),
            executions: RefCell::default(),
            waits: RefCell::default(),
            calls: RefCell::default(),
            answers: RefCell::default(),
            prefixes: RefCell::default(),
        })
    }

    /// Leaves out what is not needed for these requests when global variables are evaluated. To be called before anything
    /// else, with all that this will ever run.
    pub fn only_for(&self, requests: &[Request]) {
        self.needed.get_or_init(|| Needed::of(self, requests));
    }

    /// Whether the command line gives a variable.
    #[must_use]
    pub fn is_given(&self, name: &str) -> bool {
        self.options.globals.iter().any(|(given, _)| **given == *name)
    }

    /// Finds tasks by name.
    #[must_use]
    pub fn lookup(&self) -> &Lookup {
        &self.lookup
    }

    pub(super) fn emit(&self, event: TaskEvent) {
        (self.world.events)(event);
    }

    /// A line that only `--verbose` shows.
    pub(super) fn verbose(&self, tone: Tone, text: impl FnOnce() -> String) {
        if self.options.verbose {
            self.emit(TaskEvent::Verbose { tone, text: text() });
        }
    }

    /// A line about progress that only `--verbose` shows.
    pub(super) fn progress(&self, text: impl FnOnce() -> String) {
        self.verbose(Tone::Progress, text);
    }

    /// A line about a condition that only `--verbose` shows.
    pub(super) fn note(&self, text: impl FnOnce() -> String) {
        self.verbose(Tone::Note, text);
    }

    /// Runs a script on a worker.
    pub(super) async fn script(&self, script: TaskScript) -> Result<ScriptExit, TaskError> {
        self.script_under(script, self.cancel.clone()).await
    }

    /// Runs a script on a worker, or here and now if it waits for nothing, under a request to stop of its own.
    pub(super) async fn script_under(
        &self,
        script: TaskScript,
        cancel: Cancel,
    ) -> Result<ScriptExit, TaskError> {
        let scripts = Arc::clone(&self.world.scripts);
        if scripts.is_brief(&script.text) {
            return scripts.run(script, &cancel).map_err(TaskError::other_error);
        }
        let result = self.runtime.job(move || scripts.run(script, &cancel)).await;
        result.map_err(TaskError::other_error)?.map_err(TaskError::other_error)
    }

    /// Scalars as environment variables, without those that the process has already: they win (go-task 3.54
    /// `internal/env`, unless experiment ENV_PRECEDENCE is on).
    pub(super) fn env_pairs<'a>(
        &self,
        values: impl Iterator<Item = (&'a Arc<str>, &'a Value)>,
    ) -> Vec<(String, String)> {
        let scalar = |value: &Value| {
            matches!(value, Value::String(_) | Value::Bool(_) | Value::Int(_) | Value::Float(_))
        };
        values
            .filter(|(name, value)| {
                scalar(value)
                    && !name.is_empty()
                    && (self.options.env_precedence || !self.options.environment.contains_key(*name))
            })
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect()
    }
}

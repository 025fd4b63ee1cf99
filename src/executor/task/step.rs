//! `task:` steps of pipelines: a run of tasks of its own, whose coordinator is the step's worker.

use super::TaskError;
use super::options::TaskOptions;
use super::renderer::Renderer;
use super::request::{Request, request};
use super::runner::{Answer, Console, Runner, World};
use super::scope::Scope;
use super::variables::Evaluate;
use crate::driver::{DriverError, ErrorKind, Io, Lines, ScriptRunner, TaskRunner};
use crate::executor::event::TaskEvent;
use crate::executor::runtime;
use crate::frontend::fleetfile::host_variables;
use crate::model::{Call, Host, Project, Text, Variables};
use crate::process::Stream;
use crate::template::Map;
use std::sync::{Arc, mpsc};

/// Runs tasks of one project for a pipeline.
pub struct TaskSteps {
    /// The project.
    pub project: Arc<Project>,
    /// As the pipeline was asked for; the output becomes the step's.
    pub options: TaskOptions,
    /// Runs scripts.
    pub scripts: Arc<dyn ScriptRunner>,
    /// Variables of the pipeline.
    pub variables: Arc<Map>,
}

impl TaskRunner for TaskSteps {
    fn run(&self, name: &str, vars: &Variables, host: Option<&Host>, io: Io<'_>) -> Result<(), DriverError> {
        let request = self.request(name, vars, host).map_err(|error| failed(&error))?;
        let (sender, lines) = mpsc::channel::<(Stream, String)>();
        let cancel = io.cancel.clone();
        // The output belongs to the caller's thread, the run of tasks to its own.
        std::thread::scope(|scope| {
            let tasks = scope.spawn(move || {
                let listener = sender.clone();
                let mut options = self.options.clone();
                options.lines = Some(Lines(Arc::new(move |stream, line| {
                    let _ = listener.send((stream, line.to_owned()));
                })));
                let world = World {
                    scripts: Arc::clone(&self.scripts),
                    console: Arc::new(Nobody),
                    pipelines: None,
                    events: Arc::new(move |event| {
                        if let Some(line) = line_of(&event) {
                            let _ = sender.send((Stream::Stderr, line));
                        }
                    }),
                };
                let project = Arc::clone(&self.project);
                runtime::block_on(|runtime| async move {
                    let runner = Runner::new(project, options, world, runtime, cancel);
                    let requests = vec![request];
                    runner.only_for(&requests);
                    runner.run(requests).await
                })
            });
            for (stream, line) in lines {
                io.output.line(stream, &line);
            }
            match tasks.join() {
                Ok(result) => result.map_err(|error| failed(&error)),
                Err(_) => Err(DriverError::new(ErrorKind::Other, format!("the run of task `{name}` died"))),
            }
        })
    }
}

impl TaskSteps {
    fn request(&self, name: &str, vars: &Variables, host: Option<&Host>) -> Result<Request, TaskError> {
        let mut scope = Scope::new(Arc::clone(&self.variables));
        for (name, value) in host.map(host_variables).unwrap_or_default() {
            scope.set(name, value);
        }
        let call = Call { task: Text::nowhere(name), vars: vars.clone(), silent: false, absolute: true };
        let mut request = request(&call, &scope, &scope, &Renderer::new(Evaluate::All))?;
        // What the command line forced is meant for the named pipeline's tasks as well.
        request.indirect = false;
        Ok(request)
    }
}

/// A step has no terminal.
struct Nobody;

impl Console for Nobody {
    fn confirm(&self, _question: &str) -> Answer {
        Answer::NoTerminal
    }
}

fn failed(error: &TaskError) -> DriverError {
    let kind = if matches!(error.innermost(), TaskError::Interrupted | TaskError::Expired) {
        ErrorKind::Cancelled
    } else {
        ErrorKind::Other
    };
    DriverError::new(kind, error.to_string())
}

fn line_of(event: &TaskEvent) -> Option<String> {
    Some(match event {
        TaskEvent::Command { task, command } => format!("[{task}] {command}"),
        TaskEvent::UpToDate { task } => format!("task \"{task}\" is up to date"),
        TaskEvent::PreconditionFailed { message, .. } => message.clone(),
        TaskEvent::Explained(explanation) => explanation.to_string(),
        TaskEvent::Verbose { text, .. } => text.clone(),
        TaskEvent::Warning { text } => format!("warning: {text}"),
        TaskEvent::Assumed { .. } | TaskEvent::Watching { .. } | TaskEvent::Finished { .. } => return None,
    })
}

//! `fleet rollback`: hosts get a generation that they have had, as a deployment would give them a new one.

use super::args::{Arguments, Rollback};
use super::pipelines::{PipelineRuns, Systems};
use super::run::{run_requests, world_of};
use super::{Failure, options, project, scripts};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::driver::ScriptRunner;
use crate::executor::task::{Pipelines as _, Request};
use crate::model::{Action, Deploy, Pipeline, Project, TaskfileId, Text, Variables};
use crate::process::{Cancel, Outlet, Signals, escalate};
use crate::source::Span;
use std::sync::Arc;

/// Runs the command.
pub(super) fn run(arguments: &Arguments, rollback: &Rollback, program: &str) -> Result<u8, Failure> {
    let loaded = project::load(arguments)?;
    let stdout = if rollback.flags.json { Outlet::stderr() } else { Outlet::stdout() };
    let paint = project::task_paint(arguments);
    let options = options::plain(loaded.project.shims(), program, &[]);
    let scripts = scripts::new(loaded.project.shims(), stdout.clone(), paint);
    let cancel = Cancel::new();
    let signals = Signals::listen(&cancel, escalate).ok();
    let like = rollback.like.as_deref().map(|name| like(&loaded.project, name)).transpose();
    let like = like.map_err(|error| Failure::finding(*error, &loaded.sources, arguments))?;
    let selector = rollback.selector.as_deref().unwrap_or("*");
    let systems = Systems::Generation { number: rollback.to, selector: selector.to_owned() };
    let scripts = Arc::new(scripts);
    let runner: Arc<dyn ScriptRunner> = Arc::clone(&scripts) as _;
    let pipelines =
        PipelineRuns::new(arguments, &rollback.flags, systems, &loaded, options.clone(), runner, signals)?;
    match like {
        // By way of the tasks, so that the pipeline has its variables.
        Some(pipeline) => {
            let world = world_of(pipelines, scripts, stdout, &cancel, arguments);
            let request = Request::named(&pipeline.name, Span::NONE);
            run_requests(&loaded, options, world, cancel, vec![request], arguments)
        }
        None => {
            let variables = loaded
                .global_variables(options, super::scripts::new(loaded.project.shims(), stdout, paint))?;
            Ok(pipelines.run(&plain(), variables, &cancel))
        }
    }
}

/// The pipeline whose policy holds.
fn like<'a>(project: &'a Project, name: &str) -> Result<&'a Pipeline, Box<Diagnostic>> {
    let pipeline = project.pipeline(name).ok_or_else(|| {
        let message = format!("there is no pipeline `{}`", name.escape_debug());
        let help = match did_you_mean(name, project.pipelines.keys().map(|name| &**name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`fleet list --all` shows all".to_owned(),
        };
        Box::new(Diagnostic::error("fleet::run::unknown", message).help(help))
    })?;
    if pipeline.deploy.is_none() {
        let message =
            format!("the pipeline `{}` has no `deploy`, so it has no policy for one", pipeline.name);
        return Err(Box::new(
            Diagnostic::error("fleet::run::no_deploy", message).at(pipeline.span, "this pipeline"),
        ));
    }
    Ok(pipeline)
}

/// A pipeline that deploys with the defaults of a Fleetfile.
fn plain() -> Pipeline {
    let deploy = Deploy::new(Action::Switch, Span::NONE);
    Pipeline {
        name: "rollback".into(),
        taskfile: TaskfileId(0),
        span: Span::NONE,
        desc: None,
        summary: None,
        aliases: Vec::new(),
        base_dir: Vec::new(),
        hosts: Text::nowhere("*"),
        platform: None,
        vars: Variables::new(),
        check: Vec::new(),
        build: None,
        deploy: Some(deploy),
        notify: Vec::new(),
        check_at_once: None,
        around: Default::default(),
    }
}

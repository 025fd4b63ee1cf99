//! Runs pipelines for `fleet run`: hosts, plan, drivers, reporters, journal.

use super::args::{Arguments, Run};
use super::confirm::Ask;
use super::fleet::{self, Engine};
use super::project::{self, Loaded};
use super::{FAILED, Failure};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::driver::rehearsal::Fault;
use crate::driver::{LocalShell, Notifier, PluginRunner, ScriptRunner, Yes};
use crate::executor::drivers::Drivers;
use crate::executor::pipeline::{self, RunOptions};
use crate::executor::render::Renderer;
use crate::executor::task::{Pipelines, TaskOptions, TaskSteps};
use crate::model::{Host, Pipeline};
use crate::plan::{self, Limits};
use crate::process::{Cancel, Outlet, Signals};
use crate::reporter::{
    Journal, Json, Live, Multi, Paint, Past, Plain, Reporter, RunId, Sink, find_unfinished,
};
use crate::template::Map;
use std::io::IsTerminal as _;
use std::sync::Arc;

/// What all pipelines of one command share.
pub(super) struct PipelineRuns {
    loaded: Loaded,
    options: TaskOptions,
    scripts: Arc<dyn ScriptRunner>,
    signals: Option<Arc<Signals>>,
    yes: bool,
    json: bool,
    faults: Option<Vec<Fault>>,
    at_once: Option<usize>,
    colour: bool,
    /// For rendering diagnostics.
    arguments: Arguments,
}

impl PipelineRuns {
    /// Takes what was asked for.
    pub(super) fn new(
        arguments: &Arguments,
        run: &Run,
        loaded: &Loaded,
        options: TaskOptions,
        scripts: Arc<dyn ScriptRunner>,
        signals: Option<Arc<Signals>>,
    ) -> Result<Self, Failure> {
        let faults = if run.rehearse { Some(fleet::faults(&run.fail)?) } else { None };
        Ok(Self {
            loaded: loaded.clone(),
            options,
            scripts,
            signals,
            yes: run.yes,
            json: run.json,
            faults,
            at_once: Some(run.at_once).filter(|limit| *limit > 0),
            colour: project::colour(arguments, std::io::stdout().is_terminal()),
            arguments: arguments.clone(),
        })
    }

    fn try_run(&self, pipeline: &Pipeline, variables: Map, cancel: &Cancel) -> Result<u8, Failure> {
        if let Some(signals) = &self.signals {
            // The coordinator of a pipeline does not read signals itself.
            let _ = signals.in_thread();
        }
        let variables = Arc::new(variables);
        let engine = fleet::engine(&self.loaded, &variables, self.faults.as_deref(), &self.arguments)?;
        let render = Arc::new(Renderer { variables: Arc::clone(&variables) });
        let hosts = self.select(pipeline, &engine, &*render)?;
        let limits = Limits { check: self.at_once, ..Limits::default() };
        let plan = Arc::new(plan::compile(pipeline, hosts, limits));
        let run = RunId::new();
        let state = self.loaded.state_dir();
        let journal = Journal::create(&state, &run).map_err(Failure::error)?;
        self.tell_unfinished(&state, &run);
        let logs = journal.dir().display().to_string();
        let mut reporter = Multi::new(Some(journal), vec![self.reporter(logs)]);
        let drivers = self.drivers(&engine, variables, render);
        let options = RunOptions {
            run: run.as_str().to_owned(),
            started: jiff::Timestamp::now().to_string(),
            rehearsal: self.faults.is_some(),
            dir: self.loaded.project.root_dir.clone(),
        };
        let report =
            pipeline::run(&plan, &drivers, &options, cancel, &mut reporter).map_err(Failure::error)?;
        engine.finish();
        Ok(report.exit_code)
    }

    /// The hosts that the pipeline's selector means.
    fn select(
        &self,
        pipeline: &Pipeline,
        engine: &Engine,
        render: &dyn crate::driver::Render,
    ) -> Result<Vec<Host>, Failure> {
        let text = render.render(&pipeline.hosts, None).map_err(Failure::error)?;
        let span =
            if pipeline.hosts.raw() == text { pipeline.hosts.span() } else { crate::source::Span::NONE };
        pipeline.select(&text, engine.hosts.clone(), span).map_err(|diagnostic| self.diagnostic(*diagnostic))
    }

    fn diagnostic(&self, diagnostic: Diagnostic) -> Failure {
        let diagnostics = Diagnostics::from_iter([diagnostic]);
        Failure::Text(project::render(&diagnostics, &self.loaded.sources, &self.arguments), FAILED)
    }

    fn reporter(&self, logs: String) -> Box<dyn Reporter> {
        let paint = Paint::new(self.colour);
        if self.json {
            return Box::new(Json::new(Sink::stdout()));
        }
        match Live::on_stdout(paint, Some(logs.clone())) {
            Some(live) => Box::new(live),
            None => Box::new(Plain::new(Sink::stdout(), paint, Some(logs))),
        }
    }

    /// What an earlier run left unfinished; the new run does not depend on it.
    fn tell_unfinished(&self, state: &std::path::Path, run: &RunId) {
        if let Ok(Some(past)) = find_unfinished(state, run) {
            let _ = Outlet::stderr().write(format!("note: {}\n", unfinished(&past)).as_bytes());
        }
    }

    fn drivers(&self, engine: &Engine, variables: Arc<Map>, render: Arc<Renderer>) -> Drivers {
        let dir = self.loaded.project.root_dir.clone();
        let asks = !self.yes && self.faults.is_none();
        let confirm: Arc<dyn crate::driver::Confirm> = if asks { Arc::new(Ask) } else { Arc::new(Yes) };
        let tasks = TaskSteps {
            project: Arc::clone(&self.loaded.project),
            options: self.options.clone(),
            scripts: Arc::clone(&self.scripts),
            variables,
        };
        let (flake, build, target) = engine.capabilities();
        match &engine.rehearsal {
            Some(rehearsal) => Drivers::rehearsal(rehearsal, render, confirm),
            None => Drivers {
                shell: Arc::new(LocalShell),
                plugin: Arc::new(PluginRunner::new(dir.clone())),
                notify: Arc::new(Notifier::new(dir)),
                tasks: Arc::new(tasks),
                flake,
                build,
                target,
                render,
                confirm,
            },
        }
    }
}

fn unfinished(past: &Past) -> String {
    let what = if past.running { "is still running" } else { "did not come to its end" };
    let reported = past.hosts.values().filter(|host| host.result.is_some()).count();
    format!(
        "run {} of {} {what}: it had reported {reported} of {} hosts ({})",
        past.run,
        past.name,
        past.hosts.len(),
        past.path.display()
    )
}

impl Pipelines for PipelineRuns {
    fn run(&self, pipeline: &Pipeline, variables: Map, cancel: &Cancel) -> u8 {
        match self.try_run(pipeline, variables, cancel) {
            Ok(code) => code,
            Err(Failure::Closed) => 0,
            Err(Failure::Text(text, code)) => {
                let _ = Outlet::stderr().write(text.as_bytes());
                code
            }
        }
    }
}

//! `fleet plan`: the DAG of a pipeline or task. Runs nothing but the discovery of hosts.

use super::args::{Arguments, Flags, Format, Plan};
use super::pipelines::{PipelineRuns, Systems};
use super::project::Loaded;
use super::run::{run_requests, world_of};
use super::{Failure, fleet, options, print, project, scripts};
use crate::diagnostic::Diagnostic;
use crate::driver::ScriptRunner;
use crate::executor::outcome::exit_code;
use crate::executor::task::{Request, TaskError};
use crate::model::Pipeline;
use crate::plan::{self, Limits};
use crate::process::{Cancel, Outlet, Signals, escalate};
use crate::source::Span;
use std::sync::Arc;

/// Shows what a pipeline would change on its hosts, as a run that ends before anything is changed.
fn diff(
    loaded: &Loaded,
    pipeline: &Pipeline,
    selector: Option<String>,
    globals: &[(String, String)],
    rehearse: bool,
    program: &str,
    arguments: &Arguments,
) -> Result<u8, Failure> {
    if pipeline.deploy.is_none() {
        let message = format!("the pipeline `{}` has no `deploy`: it would change no host", pipeline.name);
        let diagnostic = Diagnostic::error("fleet::plan::no_deploy", message)
            .at(pipeline.span, "this pipeline")
            .help("without `--diff` its steps are shown");
        return Err(Failure::finding(diagnostic, &loaded.sources, arguments));
    }
    let flags = Flags {
        yes: true,
        json: false,
        rehearse,
        fail: Vec::new(),
        diff: true,
        allow_dirty: true,
        allow_older: true,
        at_once: 0,
    };
    let stdout = Outlet::stdout();
    let options = options::plain(loaded.project.shims(), program, globals);
    let scripts =
        Arc::new(scripts::new(loaded.project.shims(), stdout.clone(), project::task_paint(arguments)));
    let cancel = Cancel::new();
    let signals = Signals::listen(&cancel, escalate).ok();
    let systems = Systems::Preview { selector };
    let runner: Arc<dyn ScriptRunner> = Arc::clone(&scripts) as _;
    let pipelines = PipelineRuns::new(arguments, &flags, systems, loaded, options.clone(), runner, signals)?;
    let world = world_of(pipelines, scripts, stdout, &cancel, arguments);
    let requests = vec![Request::named(&pipeline.name, Span::NONE)];
    run_requests(loaded, options, world, cancel, requests, arguments)
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, wanted: &Plan, program: &str) -> Result<u8, Failure> {
    let loaded = project::load(arguments)?;
    let stdout = Outlet::stdout();
    let (selectors, globals) = options::split(&wanted.words);
    let format = match wanted.format {
        Format::Tree => plan::Format::Tree,
        Format::Dot => plan::Format::Dot,
        Format::Mermaid => plan::Format::Mermaid,
        Format::Json => plan::Format::Json,
    };
    let Some(pipeline) = loaded.project.pipeline(&wanted.name) else {
        if wanted.diff && loaded.project.tasks.contains_key(wanted.name.as_str()) {
            let sentence = format!("`{}` is a task, which changes no hosts", wanted.name);
            let help = "`--diff` is for pipelines; `fleet list` shows which names are pipelines";
            return Err(Failure::helped(sentence, help, exit_code::USAGE));
        }
        let plan = plan::of_task(&loaded.project, &wanted.name).map_err(|diagnostic| {
            let unknown = diagnostic.code == "fleet::plan::unknown";
            match Failure::finding(*diagnostic, &loaded.sources, arguments) {
                Failure::Text(text, _) if unknown => {
                    let name = wanted.name.clone();
                    let error = TaskError::NotFound { name, suggestion: None, span: Span::NONE };
                    Failure::Text(text, error.exit_code(false))
                }
                failure => failure,
            }
        })?;
        if let Some(selector) = selectors.first() {
            let sentence =
                format!("`{}` is a task and takes no hosts, but `{selector}` was given", wanted.name);
            let help = "a variable is written NAME=VALUE; `fleet list` shows which names are pipelines";
            return Err(Failure::helped(sentence, help, exit_code::USAGE));
        }
        print(&stdout, &plan.print(format))?;
        return Ok(exit_code::GOOD);
    };
    if wanted.diff {
        let selector = (!selectors.is_empty()).then(|| selectors.join(","));
        return diff(&loaded, pipeline, selector, &globals, wanted.rehearse, program, arguments);
    }
    let variables = loaded.variables(program, &globals, &stdout, arguments)?;
    let faults = wanted.rehearse.then_some(&[][..]);
    let engine = fleet::engine(&loaded, &variables, &fleet::Wish::to_look(faults), arguments)?;
    let (text, span) = match selectors.as_slice() {
        [] => {
            let template = pipeline.hosts.template().map_err(Failure::error)?;
            (template.render(&variables).map_err(Failure::error)?, pipeline.hosts.span())
        }
        selectors => (selectors.join(","), Span::NONE),
    };
    let hosts = pipeline
        .select(&text, engine.hosts, span)
        .map_err(|diagnostic| Failure::finding(*diagnostic, &loaded.sources, arguments))?;
    let limits = Limits { tags: loaded.tag_pools(), ..Limits::default() };
    let plan = plan::compile(pipeline, hosts, &limits);
    print(&stdout, &plan.print(format))?;
    Ok(exit_code::GOOD)
}

//! `fleet plan`: the DAG of a pipeline or task. Runs nothing but the discovery of hosts.

use super::args::{Arguments, Format, Plan};
use super::{Failure, fleet, options, print, project};
use crate::executor::outcome::exit_code;
use crate::executor::task::TaskError;
use crate::plan::{self, Limits};
use crate::process::Outlet;
use crate::source::Span;

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

//! `fleet plan`: the DAG of a pipeline or task. Runs nothing but the discovery of hosts.

use super::args::{Arguments, Format, Plan};
use super::{FAILED, Failure, fleet, options, print, project, scripts};
use crate::diagnostic::Diagnostic;
use crate::plan::{self, Limits};
use crate::process::Outlet;
use crate::source::Span;
use crate::template::Map;

/// Runs the command.
pub(super) fn run(arguments: &Arguments, wanted: &Plan, program: &str) -> Result<u8, Failure> {
    let loaded = project::load(arguments)?;
    let stdout = Outlet::stdout();
    let (selectors, globals) = options::split(&wanted.words);
    let fail = |diagnostic: Diagnostic| {
        Failure::Text(
            project::render(&[diagnostic].into_iter().collect(), &loaded.sources, arguments),
            FAILED,
        )
    };
    let format = match wanted.format {
        Format::Tree => plan::Format::Tree,
        Format::Dot => plan::Format::Dot,
        Format::Mermaid => plan::Format::Mermaid,
        Format::Json => plan::Format::Json,
    };
    let Some(pipeline) = loaded.project.pipeline(&wanted.name) else {
        let plan = plan::of_task(&loaded.project, &wanted.name).map_err(|diagnostic| fail(*diagnostic))?;
        print(&stdout, &plan.print(format))?;
        return Ok(0);
    };
    let scripts = scripts::new(stdout.clone(), project::task_paint(arguments));
    let variables: Map = loaded.global_variables(options::plain(program, &globals), scripts)?;
    let faults = wanted.rehearse.then_some(&[][..]);
    let engine = fleet::engine(&loaded, &variables, faults, arguments)?;
    let text = match selectors.as_slice() {
        [] => {
            let template = pipeline.hosts.template().map_err(Failure::error)?;
            template.render(&variables).map_err(Failure::error)?
        }
        selectors => selectors.join(","),
    };
    let hosts = pipeline.select(&text, engine.hosts, Span::NONE).map_err(|diagnostic| fail(*diagnostic))?;
    let plan = plan::compile(pipeline, hosts, Limits::default());
    print(&stdout, &plan.print(format))?;
    Ok(0)
}

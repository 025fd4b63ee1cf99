//! `fleet check`: every mistake that can be found without running anything.

use super::args::Arguments;
use super::{FAILED, Failure, print, project};
use crate::process::Outlet;

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let (loaded, findings) = project::load_quietly(arguments)?;
    let text = project::render(&findings, &loaded.sources, arguments);
    let _ = Outlet::stderr().write(text.as_bytes());
    if findings.has_errors() {
        return Ok(FAILED);
    }
    let project = &loaded.project;
    let summary = format!(
        "{}: {} tasks, {} pipelines, {} files, {} findings\n",
        project.root_file.display(),
        project.tasks.len(),
        project.pipelines.len(),
        project.taskfiles.len(),
        findings.iter().count()
    );
    print(&Outlet::stdout(), &summary)?;
    Ok(0)
}

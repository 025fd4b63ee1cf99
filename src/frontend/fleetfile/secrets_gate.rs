//! The step `secrets`, which every pipeline that builds has, whether it is written or not, where there are secrets. Looks
//! for a file and reads none.

use crate::model::{Project, Step, StepKind};
use std::path::Path;

const CONFIG: &str = ".sops.yaml";

/// The directory of the outermost `.sops.yaml` that is for a directory: there or above, within its repository.
#[must_use]
pub fn sops_root(dir: &Path) -> Option<&Path> {
    let repository = dir.ancestors().find(|ancestor| ancestor.join(".git").exists());
    let end = repository.unwrap_or(dir);
    dir.ancestors()
        .take_while(|ancestor| ancestor.starts_with(end))
        .filter(|dir| dir.join(CONFIG).is_file())
        .last()
}

/// Puts the step before all others where it is not written.
pub(super) fn add(project: &mut Project) {
    let policy = project.fleet.as_ref().is_some_and(|fleet| fleet.secrets.span.is_some());
    let builds = |pipeline: &crate::model::Pipeline| pipeline.build.is_some() || pipeline.deploy.is_some();
    if !project.pipelines.values().any(builds) || !policy && sops_root(&project.root_dir).is_none() {
        return;
    }
    for pipeline in project.pipelines.values_mut().filter(|pipeline| builds(pipeline)) {
        let is_written = pipeline.check.iter().any(|step| matches!(step.kind, StepKind::Secrets));
        if !is_written {
            let step = Step { kind: StepKind::Secrets, each_host: false, timeout: None, span: pipeline.span };
            pipeline.check.insert(0, step);
        }
    }
}

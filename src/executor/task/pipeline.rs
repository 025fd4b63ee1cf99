//! A pipeline called like a task.

use super::error::TaskError;
use super::request::Request;
use super::runner::Runner;
use crate::model::Pipeline;
use crate::process::Cancel;
use crate::template::Lookup as _;
use std::rc::Rc;
use std::sync::Arc;

impl Runner {
    /// The pipeline of a name, where pipelines can be run.
    pub(super) fn pipeline(&self, name: &str) -> Option<&Pipeline> {
        self.world.pipelines.as_ref().and_then(|_| self.project.pipeline(name))
    }

    /// Runs it on a worker, which is its coordinator.
    pub(super) async fn run_pipeline(
        self: &Rc<Self>,
        request: &Request,
        cancel: &Cancel,
    ) -> Result<(), TaskError> {
        let (Some(pipeline), Some(pipelines)) = (self.pipeline(&request.name), &self.world.pipelines) else {
            return Ok(());
        };
        let scope = self.pipeline_variables(pipeline, &request.vars).await?;
        let (pipeline, pipelines, cancel) = (pipeline.clone(), Arc::clone(pipelines), cancel.clone());
        let name = pipeline.name.to_string();
        let variables = scope.all();
        let run = self.runtime.job(move || pipelines.run(&pipeline, variables, &cancel)).await;
        match run.map_err(TaskError::other_error)? {
            0 => Ok(()),
            code => Err(TaskError::Pipeline { name, code }),
        }
    }
}

//! `preconditions`: commands that must exit 0 before a task runs (go-task 3.54 `precondition.go`).

use super::compile::Compiled;
use super::context::Context;
use super::error::TaskError;
use super::runner::Runner;
use crate::executor::event::TaskEvent;
use crate::source::Span;

impl Runner {
    /// Stops at the first one that does not hold.
    pub(super) async fn preconditions_hold(
        &self,
        compiled: &Compiled,
        context: &Context,
    ) -> Result<(), TaskError> {
        for (index, (command, message)) in compiled.preconditions.iter().enumerate() {
            if !self.holds(command, compiled, context).await {
                self.emit(TaskEvent::PreconditionFailed {
                    task: compiled.name.clone(),
                    message: message.clone(),
                });
                let written = self.task(&compiled.found)?.preconditions.get(index);
                let at = written.map_or(Span::NONE, |precondition| precondition.command.span());
                return Err(TaskError::Precondition.at(at));
            }
        }
        Ok(())
    }
}

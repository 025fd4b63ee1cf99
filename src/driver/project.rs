//! What a pipeline asks of its project: to render a text, to run a task.

use super::{DriverError, Io};
use crate::model::{Host, Text, Variables};

/// Renders texts with the variables of a pipeline.
pub trait Render: Send + Sync {
    /// Renders a text; about a host, `HOST` and the host's other variables are set.
    ///
    /// # Errors
    /// The template is wrong, or a variable does not evaluate.
    fn render(&self, text: &Text, host: Option<&Host>) -> Result<String, DriverError>;
}

/// Runs tasks of the project.
pub trait TaskRunner: Send + Sync {
    /// Runs a task with its dependencies to its end; `vars` are not rendered yet.
    ///
    /// # Errors
    /// There is no such task, or it failed.
    fn run(&self, name: &str, vars: &Variables, host: Option<&Host>, io: Io<'_>) -> Result<(), DriverError>;
}

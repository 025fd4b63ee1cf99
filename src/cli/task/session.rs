//! One call of `task`: the project, its runner, and where its output goes.

use crate::executor::task::{Runner, TaskError};
use crate::frontend::taskfile::{LoadError, go_io};
use crate::model::Project;
use crate::process::Outlet;
use crate::reporter::TaskPaint;
use crate::source::SourceMap;
use crate::template::Map;
use std::io::ErrorKind;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

/// What all parts of a call share.
pub(super) struct Session {
    pub(super) project: Arc<Project>,
    pub(super) sources: Arc<SourceMap>,
    pub(super) runner: Rc<Runner>,
    pub(super) paint: TaskPaint,
    pub(super) environment: Arc<Map>,
    pub(super) stdout: Outlet,
    pub(super) stderr: Outlet,
}

impl Session {
    /// Writes to standard output.
    pub(super) fn print(&self, text: &str) -> Result<(), Failure> {
        self.stdout.write(text.as_bytes()).map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::Closed,
            _ => Failure::plain(go_io::error("write", Path::new("/dev/stdout"), &error)),
        })
    }
}

/// Why a call ends without success.
#[derive(Debug)]
pub(super) enum Failure {
    /// A task.
    Task(TaskError),
    /// A file.
    Load(Box<LoadError>),
    /// Anything else: sentence and exit code.
    Plain(String, u8),
    /// Nobody reads what we print.
    Closed,
}

impl Failure {
    /// A sentence, exit code 1.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self::Plain(text.into(), 1)
    }
}

impl From<TaskError> for Failure {
    fn from(error: TaskError) -> Self {
        Self::Task(error)
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::Load(Box::new(error))
    }
}

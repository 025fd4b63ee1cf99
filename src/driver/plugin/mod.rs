//! Step plugins: what is asked of one, and how it is found and run. Knows no pipeline.

mod conversation;
mod find;
mod runner;

pub use find::find_plugin;
pub use runner::PluginRunner;

use super::{CheckOutcome, DriverError, Io};
use crate::model::Host;
use serde::Serialize;
use serde_json::Value as Json;

/// Version of the request's JSON form.
pub const PLUGIN_PROTOCOL: u32 = 1;

/// One call of a plugin, written to its standard input as one JSON object.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PluginRequest<'a> {
    /// [`PLUGIN_PROTOCOL`].
    pub version: u32,
    /// NAME of `fleet-NAME`.
    pub plugin: &'a str,
    /// The pipeline.
    pub pipeline: &'a str,
    /// The run's id.
    pub run: &'a str,
    /// The host it is called for; `null` when it is called once for the run.
    pub host: Option<&'a Host>,
    /// The selected hosts when it is called once for the run; empty when it is called for one host.
    pub hosts: &'a [Host],
    /// The options of the step, as written.
    pub options: &'a Json,
}

/// What a plugin came to, when it did not fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginResult {
    /// Passed, or skipped with the reason.
    pub outcome: CheckOutcome,
    /// One line on what it found.
    pub message: Option<String>,
}

/// Runs step plugins.
pub trait Plugin: Send + Sync {
    /// Runs `fleet-NAME` to its end.
    ///
    /// # Errors
    /// There is no such program ([`super::ErrorKind::MissingProgram`]), it failed, or it broke the protocol.
    fn run(&self, request: &PluginRequest<'_>, io: Io<'_>) -> Result<PluginResult, DriverError>;
}

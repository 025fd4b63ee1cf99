//! The one [`Plugin`] of real runs.

use super::conversation::Conversation;
use super::{Plugin, PluginRequest, PluginResult, find};
use crate::driver::{CommandEnvironment, DriverError, ErrorKind, Io};
use crate::process::{Input, LinePump, Process, Sink, SpawnErrorKind, Stream};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// From the request to stop to the kill.
const GRACE: Duration = Duration::from_secs(10);
/// Lines of standard error that are kept for the report.
const TAIL: usize = 10;

/// Runs plugins as processes.
pub struct PluginRunner {
    dir: PathBuf,
    path: Option<OsString>,
    commands: CommandEnvironment,
    grace: Duration,
}

impl PluginRunner {
    /// Runs them in `dir`, the directory of the Fleetfile, and looks for them on the PATH.
    #[must_use]
    pub fn new(dir: PathBuf, commands: CommandEnvironment) -> Self {
        Self { dir, path: std::env::var_os("PATH"), commands, grace: GRACE }
    }
}

impl Plugin for PluginRunner {
    fn run(&self, request: &PluginRequest<'_>, io: Io<'_>) -> Result<PluginResult, DriverError> {
        let program = find::find_in(request.plugin, self.path.as_deref())?;
        let mut input = serde_json::to_vec(request).map_err(|error| {
            DriverError::new(ErrorKind::Other, format!("the request has no JSON form: {error}"))
        })?;
        input.push(b'\n');
        let stop = io.cancel.child();
        let mut conversation = Conversation::new(io.output, &stop);
        let mut said = VecDeque::new();
        let mut stderr = LinePump::new(|line: &str| {
            io.output.line(Stream::Stderr, line);
            if said.len() == TAIL {
                said.pop_front();
            }
            said.push_back(line.to_owned());
        });
        let mut process = Process::new(program);
        process.env = Some(Arc::clone(self.commands.of_programs()));
        process.dir = Some(self.dir.clone());
        process.stdin = Input::Bytes(input);
        process.stdout = Sink::Pump(&mut conversation);
        process.stderr = Sink::Pump(&mut stderr);
        process.group = true;
        process.interrupt_grace = Some(self.grace);
        let exit = process.run(&stop);
        drop(stderr);
        let said: Vec<String> = said.into();
        let exit = exit.map_err(|error| {
            let kind = match error.kind {
                SpawnErrorKind::Cancelled => ErrorKind::Cancelled,
                _ => ErrorKind::Other,
            };
            DriverError::new(kind, error.to_string())
        })?;
        if let Some(why) = conversation.broken() {
            let message = format!("the plugin does not keep to the protocol: {why}");
            let help =
                "standard output takes JSON events only, see docs/plugins.md; text goes to standard error";
            return Err(DriverError::new(ErrorKind::Other, message).said(said).help(help));
        }
        if io.cancel.is_requested() {
            return Err(DriverError::new(ErrorKind::Cancelled, "the plugin was stopped").said(said));
        }
        let result = conversation.into_result();
        match (result, exit.code) {
            (Err(failed), _) => Err(failed.said(said)),
            (Ok(result), 0) => Ok(result),
            (Ok(_), code) => {
                let message = format!("the plugin exited with {code}, whatever its result said");
                Err(DriverError::new(ErrorKind::Other, message).said(said))
            }
        }
    }
}

#[cfg(test)]
mod tests;

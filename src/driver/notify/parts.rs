//! The values of a channel, fetched from where they are. No error shows one.

use super::{Channel, Source};
use crate::driver::shell::Script;
use crate::driver::{CommandEnvironment, DriverError, ErrorKind};
use crate::process::{Cancel, Capture, Input, Sink};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Longest value, in bytes.
const LONGEST: usize = 64 << 10;

/// Where commands run, and with what.
pub(super) type Place<'a> = (&'a Path, &'a CommandEnvironment);

/// Address and settings of a channel.
pub(super) struct Parts {
    pub(super) address: String,
    settings: Vec<(&'static str, String)>,
}

impl Parts {
    /// Fetches all of them. Commands run for at most `timeout`.
    pub(super) fn of(
        channel: &Channel,
        place: Place<'_>,
        timeout: Duration,
        cancel: &Cancel,
    ) -> Result<Self, DriverError> {
        let fetch = |key: &str, source: &Source| {
            // A command's own text is the address: it is run when it is told.
            let value = fetch(key, source, place, timeout, cancel)?;
            if value.trim().is_empty() {
                return Err(refused(format!("`{key}` is empty")));
            }
            Ok(value)
        };
        let address = fetch(channel.service.word(), &channel.address)?;
        let settings = channel
            .settings
            .iter()
            .map(|(key, source)| Ok((*key, fetch(key, source)?)))
            .collect::<Result<_, _>>();
        Ok(Self { address, settings: settings? })
    }

    /// A setting, where it is given.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.settings.iter().find(|(known, _)| *known == key).map(|(_, value)| value.as_str())
    }

    /// A setting that the service needs.
    pub(super) fn need(&self, key: &str) -> Result<&str, DriverError> {
        self.get(key).ok_or_else(|| refused(format!("`{key}` is missing")))
    }

    /// The address as the beginning of a URL.
    pub(super) fn base(&self) -> &str {
        self.address.trim().trim_end_matches('/')
    }

    /// `Authorization: Bearer`, where there is a `token`.
    pub(super) fn bearer(&self) -> Option<(&'static str, String)> {
        self.get("token").map(|token| ("Authorization", format!("Bearer {token}")))
    }
}

fn refused(message: String) -> DriverError {
    DriverError::new(ErrorKind::Refusal, message)
}

fn fetch(
    key: &str,
    source: &Source,
    (dir, commands): Place<'_>,
    timeout: Duration,
    cancel: &Cancel,
) -> Result<String, DriverError> {
    let value = match source {
        Source::Text(text) => return Ok(text.clone()),
        Source::File(path) => std::fs::read(dir.join(path))
            .map_err(|error| refused(format!("the file of `{key}` cannot be read: {error}")))?,
        Source::Env(name) => {
            let value = std::env::var_os(name);
            let value = value.ok_or_else(|| refused(format!("the variable of `{key}` is not set")))?;
            value.into_encoded_bytes()
        }
        Source::Command(script) => {
            let mut printed = Capture::new(LONGEST + 1);
            let mut request = Script::new(script, dir, Arc::clone(commands.of_programs()));
            request.stdin = Input::Null;
            request.stdout = Sink::Pump(&mut printed);
            // It may tell what it should not.
            request.stderr = Sink::Null;
            request.group = true;
            request.timeout = Some(timeout);
            let exit =
                request.run(cancel).map_err(|_| refused(format!("the command of `{key}` does not start")))?;
            if cancel.is_requested() {
                return Err(DriverError::new(ErrorKind::Cancelled, "stopped"));
            }
            if !exit.success() {
                let how = if exit.timed_out {
                    "took too long".to_owned()
                } else {
                    format!("exited with {}", exit.code)
                };
                return Err(refused(format!("the command of `{key}` {how}")));
            }
            printed.into_bytes()
        }
    };
    if value.len() > LONGEST {
        return Err(refused(format!("`{key}` is longer than {} KiB", LONGEST >> 10)));
    }
    let value = String::from_utf8(value).map_err(|_| refused(format!("`{key}` is no text")))?;
    Ok(value.trim_end_matches(['\n', '\r']).to_owned())
}

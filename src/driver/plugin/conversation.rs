//! What a plugin says on standard output (`docs/plugins.md`), line by line, within limits.

use super::PluginResult;
use crate::driver::{CheckOutcome, DriverError, ErrorKind, Output};
use crate::process::{Cancel, Pump, Stop, Stream};
use memchr::memchr;
use serde::Deserialize;
use std::io;

/// Longest line that can be an event, in bytes.
const LONGEST: usize = 64 << 10;

/// One line.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase", deny_unknown_fields)]
enum PluginEvent {
    Log {
        line: String,
    },
    Progress {
        message: String,
        done: Option<f64>,
        total: Option<f64>,
    },
    Result {
        status: Status,
        #[serde(default)]
        message: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Succeeded,
    Failed,
    Skipped,
}

/// Listens to one plugin, and stops it when it does not keep to the protocol.
pub(super) struct Conversation<'a> {
    output: &'a dyn Output,
    stop: &'a Cancel,
    partial: Vec<u8>,
    result: Option<(Status, Option<String>)>,
    /// The first thing that was wrong.
    broken: Option<String>,
}

impl<'a> Conversation<'a> {
    /// `stop` reaches that plugin alone.
    pub(super) fn new(output: &'a dyn Output, stop: &'a Cancel) -> Self {
        Self { output, stop, partial: Vec::new(), result: None, broken: None }
    }

    /// What was wrong, if anything.
    pub(super) fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// The result that it gave; an error where there is none or where it is a failure.
    pub(super) fn into_result(self) -> Result<PluginResult, DriverError> {
        match self.result {
            None => Err(DriverError::new(ErrorKind::Other, "the plugin ended without a result").help(
                "its last line must be {\"event\":\"result\",\"status\":\"succeeded\"}, see docs/plugins.md",
            )),
            Some((Status::Succeeded, message)) => Ok(PluginResult { outcome: CheckOutcome::Passed, message }),
            Some((Status::Skipped, message)) => {
                let reason = message.clone().unwrap_or_else(|| "the plugin gave no reason".to_owned());
                Ok(PluginResult { outcome: CheckOutcome::Skipped(reason), message })
            }
            Some((Status::Failed, message)) => {
                let message = message.unwrap_or_else(|| "the plugin gave no reason".to_owned());
                Err(DriverError::new(ErrorKind::Other, message))
            }
        }
    }

    fn line(&mut self, line: &[u8]) {
        if self.broken.is_some() {
            return;
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let event = match serde_json::from_slice::<PluginEvent>(line) {
            Ok(event) => event,
            Err(error) => {
                let start: String = String::from_utf8_lossy(line).chars().take(80).collect();
                return self.refuse(format!("`{}` is no event: {error}", start.escape_debug()));
            }
        };
        if self.result.is_some() {
            return self.refuse("an event came after the result".to_owned());
        }
        match event {
            PluginEvent::Log { line } => self.say(&line),
            PluginEvent::Progress { message, done, total } => match (done, total) {
                (Some(done), Some(total)) => self.say(&format!("{message} ({done}/{total})")),
                (Some(done), None) => self.say(&format!("{message} ({done})")),
                (None, _) => self.say(&message),
            },
            PluginEvent::Result { status, message } => self.result = Some((status, message)),
        }
    }

    fn say(&self, text: &str) {
        text.split('\n').for_each(|line| self.output.line(Stream::Stdout, line));
    }

    /// Nothing that it says from now on counts: it need not go on.
    fn refuse(&mut self, why: String) {
        self.broken = Some(why);
        self.partial = Vec::new();
        self.stop.stop(Stop::Interrupt);
    }
}

impl Pump for Conversation<'_> {
    fn take(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while let Some(at) = memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..at], &bytes[at + 1..]);
            if self.partial.len() + line.len() > LONGEST {
                self.refuse(format!("a line is longer than {} KiB", LONGEST >> 10));
            } else if self.partial.is_empty() {
                self.line(line);
            } else {
                let mut whole = std::mem::take(&mut self.partial);
                whole.extend_from_slice(line);
                self.line(&whole);
            }
            bytes = rest;
        }
        if self.broken.is_none() {
            self.partial.extend_from_slice(bytes);
            if self.partial.len() > LONGEST {
                self.refuse(format!("a line is longer than {} KiB", LONGEST >> 10));
            }
        }
        if self.broken.is_some() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        if !self.partial.is_empty() {
            let line = std::mem::take(&mut self.partial);
            self.line(&line);
        }
        Ok(())
    }
}

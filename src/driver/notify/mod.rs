//! Notifications: what is asked of a channel, and the services there are. Knows no run.
//!
//! One file for each service says what it is sent; `notifier.rs` has the table of them.

mod apprise;
mod body;
mod command;
mod desktop;
mod discord;
mod email;
mod gotify;
mod healthchecks;
mod http;
mod limit;
mod matrix;
mod notifier;
mod ntfy;
mod parts;
mod pushover;
mod slack;
mod telegram;
mod webhook;

pub use notifier::Notifier;

pub(super) use http::reason;

use super::{DriverError, Io};
use crate::model::Service;

/// Where a notification goes, rendered. All but the service may be secret and is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Channel {
    /// Who delivers it.
    pub service: Service,
    /// What stands at the service's own key.
    pub address: Source,
    /// Further settings by their keys.
    pub settings: Vec<(&'static str, Source)>,
}

/// Where a value is. It is looked for only when something is sent.
#[derive(Clone, PartialEq, Eq)]
pub enum Source {
    /// Here.
    Text(String),
    /// In a file, relative to the directory of the pipeline.
    File(String),
    /// In a variable of the environment.
    Env(String),
    /// In what a shell command prints.
    Command(String),
}

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// One line.
    pub title: String,
    /// Some lines of plain text: each host that is not as it should be, and why.
    pub text: String,
    /// Whether something needs a person.
    pub urgent: bool,
    /// The report of the run as JSON (`executor::event::RunReport`).
    pub report: serde_json::Value,
}

impl Message {
    /// The run's id.
    fn run(&self) -> &str {
        self.report.get("run").and_then(serde_json::Value::as_str).unwrap_or_default()
    }
}

/// Sends notifications.
pub trait Notify: Send + Sync {
    /// Sends one, with retries of its own.
    ///
    /// # Errors
    /// The other side did not take it. The text holds nothing of the channel but its service.
    fn send(&self, channel: &Channel, message: &Message, io: Io<'_>) -> Result<(), DriverError>;
}

//! Notifications: what is asked of a target, and the targets there are. Knows no run.

mod command;
mod http;
mod notifier;

pub use notifier::Notifier;

pub(super) use http::reason;

use super::{DriverError, Io};

/// Where a notification goes, rendered. Addresses may hold secrets: they are never shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Address<'a> {
    /// An ntfy topic URL.
    Ntfy(&'a str),
    /// A URL that gets [`Message::report`].
    Webhook(&'a str),
    /// A shell command that gets [`Message::report`] on standard input.
    Command(&'a str),
}

impl Address<'_> {
    /// The kind of target; all of it that may be shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ntfy(_) => "ntfy",
            Self::Webhook(_) => "webhook",
            Self::Command(_) => "command",
        }
    }
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

/// Sends notifications.
pub trait Notify: Send + Sync {
    /// Sends one, with retries of its own.
    ///
    /// # Errors
    /// The other side did not take it. The text does not hold the address.
    fn send(&self, address: Address<'_>, message: &Message, io: Io<'_>) -> Result<(), DriverError>;
}

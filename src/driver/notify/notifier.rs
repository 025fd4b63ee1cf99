//! The one [`Notify`] of real runs: the table of services.

use super::body::body;
use super::command::run_command;
use super::http::{Http, Request};
use super::parts::Parts;
use super::{
    Channel, Message, Notify, apprise, desktop, discord, email, gotify, healthchecks, matrix, ntfy, pushover,
    slack, telegram, webhook,
};
use crate::driver::{CommandEnvironment, DriverError, Io};
use crate::model::Service;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

/// Longest time for one command.
const COMMAND: Duration = Duration::from_secs(30);
/// Longest time for one try to hand over an e-mail.
const EMAIL: Duration = Duration::from_secs(20);

/// Sends notifications for real.
pub struct Notifier {
    dir: PathBuf,
    commands: CommandEnvironment,
    command_timeout: Duration,
    email_timeout: Duration,
    /// Made when first needed: it reads the certificates.
    http: OnceLock<Http>,
}

/// How a service is told.
enum Way {
    /// By one request.
    Http(fn(&Parts, &Message) -> Result<Request, DriverError>),
    Email,
    Desktop,
    Command,
}

fn way(service: Service) -> Way {
    match service {
        Service::Ntfy => Way::Http(ntfy::request),
        Service::Discord => Way::Http(discord::request),
        Service::Slack => Way::Http(slack::slack),
        Service::Mattermost => Way::Http(slack::mattermost),
        Service::Matrix => Way::Http(matrix::request),
        Service::Telegram => Way::Http(telegram::request),
        Service::Gotify => Way::Http(gotify::request),
        Service::Pushover => Way::Http(pushover::request),
        Service::Healthchecks => Way::Http(healthchecks::request),
        Service::Apprise => Way::Http(apprise::request),
        Service::Webhook => Way::Http(webhook::request),
        Service::Email => Way::Email,
        Service::Desktop => Way::Desktop,
        Service::Command => Way::Command,
    }
}

impl Notifier {
    /// Runs commands and finds files in `dir`.
    #[must_use]
    pub fn new(dir: PathBuf, commands: CommandEnvironment) -> Self {
        Self { dir, commands, command_timeout: COMMAND, email_timeout: EMAIL, http: OnceLock::new() }
    }

    fn http(&self) -> &Http {
        self.http.get_or_init(Http::new)
    }
}

impl Notify for Notifier {
    fn send(&self, channel: &Channel, message: &Message, io: Io<'_>) -> Result<(), DriverError> {
        let place = (&*self.dir, &self.commands);
        let parts = Parts::of(channel, place, self.command_timeout, io.cancel)?;
        match way(channel.service) {
            Way::Http(request) => self.http().send(&request(&parts, message)?, io.cancel),
            Way::Email => self.http().retry(io.cancel, || {
                let refused = email::send(&parts, message, self.email_timeout).err()?;
                Some((refused.error, refused.again, None))
            }),
            Way::Desktop => desktop::show(message, self.command_timeout, io),
            Way::Command => {
                let report = body(message).into_bytes();
                run_command(&parts.address, report, place, self.command_timeout, io)
            }
        }
    }
}

#[cfg(test)]
mod tests;

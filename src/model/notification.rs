//! Who is told of a run: services, what each needs, and in which cases.

use super::Text;
use crate::source::Span;
use std::collections::BTreeSet;

/// An entry of `notify`.
#[derive(Debug, Clone)]
pub struct Notification {
    /// Who delivers it.
    pub service: Service,
    /// `name`, to tell it from others.
    pub name: Option<String>,
    /// What stands at the service's own key.
    pub address: Given,
    /// Further settings by their keys.
    pub settings: Vec<(&'static str, Given)>,
    /// In which cases; empty means always.
    pub when: BTreeSet<NotifyWhen>,
    /// Tried where this one is not delivered.
    pub fallback: Option<Box<Notification>>,
    /// Where it stands.
    pub span: Span,
}

impl Notification {
    /// A notification in every case, without settings.
    #[must_use]
    pub fn new(service: Service, address: Text, span: Span) -> Self {
        Self {
            service,
            name: None,
            address: Given::Text(address),
            settings: Vec::new(),
            when: BTreeSet::new(),
            fallback: None,
            span,
        }
    }

    /// All of it that may be shown: the service and the name.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.name {
            Some(name) => format!("{} {name}", self.service.word()),
            None => self.service.word().to_owned(),
        }
    }

    /// Everything that is rendered, that of the fallback as well.
    #[must_use]
    pub fn texts(&self) -> Vec<&Text> {
        let own = std::iter::once(&self.address).chain(self.settings.iter().map(|(_, given)| given));
        let mut texts: Vec<&Text> = own.map(Given::text).collect();
        texts.extend(self.fallback.iter().flat_map(|fallback| fallback.texts()));
        texts
    }
}

/// A value, or where it is.
#[derive(Debug, Clone)]
pub enum Given {
    /// The value itself.
    Text(Text),
    /// The content of a file, without the line end.
    File(Text),
    /// The value of a variable of the environment.
    Env(Text),
    /// What a shell command prints, without the line end.
    Command(Text),
}

impl Given {
    /// What was written.
    #[must_use]
    pub fn text(&self) -> &Text {
        match self {
            Self::Text(text) | Self::File(text) | Self::Env(text) | Self::Command(text) => text,
        }
    }
}

/// Who delivers a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// A topic's URL.
    Ntfy,
    /// A webhook's URL.
    Discord,
    /// An incoming webhook's URL.
    Slack,
    /// An incoming webhook's URL.
    Mattermost,
    /// A homeserver's URL.
    Matrix,
    /// A chat's id.
    Telegram,
    /// A server's URL.
    Gotify,
    /// A user's or group's key.
    Pushover,
    /// Addresses, with commas between.
    Email,
    /// A check's ping URL (healthchecks.io and its like).
    Healthchecks,
    /// The URL of an Apprise API's `notify`.
    Apprise,
    /// A URL that gets the run's report as JSON (`docs/notifications.md`).
    Webhook,
    /// The desktop of whoever runs it.
    Desktop,
    /// A shell command, with the report as JSON on standard input.
    Command,
}

/// A service in a Fleetfile.
#[derive(Debug)]
pub struct ServiceKeys {
    /// Which.
    pub service: Service,
    /// Its own key.
    pub word: &'static str,
    /// Whether the value of that key is a URL.
    pub url: bool,
    /// Keys that it needs.
    pub needs: &'static [&'static str],
    /// Keys that it takes.
    pub takes: &'static [&'static str],
}

const fn keys(
    service: Service,
    word: &'static str,
    url: bool,
    needs: &'static [&'static str],
    takes: &'static [&'static str],
) -> ServiceKeys {
    ServiceKeys { service, word, url, needs, takes }
}

/// All services.
pub static SERVICES: [ServiceKeys; 14] = [
    keys(Service::Ntfy, "ntfy", true, &[], &["token"]),
    keys(Service::Discord, "discord", true, &[], &[]),
    keys(Service::Slack, "slack", true, &[], &[]),
    keys(Service::Mattermost, "mattermost", true, &[], &[]),
    keys(Service::Matrix, "matrix", true, &["room", "token"], &[]),
    keys(Service::Telegram, "telegram", false, &["token"], &["thread", "server"]),
    keys(Service::Gotify, "gotify", true, &["token"], &[]),
    keys(Service::Pushover, "pushover", false, &["token"], &["server"]),
    keys(Service::Email, "email", false, &["server", "from"], &["user", "password"]),
    keys(Service::Healthchecks, "healthchecks", true, &[], &[]),
    keys(Service::Apprise, "apprise", true, &[], &["tag", "token"]),
    keys(Service::Webhook, "webhook", true, &[], &["secret", "token"]),
    keys(Service::Desktop, "desktop", false, &[], &[]),
    keys(Service::Command, "command", false, &[], &[]),
];

impl Service {
    /// The service of a key.
    #[must_use]
    pub fn of(word: &str) -> Option<&'static ServiceKeys> {
        SERVICES.iter().find(|keys| keys.word == word)
    }

    /// Its key in a Fleetfile.
    #[must_use]
    pub fn word(self) -> &'static str {
        SERVICES.iter().find(|keys| keys.service == self).map_or("", |keys| keys.word)
    }
}

/// A case in which to notify. The run has one of them, or several: any host with that result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotifyWhen {
    /// Every host succeeded or was unchanged.
    Succeeded,
    /// Something changed on a host.
    Changed,
    /// A host failed, was unreachable or is in an unknown state, or a check failed.
    Failed,
    /// A host is degraded.
    Degraded,
    /// A host was rolled back.
    RolledBack,
}

impl NotifyWhen {
    /// The word for it in a Fleetfile.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Changed => "changed",
            Self::Failed => "failed",
            Self::Degraded => "degraded",
            Self::RolledBack => "rolled_back",
        }
    }
}

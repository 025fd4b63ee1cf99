//! The one [`Notify`] of real runs: ntfy, webhooks and commands.

use super::command::run_command;
use super::http::{Http, Post};
use super::{Address, Message, Notify};
use crate::driver::{DriverError, Io};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

/// What ntfy takes as text; more becomes an attachment (docs.ntfy.sh, "Limitations": 4,096 bytes).
const NTFY_TEXT: usize = 4_000;
/// Longest title: phones show less.
const NTFY_TITLE: usize = 250;
/// Longest time for one command.
const COMMAND: Duration = Duration::from_secs(30);

/// Sends notifications for real.
pub struct Notifier {
    dir: PathBuf,
    command_timeout: Duration,
    /// Made when first needed: it reads the certificates.
    http: OnceLock<Http>,
}

impl Notifier {
    /// Runs commands in `dir`.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir, command_timeout: COMMAND, http: OnceLock::new() }
    }

    fn http(&self) -> &Http {
        self.http.get_or_init(Http::new)
    }
}

impl Notify for Notifier {
    fn send(&self, address: Address<'_>, message: &Message, io: Io<'_>) -> Result<(), DriverError> {
        match address {
            Address::Ntfy(url) => self.http().post(url, &ntfy(message), io.cancel),
            Address::Webhook(url) => self.http().post(url, &webhook(message), io.cancel),
            Address::Command(script) => {
                run_command(script, body(message).into_bytes(), &self.dir, self.command_timeout, io)
            }
        }
    }
}

/// The report with the text for people beside it. Slack, Mattermost and Rocket.Chat show `text` of a JSON body.
fn body(message: &Message) -> String {
    let mut body = serde_json::Map::new();
    body.insert("title".to_owned(), Json::from(message.title.as_str()));
    body.insert("text".to_owned(), Json::from(message.text.as_str()));
    body.insert("urgent".to_owned(), Json::from(message.urgent));
    if let Json::Object(report) = &message.report {
        body.extend(report.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    Json::Object(body).to_string()
}

fn webhook(message: &Message) -> Post {
    let mut headers = vec![("Content-Type", "application/json".to_owned())];
    if let Some(run) = message.report.get("run").and_then(Json::as_str) {
        // The same for each try, so that the other side can tell a repetition.
        headers.push(("X-Fleet-Run", header(run)));
    }
    Post { headers, body: body(message) }
}

/// ntfy takes the text as body and the rest as headers (docs.ntfy.sh, "Publishing").
fn ntfy(message: &Message) -> Post {
    let (priority, tags) = if message.urgent { ("4", "warning") } else { ("3", "white_check_mark") };
    let headers = vec![
        ("Title", header(shortened(&message.title, NTFY_TITLE).as_ref())),
        ("Priority", priority.to_owned()),
        ("Tags", tags.to_owned()),
        ("Content-Type", "text/plain; charset=utf-8".to_owned()),
    ];
    Post { headers, body: shortened(&message.text, NTFY_TEXT).into_owned() }
}

/// Text as a header's value: as it is where it is printable ASCII, else encoded (RFC 2047, which ntfy reads).
fn header(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    format!("=?UTF-8?B?{}?=", BASE64_STANDARD.encode(text))
}

/// At most so many bytes of the text, with an ellipsis where it is longer.
fn shortened(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit {
        return Cow::Borrowed(text);
    }
    let room = limit.saturating_sub('…'.len_utf8());
    let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= room).last().unwrap_or(0);
    Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default()))
}

#[cfg(test)]
mod tests;

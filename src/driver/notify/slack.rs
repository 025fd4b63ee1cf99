//! Slack and Mattermost: `text` of an incoming webhook, each in its own markup.

use super::Message;
use super::http::Request;
use super::limit::{Limit, cut};
use super::parts::Parts;
use crate::driver::DriverError;
use serde_json::json;

/// Slack cuts longer messages itself, in the middle of a character's escape (api.slack.com, "Truncating content": 40,000).
const SLACK: Limit = Limit::Characters(30_000);
/// Mattermost refuses longer posts (its default `MaxPostSize`, 16,383 characters).
const MATTERMOST: Limit = Limit::Characters(16_000);

pub(super) fn slack(parts: &Parts, message: &Message) -> Result<Request, DriverError> {
    // The three characters that Slack's markup knows (api.slack.com, "Escaping text").
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let text = format!("*{}*\n{}", escaped(&message.title), escaped(&message.text));
    Ok(Request::json(&parts.address, &json!({"text": cut(&text, SLACK)})))
}

pub(super) fn mattermost(parts: &Parts, message: &Message) -> Result<Request, DriverError> {
    // A block of text as it is: Markdown would read names with `_` and `*` as more than names.
    let text = message.text.replace("```", "'''");
    let text = cut(&text, MATTERMOST);
    Ok(Request::json(&parts.address, &json!({"text": format!("**{}**\n```\n{text}\n```", message.title)})))
}

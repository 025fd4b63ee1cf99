//! Pushover (pushover.net/api): refused when anything is too long, so that it is cut here.

use super::Message;
use super::http::Request;
use super::limit::{Limit, cut};
use super::parts::Parts;
use crate::driver::DriverError;
use serde_json::json;

const TITLE: Limit = Limit::Characters(250);
const TEXT: Limit = Limit::Characters(1_024);
const SERVER: &str = "https://api.pushover.net";

pub(super) fn request(parts: &Parts, message: &Message) -> Result<Request, DriverError> {
    let server = parts.get("server").unwrap_or(SERVER).trim_end_matches('/');
    let body = json!({
        "token": parts.need("token")?.trim(),
        "user": parts.address.trim(),
        "title": cut(&message.title, TITLE),
        "message": cut(&message.text, TEXT),
        // 1 is shown at night as well; 2 would have to be acknowledged.
        "priority": i32::from(message.urgent),
    });
    Ok(Request::json(&format!("{server}/1/messages.json"), &body))
}

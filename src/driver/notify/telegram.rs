//! Telegram: `sendMessage` of a bot. Plain text with the title in bold by its place, so that nothing has to be escaped.

use super::Message;
use super::http::Request;
use super::limit::{Limit, cut};
use super::parts::Parts;
use crate::driver::DriverError;
use serde_json::{Value as Json, json};

/// Limit of a message, in UTF-16 as for its entities (core.telegram.org, "sendMessage").
const TEXT: Limit = Limit::Utf16(4_096);
const TITLE: Limit = Limit::Utf16(500);
const SERVER: &str = "https://api.telegram.org";

pub(super) fn request(parts: &Parts, message: &Message) -> Result<Request, DriverError> {
    let title = cut(&message.title, TITLE);
    let text = format!("{title}\n\n{}", message.text);
    let mut body = json!({
        "chat_id": parts.address.trim(),
        "text": cut(&text, TEXT),
        "entities": [{"type": "bold", "offset": 0, "length": title.encode_utf16().count()}],
        "disable_notification": !message.urgent,
        "link_preview_options": {"is_disabled": true},
    });
    if let (Some(thread), Some(body)) = (parts.get("thread"), body.as_object_mut()) {
        let number = thread.trim().parse::<i64>().map_or_else(|_| Json::from(thread), Json::from);
        body.insert("message_thread_id".to_owned(), number);
    }
    let server = parts.get("server").unwrap_or(SERVER).trim_end_matches('/');
    Ok(Request::json(&format!("{server}/bot{}/sendMessage", parts.need("token")?.trim()), &body))
}

//! Gotify: a message of an application (gotify.net, "Push messages").

use super::Message;
use super::http::{Request, header};
use super::parts::Parts;
use crate::driver::DriverError;
use serde_json::json;

pub(super) fn request(parts: &Parts, message: &Message) -> Result<Request, DriverError> {
    // From 8 on phones make a sound.
    let priority = if message.urgent { 8 } else { 4 };
    let body = json!({"title": message.title, "message": message.text, "priority": priority});
    let mut request = Request::json(&format!("{}/message", parts.base()), &body);
    request.headers.push(("X-Gotify-Key", header(parts.need("token")?.trim())));
    Ok(request)
}

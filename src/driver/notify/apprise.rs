//! The Apprise API, which passes it on to whatever is set up there (github.com/caronc/apprise-api).

use super::Message;
use super::http::Request;
use super::parts::Parts;
use crate::driver::DriverError;
use serde_json::{Value as Json, json};

pub(super) fn request(parts: &Parts, message: &Message) -> Result<Request, DriverError> {
    let mut body = json!({
        "title": message.title,
        "body": message.text,
        "type": if message.urgent { "failure" } else { "success" },
        "format": "text",
    });
    if let (Some(tag), Some(body)) = (parts.get("tag"), body.as_object_mut()) {
        body.insert("tag".to_owned(), Json::from(tag));
    }
    let mut request = Request::json(&parts.address, &body);
    request.headers.extend(parts.bearer());
    Ok(request)
}

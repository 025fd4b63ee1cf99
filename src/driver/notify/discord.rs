//! Discord: one embed, which takes more than a plain message, and mentions nobody.

use super::Message;
use super::http::Request;
use super::limit::{Limit, cut};
use super::parts::Parts;
use crate::driver::DriverError;
use serde_json::json;

/// Limits of an embed (Discord developer documentation, "Embed Limits"); it counts as its clients do, in UTF-16.
const TITLE: Limit = Limit::Utf16(256);
const TEXT: Limit = Limit::Utf16(4_096);
const RED: u32 = 0x00d0_2020;
const GREEN: u32 = 0x0020_a040;

pub(super) fn request(parts: &Parts, message: &Message) -> Result<Request, DriverError> {
    Ok(Request::json(
        &parts.address,
        &json!({
            "embeds": [{
                "title": cut(&message.title, TITLE),
                "description": cut(&message.text, TEXT),
                "color": if message.urgent { RED } else { GREEN },
            }],
            "allowed_mentions": {"parse": []},
        }),
    ))
}

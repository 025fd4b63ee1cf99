//! healthchecks.io and its like: a ping, which is a failure where something needs a person (healthchecks.io, "Pinging
//! API").

use super::Message;
use super::http::Request;
use super::limit::{Limit, cut};
use super::parts::Parts;
use crate::driver::DriverError;

/// More is thrown away there: 100 kB.
const TEXT: Limit = Limit::Bytes(100_000);

pub(super) fn request(parts: &Parts, message: &Message) -> Result<Request, DriverError> {
    let url = parts.base();
    let url = if message.urgent { format!("{url}/fail") } else { url.to_owned() };
    let text = format!("{}\n{}", message.title, message.text);
    Ok(Request::text(&url, &cut(&text, TEXT)))
}

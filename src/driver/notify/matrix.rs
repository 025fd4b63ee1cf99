//! Matrix: an event into a room (client-server API, "PUT .../send/{eventType}/{txnId}").

use super::Message;
use super::http::{Request, encoded};
use super::limit::{Limit, cut};
use super::parts::Parts;
use crate::driver::DriverError;
use serde_json::json;

/// An event has at most 65,536 bytes as JSON, where a character may take six times its size.
const TEXT: Limit = Limit::Bytes(10_000);

pub(super) fn request(parts: &Parts, message: &Message) -> Result<Request, DriverError> {
    let text = format!("{}\n{}", message.title, message.text);
    let url = format!(
        "{}/_matrix/client/v3/rooms/{}/send/m.room.message/{}",
        parts.base(),
        encoded(parts.need("room")?),
        // The same for each try: the server takes it once.
        encoded(&format!("fleet-{}", message.run())),
    );
    parts.need("token")?;
    let mut request = Request::json(&url, &json!({"msgtype": "m.text", "body": cut(&text, TEXT)}));
    request.put = true;
    request.headers.extend(parts.bearer());
    Ok(request)
}

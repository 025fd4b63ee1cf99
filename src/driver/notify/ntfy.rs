//! ntfy: the text as body and the rest as headers (docs.ntfy.sh, "Publishing").

use super::Message;
use super::http::{Request, header};
use super::limit::{Limit, cut};
use super::parts::Parts;
use crate::driver::DriverError;

/// More becomes an attachment (docs.ntfy.sh, "Limitations": 4,096 bytes).
const TEXT: Limit = Limit::Bytes(4_000);
/// Phones show less.
const TITLE: Limit = Limit::Bytes(250);

pub(super) fn request(parts: &Parts, message: &Message) -> Result<Request, DriverError> {
    let (priority, tags) = if message.urgent { ("4", "warning") } else { ("3", "white_check_mark") };
    let mut request = Request::text(&parts.address, &cut(&message.text, TEXT));
    request.headers.extend([
        ("Title", header(&cut(&message.title, TITLE))),
        ("Priority", priority.to_owned()),
        ("Tags", tags.to_owned()),
    ]);
    request.headers.extend(parts.bearer());
    Ok(request)
}

//! A webhook for programs: the whole report, signed where there is a secret.

use super::Message;
use super::body::body;
use super::http::{Request, header};
use super::parts::Parts;
use crate::driver::{DriverError, ErrorKind};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt::Write as _;

pub(super) fn request(parts: &Parts, message: &Message) -> Result<Request, DriverError> {
    let mut request = Request::new(&parts.address, "application/json", body(message));
    if !message.run().is_empty() {
        // The same for each try, so that the other side can tell a repetition.
        request.headers.push(("X-Fleet-Run", header(message.run())));
    }
    if let Some(secret) = parts.get("secret") {
        request.headers.push(("X-Fleet-Signature", signature(secret, &request.body)?));
    }
    request.headers.extend(parts.bearer());
    Ok(request)
}

/// `sha256=` and the HMAC-SHA256 of the body in hexadecimal digits (RFC 2104), as GitHub signs its webhooks.
fn signature(secret: &str, body: &str) -> Result<String, DriverError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .map_err(|_| DriverError::new(ErrorKind::Refusal, "`secret` cannot sign"))?;
    mac.update(body.as_bytes());
    let mut text = "sha256=".to_owned();
    for byte in mac.finalize().into_bytes() {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::signature;

    /// The second case of RFC 4231.
    #[test]
    fn signatures_are_those_of_the_standard() {
        assert_eq!(
            signature("Jefe", "what do ya want for nothing?").unwrap(),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}

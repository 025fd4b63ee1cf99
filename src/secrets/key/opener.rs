//! Whether a private key opens an age file. What it opens is not read: the key of the file is found, and dropped.

use super::{Envelope, PrivateKey};
use age::DecryptError;

/// Whether a key opens an age file.
#[must_use]
pub(crate) fn opens(key: &PrivateKey, envelope: &Envelope) -> bool {
    let Some(identity) = &key.identity else { return false };
    // The answer is a matter of the header; the body is not even handed over.
    let Ok(decryptor) = age::Decryptor::new(envelope.bytes.as_slice()) else { return false };
    match decryptor.decrypt(std::iter::once(identity as &dyn age::Identity)) {
        Ok(_unread) => true,
        // Looked at only with the file's key in hand: the header was changed, but the key fits.
        Err(DecryptError::InvalidMac) => true,
        Err(_) => false,
    }
}

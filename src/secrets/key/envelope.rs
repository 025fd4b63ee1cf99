//! An age file as sops keeps one beside each recipient: its armor taken off, its stanzas counted. Opens nothing
//! (age-encryption.org/v1, section "Header").

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};

const BEGIN: &str = "-----BEGIN AGE ENCRYPTED FILE-----";
const END: &str = "-----END AGE ENCRYPTED FILE-----";
const VERSION: &str = "age-encryption.org/v1";
/// Bytes of an `enc`. sops encrypts 32 bytes; a header of hybrid keys has some 2 KiB.
const LIMIT: usize = 64 * 1024;

/// An age file without its armor.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    /// Header and body.
    pub(crate) bytes: Vec<u8>,
    /// What the header says of its recipients.
    pub(crate) stanzas: Vec<Stanza>,
}

/// One recipient of the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stanza {
    /// `X25519`, `ssh-ed25519`, ...
    pub(crate) tag: String,
    /// The words after it.
    pub(crate) arguments: Vec<String>,
}

/// Why a text is no age file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EnvelopeError {
    /// The first or last line is not there.
    #[error("it has no armor (`{BEGIN}` to `{END}`): it was cut short or changed by hand")]
    Armor,
    /// The armor holds no base64.
    #[error("its armor holds no base64: it was cut short or changed by hand")]
    Base64,
    /// It is not of age's version 1.
    #[error("it is no age file of version 1")]
    Version,
    /// The header ends too early.
    #[error("its header is cut short")]
    Header,
    /// Nothing of sops' is that long.
    #[error("it is longer than {LIMIT} bytes")]
    TooLong,
}

impl Envelope {
    /// Takes the armor off and reads the header. Line ends may be those of Windows.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(armored: &str) -> Result<Self, EnvelopeError> {
        if armored.len() > LIMIT {
            return Err(EnvelopeError::TooLong);
        }
        let inner = armored.trim().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
        let letters: String = inner.ok_or(EnvelopeError::Armor)?.split_ascii_whitespace().collect();
        let bytes = BASE64_STANDARD.decode(letters).map_err(|_| EnvelopeError::Base64)?;
        let stanzas = stanzas(&bytes)?;
        Ok(Self { bytes, stanzas })
    }

    /// The stanzas that are for somebody: age lets writers add some that are for nobody.
    pub(crate) fn recipients(&self) -> impl Iterator<Item = &Stanza> {
        self.stanzas.iter().filter(|stanza| !stanza.tag.ends_with("-grease"))
    }
}

fn stanzas(bytes: &[u8]) -> Result<Vec<Stanza>, EnvelopeError> {
    let mut lines = bytes.split(|byte| *byte == b'\n').map(std::str::from_utf8);
    if lines.next() != Some(Ok(VERSION)) {
        return Err(EnvelopeError::Version);
    }
    let mut stanzas: Vec<Stanza> = Vec::new();
    for line in lines {
        let line = line.map_err(|_| EnvelopeError::Header)?;
        if let Some(words) = line.strip_prefix("-> ") {
            let mut words = words.split(' ').map(ToOwned::to_owned);
            let tag = words.next().unwrap_or_default();
            stanzas.push(Stanza { tag, arguments: words.collect() });
        } else if line.starts_with("--- ") {
            return Ok(stanzas);
        } else if stanzas.is_empty() || BASE64_STANDARD_NO_PAD.decode(line).is_err() {
            return Err(EnvelopeError::Header);
        }
    }
    Err(EnvelopeError::Header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn armored(header: &str) -> String {
        format!("{BEGIN}\n{}\n{END}\n", BASE64_STANDARD.encode(header))
    }

    #[test]
    fn stanzas_are_counted_and_grease_is_for_nobody() {
        let header = "age-encryption.org/v1\n-> X25519 abc\nAAAA\n-> z-grease q\n\n--- mac\nbody";
        for text in [armored(header), armored(header).replace('\n', "\r\n")] {
            let envelope = Envelope::read(&text).unwrap();
            assert_eq!(envelope.stanzas.len(), 2);
            let tags: Vec<_> = envelope.recipients().map(|stanza| stanza.tag.as_str()).collect();
            assert_eq!(tags, ["X25519"]);
        }
    }

    #[test]
    fn what_is_cut_short_says_so() {
        for (text, error) in [
            (String::new(), EnvelopeError::Armor),
            (format!("{BEGIN}\nAAAA"), EnvelopeError::Armor),
            (format!("{BEGIN}\n????\n{END}"), EnvelopeError::Base64),
            (armored("age-encryption.org/v2\n--- m"), EnvelopeError::Version),
            (armored("age-encryption.org/v1\n-> X25519 abc\nAAAA"), EnvelopeError::Header),
            (armored("age-encryption.org/v1\nAAAA\n--- m"), EnvelopeError::Header),
            ("x".repeat(LIMIT + 1), EnvelopeError::TooLong),
        ] {
            assert_eq!(Envelope::read(&text).unwrap_err(), error, "{text:.60}");
        }
    }
}

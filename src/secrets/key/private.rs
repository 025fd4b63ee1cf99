//! Private keys in a text, whatever the text is: keys of age, of OpenSSH, of PGP. What has the form of one but is none
//! (a placeholder in a manual) is not found. Nothing of a key leaves this file but what is public of it, and the identity
//! that opens things with it.

use super::ssh;
use crate::secrets::recipient::Recipient;
use bech32::Bech32;
use bech32::primitives::decode::CheckedHrpstring;
use memchr::memmem::Finder;
use std::ops::Range;
use zeroize::Zeroizing;

/// Characters of a key of age at most; the longest that is known has 80.
const AGE_LIMIT: usize = 200;
/// Bytes from the first to the last line of other keys at most.
const BLOCK_LIMIT: usize = 64 * 1024;
const PGP_BEGIN: &str = "-----BEGIN PGP PRIVATE KEY BLOCK-----";
const PGP_END: &str = "-----END PGP PRIVATE KEY BLOCK-----";

/// A private key that was found.
pub(crate) struct PrivateKey {
    /// Where it stands, in bytes.
    pub(crate) range: Range<usize>,
    /// What it is.
    pub(crate) kind: PrivateKind,
    /// Whom files are encrypted for that it opens; empty where that cannot be derived from it.
    pub(crate) recipients: Vec<Recipient>,
    /// What opens files; age's own type, which is wiped when it is dropped.
    pub(crate) identity: Option<age::x25519::Identity>,
}

/// Kinds of private keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PrivateKind {
    /// `AGE-SECRET-KEY-1...`
    Age,
    /// `AGE-SECRET-KEY-PQ-1...`
    AgeHybrid,
    /// `BEGIN OPENSSH PRIVATE KEY`
    Ssh,
    /// `BEGIN PGP PRIVATE KEY BLOCK`
    Pgp,
}

impl PrivateKind {
    /// Its words for messages.
    #[must_use]
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Age => "an age identity",
            Self::AgeHybrid => "a hybrid age identity",
            Self::Ssh => "a private key of OpenSSH",
            Self::Pgp => "a private key of PGP",
        }
    }
}

/// Looks for private keys in many texts.
pub(crate) struct PrivateKeys {
    age: [Finder<'static>; 2],
    blocks: [(Finder<'static>, &'static str, PrivateKind); 2],
}

impl Default for PrivateKeys {
    fn default() -> Self {
        Self {
            // Bech32 has one case, but either.
            age: [Finder::new("AGE-SECRET-KEY-"), Finder::new("age-secret-key-")],
            blocks: [
                (Finder::new(ssh::BEGIN), ssh::END, PrivateKind::Ssh),
                (Finder::new(PGP_BEGIN), PGP_END, PrivateKind::Pgp),
            ],
        }
    }
}

impl PrivateKeys {
    /// All private keys of a text, in order.
    #[must_use]
    pub(crate) fn find(&self, bytes: &[u8]) -> Vec<PrivateKey> {
        let mut found = Vec::new();
        for finder in &self.age {
            found.extend(finder.find_iter(bytes).filter_map(|start| age_key(bytes, start)));
        }
        for (finder, end, kind) in &self.blocks {
            found.extend(finder.find_iter(bytes).filter_map(|start| block(bytes, start, end, *kind)));
        }
        found.sort_by_key(|key| key.range.start);
        found
    }
}

fn age_key(bytes: &[u8], start: usize) -> Option<PrivateKey> {
    let rest = bytes.get(start..)?;
    let length =
        rest.iter().take(AGE_LIMIT).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    let text = std::str::from_utf8(rest.get(..length)?).ok()?;
    let range = start..start + length;
    if let Ok(identity) = text.parse::<age::x25519::Identity>() {
        let recipients = vec![Recipient::age(&identity.to_public().to_string())];
        return Some(PrivateKey { range, kind: PrivateKind::Age, recipients, identity: Some(identity) });
    }
    let checked = CheckedHrpstring::new::<Bech32>(text).ok()?;
    let hybrid = checked.hrp().as_str().eq_ignore_ascii_case("AGE-SECRET-KEY-PQ-");
    hybrid.then_some(PrivateKey {
        range,
        kind: PrivateKind::AgeHybrid,
        recipients: Vec::new(),
        identity: None,
    })
}

fn block(bytes: &[u8], start: usize, end: &str, kind: PrivateKind) -> Option<PrivateKey> {
    let rest = bytes.get(start..)?;
    let rest = &rest[..rest.len().min(BLOCK_LIMIT)];
    let length = memchr::memmem::find(rest, end.as_bytes())? + end.len();
    let text = std::str::from_utf8(rest.get(..length)?).ok()?;
    let range = start..start + length;
    if kind == PrivateKind::Pgp {
        // The shortest key has some 200 letters; fewer are a placeholder.
        let letters = text.lines().skip(1).filter(|line| line.len() == 64).count();
        return (letters >= 3).then_some(PrivateKey { range, kind, recipients: Vec::new(), identity: None });
    }
    // In a string of JSON and its like the line ends are escapes.
    let plain = Zeroizing::new(text.replace("\\r", "").replace("\\n", "\n"));
    let key = ssh::read_private(&plain)?;
    let identity = key.age.as_ref().and_then(|text| text.parse::<age::x25519::Identity>().ok());
    let stands_for = identity.as_ref().map(|identity| Recipient::age(&identity.to_public().to_string()));
    let recipients = std::iter::once(key.public).chain(stands_for).collect();
    Some(PrivateKey { range, kind, recipients, identity })
}

#[cfg(test)]
mod tests {
    use super::*;
    use age::secrecy::ExposeSecret as _;

    /// A key made for this test, and what `ssh-keygen -y` and ssh-to-age say of it.
    const SSH: &str = include_str!("testdata/ssh_ed25519");

    #[test]
    fn the_public_key_comes_from_the_private_one() {
        let identity = age::x25519::Identity::generate();
        let public = identity.to_public().to_string();
        let text = format!("# public key: age1lies\nx = \"{}\";\n", identity.to_string().expose_secret());
        for text in [text.clone(), text.to_ascii_lowercase()] {
            let found = PrivateKeys::default().find(text.as_bytes());
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].recipients, [Recipient::age(&public)]);
        }
    }

    #[test]
    fn an_ssh_key_stands_for_an_age_key() {
        let public = include_str!("testdata/ssh_ed25519.pub");
        for text in [SSH.to_owned(), SSH.replace('\n', "\r\n"), format!("{{\"key\": {SSH:?}}}")] {
            let found = PrivateKeys::default().find(text.as_bytes());
            assert_eq!(found.len(), 1, "{text}");
            let age = ssh::to_age(&Recipient::age(public)).unwrap();
            assert_eq!(found[0].recipients, [Recipient::age(public), age]);
        }
    }

    #[test]
    fn placeholders_are_no_keys() {
        for text in [
            "AGE-SECRET-KEY-1...",
            "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ",
            "-----BEGIN OPENSSH PRIVATE KEY-----\n...\n-----END OPENSSH PRIVATE KEY-----",
            "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nabc\n-----END PGP PRIVATE KEY BLOCK-----",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl",
        ] {
            assert!(PrivateKeys::default().find(text.as_bytes()).is_empty(), "{text}");
        }
    }
}

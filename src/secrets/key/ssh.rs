//! Keys of OpenSSH: the public key of a private one, and the age key that an ed25519 key stands for (the map of
//! ssh-to-age, which sops-nix uses: Edwards to Montgomery form). Knows no files.

use super::super::recipient::Recipient;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use bech32::{Bech32, Hrp};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use sha2::{Digest as _, Sha256, Sha512};
use zeroize::{Zeroize as _, Zeroizing};

pub(crate) const BEGIN: &str = "-----BEGIN OPENSSH PRIVATE KEY-----";
pub(crate) const END: &str = "-----END OPENSSH PRIVATE KEY-----";
const MAGIC: &[u8] = b"openssh-key-v1\0";
const ED25519: &[u8] = b"ssh-ed25519";
/// Bytes of a private key; one of RSA with 16,384 bits has 13 KiB.
const LIMIT: usize = 64 * 1024;

/// A private key of OpenSSH: what can be known of it without a passphrase.
pub(crate) struct PrivateKey {
    /// `ssh-ed25519 AAAA...`, from the private part where that is not encrypted.
    pub(crate) public: Recipient,
    /// The age identity that an unencrypted ed25519 key stands for, as text.
    pub(crate) age: Option<Zeroizing<String>>,
}

/// Reads the text from the first to the last line of a private key; `None` for what is none.
pub(crate) fn read_private(armored: &str) -> Option<PrivateKey> {
    let inner = armored.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    if inner.len() > LIMIT {
        return None;
    }
    let mut letters = Zeroizing::new(String::with_capacity(inner.len()));
    inner.split_ascii_whitespace().for_each(|line| letters.push_str(line));
    let bytes = Zeroizing::new(BASE64_STANDARD.decode(letters.as_bytes()).ok()?);
    let mut reader = Reader(bytes.strip_prefix(MAGIC)?);
    let (cipher, _kdf, _options) = (reader.string()?, reader.string()?, reader.string()?);
    if reader.number()? != 1 {
        return None;
    }
    let public = reader.string()?;
    let private = reader.string()?;
    match (cipher == b"none").then(|| seed(private)).flatten() {
        Some(seed) => {
            let point = EdwardsPoint::mul_base_clamped(clamped_source(&seed));
            let public = wire(&point.compress().0);
            Some(PrivateKey { public: recipient(&public)?, age: age_identity(&seed) })
        }
        None => Some(PrivateKey { public: recipient(public)?, age: None }),
    }
}

/// The seed of the private part of an unencrypted ed25519 key.
fn seed(private: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let mut reader = Reader(private);
    let (one, other) = (reader.number()?, reader.number()?);
    if one != other || reader.string()? != ED25519 {
        return None;
    }
    let _public = reader.string()?;
    let pair = reader.string()?;
    Some(Zeroizing::new(pair.get(..32)?.try_into().ok()?))
}

/// The first half of the seed's hash: the scalar before it is clamped (RFC 8032, 5.1.5).
fn clamped_source(seed: &[u8; 32]) -> [u8; 32] {
    let mut hash = Sha512::digest(seed);
    let mut half = [0; 32];
    half.copy_from_slice(&hash[..32]);
    hash.as_mut_slice().zeroize();
    half
}

fn age_identity(seed: &[u8; 32]) -> Option<Zeroizing<String>> {
    let scalar = Zeroizing::new(clamped_source(seed));
    let hrp = Hrp::parse("age-secret-key-").ok()?;
    let mut text = Zeroizing::new(bech32::encode::<Bech32>(hrp, scalar.as_slice()).ok()?);
    text.make_ascii_uppercase();
    Some(text)
}

fn wire(point: &[u8; 32]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(51);
    for part in [ED25519, point] {
        wire.extend((part.len() as u32).to_be_bytes());
        wire.extend(part);
    }
    wire
}

/// A public key in its wire form as a recipient.
fn recipient(wire: &[u8]) -> Option<Recipient> {
    let kind = std::str::from_utf8(Reader(wire).string()?).ok()?;
    kind.starts_with("ssh-").then(|| Recipient::age(&format!("{kind} {}", BASE64_STANDARD.encode(wire))))
}

/// The age recipient that an `ssh-ed25519` key stands for; `None` for other keys.
#[must_use]
pub(crate) fn to_age(ssh: &Recipient) -> Option<Recipient> {
    let wire = BASE64_STANDARD.decode(ssh.name.strip_prefix("ssh-ed25519 ")?).ok()?;
    let mut reader = Reader(&wire);
    if reader.string()? != ED25519 {
        return None;
    }
    let point = CompressedEdwardsY(reader.string()?.try_into().ok()?).decompress()?;
    let hrp = Hrp::parse("age").ok()?;
    let text = bech32::encode::<Bech32>(hrp, point.to_montgomery().as_bytes()).ok()?;
    Some(Recipient::age(&text))
}

/// The word that age's stanza for an ssh key has for it: the first four bytes of its hash.
#[must_use]
pub(crate) fn stanza_tag(ssh: &Recipient) -> Option<String> {
    let wire = BASE64_STANDARD.decode(ssh.name.split(' ').nth(1)?).ok()?;
    Some(BASE64_STANDARD_NO_PAD.encode(&Sha256::digest(wire)[..4]))
}

/// OpenSSH's strings: a length of four bytes, then that many.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn number(&mut self) -> Option<u32> {
        let (head, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*head))
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let length = self.number()? as usize;
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }
}

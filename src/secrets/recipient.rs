//! Whom a file is encrypted for, in the one form that two spellings of the same key share. Knows no files.

use std::fmt;

/// What kind of key a recipient is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum RecipientKind {
    /// `age1...` (X25519), `age1pq1...` (hybrid with ML-KEM), `age1NAME1...` (of a plugin).
    Age,
    /// `ssh-ed25519 ...`, `ssh-rsa ...`, which age takes too.
    Ssh,
    /// A fingerprint.
    Pgp,
    /// The ARN of a key of AWS.
    Kms,
    /// A resource of Google Cloud.
    GcpKms,
    /// A key of Azure Key Vault.
    AzureKeyVault,
    /// A transit key of HashiCorp Vault.
    Vault,
    /// A key of Huawei Cloud.
    HcKms,
}

impl RecipientKind {
    /// Its word for messages.
    #[must_use]
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::Ssh => "ssh",
            Self::Pgp => "PGP",
            Self::Kms => "AWS KMS",
            Self::GcpKms => "GCP KMS",
            Self::AzureKeyVault => "Azure Key Vault",
            Self::Vault => "Vault",
            Self::HcKms => "Huawei KMS",
        }
    }
}

/// A recipient. Two are equal where they name one key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Recipient {
    /// Its kind.
    pub(crate) kind: RecipientKind,
    /// Its name in the form that all spellings share.
    pub(crate) name: String,
}

impl Recipient {
    /// A recipient as age takes one: of age, of a plugin, or an ssh key.
    #[must_use]
    pub(crate) fn age(text: &str) -> Self {
        let text = text.trim();
        if text.starts_with("ssh-") {
            // What follows the key is a comment.
            let mut words = text.split_whitespace();
            let (kind, key) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            return Self { kind: RecipientKind::Ssh, name: format!("{kind} {key}") };
        }
        // Bech32 has one case.
        Self { kind: RecipientKind::Age, name: text.to_ascii_lowercase() }
    }

    /// A recipient of another kind; [`Self::age`] for age.
    #[must_use]
    pub(crate) fn new(kind: RecipientKind, text: &str) -> Self {
        let text = text.trim();
        let name = match kind {
            RecipientKind::Age | RecipientKind::Ssh => return Self::age(text),
            RecipientKind::Pgp => {
                let hex = text.strip_prefix("0x").unwrap_or(text);
                hex.split_whitespace().collect::<String>().to_ascii_uppercase()
            }
            // sops joins the role to the ARN by `+`; either way it is the key of the ARN.
            RecipientKind::Kms => text.split('+').next().unwrap_or_default().to_owned(),
            // The version of a key is chosen when a file is encrypted, unless a rule names one.
            RecipientKind::AzureKeyVault => match text.split_once("/keys/") {
                Some((vault, key)) => {
                    let key = key.split('/').next().unwrap_or_default();
                    format!("{}/keys/{key}", vault.trim_end_matches('/'))
                }
                None => text.to_owned(),
            },
            RecipientKind::Vault => text.trim_end_matches('/').to_owned(),
            RecipientKind::GcpKms | RecipientKind::HcKms => text.to_owned(),
        };
        Self { kind, name }
    }

    /// A recipient whose name is written in parts: those of Azure and of Vault.
    #[must_use]
    pub(crate) fn of_parts(kind: RecipientKind, parts: &[&str]) -> Self {
        let text = match (kind, parts) {
            (RecipientKind::AzureKeyVault, [vault, key, ..]) => {
                format!("{}/keys/{key}", vault.trim_end_matches('/'))
            }
            (RecipientKind::Vault, [address, engine, key, ..]) => {
                format!("{}/v1/{}/keys/{key}", address.trim_end_matches('/'), engine.trim_matches('/'))
            }
            (_, parts) => parts.first().copied().unwrap_or_default().to_owned(),
        };
        Self::new(kind, &text)
    }

    /// Whether age can encrypt for it by itself, without a plugin: its `enc` has one stanza of a known kind.
    #[must_use]
    pub(crate) fn stanza(&self) -> Option<&'static str> {
        match (self.kind, self.name.as_str()) {
            (RecipientKind::Ssh, name) if name.starts_with("ssh-ed25519 ") => Some("ssh-ed25519"),
            (RecipientKind::Ssh, name) if name.starts_with("ssh-rsa ") => Some("ssh-rsa"),
            (RecipientKind::Age, name) if name.starts_with("age1pq1") => Some("mlkem768x25519"),
            (RecipientKind::Age, name) if bech32_kind(name) == Some("age") => Some("X25519"),
            _ => None,
        }
    }
}

/// What stands before the last `1` of a bech32 text.
fn bech32_kind(name: &str) -> Option<&str> {
    name.rsplit_once('1').map(|(kind, _)| kind)
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use RecipientKind::{Age, AzureKeyVault, Kms, Pgp, Ssh, Vault};

    #[test]
    fn spellings_of_one_key_are_equal() {
        for (kind, one, other) in [
            (Age, "age1QQ", " age1qq\n"),
            (Ssh, "ssh-ed25519 AAAA me@here", "ssh-ed25519   AAAA"),
            (Pgp, "0xAB cd", "ABCD"),
            (Kms, "arn:aws:kms:x+arn:role", "arn:aws:kms:x"),
            (Vault, "https://v/v1/t/keys/k/", "https://v/v1/t/keys/k"),
            (AzureKeyVault, "https://v/keys/k/0123", "https://v/keys/k"),
        ] {
            assert_eq!(Recipient::new(kind, one), Recipient::new(kind, other), "{one}");
        }
    }

    #[test]
    fn the_stanza_of_a_recipient_is_known_by_its_form() {
        for (text, stanza) in [
            ("age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq", Some("X25519")),
            ("age1pq1qqqqq", Some("mlkem768x25519")),
            ("age1yubikey1qqqqq", None),
            ("ssh-ed25519 AAAA", Some("ssh-ed25519")),
            ("ssh-rsa AAAA", Some("ssh-rsa")),
        ] {
            assert_eq!(Recipient::age(text).stanza(), stanza, "{text}");
        }
    }
}

//! Files as sops writes them, by what its manual and its sources say of the format: values under AES-256-GCM with their
//! keys as additional data, a code over all of them, the data key for each recipient under age.

use aes_gcm::aead::consts::U32;
use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Nonce};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha512};
use std::fmt::Write as _;
use std::io::Write as _;

/// Keys that tests make, with the text of each half.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) identity: String,
    pub(crate) recipient: String,
}

impl Key {
    pub(crate) fn new() -> Self {
        use age::secrecy::ExposeSecret as _;
        let identity = age::x25519::Identity::generate();
        let recipient = identity.to_public().to_string();
        Self { identity: identity.to_string().expose_secret().to_owned(), recipient }
    }

    /// As `age-keygen` writes it.
    pub(crate) fn file(&self) -> String {
        let made = "# created: 2026-01-10T08:00:00Z";
        format!("{made}\n# public key: {}\n{}\n", self.recipient, self.identity)
    }
}

/// The five formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Yaml,
    Json,
    Dotenv,
    Ini,
    Binary,
}

/// A file before it is encrypted.
#[derive(Clone)]
pub(crate) struct Plain {
    pub(crate) format: Format,
    /// Keys and values; those whose key ends in `_unencrypted` stay as they are.
    pub(crate) values: Vec<(String, String)>,
    /// Whom it is for, and what the file says instead where it lies.
    pub(crate) recipients: Vec<(String, Option<String>)>,
    /// One key group for each recipient.
    pub(crate) groups: bool,
}

impl Plain {
    pub(crate) fn new(format: Format, recipients: &[&Key]) -> Self {
        let value = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let values = match format {
            Format::Binary => vec![value("data", "any bytes")],
            _ => vec![value("password", "hunter2"), value("token", "a=b")],
        };
        let recipients = recipients.iter().map(|key| (key.recipient.clone(), None)).collect();
        Self { format, values, recipients, groups: false }
    }

    /// With the mark of test files.
    pub(crate) fn marked(mut self) -> Self {
        if self.format != Format::Binary {
            self.values.push(("fleet_test_unencrypted".to_owned(), "true".to_owned()));
        }
        self
    }

    /// The first recipient's label lies.
    pub(crate) fn labelled(mut self, label: &Key) -> Self {
        self.recipients[0].1 = Some(label.recipient.clone());
        self
    }

    pub(crate) fn encrypt(&self) -> String {
        let key: [u8; 32] = std::array::from_fn(|_| fastrand::u8(..));
        let modified = "2026-01-10T08:00:00Z";
        let mut code = Sha512::new();
        let mut values = Vec::new();
        for (name, value) in &self.values {
            let typed = if value == "true" { "True" } else { value.as_str() };
            code.update(typed.as_bytes());
            let path = match self.format {
                Format::Ini => format!("DEFAULT:{name}:"),
                _ => format!("{name}:"),
            };
            let is_plain = name.ends_with("_unencrypted");
            values.push((name.clone(), if is_plain { value.clone() } else { seal(&key, value, &path) }));
        }
        let mut hex = String::new();
        for byte in code.finalize() {
            write!(hex, "{byte:02X}").unwrap();
        }
        let recipients: Vec<(String, String)> = self
            .recipients
            .iter()
            .map(|(recipient, label)| (label.clone().unwrap_or(recipient.clone()), wrap(&key, recipient)))
            .collect();
        let mac = seal(&key, &hex, modified);
        let written = Written { values, recipients, mac, modified, groups: self.groups };
        match self.format {
            Format::Yaml => written.yaml(),
            Format::Json | Format::Binary => written.json(),
            Format::Dotenv => written.dotenv(),
            Format::Ini => written.ini(),
        }
    }
}

struct Written {
    values: Vec<(String, String)>,
    recipients: Vec<(String, String)>,
    mac: String,
    modified: &'static str,
    groups: bool,
}

impl Written {
    fn yaml(&self) -> String {
        let mut text: String = self.values.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        text.push_str("sops:\n");
        let entry = |indent: &str, (recipient, enc): &(String, String)| {
            let enc: String = enc.lines().map(|line| format!("{indent}    {line}\n")).collect();
            format!("{indent}- recipient: {recipient}\n{indent}  enc: |\n{enc}")
        };
        if self.groups {
            text.push_str("    shamir_threshold: 2\n    key_groups:\n");
            for recipient in &self.recipients {
                text.push_str("        - hc_vault: []\n          age:\n");
                text.push_str(&entry("            ", recipient));
            }
        } else {
            // Old files have the lists that are empty, too.
            text.push_str("    kms: []\n    gcp_kms: null\n    age:\n");
            self.recipients.iter().for_each(|recipient| text.push_str(&entry("        ", recipient)));
        }
        let Self { modified, mac, .. } = self;
        text + &format!(
            "    lastmodified: \"{modified}\"\n    mac: {mac}\n    pgp: []\n    unencrypted_suffix: _unencrypted\n    \
             version: 3.9.4\n"
        )
    }

    fn json(&self) -> String {
        let mut root = serde_json::Map::new();
        for (name, value) in &self.values {
            let value = if value == "true" { true.into() } else { value.as_str().into() };
            root.insert(name.clone(), value);
        }
        let age: Vec<_> = self
            .recipients
            .iter()
            .map(|(recipient, enc)| serde_json::json!({"recipient": recipient, "enc": enc}))
            .collect();
        root.insert(
            "sops".to_owned(),
            serde_json::json!({
                "kms": null, "age": age, "lastmodified": self.modified, "mac": self.mac, "pgp": null,
                "unencrypted_suffix": "_unencrypted", "version": "3.9.4",
            }),
        );
        // sops writes tabs.
        let text = serde_json::to_string_pretty(&root).unwrap();
        text.lines().map(|line| format!("{}\n", line.replacen("  ", "\t", 8))).collect()
    }

    fn flat(&self) -> Vec<(String, String)> {
        let mut lines = Vec::new();
        for (index, (recipient, enc)) in self.recipients.iter().enumerate() {
            lines.push((format!("age__list_{index}__map_recipient"), recipient.clone()));
            lines.push((format!("age__list_{index}__map_enc"), enc.replace('\n', "\\n")));
        }
        lines.push(("lastmodified".to_owned(), self.modified.to_owned()));
        lines.push(("mac".to_owned(), self.mac.clone()));
        lines.push(("unencrypted_suffix".to_owned(), "_unencrypted".to_owned()));
        lines.push(("version".to_owned(), "3.9.4".to_owned()));
        lines
    }

    fn dotenv(&self) -> String {
        let flat = self.flat().into_iter().map(|(name, value)| (format!("sops_{name}"), value));
        self.values.iter().cloned().chain(flat).map(|(name, value)| format!("{name}={value}\n")).collect()
    }

    fn ini(&self) -> String {
        let line = |(name, value): &(String, String)| format!("{name} = {value}\n");
        let data: String = self.values.iter().map(line).collect();
        let flat: String = self.flat().iter().map(line).collect();
        format!("[DEFAULT]\n{data}\n[sops]\n{flat}\n")
    }
}

fn seal(key: &[u8; 32], value: &str, path: &str) -> String {
    // sops' nonce has 32 bytes.
    let nonce: [u8; 32] = std::array::from_fn(|_| fastrand::u8(..));
    let cipher = AesGcm::<Aes256, U32>::new_from_slice(key).unwrap();
    let payload = Payload { msg: value.as_bytes(), aad: path.as_bytes() };
    let sealed = cipher.encrypt(Nonce::<U32>::from_slice(&nonce), payload).unwrap();
    let (data, tag) = sealed.split_at(sealed.len() - 16);
    let encoded = |bytes: &[u8]| BASE64_STANDARD.encode(bytes);
    format!("ENC[AES256_GCM,data:{},iv:{},tag:{},type:str]", encoded(data), encoded(&nonce), encoded(tag))
}

fn wrap(key: &[u8; 32], recipient: &str) -> String {
    let recipient: age::x25519::Recipient = recipient.parse().unwrap();
    wrap_for(key, &[&recipient])
}

/// The data key for some recipients at once, which sops never writes for more than one.
pub(crate) fn wrap_for(key: &[u8; 32], recipients: &[&age::x25519::Recipient]) -> String {
    let recipients = recipients.iter().map(|recipient| *recipient as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(recipients).unwrap();
    let mut armored = Vec::new();
    let armor = age::armor::ArmoredWriter::wrap_output(&mut armored, age::armor::Format::AsciiArmor).unwrap();
    let mut writer = encryptor.wrap_output(armor).unwrap();
    writer.write_all(key).unwrap();
    writer.finish().and_then(|armor| armor.finish()).unwrap();
    String::from_utf8(armored).unwrap()
}

//! What a project begins with: a test key, the rule for test files, a first test file as sops itself would write it.
//! Writes to no disk.

use super::key::PrivateKeys;
use super::recipient::Recipient;
use super::rule::MARKER;
use super::sops::SopsConfig;
use crate::diagnostic::Diagnostics;
use crate::source::SourceMap;
use aes_gcm::aead::consts::U32;
use aes_gcm::aead::{Aead as _, AeadCore, KeyInit as _, OsRng, Payload};
use aes_gcm::aes::Aes256;
use aes_gcm::{Aes256Gcm, AesGcm};
use age::armor::{ArmoredWriter, Format};
use age::secrecy::ExposeSecret as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha512};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;
use zeroize::Zeroizing;

/// sops' nonce has 32 bytes.
type Cipher = AesGcm<Aes256, U32>;

/// The test key of a project.
pub struct TestKey {
    /// `age1...`
    pub recipient: String,
    /// The file that holds it, where it was made now.
    pub file: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for TestKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.recipient)
    }
}

impl TestKey {
    /// Makes one.
    #[must_use]
    pub fn generate() -> Self {
        let identity = age::x25519::Identity::generate();
        let recipient = identity.to_public().to_string();
        let text = identity.to_string();
        let file = Zeroizing::new(format!(
            "# For tests only: this key is public. Nothing real may be encrypted for it.\n# public key: {recipient}\n{}\n",
            text.expose_secret()
        ));
        Self { recipient, file: Some(file) }
    }

    /// The first key of a file; `None` where it has none that a file of age can be for.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let found = PrivateKeys::default().find(bytes);
        let recipient = found.iter().find_map(|key| key.recipients.last())?.to_string();
        Some(Self { recipient, file: None })
    }
}

/// What becomes of a `.sops.yaml`.
#[derive(Debug, PartialEq, Eq)]
pub enum Rules {
    /// It has a rule for test files already.
    Kept,
    /// Its new text.
    Written(String),
    /// It is written so that nothing can be put into it; these lines belong at the top of its rules.
    ByHand(String),
}

/// Puts the rule for files in a directory of tests (`tests/`) before all others of a `.sops.yaml`.
///
/// # Errors
/// What is wrong with the file.
pub fn rules(
    old: Option<&str>,
    path: &Path,
    dir: &str,
    key: &TestKey,
) -> Result<Rules, (Diagnostics, SourceMap)> {
    let rule = |indent: &str| {
        format!(
            "{indent}# Files for tests, for the test key alone: first, and anchored.\n{indent}- path_regex: ^{}\n{indent}  \
             key_groups:\n{indent}    - age: [{}]\n",
            regex::escape(dir),
            key.recipient
        )
    };
    let Some(old) = old else {
        let head = "# For whom new files are encrypted: the first rule whose pattern matches wins.\ncreation_rules:\n";
        return Ok(Rules::Written(format!("{head}{}", rule("  "))));
    };
    let (mut sources, mut findings) = (SourceMap::default(), Diagnostics::default());
    let mut read = |text: &str, findings: &mut Diagnostics| {
        SopsConfig::read(&mut sources, path, ".sops.yaml", text.as_bytes().to_vec(), findings)
    };
    let sample = format!("{dir}sample.sops.yaml");
    let recipient = Recipient::age(&key.recipient);
    let is_right = |config: &SopsConfig| {
        config.rule(&sample).is_some_and(|rule| {
            rule.recipients().next().is_some()
                && rule.recipients().all(|listed| listed.recipient == recipient)
        })
    };
    let before = read(old, &mut findings);
    if findings.has_errors() {
        return Err((findings, sources));
    }
    if is_right(&before) {
        return Ok(Rules::Kept);
    }
    let Some(new) = inserted(old, &rule) else { return Ok(Rules::ByHand(rule("  "))) };
    let mut wrong = Diagnostics::default();
    let after = read(&new, &mut wrong);
    let whole = !wrong.has_errors() && is_right(&after) && after.rules.len() == before.rules.len() + 1;
    Ok(if whole { Rules::Written(new) } else { Rules::ByHand(rule("  ")) })
}

/// The text with a rule as the first of its list, indented as the list is.
fn inserted(old: &str, rule: &dyn Fn(&str) -> String) -> Option<String> {
    let start =
        old.find("\ncreation_rules:").map(|at| at + 1).or(old.starts_with("creation_rules:").then_some(0))?;
    let line = old[start..].find('\n').map_or(old.len(), |length| start + length + 1);
    if !old[start + "creation_rules:".len()..line].trim().is_empty() {
        return None;
    }
    let item = old[line..].lines().find(|line| line.trim_start().starts_with('-'));
    let indent = item.map_or("  ", |line| &line[..line.len() - line.trim_start().len()]);
    let end = if old[..line].ends_with('\n') { "" } else { "\n" };
    Some(format!("{}{end}{}{}", &old[..line], rule(indent), &old[line..]))
}

/// A first file for tests: one secret, and the mark.
///
/// # Errors
/// The recipient is none of age, or there are no random numbers.
pub fn example(key: &TestKey) -> io::Result<String> {
    let data_key = Zeroizing::new(<[u8; 32]>::from(Aes256Gcm::generate_key(OsRng)));
    let modified = format!("{:.0}", jiff::Timestamp::now());
    let secret = "correct horse battery staple";
    let mut code = Sha512::new();
    code.update(secret);
    // As sops has a boolean in its code.
    code.update("True");
    let mut hex = String::new();
    for byte in code.finalize() {
        let _ = write!(hex, "{byte:02X}");
    }
    let password = seal(&data_key, secret, "password:")?;
    let mac = seal(&data_key, &hex, &modified)?;
    let enc: String =
        wrap(&data_key, &key.recipient)?.lines().map(|line| format!("            {line}\n")).collect();
    let recipient = &key.recipient;
    Ok(format!(
        "password: {password}\n{MARKER}: true\nsops:\n    age:\n        - recipient: {recipient}\n          enc: |\n{enc}    \
         lastmodified: \"{modified}\"\n    mac: {mac}\n    unencrypted_suffix: _unencrypted\n    version: 3.9.4\n"
    ))
}

fn seal(key: &[u8; 32], value: &str, path: &str) -> io::Result<String> {
    let failed = |_| io::Error::other("encryption failed");
    let cipher = Cipher::new_from_slice(key).map_err(|_| io::Error::other("the key has another length"))?;
    let nonce = Cipher::generate_nonce(OsRng);
    let sealed =
        cipher.encrypt(&nonce, Payload { msg: value.as_bytes(), aad: path.as_bytes() }).map_err(failed)?;
    let (data, tag) = sealed.split_at(sealed.len().saturating_sub(16));
    let encoded = |bytes: &[u8]| BASE64_STANDARD.encode(bytes);
    Ok(format!("ENC[AES256_GCM,data:{},iv:{},tag:{},type:str]", encoded(data), encoded(&nonce), encoded(tag)))
}

fn wrap(key: &[u8; 32], recipient: &str) -> io::Result<String> {
    let recipient: age::x25519::Recipient = recipient.parse().map_err(io::Error::other)?;
    let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
        .map_err(|_| io::Error::other("the key cannot be encrypted for the recipient"))?;
    let mut armored = Vec::new();
    let armor = ArmoredWriter::wrap_output(&mut armored, Format::AsciiArmor)?;
    let mut writer = encryptor.wrap_output(armor)?;
    writer.write_all(key)?;
    writer.finish()?.finish()?;
    String::from_utf8(armored).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> TestKey {
        TestKey::generate()
    }

    #[test]
    fn a_rule_is_put_first_and_only_once() {
        let key = key();
        let path = Path::new("/r");
        let Ok(Rules::Written(new)) = rules(None, path, "tests/", &key) else {
            panic!("nothing was written")
        };
        assert_eq!(rules(Some(&new), path, "tests/", &key).unwrap(), Rules::Kept);
        for old in [
            "creation_rules:\n- age: age1x\n",
            "keys:\n    - &a age1x\ncreation_rules:\n    - path_regex: x\n      age: *a\n",
            "creation_rules:",
        ] {
            let Ok(Rules::Written(new)) = rules(Some(old), path, "tests/", &key) else { panic!("{old}") };
            assert!(old.lines().all(|line| new.contains(line)), "{new}");
            assert_eq!(rules(Some(&new), path, "tests/", &key).unwrap(), Rules::Kept, "{new}");
        }
        for old in ["creation_rules: [{age: age1x}]\n", "{\"creation_rules\": []}\n"] {
            assert!(matches!(rules(Some(old), path, "tests/", &key), Ok(Rules::ByHand(_))), "{old}");
        }
        assert!(rules(Some("creation_rules: ["), path, "tests/", &key).is_err());
    }

    #[test]
    fn a_key_is_read_back_from_its_file() {
        let key = key();
        let read = TestKey::read(key.file.as_ref().unwrap().as_bytes()).unwrap();
        assert_eq!((read.recipient, read.file.is_none()), (key.recipient, true));
        assert!(TestKey::read(b"nothing").is_none());
    }
}

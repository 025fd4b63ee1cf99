//! Whether a file is one of sops', and in which of its formats, before it is read: by its name and a look at its bytes.

use memchr::memmem;

/// The formats that sops writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// `sops:` at the end of the mapping.
    Yaml,
    /// The key `sops` of the root.
    Json,
    /// Lines `sops_...=...`.
    Dotenv,
    /// The section `[sops]`.
    Ini,
    /// JSON with `data` and `sops`, whatever the file was.
    Binary,
}

/// Beginning of every encrypted value.
pub(crate) const ENCRYPTED: &str = "ENC[AES256_GCM,";

impl Format {
    /// The format that sops takes a file of this name for.
    #[must_use]
    pub(crate) fn of_name(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        match name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("yaml" | "yml") => Self::Yaml,
            Some("json") => Self::Json,
            Some("env") => Self::Dotenv,
            Some("ini") => Self::Ini,
            _ => Self::Binary,
        }
    }

    /// The format of a file that looks like one of sops'; `None` for all others.
    #[must_use]
    pub(crate) fn detect(path: &str, bytes: &[u8]) -> Option<Self> {
        let by_name = Self::of_name(path);
        if by_name != Self::Binary && by_name.has_mark(bytes) {
            return Some(by_name);
        }
        // Somebody said the format on the command line.
        let all = [Self::Json, Self::Dotenv, Self::Ini, Self::Yaml];
        let other = all.into_iter().find(|format| format.has_mark(bytes))?;
        let binary = by_name == Self::Binary;
        let encrypted = memmem::find(bytes, ENCRYPTED.as_bytes()).is_some();
        match other {
            Self::Json if binary => Some(Self::Binary),
            _ => encrypted.then_some(other),
        }
    }

    /// Whether a file has what this format's metadata begins with.
    fn has_mark(self, bytes: &[u8]) -> bool {
        match self {
            Self::Yaml => {
                begins_line(bytes, b"sops:") || begins_line(bytes, b"\"sops\":") || Self::Json.has_mark(bytes)
            }
            Self::Json | Self::Binary => {
                let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
                first == Some(&b'{') && memmem::find(bytes, b"\"sops\"").is_some()
            }
            Self::Dotenv => begins_line(bytes, b"sops_"),
            Self::Ini => begins_line(bytes, b"[sops]"),
        }
    }
}

/// Whether a line begins with these bytes.
fn begins_line(bytes: &[u8], mark: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.starts_with(mark) || memmem::find_iter(bytes, mark).any(|at| at > 0 && bytes[at - 1] == b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_known_by_name_and_look() {
        for (path, text, format) in [
            ("a.yaml", "x: 1\nsops:\n  mac: m\n", Some(Format::Yaml)),
            ("a.yml", "x: 1\r\nsops:\r\n", Some(Format::Yaml)),
            ("a.yaml", "{\"x\": 1, \"sops\": {}}", Some(Format::Yaml)),
            ("a.yaml", "x:\n  sops: 1\n", None),
            ("a.json", "{\"sops\": {}}", Some(Format::Json)),
            ("secret.bin", " {\"data\": 1, \"sops\": {}}", Some(Format::Binary)),
            (".env", "sops_mac=x\n", Some(Format::Dotenv)),
            ("prod.env", "A=1\nsops_mac=x\n", Some(Format::Dotenv)),
            ("a.ini", "[sops]\nmac = x\n", Some(Format::Ini)),
            ("vault.enc", "x: ENC[AES256_GCM,d]\nsops:\n", Some(Format::Yaml)),
            ("manual.md", "# About\nsops: a tool\n", None),
            ("a.yaml", "", None),
        ] {
            assert_eq!(Format::detect(path, text.as_bytes()), format, "{path}: {text}");
        }
    }
}

//! The URL of a nix store, such as that of a binary cache.

use std::fmt;
use std::sync::Arc;

/// A store URL as nix has it, `SCHEME://...`. It holds nothing that a shell would read as more than a word and nothing that
/// nix would read as an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreUrl(Arc<str>);

/// Why a text is no store URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not the URL of a store", .0.escape_debug())]
pub struct StoreUrlError(pub String);

impl StoreUrl {
    /// Checks a URL.
    ///
    /// # Errors
    /// [`StoreUrlError`] when it has no scheme or a character that no such URL has.
    pub fn new(text: &str) -> Result<Self, StoreUrlError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?[]@!+,=%&".contains(&byte);
        let scheme = |scheme: &str| {
            scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
                && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        };
        match text.split_once("://") {
            Some((before, after)) if scheme(before) && !after.is_empty() && text.bytes().all(plain) => {
                Ok(Self(text.into()))
            }
            _ => Err(StoreUrlError(text.to_owned())),
        }
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl serde::Serialize for StoreUrl {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A binary cache by which a closure comes to its host.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BinaryCache {
    /// Where it is pushed to from where it was built.
    pub push_to: StoreUrl,
    /// Where the host takes it from.
    pub pull_from: StoreUrl,
}

#[cfg(test)]
mod tests {
    use super::StoreUrl;

    #[test]
    fn only_urls_of_stores_pass() {
        for url in [
            "file:///srv/cache?secret-key=/etc/nix/key&compression=zstd",
            "s3://cache?region=eu-west-1",
            "https://cache.example.org",
            "ssh-ng://ryan@[fe80::1%25eth0]",
        ] {
            assert!(StoreUrl::new(url).is_ok(), "{url}");
        }
        for text in [
            "",
            "cache",
            "/srv/cache",
            "--to",
            "-x://y",
            "file://",
            "https://a b",
            "https://a;b",
            "https://$(id)",
            "https://a\nb",
            "https://a'b",
        ] {
            assert!(StoreUrl::new(text).is_err(), "{text}");
        }
    }
}

//! Paths in the Nix store. A value of these types can reach a shell or an option of nix without harm.

use std::fmt;

/// `/nix/store/<32 characters>-<name>`, with the characters that Nix allows (nix `src/libstore/path.cc`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct StorePath(String);

/// A store path that ends in `.drv`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Derivation(StorePath);

/// A text that is no store path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a store path", .0.escape_debug())]
pub struct StorePathError(pub String);

const STORE: &str = "/nix/store/";
const DIGEST_LENGTH: usize = 32;

impl StorePath {
    /// Checks a text.
    ///
    /// # Errors
    /// [`StorePathError`] for anything but one whole store path.
    pub fn new(text: &str) -> Result<Self, StorePathError> {
        let valid = text.strip_prefix(STORE).is_some_and(|rest| {
            let (digest, name) = rest.split_at_checked(DIGEST_LENGTH).unwrap_or_default();
            let name = name.strip_prefix('-').unwrap_or_default();
            let named = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._?=".contains(&byte);
            digest.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
                && !name.is_empty()
                && name.len() <= 211
                && name.bytes().all(named)
        });
        if valid { Ok(Self(text.to_owned())) } else { Err(StorePathError(text.to_owned())) }
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Derivation {
    /// Checks a text.
    ///
    /// # Errors
    /// [`StorePathError`] for anything but one whole store path of a derivation.
    pub fn new(text: &str) -> Result<Self, StorePathError> {
        let path = StorePath::new(text)?;
        if path.0.ends_with(".drv") { Ok(Self(path)) } else { Err(StorePathError(text.to_owned())) }
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

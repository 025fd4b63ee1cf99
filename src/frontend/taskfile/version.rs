//! `version`: a semantic version as go-task reads it (Masterminds/semver's lenient form). Knows no files.

/// A version; missing parts are 0, build metadata is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Major, minor, patch.
    pub numbers: [u64; 3],
    /// What follows a `-`.
    pub prerelease: String,
}

impl Version {
    /// Reads `3`, `v3.1`, `3.0.0-beta`; `None` for what is no version.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let text = text.split_once('+').map_or(text, |(version, _)| version);
        let (core, prerelease) = match text.split_once('-') {
            Some((_, "")) => return None,
            Some((core, prerelease)) => (core, prerelease),
            None => (text, ""),
        };
        let mut numbers = [0; 3];
        let mut parts = core.split('.');
        for (index, part) in parts.by_ref().take(3).enumerate() {
            if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            numbers[index] = part.parse().ok()?;
        }
        let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.');
        (parts.next().is_none() && prerelease.chars().all(plain))
            .then(|| Self { numbers, prerelease: prerelease.to_owned() })
    }

    /// Whether this is newer than a release.
    #[must_use]
    pub fn is_newer_than(&self, release: [u64; 3]) -> bool {
        self.numbers > release
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        if self.prerelease.is_empty() { Ok(()) } else { write!(f, "-{}", self.prerelease) }
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn versions_are_read_leniently() {
        for (text, read) in [
            ("3", Some("3.0.0")),
            ("v3.1", Some("3.1.0")),
            ("03", Some("3.0.0")),
            ("3.0.0-beta+5", Some("3.0.0-beta")),
            ("3.x", None),
            (">=3", None),
            ("", None),
            ("abc", None),
            ("1.2.3.4", None),
        ] {
            assert_eq!(Version::parse(text).map(|version| version.to_string()).as_deref(), read, "{text}");
        }
    }
}

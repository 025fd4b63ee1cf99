//! Names of runs. Knows no files.

use jiff::Timestamp;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};

/// Crockford's base 32: no letter looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Name of a run: the second it began, in UTC, and six random letters or digits. Names sort by time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(String);

impl RunId {
    /// A new name for a run that begins now.
    #[must_use]
    pub fn new() -> Self {
        // The standard library seeds its hash maps from the system's random source.
        Self::at(Timestamp::now(), RandomState::new().hash_one(0))
    }

    fn at(time: Timestamp, mut random: u64) -> Self {
        let mut name = time.strftime("%Y%m%dT%H%M%SZ-").to_string();
        for _ in 0..6 {
            let letter = ALPHABET.get((random % 32) as usize).copied().unwrap_or(b'0');
            name.push(char::from(letter));
            random /= 32;
        }
        Self(name)
    }

    /// Takes a name that a run may have had; `None` if it cannot be one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (time, random) = name.split_once('-')?;
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let time = time.strip_suffix('Z')?;
        let (day, second) = time.split_once('T')?;
        let good = day.len() == 8 && digits(day) && second.len() == 6 && digits(second);
        let good = good && random.len() == 6 && random.bytes().all(|byte| ALPHABET.contains(&byte));
        good.then(|| Self(name.to_owned()))
    }

    /// The second it began in, as the name has it.
    #[must_use]
    pub fn second(&self) -> &str {
        self.0.split_once('-').map_or("", |(second, _)| second)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for RunId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_by_time_and_are_read_back() {
        let early = RunId::at("2026-11-23T09:15:00Z".parse().unwrap(), u64::MAX);
        let late = RunId::at("2026-11-23T09:15:01Z".parse().unwrap(), 0);
        assert_eq!(early.as_str(), "20261123T091500Z-zzzzzz");
        assert!(early < late);
        assert_eq!(RunId::parse(early.as_str()), Some(early));
        assert_ne!(RunId::new(), RunId::new());
        assert!(RunId::parse(RunId::new().as_str()).is_some());
        for bad in ["", "20261123T091500Z-../../", "x", "20261123T091500Z-zzzzz", "20261123T09150Z-zzzzzz"] {
            assert_eq!(RunId::parse(bad), None, "{bad}");
        }
    }
}

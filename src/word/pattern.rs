//! Patterns for one name: `*`, `?`, `[...]`.

use std::fmt::Write as _;

/// Whose rules a pattern follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// mvdan/sh's for file names: a leading dot is matched by all but a star, `[!...]` negates as `[^...]` does,
    /// `[[:alpha:]]`.
    Shell,
    /// The shell's for other texts, as in `case`: a star matches a leading dot too.
    Text,
    /// Go's `filepath.Match`: a leading dot is as any character, only `[^...]` negates, no named classes.
    Go,
}

/// A pattern that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("syntax error in pattern")]
pub struct PatternError;

/// A pattern for one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    tokens: Vec<Token>,
    /// A star at the beginning does not match a leading dot.
    star_needs_no_dot: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    One(char),
    Any,
    Star,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Pattern {
    /// Reads a pattern from characters, each with whether it was quoted.
    ///
    /// # Errors
    /// An unclosed or empty class, or a range that runs backwards.
    pub fn new(glyphs: &[(char, bool)], dialect: Dialect) -> Result<Self, PatternError> {
        let mut tokens = Vec::with_capacity(glyphs.len());
        let mut at = 0;
        while let Some(&(next, quoted)) = glyphs.get(at) {
            at += 1;
            match next {
                _ if quoted => tokens.push(Token::One(next)),
                '*' if tokens.last() == Some(&Token::Star) => {}
                '*' => tokens.push(Token::Star),
                '?' => tokens.push(Token::Any),
                '[' => tokens.push(class(glyphs, &mut at, dialect)?),
                next => tokens.push(Token::One(next)),
            }
        }
        Ok(Self { tokens, star_needs_no_dot: dialect == Dialect::Shell })
    }

    /// Reads a pattern as Go's `filepath.Match` does, where a backslash quotes.
    ///
    /// # Errors
    /// As [`Pattern::new`], and a backslash at the end.
    pub fn go(text: &str) -> Result<Self, PatternError> {
        let mut glyphs = Vec::with_capacity(text.len());
        let mut characters = text.chars();
        while let Some(next) = characters.next() {
            match next {
                '\\' => glyphs.push((characters.next().ok_or(PatternError)?, true)),
                next => glyphs.push((next, false)),
            }
        }
        Self::new(&glyphs, Dialect::Go)
    }

    /// What finds the longest part of a text that matches, from the left.
    pub(super) fn finder(&self) -> Option<regex::Regex> {
        let mut text = "(?s)".to_owned();
        for token in &self.tokens {
            match token {
                Token::One(one) => text.push_str(&regex::escape(one.encode_utf8(&mut [0; 4]))),
                Token::Any => text.push('.'),
                Token::Star => text.push_str(".*"),
                Token::Class { negated, ranges } => {
                    text.push_str(if *negated { "[^" } else { "[" });
                    for (from, to) in ranges {
                        let _ = write!(text, "\\x{{{:x}}}-\\x{{{:x}}}", u32::from(*from), u32::from(*to));
                    }
                    text.push(']');
                }
            }
        }
        regex::Regex::new(&text).ok()
    }

    /// Whether the whole name matches. A byte that is no UTF-8 counts as one character.
    #[must_use]
    pub fn matches(&self, name: &[u8]) -> bool {
        if self.star_needs_no_dot && name.first() == Some(&b'.') && self.tokens.first() == Some(&Token::Star)
        {
            return false;
        }
        let (mut token, mut at) = (0, 0);
        // Where to go on if what follows the last star does not match: one character further.
        let mut retry: Option<(usize, usize)> = None;
        loop {
            let next = character(name, at);
            let step = match (self.tokens.get(token), next) {
                (None, None) => return true,
                (Some(Token::Star), _) => {
                    retry = Some((token + 1, at));
                    token += 1;
                    continue;
                }
                (Some(token), Some((next, length))) if token.matches(next) => Some(length),
                _ => None,
            };
            match (step, retry) {
                (Some(length), _) => {
                    token += 1;
                    at += length;
                }
                (None, Some((after_star, from))) => {
                    let Some((_, length)) = character(name, from) else { return false };
                    retry = Some((after_star, from + length));
                    (token, at) = (after_star, from + length);
                }
                (None, None) => return false,
            }
        }
    }
}

impl Token {
    fn matches(&self, next: char) -> bool {
        match self {
            Self::One(own) => *own == next,
            Self::Any => true,
            Self::Star => false,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&next)) != *negated
            }
        }
    }
}

/// The character at a byte, and its length in bytes.
fn character(name: &[u8], at: usize) -> Option<(char, usize)> {
    let rest = name.get(at..)?;
    let first = *rest.first()?;
    if first.is_ascii() {
        return Some((first.into(), 1));
    }
    let chunk = rest.get(..rest.len().min(4))?;
    let valid = match std::str::from_utf8(chunk) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(chunk.get(..error.valid_up_to())?).ok()?,
    };
    Some(valid.chars().next().map_or((char::REPLACEMENT_CHARACTER, 1), |next| (next, next.len_utf8())))
}

/// Reads a class; `at` stands behind its `[`.
fn class(glyphs: &[(char, bool)], at: &mut usize, dialect: Dialect) -> Result<Token, PatternError> {
    let negations: &[char] = if dialect == Dialect::Go { &['^'] } else { &['!', '^'] };
    let negated = glyphs.get(*at).is_some_and(|(next, quoted)| !quoted && negations.contains(next));
    *at += usize::from(negated);
    let mut ranges = Vec::new();
    let start = *at;
    loop {
        let &(first, quoted) = glyphs.get(*at).ok_or(PatternError)?;
        if first == ']' && !quoted && (*at > start || dialect == Dialect::Go) {
            *at += 1;
            break;
        }
        if first == '[' && !quoted && dialect != Dialect::Go && named(glyphs, at, &mut ranges)? {
            continue;
        }
        *at += 1;
        let is_range = glyphs.get(*at) == Some(&('-', false))
            && glyphs.get(*at + 1).is_some_and(|(last, quoted)| *last != ']' || *quoted);
        let last = match glyphs.get(*at + 1) {
            Some(&(last, _)) if is_range => {
                *at += 2;
                last
            }
            _ => first,
        };
        if last < first {
            return Err(PatternError);
        }
        ranges.push((first, last));
    }
    if ranges.is_empty() { Err(PatternError) } else { Ok(Token::Class { negated, ranges }) }
}

/// Reads `[:alpha:]` within a class.
fn named(
    glyphs: &[(char, bool)],
    at: &mut usize,
    ranges: &mut Vec<(char, char)>,
) -> Result<bool, PatternError> {
    if glyphs.get(*at + 1) != Some(&(':', false)) {
        return Ok(false);
    }
    let rest = glyphs.get(*at + 2..).unwrap_or_default();
    let Some(length) = rest.windows(2).position(|pair| pair == [(':', false), (']', false)]) else {
        return Ok(false);
    };
    let name: String = rest.get(..length).unwrap_or_default().iter().map(|(next, _)| next).collect();
    let more: &[(char, char)] = match name.as_str() {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\u{7f}')],
        "blank" => &[(' ', ' '), ('\t', '\t')],
        "cntrl" => &[('\0', '\u{1f}'), ('\u{7f}', '\u{7f}')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[(' ', ' '), ('\t', '\r')],
        "upper" => &[('A', 'Z')],
        "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return Err(PatternError),
    };
    ranges.extend_from_slice(more);
    *at += length + 4;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Pattern, PatternError};

    fn shell(text: &str) -> Result<Pattern, PatternError> {
        Pattern::new(&text.chars().map(|next| (next, false)).collect::<Vec<_>>(), Dialect::Shell)
    }

    #[test]
    fn stars_and_classes_match_whole_names() {
        for (pattern, name, matches) in [
            ("*.txt", "a.txt", true),
            ("*.txt", "a.txtx", false),
            ("*", "", true),
            ("a*b*c", "axxbyybc", true),
            ("a*b*c", "axxbyyb", false),
            ("?é", "xé", true),
            ("?", "é", true),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[^a-c]x", "dx", true),
            ("[]x]", "]", true),
            ("[[:digit:]_]", "7", true),
            ("[[:digit:]]", "x", false),
            ("[a-]", "-", true),
            ("*", ".hidden", false),
            ("?hidden", ".hidden", true),
            ("[.]hidden", ".hidden", true),
            (".*", ".hidden", true),
        ] {
            assert_eq!(shell(pattern).unwrap().matches(name.as_bytes()), matches, "{pattern} {name}");
        }
        assert!(shell("a?c").unwrap().matches(b"a\xffc"));
    }

    #[test]
    fn many_stars_are_no_trap() {
        let name = "a".repeat(5_000);
        assert!(!shell(&format!("{}b", "a*".repeat(50))).unwrap().matches(name.as_bytes()));
    }

    #[test]
    fn go_has_its_own_rules() {
        assert!(Pattern::go("*").unwrap().matches(b".hidden"));
        assert!(Pattern::go("[!x]").unwrap().matches(b"!"));
        assert!(Pattern::go("\\*").unwrap().matches(b"*"));
        assert!(!Pattern::go("\\*").unwrap().matches(b"x"));
        for wrong in ["[", "[]", "[]a]", "a\\", "[b-a]"] {
            assert_eq!(Pattern::go(wrong), Err(PatternError), "{wrong}");
        }
    }

    #[test]
    fn unclosed_classes_are_errors() {
        for wrong in ["[a", "[", "[b-a]", "[[:nope:]]"] {
            assert_eq!(shell(wrong), Err(PatternError), "{wrong}");
        }
    }
}

//! Words to fields: braces, `~`, parameters, splitting, path names.

use super::{Field, Found, Operation, Parameter, Part, Word, brace, pathname};
use std::borrow::Cow;
use std::cell::RefCell;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

/// Why words do not expand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// Braces that stand for far too many words.
    #[error("the braces stand for too many words")]
    TooMany,
    /// A command substitution that nobody has run.
    #[error("command substitutions are not understood here")]
    Command,
    /// A variable that must be set (`${NAME?MESSAGE}`).
    #[error("{name}: {message}")]
    Required {
        /// The variable.
        name: String,
        /// What the script says about it.
        message: String,
    },
    /// A variable that is not set, where that is an error (`set -u`).
    #[error("{0}: unbound variable")]
    Unset(String),
}

/// What words are expanded with.
pub struct Expander<'a> {
    /// The value of a variable or of a special parameter, if it is set.
    pub get: &'a dyn Fn(&str) -> Option<String>,
    /// Gets the variables that `${NAME=WORD}` assigns; they are seen from then on.
    pub assigned: &'a RefCell<Vec<(String, String)>>,
    /// Where relative patterns start.
    pub dir: &'a Path,
    /// `**` matches directories at any depth (`shopt -s globstar`).
    pub globstar: bool,
    /// A pattern without a match is dropped (`shopt -s nullglob`); else it stays as written.
    pub nullglob: bool,
    /// No path names at all (`set -f`).
    pub noglob: bool,
    /// A variable that is not set is an error (`set -u`).
    pub nounset: bool,
}

impl Expander<'_> {
    /// The fields that words stand for: a command's arguments.
    ///
    /// # Errors
    /// [`ExpandError`].
    pub fn fields(&self, words: &[Word]) -> Result<Vec<OsString>, ExpandError> {
        let mut fields = Vec::with_capacity(words.len());
        for word in words {
            // The common case by far.
            if let Some(text) = word.bare()
                && !text.starts_with('~')
                && !text.contains(['*', '?', '[', '{'])
            {
                fields.push(text.into());
                continue;
            }
            for field in self.patterns(word)? {
                let found = if self.noglob { None } else { self.find(&field) };
                match found {
                    // mvdan/sh takes an empty class for a pattern that matches nothing.
                    None if self.nullglob && !self.noglob && field.has_empty_class() => {}
                    Some(found) if !found.is_empty() || self.nullglob => {
                        fields.extend(found.into_iter().map(|found| OsString::from_vec(found.path)));
                    }
                    _ => fields.push(field.text().into()),
                }
            }
        }
        Ok(fields)
    }

    /// The fields of a word before path names are looked for.
    ///
    /// # Errors
    /// [`ExpandError`].
    pub fn patterns(&self, word: &Word) -> Result<Vec<Field>, ExpandError> {
        let mut fields = Vec::new();
        for word in brace::expand(word).ok_or(ExpandError::TooMany)? {
            self.split(&word, &mut fields)?;
        }
        Ok(fields)
    }

    /// The path names that a field stands for, sorted; `None` where it is no pattern.
    #[must_use]
    pub fn find(&self, field: &Field) -> Option<Vec<Found>> {
        if !field.is_pattern() {
            return None;
        }
        pathname::find(field, self.dir, self.globstar)
    }

    /// The one string that a word stands for, as in an assignment: neither split nor matched against paths.
    ///
    /// # Errors
    /// [`ExpandError`].
    pub fn string(&self, word: &Word) -> Result<String, ExpandError> {
        let mut text = String::new();
        for (index, part) in word.parts.iter().enumerate() {
            match part {
                Part::Text { text: own, quoted } => {
                    if index == 0 && !quoted {
                        text.push_str(&self.tilde(own, word.parts.len() > 1));
                    } else {
                        text.push_str(own);
                    }
                }
                Part::Parameter { parameter, .. } => text.push_str(&self.value(parameter)?),
                Part::Value { text: own, .. } => text.push_str(own),
                Part::Command { .. } => return Err(ExpandError::Command),
            }
        }
        Ok(text)
    }

    /// A word as a pattern for a text, as in `case`: not split, with the memory of what was quoted.
    ///
    /// # Errors
    /// [`ExpandError`].
    pub fn pattern(&self, word: &Word) -> Result<Field, ExpandError> {
        let mut field = Field::default();
        for part in &word.parts {
            match part {
                Part::Text { text, quoted } | Part::Value { text, quoted } => field.push(text, *quoted),
                Part::Parameter { parameter, quoted } => field.push(&self.value(parameter)?, *quoted),
                Part::Command { .. } => return Err(ExpandError::Command),
            }
        }
        Ok(field)
    }

    fn split(&self, word: &Word, fields: &mut Vec<Field>) -> Result<(), ExpandError> {
        let separators = (self.get)("IFS");
        let separators = separators.as_deref().unwrap_or(" \t\n");
        let mut current = Field::default();
        // Whether a field has begun; a quoted part begins one even where it is empty.
        let mut begun = false;
        for (index, part) in word.parts.iter().enumerate() {
            match part {
                Part::Text { text, quoted: false } if index == 0 && text.starts_with('~') => {
                    begun = true;
                    let expanded = self.tilde(text, word.parts.len() > 1);
                    let rest = text.find('/').map_or("", |at| text.get(at..).unwrap_or_default());
                    let home = expanded.strip_suffix(rest).unwrap_or(&expanded);
                    current.push(home, !home.starts_with('~'));
                    current.push(rest, false);
                }
                Part::Text { text, quoted } => {
                    begun = true;
                    current.push(text, *quoted);
                }
                Part::Parameter { quoted, .. } | Part::Value { quoted, .. } => {
                    let value = match part {
                        Part::Parameter { parameter, .. } => Cow::from(self.value(parameter)?),
                        Part::Value { text, .. } => Cow::from(text),
                        _ => Cow::default(),
                    };
                    if *quoted {
                        // There are no arguments, and `"$@"` is one field for each.
                        begun |= !matches!(part, Part::Parameter { parameter, .. } if parameter.name == "@");
                        current.push(&value, true);
                        continue;
                    }
                    for next in value.chars() {
                        if !separators.contains(next) {
                            begun = true;
                            current.glyphs.push((next, false));
                        } else if std::mem::take(&mut begun) {
                            fields.push(std::mem::take(&mut current));
                        }
                    }
                }
                Part::Command { .. } => return Err(ExpandError::Command),
            }
        }
        if begun {
            fields.push(current);
        }
        Ok(())
    }

    fn value(&self, parameter: &Parameter) -> Result<String, ExpandError> {
        let name = &parameter.name;
        let assigned =
            self.assigned.borrow().iter().rev().find(|(own, _)| own == name).map(|(_, value)| value.clone());
        let value = assigned.or_else(|| (self.get)(name));
        let is_set = |colon: bool| value.as_ref().is_some_and(|value| !colon || !value.is_empty());
        let unset = || if self.nounset { Err(ExpandError::Unset(name.clone())) } else { Ok(String::new()) };
        match &parameter.operation {
            Some(Operation::Default { colon, word }) if !is_set(*colon) => self.string(word),
            Some(Operation::Alternative { colon, word }) if is_set(*colon) => self.string(word),
            Some(Operation::Alternative { .. }) => Ok(String::new()),
            Some(Operation::Assign { colon, word }) if !is_set(*colon) => {
                let value = self.string(word)?;
                self.assigned.borrow_mut().push((name.clone(), value.clone()));
                Ok(value)
            }
            Some(Operation::Require { colon, word }) if !is_set(*colon) => {
                Err(ExpandError::Required { name: name.clone(), message: self.string(word)? })
            }
            Some(Operation::Length) => Ok(value.map_or_else(unset, Ok)?.chars().count().to_string()),
            Some(Operation::Remove { suffix, longest, pattern }) => {
                let value = value.map_or_else(unset, Ok)?;
                let pattern = self.pattern(pattern)?;
                Ok(removed(&value, &pattern, *suffix, *longest).to_owned())
            }
            Some(Operation::Replace { all, pattern, with, .. }) => {
                let value = value.map_or_else(unset, Ok)?;
                let (pattern, with) = (self.pattern(pattern)?, self.string(with)?);
                Ok(replaced(&value, &pattern, &with, *all))
            }
            Some(Operation::Slice { offset, length }) => {
                Ok(slice(&value.map_or_else(unset, Ok)?, *offset, *length))
            }
            _ => value.map_or_else(unset, Ok),
        }
    }

    /// `~` and `~/...` by `HOME`. Another user's stays as written where `more` follows, or is looked up by nobody.
    fn tilde<'t>(&self, text: &'t str, more: bool) -> Cow<'t, str> {
        let Some(rest) = text.strip_prefix('~') else { return text.into() };
        let home_alone = rest.is_empty() && !more;
        match (self.get)("HOME") {
            Some(home) if home_alone || rest.starts_with('/') => format!("{home}{rest}").into(),
            _ => text.into(),
        }
    }
}

/// A text without the part at one end that a pattern matches.
fn removed<'t>(text: &'t str, pattern: &Field, suffix: bool, longest: bool) -> &'t str {
    if !pattern.is_pattern() {
        let literal = pattern.text();
        let rest = if suffix { text.strip_suffix(&literal) } else { text.strip_prefix(&literal) };
        return rest.unwrap_or(text);
    }
    let Ok(pattern) = pattern.text_pattern() else { return text };
    let mut cuts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    // The shortest part first: near the beginning for a prefix, near the end for a suffix.
    if suffix != longest {
        cuts.reverse();
    }
    let part = |cut: &usize| if suffix { text.get(*cut..) } else { text.get(..*cut) };
    let found = cuts.iter().find(|cut| part(cut).is_some_and(|part| pattern.matches(part.as_bytes())));
    let rest = found.and_then(|cut| if suffix { text.get(..*cut) } else { text.get(*cut..) });
    rest.unwrap_or(text)
}

/// A text with another one for what a pattern matches.
fn replaced(text: &str, pattern: &Field, with: &str, all: bool) -> String {
    let limit = if all { usize::MAX } else { 1 };
    let literal = pattern.text();
    if literal.is_empty() {
        return text.to_owned();
    }
    if !pattern.is_pattern() {
        return text.replacen(&literal, with, limit);
    }
    let Some(found) = pattern.text_pattern().ok().and_then(|pattern| pattern.finder()) else {
        return text.to_owned();
    };
    let limit = usize::from(!all);
    found.replacen(text, limit, regex::NoExpand(with)).into_owned()
}

/// Some characters of a text.
fn slice(text: &str, offset: i64, length: Option<i64>) -> String {
    let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let place = |at: i64| if at < 0 { (count + at).max(0) } else { at.min(count) };
    let start = if offset < -count { count } else { place(offset) };
    let end = match length {
        None => count,
        Some(length) if length < 0 => (count + length).max(start),
        Some(length) => start.saturating_add(length).min(count),
    };
    let taken = usize::try_from(end - start).unwrap_or(0);
    text.chars().skip(usize::try_from(start).unwrap_or(0)).take(taken).collect()
}

#[cfg(test)]
mod tests {
    use super::Expander;
    use crate::word::words;
    use std::cell::RefCell;
    use std::path::Path;

    fn fields(text: &str) -> Vec<String> {
        let get = |name: &str| match name {
            "HOME" => Some("/home/me".to_owned()),
            "A" => Some(" a  b ".to_owned()),
            "E" => Some(String::new()),
            "S" => Some("*".to_owned()),
            "P" => Some("a/b.tar.gz".to_owned()),
            _ => None,
        };
        let assigned = RefCell::default();
        let dir = Path::new("/nonexistent");
        let expander = Expander {
            get: &get,
            assigned: &assigned,
            dir,
            globstar: true,
            nullglob: false,
            noglob: false,
            nounset: false,
        };
        let fields = expander.fields(&words(text).unwrap()).unwrap();
        fields.iter().map(|field| field.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn unquoted_values_are_split_and_quoted_ones_are_not() {
        assert_eq!(fields("x${A}y"), ["x", "a", "b", "y"]);
        assert_eq!(fields("\"x${A}y\""), ["x a  b y"]);
        assert_eq!(fields("$E $NONE"), [] as [&str; 0]);
        assert_eq!(fields("\"$E\" ''"), ["", ""]);
        assert_eq!(fields("$A''"), ["a", "b", ""]);
        assert_eq!(fields("$E''x"), ["x"]);
    }

    #[test]
    fn operations_choose() {
        assert_eq!(
            fields("${NONE:-d e} ${E-d} ${E:-d} ${A:+yes} ${NONE+yes} ${#A}"),
            ["d", "e", "d", "yes", "6"]
        );
    }

    #[test]
    fn parts_are_taken_off_and_out() {
        assert_eq!(
            fields("${P%.gz} ${P%%.*} ${P#*/} ${P##*.} ${P%\"*\"} ${P:2:3} ${P: -2} ${P:0:-7}"),
            ["a/b.tar", "a/b", "b.tar.gz", "gz", "a/b.tar.gz", "b.t", "gz", "a/b"]
        );
        assert_eq!(fields("${NEW=x}$NEW"), ["xx"]);
        assert_eq!(fields("\"$@\" \"$*\" a\"$@\"b"), ["", "ab"]);
    }

    #[test]
    fn the_home_directory_stands_at_the_beginning_only() {
        assert_eq!(fields("~ ~/x a~ ~'/x' '~'"), ["/home/me", "/home/me/x", "a~", "~/x", "~"]);
    }

    #[test]
    fn a_pattern_without_a_match_stays() {
        assert_eq!(fields("*.c $S"), ["*.c", "*"]);
    }
}

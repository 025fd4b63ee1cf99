//! Words to fields: braces, `~`, parameters, splitting, path names.

use super::{Field, Found, Operation, Parameter, Part, Word, brace, pathname};
use std::borrow::Cow;
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
    /// A variable that is not set, where that is an error (`set -u`).
    #[error("{0}: unbound variable")]
    Unset(String),
}

/// What words are expanded with.
pub struct Expander<'a> {
    /// The value of a variable or of a special parameter, if it is set.
    pub get: &'a dyn Fn(&str) -> Option<String>,
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
                        begun = true;
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
        let value = (self.get)(&parameter.name);
        let is_set = |colon: bool| value.as_ref().is_some_and(|value| !colon || !value.is_empty());
        match &parameter.operation {
            None if value.is_none() && self.nounset => Err(ExpandError::Unset(parameter.name.clone())),
            None => Ok(value.unwrap_or_default()),
            Some(Operation::Length) => Ok(value.unwrap_or_default().chars().count().to_string()),
            Some(Operation::Default { colon, word }) => {
                if is_set(*colon) {
                    Ok(value.unwrap_or_default())
                } else {
                    self.string(word)
                }
            }
            Some(Operation::Alternative { colon, word }) => {
                if is_set(*colon) {
                    self.string(word)
                } else {
                    Ok(String::new())
                }
            }
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

#[cfg(test)]
mod tests {
    use super::Expander;
    use crate::word::words;
    use std::path::Path;

    fn fields(text: &str) -> Vec<String> {
        let get = |name: &str| match name {
            "HOME" => Some("/home/me".to_owned()),
            "A" => Some(" a  b ".to_owned()),
            "E" => Some(String::new()),
            "S" => Some("*".to_owned()),
            _ => None,
        };
        let dir = Path::new("/nonexistent");
        let expander =
            Expander { get: &get, dir, globstar: true, nullglob: false, noglob: false, nounset: false };
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
    fn the_home_directory_stands_at_the_beginning_only() {
        assert_eq!(fields("~ ~/x a~ ~'/x' '~'"), ["/home/me", "/home/me/x", "a~", "~/x", "~"]);
    }

    #[test]
    fn a_pattern_without_a_match_stays() {
        assert_eq!(fields("*.c $S"), ["*.c", "*"]);
    }
}

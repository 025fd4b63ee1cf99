//! dotenv files by the rules of joho/godotenv 1.5, which go-task uses. Knows no tasks.
//!
//! A line is `NAME=value`, `NAME: value` or `export NAME=value`. Single quotes keep everything, double quotes know
//! `\n`, `\r` and escaped characters; both may span lines. Unquoted and double-quoted values expand `$NAME` and
//! `${NAME}` from earlier lines of the same file.

use std::path::{Path, PathBuf};

/// A dotenv file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("error reading env file {}: {reason}", path.display())]
pub struct DotenvError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong, in godotenv's words.
    pub reason: String,
}

/// Reads a file; `None` where there is none.
///
/// # Errors
/// It cannot be read, or a line is none of the forms.
pub fn read(path: &Path) -> Result<Option<Vec<(String, String)>>, DotenvError> {
    let fail = |reason: String| DotenvError { path: path.to_owned(), reason };
    match std::fs::read(path) {
        Ok(bytes) => parse(&String::from_utf8_lossy(&bytes)).map(Some).map_err(fail),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(fail(format!("open {}: {error}", path.display()))),
    }
}

/// Parses a text into names and values, a later one of a name replacing the earlier.
///
/// # Errors
/// The first line that is none of the forms.
pub fn parse(text: &str) -> Result<Vec<(String, String)>, String> {
    let text = text.replace("\r\n", "\n");
    let mut entries: Vec<(String, String)> = Vec::new();
    let mut rest = text.as_str();
    loop {
        rest = skip_to_statement(rest);
        if rest.is_empty() {
            return Ok(entries);
        }
        let (name, after) = name(rest)?;
        let (value, after) = value(after, &entries)?;
        match entries.iter_mut().find(|(known, _)| *known == name) {
            Some(entry) => entry.1 = value,
            None => entries.push((name, value)),
        }
        rest = after;
    }
}

/// Past white space and comment lines.
fn skip_to_statement(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        match text.strip_prefix('#') {
            Some(comment) => text = comment.find('\n').map_or("", |end| &comment[end..]),
            None => return text,
        }
    }
}

fn name(text: &str) -> Result<(String, &str), String> {
    let text = match text.strip_prefix("export") {
        Some(after) if after.starts_with([' ', '\t']) => after.trim_start(),
        _ => text,
    };
    for (at, character) in text.char_indices() {
        match character {
            '=' | ':' => {
                return Ok((
                    text[..at].trim_end().to_owned(),
                    text[at + 1..].trim_start_matches([' ', '\t']),
                ));
            }
            '_' | '.' | '-' | ' ' | '\t' => {}
            other if other.is_alphanumeric() => {}
            other => {
                let line = text.lines().next().unwrap_or_default();
                return Err(format!(
                    "unexpected character {:?} in variable name near {line:?}",
                    other.to_string()
                ));
            }
        }
    }
    Err("zero length string".to_owned())
}

fn value<'a>(text: &'a str, known: &[(String, String)]) -> Result<(String, &'a str), String> {
    let Some(quote @ ('"' | '\'')) = text.chars().next() else {
        let end = text.find('\n').unwrap_or(text.len());
        let (line, after) = text.split_at(end);
        let value = before_comment(line).trim();
        return Ok((expand(value, known), after));
    };
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        if character == quote && !escaped {
            let inner = &text[1..at];
            let value = if quote == '"' { expand(&unescape(inner), known) } else { inner.to_owned() };
            let after = &text[at + 1..];
            return Ok((value, after));
        }
        escaped = character == '\\' && !escaped;
    }
    let line = text.lines().next().unwrap_or_default();
    Err(format!("unterminated quoted value {line}"))
}

/// A `#` after white space begins a comment.
fn before_comment(line: &str) -> &str {
    let bytes = line.as_bytes();
    let starts = |at: usize| at == 0 || matches!(bytes.get(at - 1), Some(b' ' | b'\t'));
    let comment = line.bytes().enumerate().find(|(at, byte)| *byte == b'#' && starts(*at));
    comment.map_or(line, |(at, _)| &line[..at])
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            // Kept for the expansion, which takes it away.
            Some('$') => out.push_str("\\$"),
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
}

fn expand(text: &str, known: &[(String, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['$', '\\']) {
        out.push_str(&rest[..at]);
        let after = &rest[at..];
        if let Some(dollar) = after.strip_prefix("\\$") {
            out.push('$');
            rest = dollar;
            continue;
        }
        if let Some(backslash) = after.strip_prefix('\\') {
            out.push('\\');
            rest = backslash;
            continue;
        }
        let body = &after[1..];
        let (name, next) = match body.strip_prefix('{') {
            Some(braced) => match braced.split_once('}') {
                Some((name, next)) if is_name(name) => (name, next),
                _ => ("", body),
            },
            None => body.split_at(body.bytes().take_while(|byte| is_name_byte(*byte)).count()),
        };
        if name.is_empty() {
            out.push('$');
        } else if let Some((_, value)) = known.iter().find(|(known, _)| known == name) {
            out.push_str(value);
        }
        rest = next;
    }
    out.push_str(rest);
    out
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_name_byte)
}

/// godotenv expands capitals, digits and `_` only.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn reads_the_forms_that_godotenv_reads() {
        let cases = [
            ("A=1\nB: two\nexport C=3 # why\n", vec![("A", "1"), ("B", "two"), ("C", "3")]),
            ("A='$X \\n'\nB=\"x\\ny\"", vec![("A", "$X \\n"), ("B", "x\ny")]),
            ("A=a\nB=$A-${A}\nC=\"\\$A\"", vec![("A", "a"), ("B", "a-a"), ("C", "$A")]),
            ("# only\n\nA=x#y\nA=z", vec![("A", "z")]),
            ("A=\"two\nlines\"", vec![("A", "two\nlines")]),
            ("A=", vec![("A", "")]),
        ];
        for (text, expected) in cases {
            let expected: Vec<(String, String)> =
                expected.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            assert_eq!(parse(text), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn names_what_is_wrong() {
        assert!(parse("A=\"x").unwrap_err().contains("unterminated quoted value"));
        assert!(parse("a!b=1").unwrap_err().contains("unexpected character \"!\""));
        assert!(parse("JUSTAWORD").is_err());
    }
}

//! dotenv files by the rules of joho/godotenv 1.5, which go-task uses. Knows no tasks.
//!
//! A line is `NAME=value`, `NAME: value` or `export NAME=value`. Single quotes keep everything, double quotes know
//! `\n`, `\r` and escaped characters; both may span lines. Unquoted and double-quoted values expand `$NAME` and
//! `${NAME}` from earlier lines of the same file.

use super::taskfile::go_io;
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
        Err(error) => Err(fail(go_io::error(go_io::reading(&error), path, &error))),
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

/// White space within a line, as godotenv has it.
fn is_space(character: char) -> bool {
    matches!(character, '\t' | '\x0b' | '\x0c' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

/// The name before `=` or `:`. Without either, all is value and the name is empty: godotenv takes that.
fn name(text: &str) -> Result<(String, &str), String> {
    let text = match text.strip_prefix("export") {
        Some(after) if after.starts_with(is_space) => after.trim_start_matches(is_space),
        _ => text,
    };
    // godotenv looks at bytes, each as if it were a character of Latin-1.
    for (at, byte) in text.bytes().enumerate() {
        let character = char::from(byte);
        match character {
            '=' | ':' => {
                let name = text[..at].trim_end().to_owned();
                return Ok((name, text[at + 1..].trim_start_matches(is_space)));
            }
            '_' | '.' => {}
            other if is_space(other) || other.is_alphanumeric() => {}
            other => {
                return Err(format!(
                    "unexpected character {:?} in variable name near {text:?}",
                    other.to_string()
                ));
            }
        }
    }
    Ok((String::new(), text))
}

fn value<'a>(text: &'a str, known: &[(String, String)]) -> Result<(String, &'a str), String> {
    let Some(quote @ ('"' | '\'')) = text.chars().next() else {
        let end = text.find(['\n', '\r']).unwrap_or(text.len());
        let (line, after) = text.split_at(end);
        let value = before_comment(line).trim_matches(is_space);
        return Ok((expand(value, known), after));
    };
    let mut previous = quote;
    for (at, character) in text.char_indices().skip(1) {
        if character == quote && previous != '\\' {
            let inner = text[..at].trim_matches(quote);
            let value = if quote == '"' { expand(&unescape(inner), known) } else { inner.to_owned() };
            return Ok((value, &text[at + 1..]));
        }
        previous = character;
    }
    Err(format!("unterminated quoted value {}", text.split('\n').next().unwrap_or_default()))
}

/// The last `#` after white space begins a comment.
fn before_comment(line: &str) -> &str {
    let starts = |at: &usize| line[..*at].ends_with(is_space);
    let comment = line.match_indices('#').map(|(at, _)| at).rfind(starts);
    comment.map_or(line, |at| &line[..at])
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match characters.peek() {
            // Kept for the expansion, which takes it away.
            Some('$') | None => out.push(character),
            Some(next) if character == '\\' => {
                out.push(match next {
                    'n' => '\n',
                    'r' => '\r',
                    other => *other,
                });
                characters.next();
            }
            Some(_) => out.push(character),
        }
    }
    out
}

/// `$NAME`, `${NAME}` and what godotenv takes for them: braces need not match, and `$(` is read away.
fn expand(text: &str, known: &[(String, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let escaped = rest[..at].ends_with('\\');
        out.push_str(&rest[..at - usize::from(escaped)]);
        let after = &rest[at + 1..];
        let body = after.strip_prefix('(').unwrap_or(after);
        let body = body.strip_prefix('{').unwrap_or(body);
        let (name, next) = body.split_at(body.bytes().take_while(|byte| is_name_byte(*byte)).count());
        let next = next.strip_prefix('}').unwrap_or(next);
        if escaped || name.is_empty() {
            out.push_str(&rest[at..rest.len() - next.len()]);
        } else if let Some((_, value)) = known.iter().find(|(known, _)| known == name) {
            out.push_str(value);
        }
        rest = next;
    }
    out.push_str(rest);
    out
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
            ("A", vec![("", "A")]),
            ("A= # c", vec![("A", "# c")]),
            ("A=x # a # b", vec![("A", "x # a")]),
            ("A=$(HOME)", vec![("A", ")")]),
            ("B=1\nA=$B}x${B", vec![("B", "1"), ("A", "1x1")]),
            ("A=$b ${b} $", vec![("A", "$b ${b} $")]),
            ("A=\"\\\\$HOME\\td\"", vec![("A", "$HOMEtd")]),
            ("A='it\\'s'", vec![("A", "it\\'s")]),
            ("A B=1", vec![("A B", "1")]),
        ];
        for (text, expected) in cases {
            let expected: Vec<(String, String)> =
                expected.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            assert_eq!(parse(text), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn names_what_is_wrong() {
        let reason = |text: &str| parse(text).unwrap_err();
        assert_eq!(reason("A=\"x\ny"), "unterminated quoted value \"x");
        assert_eq!(reason("A-B=1"), "unexpected character \"-\" in variable name near \"A-B=1\"");
        assert_eq!(reason("A\nB=1"), "unexpected character \"\\n\" in variable name near \"A\\nB=1\"");
        assert_eq!(reason("\u{e9}=1"), "unexpected character \"\u{a9}\" in variable name near \"\u{e9}=1\"");
    }
}

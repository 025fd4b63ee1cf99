//! JSON to the tree that YAML is read into, so that what follows knows one tree. Tolerates what sops writes (tabs, one
//! line of 50 MB) and nothing beyond RFC 8259. Knows no sops.

use crate::source::{SourceId, Span};
use crate::yaml::{Entry, Kind, Node, Scalar, Style};
use std::sync::Arc;

/// Levels of nesting, as for YAML.
const MAX_DEPTH: usize = 200;

/// Where and why a text is no JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct JsonError {
    /// The byte where reading ended.
    pub(super) at: usize,
    /// What would have been right.
    pub(super) expected: &'static str,
}

/// Reads one value and nothing after it.
pub(super) fn parse(source: SourceId, text: &str) -> Result<Node, JsonError> {
    let mut reader = Reader { source, text, bytes: text.as_bytes(), at: 0 };
    let node = reader.value(0)?;
    reader.blank();
    if reader.at < text.len() {
        return Err(reader.error("the end of the file"));
    }
    Ok(node)
}

struct Reader<'t> {
    source: SourceId,
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
}

impl Reader<'_> {
    fn error(&self, expected: &'static str) -> JsonError {
        JsonError { at: self.at, expected }
    }

    fn blank(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn peek(&mut self) -> Option<u8> {
        self.blank();
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn node(&self, start: usize, kind: Kind) -> Node {
        let span = Span { source: self.source, start: start as u32, end: self.at as u32 };
        Node::new(span, kind)
    }

    fn value(&mut self, depth: usize) -> Result<Node, JsonError> {
        if depth > MAX_DEPTH {
            return Err(self.error("at most 200 levels of nesting"));
        }
        let first = self.peek();
        let start = self.at;
        match first {
            Some(b'{') => {
                self.at += 1;
                let entries = self.items(b'}', |reader| {
                    if reader.peek() != Some(b'"') {
                        return Err(reader.error("a key in quotes"));
                    }
                    let key = reader.string()?;
                    if !reader.take(b':') {
                        return Err(reader.error("a colon"));
                    }
                    Ok(Entry { key, value: reader.value(depth + 1)? })
                })?;
                Ok(self.node(start, Kind::Mapping(entries.into())))
            }
            Some(b'[') => {
                self.at += 1;
                let items = self.items(b']', |reader| reader.value(depth + 1))?;
                Ok(self.node(start, Kind::Sequence(items.into())))
            }
            Some(b'"') => self.string(),
            Some(_) => self.word(),
            None => Err(self.error("a value")),
        }
    }

    fn items<T>(
        &mut self,
        close: u8,
        mut item: impl FnMut(&mut Self) -> Result<T, JsonError>,
    ) -> Result<Vec<T>, JsonError> {
        let mut items = Vec::new();
        if self.take(close) {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if self.take(close) {
                return Ok(items);
            }
            if !self.take(b',') {
                return Err(self.error("a comma or the closing bracket"));
            }
        }
    }

    /// Numbers, `true`, `false`, `null`.
    fn word(&mut self) -> Result<Node, JsonError> {
        let start = self.at;
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        self.at += self.bytes[start..].iter().take_while(|byte| is_word(byte)).count();
        let word = &self.text[start..self.at];
        let number = word.starts_with(|letter: char| letter.is_ascii_digit() || letter == '-');
        let known = matches!(word, "true" | "false" | "null") || number && word.parse::<f64>().is_ok();
        if !known {
            self.at = start;
            return Err(self.error("a value"));
        }
        let scalar = Scalar { text: Arc::from(word), style: Style::Plain };
        Ok(self.node(start, Kind::Scalar(scalar)))
    }

    fn string(&mut self) -> Result<Node, JsonError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = &self.bytes[self.at..];
            let Some(length) = memchr::memchr2(b'"', b'\\', rest) else {
                self.at = self.bytes.len();
                return Err(self.error("the closing quote"));
            };
            text.push_str(&self.text[self.at..self.at + length]);
            self.at += length;
            if self.bytes[self.at] == b'"' {
                self.at += 1;
                let scalar = Scalar { text: Arc::from(text), style: Style::DoubleQuoted };
                return Ok(self.node(start, Kind::Scalar(scalar)));
            }
            text.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let bad = self.error("an escape that JSON knows");
        self.at += 1;
        let letter = *self.bytes.get(self.at).ok_or(bad)?;
        self.at += 1;
        Ok(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.unit().ok_or(bad)?;
                let paired = (0xd800..0xdc00).contains(&first) && self.bytes[self.at..].starts_with(b"\\u");
                if paired {
                    let before = self.at;
                    self.at += 2;
                    let second = self.unit().ok_or(bad)?;
                    if let Some(Ok(letter)) = char::decode_utf16([first, second]).next() {
                        return Ok(letter);
                    }
                    self.at = before;
                }
                char::from_u32(u32::from(first)).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return Err(bad),
        })
    }

    fn unit(&mut self) -> Option<u16> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_places_are_found() {
        let text = "{\n\t\"a\": [1, \"x\\n\\u00e9\\ud83d\\ude00\"],\n\t\"b\": null\n}\n";
        let root = parse(SourceId::NONE, text).unwrap();
        let items = root.get("a").and_then(Node::as_sequence).unwrap();
        assert_eq!((items[0].text(), items[1].text()), (Some("1"), Some("x\né😀")));
        let span = items[0].span;
        assert_eq!(&text[span.start as usize..span.end as usize], "1");
        assert!(root.get("b").unwrap().is_null());
    }

    #[test]
    fn what_is_no_json_has_a_place() {
        for (text, at, expected) in [
            ("", 0, "a value"),
            ("{\"a\": 1", 7, "a comma or the closing bracket"),
            ("{\"a\" 1}", 5, "a colon"),
            ("{a: 1}", 1, "a key in quotes"),
            ("[\"x", 3, "the closing quote"),
            ("[\"\\x\"]", 2, "an escape that JSON knows"),
            ("[nan]", 1, "a value"),
            ("{} {}", 3, "the end of the file"),
        ] {
            assert_eq!(parse(SourceId::NONE, text).unwrap_err(), JsonError { at, expected }, "{text}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(parse(SourceId::NONE, &deep).unwrap_err().expected, "at most 200 levels of nesting");
    }
}

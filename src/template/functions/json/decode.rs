//! JSON text as values. All numbers are floats, and what is wrong is told in Go's words.

use crate::template::value::{Map, Value};
use std::sync::Arc;

/// Lists and objects inside one another.
const DEPTH: usize = 150;
const END: &str = "unexpected end of JSON input";

/// The value that `text` holds.
pub(super) fn decode(text: &str) -> Result<Value, String> {
    let mut decoder = Decoder { text, position: 0, depth: 0 };
    let value = decoder.value("looking for beginning of value")?;
    decoder.space();
    match decoder.peek() {
        None => Ok(value),
        Some(_) => Err(decoder.unexpected("after top-level value")),
    }
}

struct Decoder<'t> {
    text: &'t str,
    position: usize,
    depth: usize,
}

impl<'t> Decoder<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.position += 1;
        }
    }

    /// The error about the character that comes next.
    fn unexpected(&self, context: &str) -> String {
        match self.text.get(self.position..).and_then(|rest| rest.chars().next()) {
            None => END.to_owned(),
            Some('\'') => format!("invalid character '\\'' {context}"),
            Some('"') => format!("invalid character '\"' {context}"),
            Some(character) => {
                // Go's scanner looks at bytes.
                let byte = char::from(self.text.as_bytes()[self.position]);
                let shown = if character.is_ascii() { character } else { byte };
                format!(
                    "invalid character {} {context}",
                    crate::template::quote::quote_with(&shown.to_string(), '\'', false)
                )
            }
        }
    }

    fn value(&mut self, context: &str) -> Result<Value, String> {
        self.space();
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => Ok(self.string()?.into()),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true", Value::Bool(true)),
            Some(b'f') => self.literal("false", Value::Bool(false)),
            Some(b'n') => self.literal("null", Value::Nil),
            _ => Err(self.unexpected(context)),
        }
    }

    fn nested(&mut self, read: impl Fn(&mut Self) -> Result<Value, String>) -> Result<Value, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("exceeded max depth".to_owned());
        }
        self.position += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn literal(&mut self, word: &str, value: Value) -> Result<Value, String> {
        for expected in word.bytes() {
            if self.peek() != Some(expected) {
                let expected = char::from(expected);
                return Err(self.unexpected(&format!("in literal {word} (expecting '{expected}')")));
            }
            self.position += 1;
        }
        Ok(value)
    }

    fn digits(&mut self, context: &str) -> Result<(), String> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.unexpected(context));
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.position += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.position;
        if self.peek() == Some(b'-') {
            self.position += 1;
        }
        if self.peek() == Some(b'0') {
            self.position += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.position += 1;
            self.digits("in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.position += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.position += 1;
            }
            self.digits("in numeric literal")?;
        }
        let text = &self.text[start..self.position];
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Float(number)),
            _ => Err(format!("json: cannot unmarshal number {text} into Go value of type float64")),
        }
    }

    fn array(&mut self) -> Result<Value, String> {
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.position += 1;
            return Ok(Value::list(items));
        }
        loop {
            items.push(self.value("looking for beginning of value")?);
            self.space();
            match self.peek() {
                Some(b',') => self.position += 1,
                Some(b']') => {
                    self.position += 1;
                    return Ok(Value::list(items));
                }
                _ => return Err(self.unexpected("after array element")),
            }
        }
    }

    fn object(&mut self) -> Result<Value, String> {
        let mut map = Map::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.position += 1;
            return Ok(Value::map(map));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("looking for beginning of object key string"));
            }
            let key: Arc<str> = self.string()?.into();
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.unexpected("after object key"));
            }
            self.position += 1;
            map.insert(key, self.value("looking for beginning of value")?);
            self.space();
            match self.peek() {
                Some(b',') => self.position += 1,
                Some(b'}') => {
                    self.position += 1;
                    return Ok(Value::map(map));
                }
                _ => return Err(self.unexpected("after object key:value pair")),
            }
        }
    }

    fn string(&mut self) -> Result<String, String> {
        self.position += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.position..];
            let plain = rest.find(|character| matches!(character, '"' | '\\' | '\0'..'\u{20}'));
            let Some(plain) = plain else {
                return Err(END.to_owned());
            };
            out.push_str(&rest[..plain]);
            self.position += plain;
            match self.peek() {
                Some(b'"') => {
                    self.position += 1;
                    return Ok(out);
                }
                Some(b'\\') => self.escape(&mut out)?,
                _ => return Err(self.unexpected("in string")),
            }
        }
    }

    fn escape(&mut self, out: &mut String) -> Result<(), String> {
        self.position += 1;
        let character = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.position += 1;
                let code = self.unicode()?;
                out.push(self.surrogates(code));
                return Ok(());
            }
            _ => return Err(self.bad_escape(self.position - 1, 2)),
        };
        self.position += 1;
        out.push(character);
        Ok(())
    }

    /// The error about an escape that starts at `start` and should have `length` bytes.
    fn bad_escape(&self, start: usize, length: usize) -> String {
        let rest = &self.text[start..];
        match rest.char_indices().nth(length - 1) {
            None => END.to_owned(),
            Some((last, character)) => {
                format!("invalid escape sequence `{}` in string", &rest[..last + character.len_utf8()])
            }
        }
    }

    /// The four hexadecimal digits of an escape whose `\\u` is read.
    fn unicode(&mut self) -> Result<u32, String> {
        let start = self.position - 2;
        let mut code = 0;
        for _ in 0..4 {
            match self.peek().and_then(|byte| char::from(byte).to_digit(16)) {
                Some(digit) => code = code * 16 + digit,
                None => return Err(self.bad_escape(start, 6)),
            }
            self.position += 1;
        }
        Ok(code)
    }

    /// The character of a code, with the second half of a pair where one follows.
    fn surrogates(&mut self, code: u32) -> char {
        if (0xd800..0xdc00).contains(&code) && self.text[self.position..].starts_with("\\u") {
            let before = self.position;
            self.position += 2;
            if let Ok(low @ 0xdc00..0xe000) = self.unicode() {
                let code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            }
            self.position = before;
        }
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    }
}

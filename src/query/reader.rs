//! JSON text to values, as it comes: bytes go in, values and jq 1.6's messages come out. Knows nothing of files.

use super::value::{Object, Value};
use std::rc::Rc;

/// jq reads no deeper than this.
const DEPTH: usize = 256;
/// What stands before each text of a JSON text sequence (RFC 7464).
const RECORD_SEPARATOR: u8 = 0x1e;

/// How texts are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reading {
    /// `--stream`: `[path, leaf]` and closing `[path]` instead of values.
    pub stream: bool,
    /// `--seq`: texts are separated by RS, and one that is cut off does not end the reading.
    pub seq: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Normal,
    String,
    Escape,
    /// After an error in a sequence.
    UntilSeparator,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Nothing,
    OpenArray,
    OpenObject,
    Colon,
    Comma,
    Value,
}

#[derive(Debug)]
enum Open {
    Array(Vec<Value>),
    Object(Object),
    Key(Rc<str>),
}

/// Reads JSON texts that follow each other.
#[derive(Debug)]
pub struct Reader {
    reading: Reading,
    buffer: Vec<u8>,
    position: usize,
    ended: bool,
    done: bool,
    state: State,
    token: Vec<u8>,
    stack: Vec<Open>,
    next: Option<Value>,
    path: Vec<Value>,
    seen: Seen,
    output: Option<Value>,
    closing: Option<Value>,
    line: usize,
    column: usize,
    after_space: bool,
    started: bool,
}

type Check = Result<(), &'static str>;

impl Reader {
    /// A reader that has read nothing.
    #[must_use]
    pub fn new(reading: Reading) -> Self {
        Self {
            reading,
            buffer: Vec::new(),
            position: 0,
            ended: false,
            done: false,
            state: if reading.seq { State::UntilSeparator } else { State::Normal },
            token: Vec::new(),
            stack: Vec::new(),
            next: None,
            path: Vec::new(),
            seen: Seen::Nothing,
            output: None,
            closing: None,
            line: 1,
            column: 0,
            after_space: false,
            started: false,
        }
    }

    /// Gives it bytes, after the last ones have been taken.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.clear();
        self.position = 0;
        let bytes = if self.started { bytes } else { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) };
        self.started |= !bytes.is_empty();
        self.buffer.extend_from_slice(bytes);
    }

    /// Tells it that no more bytes come.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// The next value or error; `None` when more bytes are needed, or when all is read.
    pub fn next_value(&mut self) -> Option<Result<Value, String>> {
        if self.done {
            return None;
        }
        if let Some(closing) = self.closing.take() {
            return Some(Ok(closing));
        }
        while let Some(&byte) = self.buffer.get(self.position) {
            self.position += 1;
            if byte == b'\n' {
                self.line += 1;
                self.column = 0;
            } else {
                self.column += 1;
            }
            if self.state == State::UntilSeparator {
                if byte == RECORD_SEPARATOR {
                    self.state = State::Normal;
                }
                continue;
            }
            match self.take(byte) {
                Ok(None) => {}
                Ok(Some(value)) => return Some(Ok(value)),
                Err(message) => {
                    let mut text = format!("{message} at line {}, column {}", self.line, self.column);
                    self.reset();
                    if self.reading.seq {
                        if byte != RECORD_SEPARATOR {
                            self.state = State::UntilSeparator;
                            text.push_str(" (need RS to resync)");
                        }
                    } else {
                        self.done = true;
                    }
                    return Some(Err(text));
                }
            }
        }
        if !self.ended {
            return None;
        }
        self.done = true;
        self.at_end()
    }

    fn at_end(&mut self) -> Option<Result<Value, String>> {
        let place = format!("at EOF at line {}, column {}", self.line, self.column);
        if self.state == State::UntilSeparator {
            if self.reading.seq && self.started {
                return Some(Err(format!("Unfinished abandoned text {place}")));
            }
            return None;
        }
        if self.state != State::Normal {
            return Some(Err(format!("Unfinished string {place}")));
        }
        if let Err(message) = self.literal() {
            return Some(Err(format!("{message} {place}")));
        }
        if !self.stack.is_empty() || !self.path.is_empty() {
            return Some(Err(format!("Unfinished JSON term {place}")));
        }
        let value = self.finished()?;
        if self.reading.seq && !self.after_space && matches!(value, Value::Number(_)) {
            return Some(Err(format!("Potentially truncated top-level numeric value {place}")));
        }
        Some(Ok(value))
    }

    fn reset(&mut self) {
        self.path.clear();
        self.seen = Seen::Nothing;
        self.output = None;
        self.next = None;
        self.stack.clear();
        self.token.clear();
        self.state = State::Normal;
    }

    fn take(&mut self, byte: u8) -> Result<Option<Value>, &'static str> {
        if self.reading.seq && byte == RECORD_SEPARATOR {
            return self.separator();
        }
        self.after_space = false;
        match self.state {
            State::Escape => {
                self.token.push(byte);
                self.state = State::String;
                Ok(None)
            }
            State::String if byte == b'"' => {
                self.string()?;
                self.state = State::Normal;
                Ok(self.finished())
            }
            State::String => {
                self.token.push(byte);
                if byte == b'\\' {
                    self.state = State::Escape;
                }
                Ok(None)
            }
            State::Normal | State::UntilSeparator => match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {
                    self.after_space = true;
                    self.literal()?;
                    Ok(self.finished())
                }
                b'"' => {
                    self.literal()?;
                    self.state = State::String;
                    Ok(self.finished())
                }
                b'[' | b'{' | b':' | b',' | b']' | b'}' => {
                    self.literal()?;
                    if self.reading.stream {
                        self.streamed(byte)?;
                    } else {
                        self.structure(byte)?;
                    }
                    Ok(self.finished())
                }
                _ => {
                    self.token.push(byte);
                    Ok(None)
                }
            },
        }
    }

    fn separator(&mut self) -> Result<Option<Value>, &'static str> {
        let within = !self.stack.is_empty()
            || !self.path.is_empty()
            || !self.token.is_empty()
            || self.state != State::Normal;
        if within {
            let number = self.stack.is_empty()
                && self.path.is_empty()
                && self.state == State::Normal
                && self.literal().is_ok()
                && matches!(self.next, Some(Value::Number(_)));
            return Err(if number {
                "Potentially truncated top-level numeric value"
            } else {
                "Truncated value"
            });
        }
        let done = self.finished();
        self.reset();
        Ok(done)
    }

    /// What is complete.
    fn finished(&mut self) -> Option<Value> {
        if !self.reading.stream {
            return if self.stack.is_empty() { self.next.take() } else { None };
        }
        if let Some(output) = self.output.take() {
            return Some(output);
        }
        if self.path.is_empty()
            && let Some(value) = self.next.take()
        {
            return Some(Value::from(vec![Value::from(Vec::new()), value]));
        }
        None
    }

    fn value(&mut self, value: Value) -> Check {
        if self.reading.stream {
            if self.next.is_some() || self.seen == Seen::Value {
                return Err("Expected separator between values");
            }
            self.seen = if self.path.is_empty() { Seen::Nothing } else { Seen::Value };
        } else if self.next.is_some() {
            return Err("Expected separator between values");
        }
        self.next = Some(value);
        Ok(())
    }

    fn literal(&mut self) -> Check {
        if self.token.is_empty() {
            return Ok(());
        }
        let constant = match self.token[0] {
            b't' => Some((b"true".as_slice(), Value::Bool(true))),
            b'f' => Some((b"false".as_slice(), Value::Bool(false))),
            b'n' => Some((b"null".as_slice(), Value::Null)),
            _ => None,
        };
        let value = match constant {
            Some((word, value)) if word == self.token => value,
            Some(_) => return Err("Invalid literal"),
            None => Value::Number(number(&self.token).ok_or("Invalid numeric literal")?),
        };
        self.token.clear();
        self.value(value)
    }

    fn string(&mut self) -> Check {
        let text = unescape(&self.token)?;
        self.token.clear();
        self.value(Value::from(text))
    }

    fn structure(&mut self, byte: u8) -> Check {
        match byte {
            b'[' | b'{' => {
                if self.stack.len() >= DEPTH {
                    return Err("Exceeds depth limit for parsing");
                }
                if self.next.is_some() {
                    return Err("Expected separator between values");
                }
                let open =
                    if byte == b'[' { Open::Array(Vec::new()) } else { Open::Object(Object::default()) };
                self.stack.push(open);
                Ok(())
            }
            b':' => {
                let Some(key) = self.next.take() else { return Err("Expected string key before ':'") };
                match (self.stack.last(), key) {
                    (Some(Open::Object(_)), Value::String(key)) => {
                        self.stack.push(Open::Key(key));
                        Ok(())
                    }
                    (Some(Open::Object(_)), _) => Err("Object keys must be strings"),
                    _ => Err("':' not as part of an object"),
                }
            }
            b',' => {
                let Some(value) = self.next.take().filter(|_| !self.stack.is_empty()) else {
                    return Err("Expected value before ','");
                };
                match self.stack.last_mut() {
                    Some(Open::Array(items)) => {
                        items.push(value);
                        Ok(())
                    }
                    Some(Open::Key(_)) => {
                        self.pair(value);
                        Ok(())
                    }
                    _ => Err("Objects must consist of key:value pairs"),
                }
            }
            b']' => {
                let Some(Open::Array(_)) = self.stack.last() else { return Err("Unmatched ']'") };
                let Some(Open::Array(mut items)) = self.stack.pop() else { return Ok(()) };
                match self.next.take() {
                    Some(value) => items.push(value),
                    None if items.is_empty() => {}
                    None => return Err("Expected another array element"),
                }
                self.next = Some(Value::from(items));
                Ok(())
            }
            _ => {
                match (self.stack.last(), self.next.take()) {
                    (None, _) => return Err("Unmatched '}'"),
                    (Some(Open::Key(_)), Some(value)) => self.pair(value),
                    (Some(_), Some(_)) => return Err("Objects must consist of key:value pairs"),
                    (Some(Open::Object(pairs)), None) if pairs.is_empty() => {}
                    (Some(Open::Object(_)), None) => return Err("Expected another key-value pair"),
                    (Some(_), None) => return Err("Unmatched '}'"),
                }
                if let Some(Open::Object(pairs)) = self.stack.pop() {
                    self.next = Some(Value::from(pairs));
                }
                Ok(())
            }
        }
    }

    /// Puts a value to the key on top of the stack.
    fn pair(&mut self, value: Value) {
        if let Some(Open::Key(key)) = self.stack.pop()
            && let Some(Open::Object(pairs)) = self.stack.last_mut()
        {
            pairs.insert(key, value);
        }
    }

    /// The innermost step of the path.
    fn step(&self) -> Option<&Value> {
        self.path.last()
    }

    fn streamed(&mut self, byte: u8) -> Check {
        let path = |path: &[Value]| Value::from(path.to_vec());
        match byte {
            b'[' | b'{' => {
                if self.path.len() >= DEPTH * 4 {
                    return Err("Exceeds depth limit for parsing");
                }
                if self.next.is_some() || self.seen == Seen::Value {
                    return Err("Expected a separator between values");
                }
                let in_object = !matches!(self.step(), None | Some(Value::Number(_)));
                match (self.seen, byte) {
                    (Seen::OpenObject, b'[') => return Err("Expected string key after '{', not '['"),
                    (Seen::OpenObject, _) => return Err("Expected string key after '{', not '{'"),
                    (Seen::Comma, b'[') if in_object => {
                        return Err("Expected string key after ',' in object, not '['");
                    }
                    (Seen::Comma, _) if in_object => {
                        return Err("Expected string key after ',' in object, not '{'");
                    }
                    _ => {}
                }
                let array = byte == b'[';
                self.path.push(if array { Value::Number(0.0) } else { Value::Null });
                self.seen = if array { Seen::OpenArray } else { Seen::OpenObject };
                Ok(())
            }
            b':' => {
                if matches!(self.step(), None | Some(Value::Number(_))) {
                    return Err("':' not as part of an object");
                }
                match self.next.take() {
                    None => return Err("Expected string key before ':'"),
                    Some(key @ Value::String(_)) => {
                        if let Some(step) = self.path.last_mut() {
                            *step = key;
                        }
                    }
                    Some(_) => return Err("Object keys must be strings"),
                }
                self.seen = Seen::Colon;
                Ok(())
            }
            b',' => {
                if self.seen != Seen::Value {
                    return Err("Expected value before ','");
                }
                let next = match self.step() {
                    None => return Err("',' not as part of an object or array"),
                    Some(Value::Number(index)) => Value::Number(index + 1.0),
                    Some(Value::String(_)) => Value::Null,
                    Some(_) => return Err("Objects must consist of key:value pairs"),
                };
                if let Some(value) = self.next.take() {
                    self.output = Some(Value::from(vec![path(&self.path), value]));
                }
                if let Some(step) = self.path.last_mut() {
                    *step = next;
                }
                self.seen = Seen::Comma;
                Ok(())
            }
            _ => self.closed(byte == b']'),
        }
    }

    fn closed(&mut self, array: bool) -> Check {
        let within_array = matches!(self.step(), Some(Value::Number(_)));
        match (array, self.step()) {
            (true, None) => return Err("Unmatched ']' at the top-level"),
            (false, None) => return Err("Unmatched '}' at the top-level"),
            (true, _) if self.seen == Seen::Comma => return Err("Expected another array element"),
            (false, _) if self.seen == Seen::Comma => return Err("Expected another key:value pair"),
            (true, _) if !within_array => return Err("Unmatched ']' in the middle of an object"),
            (false, _) if within_array => return Err("Unmatched '}' in the middle of an array"),
            (false, Some(Value::Null)) if self.next.is_some() => {
                return Err("Objects must consist of key:value pairs");
            }
            (false, _) if self.seen == Seen::Colon && self.next.is_none() => {
                return Err("Missing value in key:value pair");
            }
            _ => {}
        }
        let empty = matches!(self.seen, Seen::OpenArray | Seen::OpenObject);
        let inner = Value::from(self.path.clone());
        match self.next.take() {
            Some(value) => self.output = Some(Value::from(vec![inner, value])),
            None if !empty => self.output = Some(Value::from(vec![inner])),
            None => {}
        }
        self.close(array, empty);
        Ok(())
    }

    fn close(&mut self, array: bool, empty: bool) {
        let inner = Value::from(self.path.clone());
        self.path.pop();
        if empty {
            let leaf = if array { Value::from(Vec::new()) } else { Value::from(Object::default()) };
            self.output = Some(Value::from(vec![Value::from(self.path.clone()), leaf]));
        } else if let Some(Value::Array(output)) = &self.output
            && output.items().len() == 2
        {
            // jq gives the last leaf and the closing of what it stands in one after the other.
            self.closing = Some(Value::from(vec![inner]));
        }
        self.seen = if self.path.is_empty() { Seen::Nothing } else { Seen::Value };
    }
}

/// The number that a text is, by C's `strtod`: a plus, leading zeros and a bare point are fine.
pub(super) fn number(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned.eq_ignore_ascii_case("nan") {
        return Some(f64::NAN);
    }
    let plain = unsigned.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    if !plain {
        return None;
    }
    text.parse().ok()
}

/// The text of a string without its quotes.
pub(super) fn unescape(raw: &[u8]) -> Result<String, &'static str> {
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    let unit = |at: usize| -> Option<u32> {
        let digits = raw.get(at..at + 4)?;
        digits.iter().try_fold(0, |sum, digit| Some(sum * 16 + char::from(*digit).to_digit(16)?))
    };
    while let Some(&byte) = raw.get(at) {
        at += 1;
        match byte {
            b'\\' => {
                let escaped = *raw.get(at).ok_or("Expected escape character at end of string")?;
                at += 1;
                out.push(match escaped {
                    b'\\' | b'"' | b'/' => escaped,
                    b'b' => 0x08,
                    b'f' => 0x0c,
                    b't' => b'\t',
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b'u' => {
                        if raw.len() < at + 4 {
                            return Err("Invalid \\uXXXX escape");
                        }
                        let mut point = unit(at).ok_or("Invalid characters in \\uXXXX escape")?;
                        at += 4;
                        if (0xd800..0xdc00).contains(&point) {
                            let low = match raw.get(at..at + 2) {
                                Some(b"\\u") => unit(at + 2),
                                _ => None,
                            };
                            let low = low.filter(|low| (0xdc00..0xe000).contains(low));
                            let low = low.ok_or("Invalid \\uXXXX\\uXXXX surrogate pair escape")?;
                            at += 6;
                            point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
                        }
                        let letter = char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER);
                        out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                        continue;
                    }
                    _ => return Err("Invalid escape"),
                });
            }
            0..=0x1f => {
                return Err("Invalid string: control characters from U+0000 through U+001F must be escaped");
            }
            _ => out.push(byte),
        }
    }
    Ok(String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// The one value of a text. jq's `fromjson`.
pub fn parse(text: &str) -> Result<Value, String> {
    let within = |message: &str| format!("{message} (while parsing '{text}')");
    let mut reader = Reader::new(Reading::default());
    reader.feed(text.as_bytes());
    reader.end();
    let value = match reader.next_value() {
        None => return Err(within("Expected JSON value")),
        Some(value) => value.map_err(|message| within(&message))?,
    };
    match reader.next_value() {
        None => Ok(value),
        Some(Ok(_)) => Err(within("Unexpected extra JSON values")),
        Some(Err(message)) => Err(within(&message)),
    }
}

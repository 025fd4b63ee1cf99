//! JSON text to values, as it comes: bytes go in, values and jq 1.6's messages come out. Knows nothing of files.

mod nested;
mod scalar;
mod streamed;

pub use scalar::lossy;
pub(super) use scalar::{number, unescape};

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
                    // A text may begin right behind a word or number.
                    let before = match byte {
                        b'[' | b'{' if self.stack.is_empty() => self.finished(),
                        _ => None,
                    };
                    if self.reading.stream {
                        self.streamed(byte)?;
                    } else {
                        self.structure(byte)?;
                    }
                    Ok(before.or_else(|| self.finished()))
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

//! A value as JSON text: compact, indented, with sorted keys, coloured.

use super::number::write_number;
use super::value::{Value, sorted_keys};
use std::fmt::Write as _;

/// jq writes no deeper than this.
const DEPTH: usize = 256;
const TOO_DEEP: &str = "<stripped: exceeds max depth>";

/// How JSON is laid out.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// The indentation of a level; everything on one line where absent.
    pub indent: Option<Indent>,
    /// Objects with their keys sorted.
    pub sort_keys: bool,
    /// Nothing but ASCII: other letters as `\\uXXXX`.
    pub ascii: bool,
    /// The colours.
    pub colours: Option<Colours>,
}

/// What a level is indented with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indent {
    /// That many spaces.
    Spaces(u8),
    /// A tab.
    Tab,
}

/// The colours of kinds of values, each an escape sequence.
#[derive(Debug, Clone)]
pub struct Colours {
    codes: [String; 7],
    key: &'static str,
}

impl Default for Colours {
    fn default() -> Self {
        let codes = ["1;30", "0;39", "0;39", "0;39", "0;32", "1;39", "1;39"];
        Self { codes: codes.map(|code| format!("\u{1b}[{code}m")), key: "\u{1b}[34;1m" }
    }
}

const RESET: &str = "\u{1b}[0m";

impl Colours {
    /// The colours with those of `JQ_COLORS` in their place; `None` where it is not well-formed.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let mut colours = Self::default();
        for (slot, code) in colours.codes.iter_mut().zip(text.split(':')) {
            if code.len() > 12 || !code.bytes().all(|byte| byte.is_ascii_digit() || byte == b';') {
                return None;
            }
            *slot = format!("\u{1b}[{code}m");
        }
        Some(colours)
    }

    fn of(&self, value: &Value) -> &str {
        let index = match value {
            Value::Null => 0,
            Value::Bool(false) => 1,
            Value::Bool(true) => 2,
            Value::Number(_) => 3,
            Value::String(_) => 4,
            Value::Array(_) => 5,
            Value::Object(_) => 6,
        };
        &self.codes[index]
    }
}

impl Value {
    /// The value on one line, as `tojson` gives it.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        write(&mut out, self, &Layout::default());
        out
    }

    /// The value for an error message: at most `limit` bytes.
    pub(super) fn excerpt(&self, limit: usize) -> String {
        let text = self.to_json();
        if text.len() <= limit {
            return text;
        }
        let cut = text.as_bytes().get(..limit.saturating_sub(3)).unwrap_or_default();
        format!("{}...", String::from_utf8_lossy(cut))
    }
}

/// Writes a value.
pub fn write(out: &mut String, value: &Value, layout: &Layout) {
    Writer { out, layout }.value(value, 0);
}

struct Writer<'a> {
    out: &'a mut String,
    layout: &'a Layout,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value, level: usize) {
        let Some(colours) = &self.layout.colours else {
            return self.plain(value, level);
        };
        let colour = colours.of(value).to_owned();
        self.out.push_str(&colour);
        if level > DEPTH {
            self.out.push_str(TOO_DEEP);
        } else {
            match value {
                Value::Array(array) => self.coloured_array(array.items(), level, &colour),
                Value::Object(_) => self.coloured_object(value, level, &colour),
                _ => self.plain(value, level),
            }
        }
        self.out.push_str(RESET);
    }

    fn plain(&mut self, value: &Value, level: usize) {
        if level > DEPTH {
            return self.out.push_str(TOO_DEEP);
        }
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(truth) => self.out.push_str(if *truth { "true" } else { "false" }),
            Value::Number(number) => write_number(self.out, *number),
            Value::String(text) => write_string(self.out, text, self.layout.ascii),
            Value::Array(array) => {
                self.out.push('[');
                for (index, item) in array.items().iter().enumerate() {
                    if index > 0 {
                        self.out.push(',');
                    }
                    self.line(level + 1);
                    self.value(item, level + 1);
                }
                if !array.items().is_empty() {
                    self.line(level);
                }
                self.out.push(']');
            }
            Value::Object(object) => {
                self.out.push('{');
                let pairs = object.pairs();
                if self.layout.sort_keys {
                    for (index, key) in sorted_keys(pairs).into_iter().enumerate() {
                        self.pair(index, key, &pairs[key], level);
                    }
                } else {
                    for (index, (key, value)) in pairs.iter().enumerate() {
                        self.pair(index, key, value, level);
                    }
                }
                if !pairs.is_empty() {
                    self.line(level);
                }
                self.out.push('}');
            }
        }
    }

    fn pair(&mut self, index: usize, key: &str, value: &Value, level: usize) {
        if index > 0 {
            self.out.push(',');
        }
        self.line(level + 1);
        write_string(self.out, key, self.layout.ascii);
        self.out.push_str(if self.layout.indent.is_some() { ": " } else { ":" });
        self.value(value, level + 1);
    }

    fn coloured_array(&mut self, items: &[Value], level: usize, colour: &str) {
        self.out.push('[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push_str(colour);
                self.out.push(',');
            }
            self.line(level + 1);
            self.value(item, level + 1);
        }
        if !items.is_empty() {
            self.out.push_str(colour);
            self.line(level);
            self.out.push_str(colour);
        }
        self.out.push(']');
    }

    fn coloured_object(&mut self, value: &Value, level: usize, colour: &str) {
        let Value::Object(object) = value else { return };
        self.out.push('{');
        let pairs = object.pairs();
        let keys = if self.layout.sort_keys { sorted_keys(pairs) } else { pairs.keys().collect() };
        let key_colour = self.layout.colours.as_ref().map_or("", |colours| colours.key);
        for (index, key) in keys.into_iter().enumerate() {
            if index > 0 {
                self.out.push_str(colour);
                self.out.push(',');
            }
            self.line(level + 1);
            self.out.push_str(RESET);
            self.out.push_str(key_colour);
            write_string(self.out, key, self.layout.ascii);
            self.out.push_str(RESET);
            self.out.push_str(colour);
            self.out.push(':');
            if self.layout.indent.is_some() {
                self.out.push(' ');
            }
            self.out.push_str(RESET);
            self.value(&pairs[key], level + 1);
        }
        if !pairs.is_empty() {
            self.out.push_str(colour);
            self.line(level);
            self.out.push_str(colour);
        }
        self.out.push('}');
    }

    fn line(&mut self, level: usize) {
        match self.layout.indent {
            None => {}
            Some(Indent::Spaces(width)) => {
                self.out.push('\n');
                self.out.extend((0..level * usize::from(width)).map(|_| ' '));
            }
            Some(Indent::Tab) => {
                self.out.push('\n');
                self.out.extend((0..level).map(|_| '\t'));
            }
        }
    }
}

/// Writes a string with its quotes.
fn write_string(out: &mut String, text: &str, ascii: bool) {
    out.push('"');
    let mut clean = 0;
    for (index, letter) in text.char_indices() {
        let escape = match letter {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\t' => "\\t",
            '\r' => "\\r",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '\0'..='\u{1f}' | '\u{7f}' => "",
            _ if ascii && !letter.is_ascii() => "",
            _ => continue,
        };
        out.push_str(text.get(clean..index).unwrap_or_default());
        clean = index + letter.len_utf8();
        if escape.is_empty() {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push_str(escape);
        }
    }
    out.push_str(text.get(clean..).unwrap_or_default());
    out.push('"');
}

//! Values as JSON text: sorted keys, Go's escapes and floats.

use crate::template::float;
use crate::template::layout::format;
use crate::template::limit::OUTPUT;
use crate::template::value::{Typed, Value};
use std::fmt::Write as _;

/// How to write.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// Whether `<`, `>` and `&` are escaped.
    pub(super) escape_html: bool,
    /// Whether to indent by two spaces.
    pub(super) pretty: bool,
}

/// The text of `value`.
pub(super) fn encode(value: &Value, style: Style) -> Result<String, String> {
    let mut encoder = Encoder { out: String::new(), style, depth: 0 };
    encoder.value(value)?;
    Ok(encoder.out)
}

struct Encoder {
    out: String,
    style: Style,
    depth: usize,
}

impl Encoder {
    fn value(&mut self, value: &Value) -> Result<(), String> {
        if self.out.len() > OUTPUT {
            return Err(format!("the result is longer than {OUTPUT} bytes"));
        }
        match value {
            Value::Nil => self.out.push_str("null"),
            Value::Bool(flag) => self.out.push_str(if *flag { "true" } else { "false" }),
            Value::Float(number) => self.float(*number)?,
            Value::String(text) | Value::Typed(Typed::Uuid(text)) => self.string(text),
            Value::Time(time) => {
                let mut text = String::new();
                format(&mut text, "2006-01-02T15:04:05.999999999Z07:00", time);
                self.string(&text);
            }
            value => {
                if let Some(items) = value.as_list() {
                    return self.collection(b"[]", items.iter(), |encoder, item| encoder.value(item));
                }
                if let Some(map) = value.as_map() {
                    let mut entries: Vec<_> = map.iter().collect();
                    entries.sort_unstable_by_key(|(key, _)| *key);
                    return self.collection(b"{}", entries.into_iter(), |encoder, (key, item)| {
                        encoder.string(key);
                        encoder.out.push_str(if encoder.style.pretty { ": " } else { ":" });
                        encoder.value(item)
                    });
                }
                let _ = write!(self.out, "{}", value.as_int().unwrap_or_default());
            }
        }
        Ok(())
    }

    fn collection<T>(
        &mut self,
        brackets: &[u8; 2],
        items: impl ExactSizeIterator<Item = T>,
        each: impl Fn(&mut Self, T) -> Result<(), String>,
    ) -> Result<(), String> {
        self.out.push(char::from(brackets[0]));
        let any = items.len() > 0;
        self.depth += 1;
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.line();
            each(self, item)?;
        }
        self.depth -= 1;
        if any {
            self.line();
        }
        self.out.push(char::from(brackets[1]));
        Ok(())
    }

    fn line(&mut self) {
        if self.style.pretty {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.depth));
        }
    }

    fn float(&mut self, number: f64) -> Result<(), String> {
        if !number.is_finite() {
            return Err(format!("json: unsupported value: {}", float::shortest(number)));
        }
        let size = number.abs();
        if size != 0.0 && !(1e-6..1e21).contains(&size) {
            // Go writes e-7 where `%e` has e-07.
            let text = float::scientific(number, None, 'e');
            self.out.push_str(&text.replace("e-0", "e-"));
        } else {
            self.out.push_str(&float::fixed(number, None));
        }
        Ok(())
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for character in text.chars() {
            match character {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\0'..' ' | '\u{2028}' | '\u{2029}' => self.escaped(character),
                '<' | '>' | '&' if self.style.escape_html => self.escaped(character),
                _ => self.out.push(character),
            }
        }
        self.out.push('"');
    }

    fn escaped(&mut self, character: char) {
        let _ = write!(self.out, "\\u{:04x}", u32::from(character));
    }
}

//! Brackets, colons and commas to values that hold others.

use super::{Check, DEPTH, Open, Reader};
use crate::query::value::{Object, Value};

impl Reader {
    /// Takes a byte that is structure.
    pub(super) fn structure(&mut self, byte: u8) -> Check {
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
}

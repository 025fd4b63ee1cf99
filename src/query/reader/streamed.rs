//! Brackets, colons and commas to events (`--stream`): paths with the leaves at their ends.

use super::{Check, DEPTH, Reader, Seen};
use crate::query::value::{Object, Value};

impl Reader {
    /// The innermost step of the path.
    fn step(&self) -> Option<&Value> {
        self.path.last()
    }

    /// Takes a byte that is structure.
    pub(super) fn streamed(&mut self, byte: u8) -> Check {
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

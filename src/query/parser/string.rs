//! Strings, with what is interpolated and the format before them.

use super::{Parsed, Parser};
use crate::query::native;
use crate::query::node::{Node, NodeId};
use crate::query::reader::unescape;
use crate::query::token::TokenKind;

impl Parser<'_> {
    pub(super) fn format(&mut self, name: &str) -> NodeId {
        let name = self.constant(name.to_owned());
        match native::find("format", 1) {
            Some(native) => self.node(Node::Native { native, arguments: vec![name] }),
            None => name,
        }
    }

    /// A string, with the format before it where there is one.
    pub(in crate::query) fn string(&mut self) -> Parsed<NodeId> {
        let format = if let TokenKind::Format(name) = self.peek().clone() {
            self.at += 1;
            name
        } else {
            "text".to_owned()
        };
        if self.peek() != &TokenKind::StringStart {
            return Err(self.unexpected(&["QQSTRING_START"]));
        }
        self.at += 1;
        let (mut parts, mut plain) = (Vec::new(), String::new());
        loop {
            let start = self.start();
            match self.peek().clone() {
                TokenKind::Text(raw) => {
                    self.at += 1;
                    match unescape_plain(&raw) {
                        Ok(text) => plain.push_str(&text),
                        Err(message) => {
                            let column = raw.len() + 2;
                            let message =
                                format!("{message} at line 1, column {column} (while parsing '\"{raw}\"')");
                            self.error(message, start);
                        }
                    }
                }
                TokenKind::InterpolationStart => {
                    self.at += 1;
                    if !plain.is_empty() {
                        parts.push(self.constant(std::mem::take(&mut plain)));
                    }
                    let value = self.pipe()?;
                    if self.peek() != &TokenKind::InterpolationEnd {
                        return Err(self.unexpected(&[]));
                    }
                    self.at += 1;
                    let formatted = self.format(&format);
                    parts.push(self.node(Node::Pipe(value, formatted)));
                }
                TokenKind::StringEnd => {
                    self.at += 1;
                    break;
                }
                _ => {
                    return Err(self.unexpected(&["QQSTRING_TEXT", "QQSTRING_INTERP_START", "QQSTRING_END"]));
                }
            }
        }
        if parts.is_empty() {
            return Ok(self.constant(plain));
        }
        if !plain.is_empty() {
            parts.push(self.constant(plain));
        }
        Ok(self.node(Node::Join(parts)))
    }
}

fn unescape_plain(raw: &str) -> Result<String, &'static str> {
    if raw.starts_with('\\') { unescape(raw.as_bytes()) } else { Ok(raw.to_owned()) }
}

//! Objects: keys, values, and the short forms of both.

use super::{Parsed, Parser, Stop};
use crate::query::native;
use crate::query::node::{Node, NodeId};
use crate::query::token::TokenKind;
use crate::query::value::Value;

impl Parser<'_> {
    pub(super) fn object(&mut self) -> Parsed<NodeId> {
        let mut pairs = Vec::new();
        if self.eat("}") {
            return Ok(self.node(Node::Object(pairs)));
        }
        loop {
            let start = self.start();
            let pair = self.pair();
            let ended = pair.is_ok() && (self.is_symbol("}") || self.is_symbol(","));
            if pair.is_ok() && !ended {
                self.unexpected(&["'}'"]);
            }
            if !ended {
                self.key_hint(start);
                return Err(Stop);
            }
            pairs.push(pair?);
            self.eat(",");
            if self.eat("}") {
                return Ok(self.node(Node::Object(pairs)));
            }
        }
    }

    /// Where a colon follows a mistake, jq takes what is before it for a key.
    pub(in crate::query) fn key_hint(&mut self, start: usize) {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        if rest.iter().any(|token| token.kind == TokenKind::Symbol(":")) {
            self.error("May need parentheses around object key expression".to_owned(), start);
        }
    }

    pub(super) fn pair(&mut self) -> Parsed<(NodeId, NodeId)> {
        let start = self.start();
        match self.peek().clone() {
            TokenKind::Symbol("$") => {
                self.at += 1;
                if self.eat_keyword("__loc__") {
                    return Ok((self.constant("__loc__"), self.location(start)));
                }
                let name = self.name()?;
                let value = self.variable(&name, start)?;
                Ok((self.constant(name), value))
            }
            TokenKind::Name(_) | TokenKind::Keyword(_) => {
                let name = self.name()?;
                let key = self.constant(name);
                self.value_or_field(key)
            }
            TokenKind::StringStart => {
                let key = self.string()?;
                self.value_or_field(key)
            }
            TokenKind::Format(_) => {
                let key = self.string()?;
                self.value_or_field(key)
            }
            TokenKind::Symbol("(") => {
                self.at += 1;
                let key = self.pipe()?;
                self.close(")")?;
                self.expect(":")?;
                let value = self.object_value()?;
                if let Some(Node::Constant(value)) = self.nodes.get(key as usize)
                    && !matches!(value, Value::String(_))
                {
                    let message =
                        format!("Cannot use {} ({}) as object key", value.kind(), value.excerpt(14));
                    self.error(message, start);
                }
                Ok((key, value))
            }
            _ => Err(self.unexpected(&[])),
        }
    }

    /// The value of a key; the field of that name where there is none.
    pub(super) fn value_or_field(&mut self, key: NodeId) -> Parsed<(NodeId, NodeId)> {
        if self.eat(":") {
            return Ok((key, self.object_value()?));
        }
        let term = self.node(Node::Identity);
        Ok((key, self.node(Node::Index { term, key })))
    }

    /// Terms joined by `|`.
    pub(super) fn object_value(&mut self) -> Parsed<NodeId> {
        let mut stages = Vec::new();
        loop {
            let mut signs = 0;
            while self.eat("-") {
                signs += 1;
            }
            let mut value = match self.peek() {
                TokenKind::Keyword("reduce" | "foreach" | "if") => self.nested(Self::prefix)?,
                _ => self.term()?,
            };
            for _ in 0..signs {
                if let Some(native) = native::find("_negate", 0) {
                    let negate = self.node(Node::Native { native, arguments: Vec::new() });
                    value = self.node(Node::Pipe(value, negate));
                }
            }
            stages.push(value);
            if !self.eat("|") {
                break;
            }
        }
        let Some(mut whole) = stages.pop() else { return Err(self.unexpected(&[])) };
        while let Some(stage) = stages.pop() {
            whole = self.node(Node::Pipe(stage, whole));
        }
        Ok(whole)
    }
}

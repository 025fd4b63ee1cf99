//! Operators: pipes, commas, and what has a precedence.

use super::{DEPTH_LIMIT, Parsed, Parser, Stop};
use crate::query::binary::{Associativity, Operator, operator};
use crate::query::native;
use crate::query::node::{Node, NodeId};
use crate::query::token::TokenKind;
use crate::query::value::Value;

impl Parser<'_> {
    /// Everything: `a | b`, with definitions before it.
    pub(in crate::query) fn pipe(&mut self) -> Parsed<NodeId> {
        self.nested(|parser| {
            let mark = parser.scope.len();
            let mut stages: Vec<(usize, NodeId)> = Vec::new();
            loop {
                let mut definitions = 0;
                while parser.is_keyword("def") {
                    parser.definition()?;
                    definitions += 1;
                    if parser.depth == 1 && stages.is_empty() {
                        parser.first = parser.at;
                    }
                    if parser.peek() == &TokenKind::End && stages.is_empty() {
                        let identity = parser.node(Node::Identity);
                        stages.push((definitions, identity));
                        return Ok(parser.joined(stages, mark));
                    }
                }
                let stage = parser.comma()?;
                stages.push((definitions, stage));
                if !parser.eat("|") {
                    return Ok(parser.joined(stages, mark));
                }
            }
        })
    }

    /// Stages, each with the number of definitions before it.
    pub(super) fn joined(&mut self, mut stages: Vec<(usize, NodeId)>, mark: usize) -> NodeId {
        self.scope.truncate(mark);
        let Some((definitions, mut whole)) = stages.pop() else { return self.node(Node::Identity) };
        for _ in 0..definitions {
            whole = self.node(Node::Define(whole));
        }
        while let Some((definitions, stage)) = stages.pop() {
            whole = self.node(Node::Pipe(stage, whole));
            for _ in 0..definitions {
                whole = self.node(Node::Define(whole));
            }
        }
        whole
    }

    pub(super) fn comma(&mut self) -> Parsed<NodeId> {
        let first = self.binary(0)?;
        if !self.is_symbol(",") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.eat(",") {
            items.push(self.binary(0)?);
        }
        Ok(self.node(Node::Comma(items)))
    }

    /// Operators that bind at least as tightly as `least`.
    pub(super) fn binary(&mut self, least: u8) -> Parsed<NodeId> {
        let start = self.start();
        let mut left = self.prefix()?;
        let mut links = 0;
        loop {
            let (TokenKind::Symbol(_) | TokenKind::Keyword(_)) = self.peek() else { return Ok(left) };
            let Some(operator) = operator(self.peek()).filter(|operator| operator.level >= least) else {
                return Ok(left);
            };
            links += 1;
            if links > DEPTH_LIMIT * 10 {
                let start = self.start();
                self.error("too many operators in a row".to_owned(), start);
                return Err(Stop);
            }
            self.at += 1;
            let tighter = operator.level + u8::from(operator.associativity != Associativity::Right);
            let right = self.nested(|parser| parser.binary(tighter))?;
            left = self.operation(operator, left, right, start);
            let again = self::operator(self.peek());
            if operator.associativity == Associativity::None
                && again.is_some_and(|again| again.level == operator.level)
            {
                return Err(self.unexpected(&[]));
            }
        }
    }

    pub(super) fn operation(
        &mut self,
        operator: Operator,
        left: NodeId,
        right: NodeId,
        start: usize,
    ) -> NodeId {
        let native = |native| Node::Native { native, arguments: vec![left, right] };
        let node = match operator.symbol {
            "//" => Node::Alternative(left, right),
            "and" => Node::And(left, right),
            "or" => Node::Or(left, right),
            "=" => return self.update(left, right, |parser| parser.node(Node::Variable(0))),
            "|=" => Node::Modify { paths: left, update: right },
            "//=" => {
                return self.update(left, right, |parser| {
                    let (dot, value) = (parser.node(Node::Identity), parser.node(Node::Variable(0)));
                    parser.node(Node::Alternative(dot, value))
                });
            }
            "+=" | "-=" | "*=" | "/=" | "%=" => {
                let Some(function) = operator.symbol.get(..1).and_then(native::operator) else { return left };
                return self.update(left, right, |parser| {
                    let arguments = vec![parser.node(Node::Identity), parser.node(Node::Variable(0))];
                    parser.node(Node::Native { native: function, arguments })
                });
            }
            symbol => {
                if symbol == "/" && self.is_number(left) && self.is_zero(right) {
                    self.error("Division by zero?".to_owned(), start);
                }
                match native::operator(symbol) {
                    Some(function) => native(function),
                    None => return left,
                }
            }
        };
        self.node(node)
    }

    pub(super) fn is_number(&self, node: NodeId) -> bool {
        matches!(self.nodes.get(node as usize), Some(Node::Constant(Value::Number(_))))
    }

    pub(super) fn is_zero(&self, node: NodeId) -> bool {
        matches!(self.nodes.get(node as usize), Some(Node::Constant(Value::Number(number))) if *number == 0.0)
    }

    /// `paths op= value`, the value being the newest entry.
    pub(super) fn update(
        &mut self,
        paths: NodeId,
        value: NodeId,
        update: impl FnOnce(&mut Self) -> NodeId,
    ) -> NodeId {
        let update = update(self);
        let paths = self.node(Node::Outer(paths));
        let body = self.node(Node::Modify { paths, update });
        self.node(Node::Bind { source: value, body })
    }
}

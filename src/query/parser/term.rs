//! What may stand beside an operator, and what is written behind it.

use super::{DEPTH_LIMIT, Parsed, Parser, Stop};
use crate::query::binary;
use crate::query::native;
use crate::query::node::{Node, NodeId};
use crate::query::scope::Entry;
use crate::query::token::TokenKind;
use crate::query::value::Value;

impl Parser<'_> {
    /// What may stand beside an operator.
    pub(super) fn prefix(&mut self) -> Parsed<NodeId> {
        let TokenKind::Keyword(word) = *self.peek() else {
            if self.is_symbol("-") {
                self.at += 1;
                let operand = self.nested(|parser| parser.binary(binary::PRODUCT))?;
                let Some(native) = native::find("_negate", 0) else { return Ok(operand) };
                let negate = self.node(Node::Native { native, arguments: Vec::new() });
                return Ok(self.node(Node::Pipe(operand, negate)));
            }
            let term = self.term()?;
            if self.eat_keyword("as") {
                return self.nested(|parser| parser.bind(term));
            }
            return Ok(term);
        };
        if word == "def" {
            return self.pipe();
        }
        let form = self.nested(|parser| match word {
            "reduce" => parser.fold(true),
            "foreach" => parser.fold(false),
            "if" => parser.condition(),
            "try" => parser.attempt(),
            "label" => parser.label(),
            _ => {
                let term = parser.term()?;
                if parser.eat_keyword("as") { parser.bind(term) } else { Ok(term) }
            }
        })?;
        let form = if matches!(word, "reduce" | "foreach" | "if") { self.suffixes(form)? } else { form };
        Ok(form)
    }

    pub(super) fn attempt(&mut self) -> Parsed<NodeId> {
        let start = self.start();
        self.at += 1;
        let body = self.prefix()?;
        let handler = if self.eat_keyword("catch") {
            Some(self.explained("Possibly unterminated 'try' statement", start, Self::prefix)?)
        } else {
            None
        };
        Ok(self.node(Node::Try { body, handler }))
    }

    pub(super) fn label(&mut self) -> Parsed<NodeId> {
        self.at += 1;
        self.expect("$")?;
        let name = self.name()?;
        self.expect("|")?;
        let mark = self.scope.len();
        self.scope.push(Entry::Label(name));
        let body = self.pipe()?;
        self.scope.truncate(mark);
        Ok(self.node(Node::Label(body)))
    }

    pub(super) fn condition(&mut self) -> Parsed<NodeId> {
        let start = self.start();
        self.at += 1;
        let condition = self.pipe()?;
        self.expect_keyword("then")?;
        self.explained("Possibly unterminated 'if' statement", start, |parser| {
            let then = parser.pipe()?;
            let otherwise = if parser.is_keyword("elif") {
                parser.nested(Self::condition)?
            } else if parser.eat_keyword("else") {
                let otherwise = parser.pipe()?;
                parser.expect_keyword("end")?;
                otherwise
            } else {
                // Without `else` as jq 1.7 has it.
                parser.expect_keyword("end")?;
                parser.node(Node::Identity)
            };
            Ok(parser.node(Node::If { condition, then, otherwise }))
        })
    }

    /// A name, keywords included.
    pub(in crate::query) fn name(&mut self) -> Parsed<String> {
        let name = match self.peek() {
            TokenKind::Name(name) => name.clone(),
            TokenKind::Keyword(word) => (*word).to_owned(),
            _ => return Err(self.unexpected(&["IDENT"])),
        };
        self.at += 1;
        Ok(name)
    }

    /// A term with all that is written behind it.
    pub(in crate::query) fn term(&mut self) -> Parsed<NodeId> {
        let primary = self.nested(Self::primary)?;
        self.suffixes(primary)
    }

    pub(super) fn suffixes(&mut self, mut term: NodeId) -> Parsed<NodeId> {
        let (mut links, mut is_step) = (0, false);
        loop {
            links += 1;
            if links > DEPTH_LIMIT * 10 {
                let start = self.start();
                self.error("too many steps in a row".to_owned(), start);
                return Err(Stop);
            }
            match self.peek().clone() {
                TokenKind::Field(name) => {
                    self.at += 1;
                    let key = self.constant(name);
                    term = self.node(Node::Index { term, key });
                }
                TokenKind::Symbol(".") => match self.peek_after() {
                    TokenKind::StringStart | TokenKind::Format(_) => {
                        self.at += 1;
                        let key = self.string()?;
                        term = self.node(Node::Index { term, key });
                    }
                    // As jq 1.7 has it.
                    TokenKind::Symbol("[") => self.at += 1,
                    _ => {
                        self.at += 1;
                        return Err(self.unexpected(&["FORMAT", "QQSTRING_START"]));
                    }
                },
                TokenKind::Symbol("?") => {
                    self.at += 1;
                    term = if is_step { self.optional(term) } else { self.tried(term) };
                    is_step = false;
                    continue;
                }
                TokenKind::Symbol("[") => {
                    self.at += 1;
                    term = self.nested(|parser| parser.bracketed_by(|parser| parser.brackets(term)))?;
                }
                _ => return Ok(term),
            }
            is_step = true;
        }
    }

    /// What `?` makes of a term. Behind a step it forgives that step alone, not what leads to it.
    fn optional(&mut self, term: NodeId) -> NodeId {
        let dot = self.node(Node::Identity);
        match self.nodes.get(term as usize).cloned() {
            Some(Node::Iterate(before)) => {
                let step = self.node(Node::Iterate(dot));
                self.forgiven(before, step)
            }
            Some(Node::Index { term: before, key }) if self.is_constant(key) => {
                let step = self.node(Node::Index { term: dot, key });
                self.forgiven(before, step)
            }
            Some(Node::Index { term: before, key }) => {
                let (before, bound) = (self.node(Node::Outer(before)), self.node(Node::Variable(0)));
                let step = self.node(Node::Index { term: dot, key: bound });
                let body = self.forgiven(before, step);
                self.node(Node::Bind { source: key, body })
            }
            Some(Node::Slice { term: before, from, upto })
                if from.into_iter().chain(upto).all(|end| self.is_constant(end)) =>
            {
                let step = self.node(Node::Slice { term: dot, from, upto });
                self.forgiven(before, step)
            }
            _ => self.tried(term),
        }
    }

    fn tried(&mut self, body: NodeId) -> NodeId {
        self.node(Node::Try { body, handler: None })
    }

    /// A step after what leads to it, without its errors.
    fn forgiven(&mut self, before: NodeId, step: NodeId) -> NodeId {
        let step = self.tried(step);
        self.node(Node::Pipe(before, step))
    }

    fn is_constant(&self, node: NodeId) -> bool {
        matches!(self.nodes.get(node as usize), Some(Node::Constant(_)))
    }

    pub(super) fn brackets(&mut self, term: NodeId) -> Parsed<NodeId> {
        if self.eat("]") {
            return Ok(self.node(Node::Iterate(term)));
        }
        if self.eat(":") {
            let upto = self.pipe()?;
            self.close("]")?;
            return Ok(self.node(Node::Slice { term, from: None, upto: Some(upto) }));
        }
        let key = self.pipe()?;
        if self.eat(":") {
            let upto = if self.is_symbol("]") { None } else { Some(self.pipe()?) };
            self.close("]")?;
            return Ok(self.node(Node::Slice { term, from: Some(key), upto }));
        }
        self.close("]")?;
        Ok(self.node(Node::Index { term, key }))
    }

    pub(super) fn primary(&mut self) -> Parsed<NodeId> {
        let start = self.start();
        match self.peek().clone() {
            TokenKind::Number(number) => {
                self.at += 1;
                Ok(self.constant(number))
            }
            TokenKind::StringStart => self.string(),
            TokenKind::Format(name) => {
                if self.peek_after() == &TokenKind::StringStart {
                    return self.string();
                }
                self.at += 1;
                Ok(self.format(&name))
            }
            TokenKind::Field(name) => {
                self.at += 1;
                let (term, key) = (self.node(Node::Identity), self.constant(name));
                Ok(self.node(Node::Index { term, key }))
            }
            TokenKind::Name(name) => {
                self.at += 1;
                self.call(&name, start)
            }
            TokenKind::Keyword("break") => self.break_out(start),
            TokenKind::Symbol(symbol) => self.bracketed(symbol, start),
            _ => Err(self.no_operand()),
        }
    }

    pub(super) fn bracketed(&mut self, symbol: &'static str, start: usize) -> Parsed<NodeId> {
        match symbol {
            "." => {
                self.at += 1;
                let hint = "try .[\"field\"] instead of .field for unusually named fields";
                self.explained(hint, start, Self::after_dot)
            }
            ".." => {
                self.at += 1;
                self.resolve("recurse", Vec::new(), start)
            }
            "(" => {
                self.at += 1;
                self.bracketed_by(|parser| {
                    let inner = parser.pipe()?;
                    parser.close(")")?;
                    Ok(inner)
                })
            }
            "[" => {
                self.at += 1;
                if self.eat("]") {
                    return Ok(self.node(Node::Collect(None)));
                }
                let inner = self.bracketed_by(|parser| {
                    let inner = parser.pipe()?;
                    parser.close("]")?;
                    Ok(inner)
                })?;
                Ok(self.node(Node::Collect(Some(inner))))
            }
            "{" => {
                self.at += 1;
                self.bracketed_by(Self::object)
            }
            "$" => {
                self.at += 1;
                if self.eat_keyword("__loc__") {
                    return Ok(self.location(start));
                }
                if !matches!(self.peek(), TokenKind::Name(_) | TokenKind::Keyword(_)) {
                    return Err(self.unexpected(&["IDENT", "__loc__"]));
                }
                let name = self.name()?;
                self.variable(&name, start)
            }
            _ => Err(self.no_operand()),
        }
    }

    /// What is written behind a dot that begins a term.
    pub(super) fn after_dot(&mut self) -> Parsed<NodeId> {
        let term = self.node(Node::Identity);
        match self.peek() {
            TokenKind::StringStart | TokenKind::Format(_) => {
                let key = self.string()?;
                Ok(self.node(Node::Index { term, key }))
            }
            TokenKind::Name(_) => {
                self.at += 1;
                Err(self.unexpected(&[]))
            }
            TokenKind::Number(_)
            | TokenKind::Invalid
            | TokenKind::Symbol("{" | "$" | "(")
            | TokenKind::Keyword("if" | "def" | "reduce" | "foreach" | "try" | "label" | "break") => {
                Err(self.unexpected(&[]))
            }
            _ => Ok(term),
        }
    }

    pub(in crate::query) fn location(&mut self, start: usize) -> NodeId {
        let line = self.text.get(..start).unwrap_or_default().matches('\n').count() + 1;
        let place = Value::object([("file", Value::from("<top-level>")), ("line", Value::count(line))]);
        self.constant(place)
    }

    pub(super) fn break_out(&mut self, start: usize) -> Parsed<NodeId> {
        self.at += 1;
        if !self.is_symbol("$") {
            let stop = self.unexpected(&["'$'"]);
            self.error("break requires a label to break to".to_owned(), start);
            return Err(stop);
        }
        self.at += 1;
        let name = self.name();
        if name.is_err() {
            self.error("break requires a label to break to".to_owned(), start);
        }
        let name = name?;
        match self.scope.label(&name) {
            Some(up) => Ok(self.node(Node::Break(up))),
            None => {
                self.unknown(format!("$*label-{name} is not defined"), start);
                Ok(self.node(Node::Empty))
            }
        }
    }
}

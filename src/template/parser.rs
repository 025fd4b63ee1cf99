//! Tokens -> tree, with the checks and the words of Go's parser. Evaluates nothing.

mod pipeline;

use super::ast::{Branch, Call, Definition, List, Node, Place, Tree};
use super::error::TemplateError;
use super::lexer::Lexer;
use super::quote::{quote, unquote};
use super::token::{Token, TokenKind};
use std::collections::VecDeque;
use std::ops::Range;

/// How deep actions and parentheses may nest; Go has no limit before its stack ends.
const DEPTH: usize = 100;

/// Reads the templates of `text`, which messages call `name`.
pub(super) fn parse(name: &str, text: &str) -> Result<Tree, TemplateError> {
    let mut parser = Parser {
        name,
        text,
        lexer: Lexer::new(text),
        ahead: VecDeque::new(),
        action_line: 0,
        last: Token { kind: TokenKind::Text, start: 0, end: 0, line: 1, message: None },
        variables: vec!["$".into()],
        range_depth: 0,
        depth: 0,
        definitions: Vec::new(),
    };
    let root = parser.root()?;
    Ok(Tree { root, definitions: parser.definitions })
}

struct Parser<'t> {
    name: &'t str,
    text: &'t str,
    lexer: Lexer<'t>,
    ahead: VecDeque<Token>,
    /// The line of the action being read; 0 outside of actions.
    action_line: usize,
    /// The token last taken, for places and lines.
    last: Token,
    variables: Vec<Box<str>>,
    range_depth: usize,
    depth: usize,
    definitions: Vec<Definition>,
}

/// What may end a list of nodes.
enum End {
    End,
    Else,
}

impl End {
    fn text(&self) -> &'static str {
        match self {
            Self::End => "{{end}}",
            Self::Else => "{{else}}",
        }
    }
}

type Parsed<T> = Result<T, TemplateError>;

impl<'t> Parser<'t> {
    fn root(&mut self) -> Parsed<List> {
        let mut list = List::new();
        loop {
            let token = self.next();
            match token.kind {
                TokenKind::Eof => return Ok(list),
                TokenKind::LeftDelim if self.peek_not_space().kind == TokenKind::Define => {
                    self.next_not_space();
                    self.definition()?;
                }
                _ => {
                    self.back(token);
                    match self.text_or_action()? {
                        Ok(node) => list.push(node),
                        Err(end) => return Err(self.error(format!("unexpected {}", end.text()))),
                    }
                }
            }
        }
    }

    fn next(&mut self) -> Token {
        let token = self.ahead.pop_front().unwrap_or_else(|| self.lexer.next_token());
        self.last = token.clone();
        token
    }

    fn back(&mut self, token: Token) {
        self.ahead.push_front(token);
    }

    fn peek(&mut self) -> &Token {
        if self.ahead.is_empty() {
            let token = self.lexer.next_token();
            self.ahead.push_back(token);
        }
        // The line above leaves at least one token.
        self.ahead.front().unwrap_or(&self.last)
    }

    fn next_not_space(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.kind != TokenKind::Space {
                return token;
            }
        }
    }

    fn peek_not_space(&mut self) -> Token {
        let token = self.next_not_space();
        self.back(token.clone());
        token
    }

    /// The error `message` at the token last read.
    fn error(&self, message: impl AsRef<str>) -> TemplateError {
        let token = self.ahead.front().unwrap_or(&self.last);
        self.error_at(message, token)
    }

    fn error_at(&self, message: impl AsRef<str>, token: &Token) -> TemplateError {
        let message = format!("template: {}:{}: {}", self.name, token.line, message.as_ref());
        TemplateError::new(message, token.start..token.end)
    }

    fn unexpected(&self, token: &Token, context: &str) -> TemplateError {
        let Some(message) = &token.message else {
            return self.error_at(format!("unexpected {} in {context}", self.describe(token)), token);
        };
        if self.action_line == 0 || self.action_line == token.line {
            return self.error_at(message, token);
        }
        let what = if message.ends_with(" action") { "" } else { " in action" };
        let started = format!("{message}{what} started at {}:{}", self.name, self.action_line);
        self.error_at(started, token)
    }

    fn describe(&self, token: &Token) -> String {
        let text = &self.text[token.start..token.end];
        match token.kind {
            TokenKind::Eof => "EOF".to_owned(),
            kind if kind.is_keyword() => format!("<{text}>"),
            _ if text.len() > 10 => {
                let short: String = text.chars().take(10).collect();
                format!("{}...", quote(&short))
            }
            _ => quote(text),
        }
    }

    fn expect(&mut self, kinds: &[TokenKind], context: &str) -> Parsed<Token> {
        let token = self.next_not_space();
        if kinds.contains(&token.kind) { Ok(token) } else { Err(self.unexpected(&token, context)) }
    }

    /// Enters one level of nesting.
    fn descend(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.error(format!("template nests more than {DEPTH} levels deep")));
        }
        Ok(())
    }

    fn definition(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "define clause";
        let token = self.next_not_space();
        let name = self.template_name(&token, CONTEXT)?;
        self.expect(&[TokenKind::RightDelim], CONTEXT)?;
        self.defined_body(name, CONTEXT, token.start..token.end)
    }

    /// The body of a template with variables and loops of its own, up to its `{{end}}`.
    fn defined_body(&mut self, name: String, context: &str, opener: Range<usize>) -> Parsed<()> {
        let variables = std::mem::replace(&mut self.variables, vec!["$".into()]);
        let range_depth = std::mem::take(&mut self.range_depth);
        let (body, end) = self.list(&opener)?;
        if let End::Else = end {
            return Err(self.error(format!("unexpected {} in {context}", end.text())));
        }
        self.variables = variables;
        self.range_depth = range_depth;
        self.define(Definition { name, body })
    }

    fn define(&mut self, definition: Definition) -> Parsed<()> {
        match self.definitions.iter_mut().find(|known| known.name == definition.name) {
            None => self.definitions.push(definition),
            Some(known) if is_empty(&known.body, self.text) => *known = definition,
            Some(_) if is_empty(&definition.body, self.text) => {}
            Some(_) => {
                let name = quote(&definition.name);
                return Err(self.error(format!("template: multiple definition of template {name}")));
            }
        }
        Ok(())
    }

    fn template_name(&mut self, token: &Token, context: &str) -> Parsed<String> {
        match token.kind {
            TokenKind::String | TokenKind::RawString => self.unquoted(token),
            _ => Err(self.unexpected(token, context)),
        }
    }

    fn unquoted(&self, token: &Token) -> Parsed<String> {
        unquote(&self.text[token.start..token.end]).ok_or_else(|| self.error_at("invalid syntax", token))
    }

    /// The nodes up to an end, which is missed at `opener`.
    fn list(&mut self, opener: &Range<usize>) -> Parsed<(List, End)> {
        self.descend()?;
        let mut list = List::new();
        while self.peek_not_space().kind != TokenKind::Eof {
            match self.text_or_action()? {
                Ok(node) => list.push(node),
                Err(end) => {
                    self.depth -= 1;
                    return Ok((list, end));
                }
            }
        }
        Err(TemplateError { range: Some(opener.clone()), ..self.error("unexpected EOF") })
    }

    fn text_or_action(&mut self) -> Parsed<Result<Node, End>> {
        let token = self.next_not_space();
        match token.kind {
            TokenKind::Text => Ok(Ok(Node::Text(token.start..token.end))),
            TokenKind::LeftDelim => {
                self.action_line = token.line;
                let node = self.action()?;
                self.action_line = 0;
                Ok(node)
            }
            _ => Err(self.unexpected(&token, "input")),
        }
    }

    fn action(&mut self) -> Parsed<Result<Node, End>> {
        let token = self.next_not_space();
        let node = match token.kind {
            TokenKind::Block => self.block()?,
            TokenKind::Break => self.loop_control("break", Node::Break)?,
            TokenKind::Continue => self.loop_control("continue", Node::Continue)?,
            TokenKind::Else => return self.else_control().map(Err),
            TokenKind::End => {
                self.expect(&[TokenKind::RightDelim], "end")?;
                return Ok(Err(End::End));
            }
            TokenKind::If => Node::If(self.control("if")?),
            TokenKind::Range => Node::Range(self.control("range")?),
            TokenKind::Template => self.template()?,
            TokenKind::With => Node::With(self.control("with")?),
            _ => {
                self.back(token);
                Node::Action(self.pipeline("command", TokenKind::RightDelim)?)
            }
        };
        Ok(Ok(node))
    }

    fn loop_control(&mut self, word: &str, node: Node) -> Parsed<Node> {
        self.expect(&[TokenKind::RightDelim], &format!("{{{{{word}}}}}"))?;
        if self.range_depth == 0 {
            return Err(self.error(format!("{{{{{word}}}}} outside {{{{range}}}}")));
        }
        Ok(node)
    }

    fn else_control(&mut self) -> Parsed<End> {
        // `{{else if` and `{{else with` are read as `{{else}}{{if` without an end of their own.
        if !matches!(self.peek_not_space().kind, TokenKind::If | TokenKind::With) {
            self.expect(&[TokenKind::RightDelim], "else")?;
        }
        Ok(End::Else)
    }

    fn control(&mut self, context: &'static str) -> Parsed<Branch> {
        let opener = self.last.start..self.last.end;
        self.descend()?;
        let visible = self.variables.len();
        let pipe = self.pipeline(context, TokenKind::RightDelim)?;
        let loops = usize::from(context == "range");
        self.range_depth += loops;
        let (list, end) = self.list(&opener)?;
        self.range_depth -= loops;
        let otherwise = match end {
            End::End => None,
            End::Else => Some(self.otherwise(context, &opener)?),
        };
        self.variables.truncate(visible);
        self.depth -= 1;
        Ok(Branch { pipe, list, otherwise })
    }

    fn otherwise(&mut self, context: &'static str, opener: &Range<usize>) -> Parsed<List> {
        match (context, self.peek().kind) {
            ("if", TokenKind::If) => {
                self.next();
                Ok(vec![Node::If(self.control("if")?)])
            }
            ("with", TokenKind::With) => {
                self.next();
                Ok(vec![Node::With(self.control("with")?)])
            }
            _ => match self.list(opener)? {
                (list, End::End) => Ok(list),
                (_, End::Else) => Err(self.error("expected end; found {{else}}")),
            },
        }
    }

    fn block(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "block clause";
        let token = self.next_not_space();
        let name = self.template_name(&token, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, TokenKind::RightDelim)?;
        self.defined_body(name.clone(), CONTEXT, token.start..token.end)?;
        Ok(Node::Template(Call { place: self.place(&token), name, pipe: Some(pipe) }))
    }

    fn template(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "template clause";
        let token = self.next_not_space();
        let name = self.template_name(&token, CONTEXT)?;
        let mut pipe = None;
        if self.peek_not_space().kind == TokenKind::RightDelim {
            self.next_not_space();
        } else {
            pipe = Some(self.pipeline(CONTEXT, TokenKind::RightDelim)?);
        }
        Ok(Node::Template(Call { place: self.place(&token), name, pipe }))
    }

    fn place(&self, token: &Token) -> Place {
        Place { position: token.start, range: token.start..token.end }
    }
}

/// Whether a template would print nothing but space: such a one may be defined again.
fn is_empty(list: &List, text: &str) -> bool {
    list.iter().all(|node| matches!(node, Node::Text(range) if text[range.clone()].trim().is_empty()))
}

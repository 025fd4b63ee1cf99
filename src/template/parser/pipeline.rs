//! Pipelines, commands and operands: what stands inside of an action.

use super::{Parsed, Parser};
use crate::template::ast::{Command, Pipe, Place, Term, TermKind};
use crate::template::functions;
use crate::template::number::parse_number;
use crate::template::quote::quote;
use crate::template::token::TokenKind;

impl Parser<'_> {
    /// Reads a pipeline up to `end`.
    pub(super) fn pipeline(&mut self, context: &str, end: TokenKind) -> Parsed<Pipe> {
        self.descend()?;
        let start = self.peek_not_space().start;
        let mut pipe = Pipe {
            place: Place { position: start, range: start..start },
            assign: false,
            variables: Vec::new(),
            commands: Vec::new(),
        };
        self.declarations(&mut pipe, context)?;
        loop {
            let token = self.next_not_space();
            if token.kind == end {
                break;
            }
            if !starts_operand(token.kind) {
                return Err(self.unexpected(&token, context));
            }
            self.back(token);
            pipe.commands.push(self.command()?);
        }
        self.check_pipeline(&pipe, context)?;
        if let Some(command) = pipe.commands.last() {
            pipe.place.range.end = command.place.range.end;
        }
        self.depth -= 1;
        Ok(pipe)
    }

    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Parsed<()> {
        while self.peek_not_space().kind == TokenKind::Variable {
            let variable = self.next_not_space();
            let name: Box<str> = self.text[variable.start..variable.end].into();
            let space = (self.peek().kind == TokenKind::Space).then(|| self.next());
            let next = self.peek_not_space();
            match next.kind {
                TokenKind::Assign | TokenKind::Declare => {
                    self.next_not_space();
                    pipe.assign = next.kind == TokenKind::Assign;
                    pipe.variables.push(name.clone());
                    self.variables.push(name);
                    return Ok(());
                }
                TokenKind::Char if &self.text[next.start..next.end] == "," => {
                    self.next_not_space();
                    pipe.variables.push(name.clone());
                    self.variables.push(name);
                    if context != "range" || pipe.variables.len() >= 2 {
                        return Err(self.error(format!("too many declarations in {context}")));
                    }
                    let follows = self.peek_not_space().kind;
                    if !matches!(follows, TokenKind::Variable | TokenKind::RightDelim | TokenKind::RightParen)
                    {
                        return Err(self.error("range can only initialize variables"));
                    }
                }
                _ => {
                    // An argument, not a declaration. The space matters: `$x .Y` is not `$x.Y`.
                    if let Some(space) = space {
                        self.back(space);
                    }
                    self.back(variable);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn check_pipeline(&self, pipe: &Pipe, context: &str) -> Parsed<()> {
        if pipe.commands.is_empty() {
            return Err(self.error(format!("missing value for {context}")));
        }
        for (index, command) in pipe.commands.iter().enumerate().skip(1) {
            if matches!(
                command.first.kind,
                TermKind::Bool(_)
                    | TermKind::Dot
                    | TermKind::Nil
                    | TermKind::Number(_)
                    | TermKind::String { .. }
            ) {
                let stage = index + 1;
                return Err(self.error(format!("non executable command in pipeline stage {stage}")));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Parsed<Command> {
        let start = self.peek_not_space().start;
        let mut first = None;
        let mut arguments = Vec::new();
        let mut end = start;
        loop {
            self.peek_not_space();
            while self.peek().kind == TokenKind::Space {
                self.next();
            }
            if let Some(term) = self.operand()? {
                end = term.place.range.end;
                match first {
                    None => first = Some(term),
                    Some(_) => arguments.push(term),
                }
            }
            let token = self.next();
            match token.kind {
                TokenKind::Space => continue,
                TokenKind::RightDelim | TokenKind::RightParen => self.back(token),
                TokenKind::Pipe => {}
                _ => return Err(self.unexpected(&token, "operand")),
            }
            break;
        }
        let Some(first) = first else {
            return Err(self.error("empty command"));
        };
        Ok(Command { place: Place { position: start, range: start..end }, first, arguments })
    }

    fn operand(&mut self) -> Parsed<Option<Term>> {
        let Some(mut term) = self.term()? else {
            return Ok(None);
        };
        if self.peek().kind != TokenKind::Field {
            return Ok(Some(term));
        }
        let position = self.peek().start;
        let mut names = Vec::new();
        while self.peek().kind == TokenKind::Field {
            let field = self.next();
            names.push(self.text[field.start + 1..field.end].into());
            term.place.range.end = field.end;
        }
        let range = term.place.range.clone();
        let kind = match term.kind {
            TermKind::Field(mut all) => {
                all.append(&mut names);
                TermKind::Field(all)
            }
            TermKind::Variable(name, mut all) => {
                all.append(&mut names);
                TermKind::Variable(name, all)
            }
            TermKind::Bool(_)
            | TermKind::String { .. }
            | TermKind::Number(_)
            | TermKind::Nil
            | TermKind::Dot => {
                let text = quote(&term.to_string());
                return Err(self.error(format!("unexpected . after term {text}")));
            }
            _ => TermKind::Chain(Box::new(term), names),
        };
        Ok(Some(Term { place: Place { position, range }, kind }))
    }

    fn term(&mut self) -> Parsed<Option<Term>> {
        let token = self.next_not_space();
        let text = &self.text[token.start..token.end];
        let mut place = self.place(&token);
        let kind = match token.kind {
            TokenKind::Identifier => match functions::find(text) {
                Some(function) => TermKind::Function(function),
                None => {
                    return Err(self.error_at(format!("function {} not defined", quote(text)), &token));
                }
            },
            TokenKind::Dot => TermKind::Dot,
            TokenKind::Nil => TermKind::Nil,
            TokenKind::Variable if self.variables.iter().any(|name| **name == *text) => {
                TermKind::Variable(text.into(), Vec::new())
            }
            TokenKind::Variable => {
                return Err(self.error_at(format!("undefined variable {}", quote(text)), &token));
            }
            TokenKind::Field => TermKind::Field(vec![text[1..].into()]),
            TokenKind::Bool => TermKind::Bool(text == "true"),
            TokenKind::CharConstant | TokenKind::Complex | TokenKind::Number => TermKind::Number(
                parse_number(text, token.kind).map_err(|message| self.error_at(message, &token))?,
            ),
            TokenKind::LeftParen => {
                let pipe = self.pipeline("parenthesized pipeline", TokenKind::RightParen)?;
                place.position = pipe.place.position;
                place.range.end = self.last.end;
                TermKind::Pipe(Box::new(pipe))
            }
            TokenKind::String | TokenKind::RawString => {
                TermKind::String { quoted: text.into(), text: self.unquoted(&token)?.into() }
            }
            _ => {
                self.back(token);
                return Ok(None);
            }
        };
        Ok(Some(Term { place, kind }))
    }
}

fn starts_operand(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Bool
            | TokenKind::CharConstant
            | TokenKind::Complex
            | TokenKind::Dot
            | TokenKind::Field
            | TokenKind::Identifier
            | TokenKind::Number
            | TokenKind::Nil
            | TokenKind::RawString
            | TokenKind::String
            | TokenKind::Variable
            | TokenKind::LeftParen
    )
}

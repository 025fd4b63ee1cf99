//! Definitions of functions, the program's and jq's own.

use super::{Parsed, Parser};
use crate::query::node::{Definition, DefinitionId, Node, NodeId, Up};
use crate::query::scope::Entry;
use crate::query::token::TokenKind;
use crate::query::{lexer, own};

impl Parser<'_> {
    /// One of jq's own definitions, read when it is first asked for.
    pub(in crate::query) fn own_definition(&mut self, name: &str, arity: usize) -> Option<DefinitionId> {
        let key = (name.to_owned(), arity);
        if let Some(found) = self.own.get(&key) {
            return Some(*found);
        }
        let source = own::source(name, arity)?;
        let id = self.reserve();
        self.own.insert(key, id);
        let tokens = std::mem::replace(&mut self.tokens, lexer::lex(source));
        let (at, depth) = (std::mem::take(&mut self.at), std::mem::take(&mut self.depth));
        let scope = std::mem::take(&mut self.scope);
        let body = self.own_body();
        self.tokens = tokens;
        self.at = at;
        self.depth = depth;
        self.scope = scope;
        if let Ok(body) = body
            && let Some(definition) = self.definitions.get_mut(id as usize)
        {
            *definition = Definition { body, gives_one: own::gives_one(name, arity) };
        }
        Some(id)
    }

    pub(super) fn own_body(&mut self) -> Parsed<NodeId> {
        self.at += 1;
        self.name()?;
        let parameters = self.parameters()?;
        self.expect(":")?;
        self.body(&parameters)
    }

    pub(in crate::query) fn reserve(&mut self) -> DefinitionId {
        self.definitions.push(Definition { body: 0, gives_one: false });
        DefinitionId::try_from(self.definitions.len() - 1).unwrap_or(0)
    }

    pub(super) fn definition(&mut self) -> Parsed<()> {
        self.at += 1;
        let name = self.name()?;
        if !self.is_symbol("(") && !self.is_symbol(":") {
            return Err(self.unexpected(&["'('", "':'"]));
        }
        let parameters = self.parameters()?;
        self.expect(":")?;
        let id = self.reserve();
        self.scope.push(Entry::Function { name, arity: parameters.len(), definition: id });
        let mark = self.scope.len();
        let owner = self.scope.enter(id);
        let body = self.nested(|parser| parser.body(&parameters));
        self.scope.leave(owner);
        let body = body?;
        self.close(";")?;
        self.scope.truncate(mark);
        if let Some(definition) = self.definitions.get_mut(id as usize) {
            definition.body = body;
        }
        Ok(())
    }

    pub(super) fn parameters(&mut self) -> Parsed<Vec<(String, bool)>> {
        let mut parameters = Vec::new();
        if !self.eat("(") {
            return Ok(parameters);
        }
        loop {
            let is_value = self.eat("$");
            if !is_value && !matches!(self.peek(), TokenKind::Name(_) | TokenKind::Keyword(_)) {
                return Err(self.unexpected(&["IDENT", "'$'"]));
            }
            parameters.push((self.name()?, is_value));
            if self.eat(")") {
                return Ok(parameters);
            }
            if !self.eat(";") {
                return Err(self.unexpected(&["';'", "')'"]));
            }
        }
    }

    /// The body of a definition: arguments are entries; those that are values are bound before it begins.
    pub(super) fn body(&mut self, parameters: &[(String, bool)]) -> Parsed<NodeId> {
        for (name, _) in parameters {
            self.scope.push(Entry::Argument(name.clone()));
        }
        let mut bound = 0;
        for (index, (name, is_value)) in parameters.iter().enumerate() {
            if *is_value {
                let up = parameters.len() - 1 - index + bound;
                let source = self.node(Node::Argument(Up::try_from(up).unwrap_or(0)));
                self.scope.push(Entry::Bound { name: name.clone(), source });
                bound += 1;
            }
        }
        let mut body = self.pipe()?;
        for source in self.scope.pop_bound(bound) {
            body = self.node(Node::Bind { source, body });
        }
        Ok(body)
    }
}

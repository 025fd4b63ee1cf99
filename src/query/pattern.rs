//! `as`: values taken apart into variables.

use super::node::{Node, NodeId};
use super::parser::{Parsed, Parser};
use super::scope::Entry;
use super::token::TokenKind;
use super::value::Value;

/// What stands behind `as`.
#[derive(Debug)]
enum Pattern {
    Variable(String),
    Array(Vec<Pattern>),
    Object(Vec<Field>),
}

#[derive(Debug)]
struct Field {
    key: Key,
    /// `$name`, which also is a variable.
    variable: Option<String>,
    pattern: Option<Pattern>,
}

#[derive(Debug)]
enum Key {
    Name(String),
    /// A string or parenthesis, to be read where its variables are known: the number of its first word.
    At(usize),
}

impl Pattern {
    fn variables(&self, names: &mut Vec<String>) {
        let mut add = |name: &String| {
            if !names.contains(name) {
                names.push(name.clone());
            }
        };
        match self {
            Self::Variable(name) => add(name),
            Self::Array(items) => items.iter().for_each(|item| item.variables(names)),
            Self::Object(fields) => {
                for field in fields {
                    field.variable.iter().for_each(&mut add);
                }
                for pattern in fields.iter().filter_map(|field| field.pattern.as_ref()) {
                    pattern.variables(names);
                }
            }
        }
    }
}

impl Parser<'_> {
    /// After `term as`.
    pub(super) fn bind(&mut self, source: NodeId) -> Parsed<NodeId> {
        let patterns = self.patterns()?;
        if !self.is_symbol("|") {
            return Err(self.unexpected(&["'|'"]));
        }
        self.at += 1;
        let mark = self.scope.len();
        let body = self.matched(&patterns, Self::pipe)?;
        self.scope.truncate(mark);
        Ok(self.node(Node::Bind { source, body }))
    }

    /// `reduce` and `foreach`.
    pub(super) fn fold(&mut self, is_reduce: bool) -> Parsed<NodeId> {
        self.at += 1;
        let source = self.term()?;
        if !self.eat_keyword("as") {
            return Err(self.unexpected(&[]));
        }
        let patterns = self.patterns()?;
        self.expect("(")?;
        let init = self.pipe()?;
        self.close(";")?;
        let state = self.scope.len();
        self.scope.push(Entry::Unnamed);
        let body = self.matched(&patterns, |parser| {
            let update = parser.pipe()?;
            let extract = if !is_reduce && parser.eat(";") { Some(parser.pipe()?) } else { None };
            let extract = match extract {
                None if !is_reduce => Some(parser.node(Node::Identity)),
                extract => extract,
            };
            let up = parser.scope.up_to(state);
            Ok(parser.node(Node::State { up, update, extract }))
        })?;
        self.scope.truncate(state);
        self.close(")")?;
        Ok(self.node(if is_reduce {
            Node::Reduce { source, init, body }
        } else {
            Node::Foreach { source, init, body }
        }))
    }

    /// What is done with the value that becomes the next entry.
    fn matched(
        &mut self,
        patterns: &[Pattern],
        body: impl FnOnce(&mut Self) -> Parsed<NodeId>,
    ) -> Parsed<NodeId> {
        let value = self.scope.len();
        if let [pattern] = patterns {
            if let Pattern::Variable(name) = pattern {
                self.scope.push(Entry::Variable(name.clone()));
                return body(self);
            }
            self.scope.push(Entry::Unnamed);
            let mut sources = Vec::new();
            self.take_apart(pattern, value, &mut sources)?;
            let body = body(self)?;
            return Ok(self.bound(sources, body));
        }
        self.scope.push(Entry::Unnamed);
        self.alternatives(patterns, value, body)
    }

    fn bound(&mut self, mut sources: Vec<NodeId>, mut body: NodeId) -> NodeId {
        while let Some(source) = sources.pop() {
            body = self.node(Node::Bind { source, body });
        }
        body
    }

    /// Each alternative binds as many entries as the longest one, and then all variables in one order, so that all of them
    /// share the body.
    fn alternatives(
        &mut self,
        patterns: &[Pattern],
        value: usize,
        body: impl FnOnce(&mut Self) -> Parsed<NodeId>,
    ) -> Parsed<NodeId> {
        let mut names = Vec::new();
        patterns.iter().for_each(|pattern| pattern.variables(&mut names));
        let mark = self.scope.len();
        let mut taken = Vec::new();
        for pattern in patterns {
            let mut sources = Vec::new();
            match pattern {
                Pattern::Variable(name) => {
                    let up = self.scope.up_to(value);
                    sources.push(self.node(Node::Variable(up)));
                    self.scope.push(Entry::Variable(name.clone()));
                }
                _ => self.take_apart(pattern, value, &mut sources)?,
            }
            let places: Vec<Option<usize>> = {
                let length = self.scope.len();
                let place = |name: &String| {
                    let up = self.scope.variable(name)?;
                    Some(length - 1 - up as usize).filter(|place| *place >= mark)
                };
                names.iter().map(place).collect()
            };
            taken.push((sources, places));
            self.scope.truncate(mark);
        }
        let longest = taken.iter().map(|(sources, _)| sources.len()).max().unwrap_or(0);
        for (sources, places) in &mut taken {
            while sources.len() < longest {
                sources.push(self.constant(Value::Null));
            }
            for (index, place) in places.iter().enumerate() {
                let top = mark + longest + index;
                sources.push(match place {
                    Some(place) => {
                        let up = u32::try_from(top - 1 - place).unwrap_or(0);
                        self.node(Node::Variable(up))
                    }
                    None => self.constant(Value::Null),
                });
            }
        }
        for _ in 0..longest {
            self.scope.push(Entry::Unnamed);
        }
        for name in names {
            self.scope.push(Entry::Variable(name));
        }
        let body = body(self)?;
        let bodies = taken.into_iter().map(|(sources, _)| self.bound(sources, body)).collect();
        Ok(self.node(Node::Alternatives(bodies)))
    }

    /// Entries for all that a pattern takes out of the value at `place`.
    fn take_apart(&mut self, pattern: &Pattern, place: usize, sources: &mut Vec<NodeId>) -> Parsed<()> {
        match pattern {
            Pattern::Variable(name) => {
                let up = self.scope.up_to(place);
                sources.push(self.node(Node::Variable(up)));
                self.scope.push(Entry::Variable(name.clone()));
            }
            Pattern::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let up = self.scope.up_to(place);
                    let (term, key) = (self.node(Node::Variable(up)), self.constant(Value::count(index)));
                    let source = self.node(Node::Index { term, key });
                    self.element(source, item, sources)?;
                }
            }
            Pattern::Object(fields) => {
                for field in fields {
                    let up = self.scope.up_to(place);
                    let key = match &field.key {
                        Key::Name(name) => self.constant(name.clone()),
                        Key::At(word) => self.key_at(*word)?,
                    };
                    let (dot, value) = (self.node(Node::Identity), self.node(Node::Variable(up)));
                    let index = self.node(Node::Index { term: dot, key });
                    let source = self.node(Node::Pipe(value, index));
                    match (&field.variable, &field.pattern) {
                        (Some(name), None) => {
                            sources.push(source);
                            self.scope.push(Entry::Variable(name.clone()));
                        }
                        (Some(name), Some(pattern)) => {
                            sources.push(source);
                            let inner = self.scope.len();
                            self.scope.push(Entry::Variable(name.clone()));
                            self.take_apart(pattern, inner, sources)?;
                        }
                        (None, Some(pattern)) => self.element(source, pattern, sources)?,
                        (None, None) => {}
                    }
                }
            }
        }
        Ok(())
    }

    fn element(&mut self, source: NodeId, pattern: &Pattern, sources: &mut Vec<NodeId>) -> Parsed<()> {
        sources.push(source);
        if let Pattern::Variable(name) = pattern {
            self.scope.push(Entry::Variable(name.clone()));
            return Ok(());
        }
        let inner = self.scope.len();
        self.scope.push(Entry::Unnamed);
        self.take_apart(pattern, inner, sources)
    }

    fn key_at(&mut self, word: usize) -> Parsed<NodeId> {
        let at = std::mem::replace(&mut self.at, word);
        let key = if self.eat("(") { self.pipe() } else { self.string() };
        self.at = at;
        key
    }

    fn patterns(&mut self) -> Parsed<Vec<Pattern>> {
        let mut patterns = vec![self.pattern(0)?];
        while self.eat("?//") {
            patterns.push(self.pattern(0)?);
        }
        Ok(patterns)
    }

    fn pattern(&mut self, depth: usize) -> Parsed<Pattern> {
        if depth > 100 {
            return Err(self.unexpected(&[]));
        }
        if self.eat("$") {
            return Ok(Pattern::Variable(self.name()?));
        }
        if self.eat("[") {
            let mut items = Vec::new();
            loop {
                items.push(self.pattern(depth + 1)?);
                if self.eat("]") {
                    return Ok(Pattern::Array(items));
                }
                if !self.eat(",") {
                    return Err(self.unexpected(&["','", "']'"]));
                }
            }
        }
        if self.eat("{") {
            let mut fields = Vec::new();
            loop {
                fields.push(self.field(depth)?);
                if self.eat("}") {
                    return Ok(Pattern::Object(fields));
                }
                if !self.eat(",") {
                    return Err(self.unexpected(&["','", "'}'"]));
                }
            }
        }
        Err(self.unexpected(&["'$'", "'['", "'{'"]))
    }

    fn field(&mut self, depth: usize) -> Parsed<Field> {
        let (mut variable, first) = (None, self.at);
        let key = match self.peek().clone() {
            TokenKind::Symbol("$") => {
                self.at += 1;
                let name = self.name()?;
                variable = Some(name.clone());
                Key::Name(name)
            }
            TokenKind::Name(_) | TokenKind::Keyword(_) => Key::Name(self.name()?),
            TokenKind::StringStart | TokenKind::Format(_) | TokenKind::Symbol("(") => {
                self.skip_key();
                Key::At(first)
            }
            _ => {
                let (start, stop) = (self.start(), self.unexpected(&[]));
                self.key_hint(start);
                return Err(stop);
            }
        };
        let pattern = if self.eat(":") {
            Some(self.pattern(depth + 1)?)
        } else if variable.is_some() {
            None
        } else {
            return Err(self.unexpected(&["':'"]));
        };
        Ok(Field { key, variable, pattern })
    }

    /// Goes on behind a string or parenthesis.
    fn skip_key(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                TokenKind::Symbol("(" | "[" | "{")
                | TokenKind::StringStart
                | TokenKind::InterpolationStart => {
                    depth += 1;
                }
                TokenKind::Symbol(")" | "]" | "}") | TokenKind::StringEnd | TokenKind::InterpolationEnd => {
                    depth = depth.saturating_sub(1);
                }
                TokenKind::Format(_) if depth == 0 => {
                    self.at += 1;
                    continue;
                }
                TokenKind::End => return,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }
}

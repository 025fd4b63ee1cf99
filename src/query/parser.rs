//! Words to nodes: jq's grammar by recursive descent, names resolved on the way. What a name means is in
//! [`super::scope`].

mod definition;
mod object;
mod operator;
mod string;
mod term;

use super::compile_error::{CompileError, Kind};
use super::lexer;
use super::node::{Definition, DefinitionId, Node, NodeId, Program};
use super::scope::Scope;
use super::token::{Token, TokenKind};
use super::value::Value;
use std::collections::HashMap;

/// How deep a program may be nested.
const DEPTH_LIMIT: u16 = 400;

pub(super) type Parsed<T> = Result<T, Stop>;

/// A program that cannot be read on; the reason is noted.
#[derive(Debug)]
pub(super) struct Stop;

/// What is being read, and what it has become.
pub(super) struct Parser<'a> {
    pub(super) tokens: Vec<Token>,
    pub(super) at: usize,
    pub(super) text: &'a str,
    pub(super) nodes: Vec<Node>,
    pub(super) definitions: Vec<Definition>,
    pub(super) scope: Scope,
    pub(super) errors: Vec<CompileError>,
    /// Values of variables that are known before the program runs.
    pub(super) globals: &'a dyn Fn(&str) -> Option<Value>,
    pub(super) own: HashMap<(String, usize), DefinitionId>,
    /// The word that the main program begins with.
    first: usize,
    depth: u16,
    /// Brackets that are open, and that were open where reading stopped.
    brackets: u16,
    stopped_in: u16,
}

/// Compiles a program.
///
/// # Errors
/// All mistakes that jq would tell of.
pub(super) fn compile(
    text: &str,
    globals: &dyn Fn(&str) -> Option<Value>,
) -> Result<Program, Vec<CompileError>> {
    let mut parser = Parser {
        tokens: lexer::lex(text),
        at: 0,
        text,
        nodes: Vec::new(),
        definitions: Vec::new(),
        scope: Scope::default(),
        errors: Vec::new(),
        globals,
        own: HashMap::new(),
        first: 0,
        depth: 0,
        brackets: 0,
        stopped_in: 0,
    };
    let main = parser.program();
    let reachable = parser.scope.reachable();
    let mut errors = std::mem::take(&mut parser.errors);
    if errors.iter().any(|error| error.kind == Kind::Syntax) {
        errors.retain(|error| matches!(error.kind, Kind::Syntax | Kind::Hint));
    } else if errors.iter().any(|error| error.kind == Kind::Module) {
        errors.retain(|error| error.kind == Kind::Module);
        errors.truncate(1);
    } else {
        // As jq comes upon them: those of the main program first.
        errors.sort_by_key(|error| error.kind);
        errors.retain(|error| match error.kind {
            Kind::Name(Some(owner)) => reachable.contains(&owner),
            _ => true,
        });
    }
    match main {
        Ok(main) if errors.is_empty() => {
            Ok(Program { nodes: parser.nodes, definitions: parser.definitions, main })
        }
        _ => Err(errors),
    }
}

impl Parser<'_> {
    fn program(&mut self) -> Parsed<NodeId> {
        if self.peek() == &TokenKind::End {
            return Ok(self.node(Node::Identity));
        }
        self.directives()?;
        if self.peek() == &TokenKind::End {
            return Ok(self.node(Node::Identity));
        }
        let main = self.pipe()?;
        if self.peek() != &TokenKind::End {
            return Err(self.unexpected(&["$end"]));
        }
        Ok(main)
    }

    /// `module`, `import` and `include`. No module is ever found: a program here is whole in itself.
    fn directives(&mut self) -> Parsed<()> {
        loop {
            let is_module = self.is_keyword("module");
            if !is_module && !self.is_keyword("import") && !self.is_keyword("include") {
                self.first = self.at;
                return Ok(());
            }
            let is_import = self.is_keyword("import");
            self.at += 1;
            if is_module {
                self.term()?;
                self.close(";")?;
                continue;
            }
            if !matches!(self.peek(), TokenKind::StringStart | TokenKind::Format(_)) {
                return Err(self.unexpected(&["FORMAT", "QQSTRING_START"]));
            }
            let path = self.string()?;
            if is_import {
                if !self.eat_keyword("as") {
                    return Err(self.unexpected(&["as"]));
                }
                let is_data = self.eat("$");
                if !is_data && !matches!(self.peek(), TokenKind::Name(_) | TokenKind::Keyword(_)) {
                    return Err(self.unexpected(&["IDENT", "'$'"]));
                }
                self.name()?;
            }
            if !self.is_symbol(";") {
                self.term()?;
            }
            self.close(";")?;
            let name = match self.nodes.get(path as usize) {
                Some(Node::Constant(Value::String(name))) => name.to_string(),
                _ => String::new(),
            };
            self.errors.push(CompileError::module(&name));
        }
    }

    pub(super) fn peek(&self) -> &TokenKind {
        self.tokens.get(self.at).map_or(&TokenKind::End, |token| &token.kind)
    }

    fn peek_after(&self) -> &TokenKind {
        self.tokens.get(self.at + 1).map_or(&TokenKind::End, |token| &token.kind)
    }

    /// Where the next word starts.
    pub(super) fn start(&self) -> usize {
        self.tokens.get(self.at).map_or(0, |token| token.start)
    }

    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek(), TokenKind::Symbol(found) if *found == symbol)
    }

    pub(super) fn is_keyword(&self, word: &str) -> bool {
        matches!(self.peek(), TokenKind::Keyword(found) if *found == word)
    }

    pub(super) fn eat(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    pub(super) fn eat_keyword(&mut self, word: &str) -> bool {
        let found = self.is_keyword(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, symbol: &'static str) -> Parsed<()> {
        if self.eat(symbol) { Ok(()) } else { Err(self.unexpected(&[&format!("'{symbol}'")])) }
    }

    /// What ends an expression, beside all that could go on with it.
    pub(super) fn close(&mut self, symbol: &'static str) -> Parsed<()> {
        if self.eat(symbol) { Ok(()) } else { Err(self.unexpected(&[])) }
    }

    fn expect_keyword(&mut self, word: &'static str) -> Parsed<()> {
        if self.eat_keyword(word) { Ok(()) } else { Err(self.unexpected(&[])) }
    }

    pub(super) fn unexpected(&mut self, expected: &[&str]) -> Stop {
        let found = self.peek().grammar_name();
        let start = self.start();
        self.errors.push(CompileError::syntax(&found, expected, start));
        self.stopped_in = self.brackets;
        Stop
    }

    /// What stands between brackets.
    fn bracketed_by<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.brackets += 1;
        let result = read(self);
        self.brackets -= 1;
        result
    }

    /// What jq says besides, where reading stops outside of all brackets that opened here.
    fn explained<T>(
        &mut self,
        hint: &str,
        start: usize,
        read: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Parsed<T> {
        let before = self.errors.len();
        let result = read(self);
        let told = self.errors.get(before..).unwrap_or_default().iter();
        if result.is_err() && self.stopped_in == self.brackets && !told.clone().any(CompileError::is_hint) {
            self.errors.push(CompileError::hint(hint, start));
        }
        result
    }

    /// There is no operand where one must be.
    fn no_operand(&mut self) -> Stop {
        if self.at == self.first { self.unexpected(&["$end"]) } else { self.unexpected(&[]) }
    }

    pub(super) fn error(&mut self, message: String, start: usize) {
        self.errors.push(CompileError::new(message, start));
    }

    /// A name that means nothing.
    pub(super) fn unknown(&mut self, message: String, start: usize) {
        let owner = self.scope.owner();
        self.errors.push(CompileError::name(message, start, owner));
    }

    pub(super) fn node(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        NodeId::try_from(self.nodes.len() - 1).unwrap_or(0)
    }

    pub(super) fn constant(&mut self, value: impl Into<Value>) -> NodeId {
        self.node(Node::Constant(value.into()))
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEPTH_LIMIT {
            let start = self.start();
            self.error(format!("program is nested deeper than {DEPTH_LIMIT} levels"), start);
            return Err(Stop);
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }
}

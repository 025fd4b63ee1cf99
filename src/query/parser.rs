//! Words to nodes: jq's grammar by recursive descent, names resolved on the way. What a name means is in
//! [`super::scope`].

use super::binary::{Associativity, Operator, operator};
use super::compile_error::{CompileError, Kind};
use super::native;
use super::node::{Definition, DefinitionId, Node, NodeId, Program, Up};
use super::reader::unescape;
use super::scope::{Entry, Scope};
use super::token::{Token, TokenKind};
use super::value::Value;
use super::{lexer, own};
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

    /// Everything: `a | b`, with definitions before it.
    pub(super) fn pipe(&mut self) -> Parsed<NodeId> {
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
    fn joined(&mut self, mut stages: Vec<(usize, NodeId)>, mark: usize) -> NodeId {
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

    fn comma(&mut self) -> Parsed<NodeId> {
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
    fn binary(&mut self, least: u8) -> Parsed<NodeId> {
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

    fn operation(&mut self, operator: Operator, left: NodeId, right: NodeId, start: usize) -> NodeId {
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

    fn is_number(&self, node: NodeId) -> bool {
        matches!(self.nodes.get(node as usize), Some(Node::Constant(Value::Number(_))))
    }

    fn is_zero(&self, node: NodeId) -> bool {
        matches!(self.nodes.get(node as usize), Some(Node::Constant(Value::Number(number))) if *number == 0.0)
    }

    /// `paths op= value`, the value being the newest entry.
    fn update(&mut self, paths: NodeId, value: NodeId, update: impl FnOnce(&mut Self) -> NodeId) -> NodeId {
        let update = update(self);
        let paths = self.node(Node::Outer(paths));
        let body = self.node(Node::Modify { paths, update });
        self.node(Node::Bind { source: value, body })
    }

    /// What may stand beside an operator.
    fn prefix(&mut self) -> Parsed<NodeId> {
        let TokenKind::Keyword(word) = *self.peek() else {
            if self.is_symbol("-") {
                self.at += 1;
                let operand = self.nested(|parser| parser.binary(super::binary::PRODUCT))?;
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

    fn attempt(&mut self) -> Parsed<NodeId> {
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

    fn label(&mut self) -> Parsed<NodeId> {
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

    fn condition(&mut self) -> Parsed<NodeId> {
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
    pub(super) fn name(&mut self) -> Parsed<String> {
        let name = match self.peek() {
            TokenKind::Name(name) => name.clone(),
            TokenKind::Keyword(word) => (*word).to_owned(),
            _ => return Err(self.unexpected(&["IDENT"])),
        };
        self.at += 1;
        Ok(name)
    }

    /// A term with all that is written behind it.
    pub(super) fn term(&mut self) -> Parsed<NodeId> {
        let primary = self.nested(Self::primary)?;
        self.suffixes(primary)
    }

    fn suffixes(&mut self, mut term: NodeId) -> Parsed<NodeId> {
        let mut links = 0;
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
                    term = self.node(Node::Try { body: term, handler: None });
                }
                TokenKind::Symbol("[") => {
                    self.at += 1;
                    term = self.nested(|parser| parser.bracketed_by(|parser| parser.brackets(term)))?;
                }
                _ => return Ok(term),
            }
        }
    }

    fn brackets(&mut self, term: NodeId) -> Parsed<NodeId> {
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

    fn primary(&mut self) -> Parsed<NodeId> {
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

    fn bracketed(&mut self, symbol: &'static str, start: usize) -> Parsed<NodeId> {
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
    fn after_dot(&mut self) -> Parsed<NodeId> {
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

    pub(super) fn location(&mut self, start: usize) -> NodeId {
        let line = self.text.get(..start).unwrap_or_default().matches('\n').count() + 1;
        let place = Value::object([("file", Value::from("<top-level>")), ("line", Value::count(line))]);
        self.constant(place)
    }

    fn break_out(&mut self, start: usize) -> Parsed<NodeId> {
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

    fn format(&mut self, name: &str) -> NodeId {
        let name = self.constant(name.to_owned());
        match native::find("format", 1) {
            Some(native) => self.node(Node::Native { native, arguments: vec![name] }),
            None => name,
        }
    }

    /// A string, with the format before it where there is one.
    pub(super) fn string(&mut self) -> Parsed<NodeId> {
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

    fn object(&mut self) -> Parsed<NodeId> {
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
    pub(super) fn key_hint(&mut self, start: usize) {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        if rest.iter().any(|token| token.kind == TokenKind::Symbol(":")) {
            self.error("May need parentheses around object key expression".to_owned(), start);
        }
    }

    fn pair(&mut self) -> Parsed<(NodeId, NodeId)> {
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
    fn value_or_field(&mut self, key: NodeId) -> Parsed<(NodeId, NodeId)> {
        if self.eat(":") {
            return Ok((key, self.object_value()?));
        }
        let term = self.node(Node::Identity);
        Ok((key, self.node(Node::Index { term, key })))
    }

    /// Terms joined by `|`.
    fn object_value(&mut self) -> Parsed<NodeId> {
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

    /// One of jq's own definitions, read when it is first asked for.
    pub(super) fn own_definition(&mut self, name: &str, arity: usize) -> Option<DefinitionId> {
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

    fn own_body(&mut self) -> Parsed<NodeId> {
        self.at += 1;
        self.name()?;
        let parameters = self.parameters()?;
        self.expect(":")?;
        self.body(&parameters)
    }

    pub(super) fn reserve(&mut self) -> DefinitionId {
        self.definitions.push(Definition { body: 0, gives_one: false });
        DefinitionId::try_from(self.definitions.len() - 1).unwrap_or(0)
    }

    fn definition(&mut self) -> Parsed<()> {
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

    fn parameters(&mut self) -> Parsed<Vec<(String, bool)>> {
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
    fn body(&mut self, parameters: &[(String, bool)]) -> Parsed<NodeId> {
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

fn unescape_plain(raw: &str) -> Result<String, &'static str> {
    if raw.starts_with('\\') { unescape(raw.as_bytes()) } else { Ok(raw.to_owned()) }
}

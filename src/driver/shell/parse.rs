//! Text to a [`Program`]. Strict: what is not fully understood is refused before anything runs, so that a real shell can
//! have all of it.

use super::Dialect;
use super::builtin::{self, Builtin};
use super::syntax::{
    Command, Condition, Connective, Kind, Pipeline, Program, Redirection, RedirectionTarget, Simple,
    Statement,
};
use crate::word::{Lexer, NotUnderstood, Operation, Parameter, Part, Word, document, is_name};
use std::borrow::Cow;
use std::collections::HashMap;

/// How deep commands may stand in commands.
const DEEPEST: usize = 40;

/// A script with the programs of its command substitutions, by their text.
#[derive(Debug)]
pub(super) struct Parsed {
    /// The script itself.
    pub(super) text: String,
    pub(super) program: Program,
    pub(super) substitutions: HashMap<String, Program>,
    /// Its here-documents, in their order.
    pub(super) documents: Vec<Word>,
}

/// A here-document that begins behind the line.
struct Awaited {
    /// Where its operator stands.
    at: usize,
    delimiter: String,
    /// Nothing is expanded in it.
    quoted: bool,
    /// Tabs at the beginning of its lines do not count (`<<-`).
    tabs: bool,
}

/// Reads a whole script.
pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Parsed, NotUnderstood> {
    let mut parser = Parser {
        lexer: Lexer::new(text),
        dialect,
        text,
        base: 0,
        parentheses: 0,
        depth: 0,
        loops: 0,
        substitutions: HashMap::new(),
        awaited: Vec::new(),
        documents: Vec::new(),
    };
    let program = parser.program()?;
    if !parser.lexer.rest().is_empty() {
        return Err(parser.stray());
    }
    if let Some(awaited) = parser.awaited.first() {
        return Err(awaited.unclosed());
    }
    Ok(Parsed {
        text: text.to_owned(),
        program,
        substitutions: parser.substitutions,
        documents: parser.documents,
    })
}

impl Awaited {
    fn unclosed(&self) -> NotUnderstood {
        Lexer::wrong(self.at, format!("unclosed here-document `{}`", self.delimiter))
    }
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    dialect: Dialect,
    text: &'t str,
    /// Where the text stands in that of the whole script.
    base: usize,
    /// Subshells around this place.
    parentheses: usize,
    depth: usize,
    /// Loops around this place.
    loops: usize,
    substitutions: HashMap<String, Program>,
    awaited: Vec<Awaited>,
    documents: Vec<Word>,
}

/// Words that mean something at the beginning of a command.
const RESERVED: [&str; 22] = [
    "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "in",
    "function", "select", "time", "coproc", "[[", "]]", "{", "}", "!",
];

/// Of these, those that end a program.
const ENDS: [&str; 9] = ["then", "else", "elif", "fi", "do", "done", "esac", "}", "]]"];

impl Parser<'_> {
    /// Statements up to a word or parenthesis that ends them, or the end.
    fn program(&mut self) -> Result<Program, NotUnderstood> {
        if self.depth == DEEPEST {
            return Err(self.lexer.not_understood("such deep nesting"));
        }
        self.depth += 1;
        let mut program = Program::default();
        loop {
            self.skip_lines()?;
            let rest = self.lexer.rest();
            let stray = rest.starts_with(';') && (program.statements.is_empty() || rest.starts_with(";;"));
            if rest.is_empty() || stray || rest.starts_with(')') || self.reserved(&ENDS).is_some() {
                break;
            }
            program.statements.push(self.statement()?);
            self.lexer.skip_blanks();
            self.lexer.skip_comment();
            let rest = self.lexer.rest();
            if rest.starts_with('\n') || rest.starts_with(";;") {
                continue;
            }
            if rest.starts_with(";&") {
                return Err(self.lexer.not_understood("this"));
            }
            if !self.lexer.take(";") && !rest.is_empty() && !rest.starts_with(')') {
                // What follows a command that ends by itself: a word, where an operator should be.
                if rest.starts_with(|next: char| next.is_ascii_alphanumeric()) {
                    let wrong = "statements must be separated by &, ; or a newline";
                    return Err(Lexer::wrong(self.lexer.at(), wrong));
                }
                return Err(self.lexer.not_understood("this"));
            }
            self.lexer.skip_blanks();
            if self.lexer.rest().starts_with(';') && !self.lexer.rest().starts_with(";;") {
                return Err(self.stray());
            }
        }
        self.depth -= 1;
        Ok(program)
    }

    /// The error for something that stands where a statement should begin or end.
    fn stray(&self) -> NotUnderstood {
        let only =
            |what: &str, only: &str| Lexer::wrong(self.lexer.at(), format!("`{what}` can only {only}"));
        match self.reserved(&["fi", "then", "do", "done", "esac", "}"]) {
            Some("fi") => return only("fi", "be used to end an `if`"),
            Some("then") => return only("then", "be used in an `if`"),
            Some("do") => return only("do", "be used in a loop"),
            Some("done") => return only("done", "be used to end a loop"),
            Some("esac") => return only("esac", "be used to end a `case`"),
            Some(_) => return only("}", "be used to close a block"),
            None => {}
        }
        let rest = self.lexer.rest();
        for operator in [";;", ")", ";", "&&", "||", "|&", "|", "&"] {
            if rest.starts_with(operator) {
                return match operator {
                    ";;" => only(";;", "be used in a case clause"),
                    ")" => only(")", "be used to close a subshell"),
                    operator => only(operator, "immediately follow a statement"),
                };
            }
        }
        self.lexer.not_understood("this")
    }

    /// A program that must not be empty, after the word `opener`, which stands at `at`.
    fn block(&mut self, opener: &str, at: usize) -> Result<Program, NotUnderstood> {
        let program = self.program()?;
        if !program.statements.is_empty() {
            return Ok(program);
        }
        // A shell may know more ways to go on than we do; only these are wrong everywhere.
        let rest = self.lexer.rest();
        if rest.is_empty() || rest.starts_with([';', ')']) || self.reserved(&ENDS).is_some() {
            return Err(Lexer::wrong(at, format!("`{opener}` must be followed by a statement list")));
        }
        Err(self.lexer.not_understood("this"))
    }

    /// Reads a word that must stand here. At the end of the text the error is everywhere one, with this text.
    fn close(
        &mut self,
        word: &'static str,
        at: usize,
        wrong: impl Into<Cow<'static, str>>,
    ) -> Result<(), NotUnderstood> {
        self.skip_lines()?;
        if self.reserved(&[word]).is_some() && self.lexer.take(word) {
            return Ok(());
        }
        if self.lexer.rest().is_empty() {
            return Err(Lexer::wrong(at, wrong));
        }
        Err(self.stray())
    }

    /// Skips line ends, blanks and comments.
    fn skip_lines(&mut self) -> Result<(), NotUnderstood> {
        loop {
            self.lexer.skip_blanks();
            self.lexer.skip_comment();
            if !self.lexer.take("\n") {
                return Ok(());
            }
            self.heredocs()?;
        }
    }

    /// Reads the here-documents that begin on this line.
    fn heredocs(&mut self) -> Result<(), NotUnderstood> {
        for awaited in std::mem::take(&mut self.awaited) {
            let Awaited { delimiter, quoted, tabs, .. } = &awaited;
            let place = self.lexer.not_understood("this here-document");
            let mut text = String::new();
            loop {
                let line = self.lexer.line().ok_or_else(|| awaited.unclosed())?;
                let line = if *tabs { line.trim_start_matches('\t') } else { line };
                if line == delimiter {
                    break;
                }
                text.push_str(line);
                text.push('\n');
            }
            let word = if *quoted {
                Word { parts: vec![Part::Text { text, quoted: true }] }
            } else {
                document(&text).map_err(|_| place.clone())?
            };
            self.check(&word, &place)?;
            self.documents.push(word);
        }
        Ok(())
    }

    /// The reserved word that stands here, of those given.
    fn reserved(&self, words: &[&'static str]) -> Option<&'static str> {
        let rest = self.lexer.rest();
        let stands = |word: &&&'static str| {
            let after = rest.strip_prefix(**word).map(|rest| rest.chars().next());
            after.is_some_and(|next| {
                next.is_none_or(|next| {
                    matches!(next, ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')')
                })
            })
        };
        words.iter().find(stands).copied()
    }

    fn statement(&mut self) -> Result<Statement, NotUnderstood> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.lexer.skip_blanks();
            let at = self.lexer.at();
            let (connective, operator) = if self.lexer.take("&&") {
                (Connective::And, "&&")
            } else if self.lexer.take("||") {
                (Connective::Or, "||")
            } else {
                return Ok(Statement { first, rest });
            };
            self.follows(operator, at)?;
            rest.push((connective, self.pipeline()?));
        }
    }

    /// Skips to the statement that must follow an operator.
    fn follows(&mut self, operator: &str, at: usize) -> Result<(), NotUnderstood> {
        self.skip_lines()?;
        if self.lexer.rest().is_empty() || self.lexer.rest().starts_with([';', '&', '|', ')']) {
            return Err(Lexer::wrong(at, format!("`{operator}` must be followed by a statement")));
        }
        Ok(())
    }

    fn pipeline(&mut self) -> Result<Pipeline, NotUnderstood> {
        let at = self.lexer.at();
        let negated = self.reserved(&["!"]).is_some() && self.lexer.take("!");
        self.lexer.skip_blanks();
        if negated && (self.lexer.rest().is_empty() || self.lexer.rest().starts_with(['\n', ';'])) {
            return Err(Lexer::wrong(at, "`!` cannot form a statement alone"));
        }
        if negated && self.reserved(&["!"]).is_some() {
            return Err(Lexer::wrong(at, "cannot negate a command multiple times"));
        }
        let place = self.lexer.not_understood("this pipeline");
        let mut commands = vec![self.command()?];
        loop {
            self.lexer.skip_blanks();
            let (rest, at) = (self.lexer.rest(), self.lexer.at());
            if rest.starts_with("||") || rest.starts_with("|&") || !self.lexer.take("|") {
                break;
            }
            self.follows("|", at)?;
            commands.push(self.command()?);
        }
        if commands.len() > 1 && !can_be_piped(&commands) {
            return Err(place);
        }
        Ok(Pipeline { negated, commands })
    }

    fn command(&mut self) -> Result<Command, NotUnderstood> {
        let place = self.lexer.not_understood("this");
        let at = self.lexer.at();
        let kind = match self.reserved(&RESERVED) {
            Some("if") => self.if_clause()?,
            Some(word @ ("while" | "until")) => self.while_clause(word)?,
            Some("for") => self.for_clause()?,
            Some("case") => self.case_clause()?,
            Some("{") => {
                self.lexer.take("{");
                let program = self.block("{", at)?;
                self.close("}", at, "reached EOF without matching `{` with `}`")?;
                Kind::Group(program)
            }
            Some("[[") => {
                self.lexer.take("[[");
                self.lexer.skip_blanks();
                if self.reserved(&["]]"]).is_some() {
                    return Err(Lexer::wrong(at, "`[[` must be followed by an expression"));
                }
                if !self.lexer.rest().contains("]]") {
                    return Err(Lexer::wrong(at, "reached EOF without matching `[[` with `]]`"));
                }
                let condition = self.condition_or(&place)?;
                self.skip_lines()?;
                if self.reserved(&["]]"]).is_none() || !self.lexer.take("]]") {
                    return Err(place);
                }
                Kind::Condition(condition)
            }
            Some("!") => return Err(place),
            Some(word) if ENDS.contains(&word) => return Err(self.stray()),
            Some(_) => return Err(place),
            None if self.lexer.rest().starts_with("((") || self.lexer.rest().starts_with("()") => {
                return Err(place);
            }
            None if self.lexer.take("(") => {
                // A loop outside cannot be left from within.
                let loops = std::mem::take(&mut self.loops);
                self.parentheses += 1;
                let program = self.block("(", at)?;
                self.parentheses -= 1;
                self.loops = loops;
                if !self.lexer.take(")") {
                    let wrong = "reached EOF without matching `(` with `)`";
                    let end = self.lexer.rest().is_empty();
                    return Err(if end { Lexer::wrong(at, wrong) } else { self.stray() });
                }
                Kind::Subshell(program)
            }
            None => return self.simple(),
        };
        let mut redirections = Vec::new();
        loop {
            self.lexer.skip_blanks();
            match self.redirection()? {
                Some(redirection) => redirections.push(redirection),
                None => return Ok(Command { kind, redirections }),
            }
        }
    }

    fn condition_or(&mut self, place: &NotUnderstood) -> Result<Condition, NotUnderstood> {
        let mut left = self.condition_and(place)?;
        loop {
            self.skip_lines()?;
            if !self.lexer.take("||") {
                return Ok(left);
            }
            left = Condition::Or(Box::new(left), Box::new(self.condition_and(place)?));
        }
    }

    fn condition_and(&mut self, place: &NotUnderstood) -> Result<Condition, NotUnderstood> {
        let mut left = self.condition(place)?;
        loop {
            self.skip_lines()?;
            if !self.lexer.take("&&") {
                return Ok(left);
            }
            left = Condition::And(Box::new(left), Box::new(self.condition(place)?));
        }
    }

    fn condition(&mut self, place: &NotUnderstood) -> Result<Condition, NotUnderstood> {
        if self.depth == DEEPEST {
            return Err(place.clone());
        }
        self.skip_lines()?;
        self.depth += 1;
        let at = self.lexer.at();
        let condition = if self.reserved(&["!"]).is_some() && self.lexer.take("!") {
            self.lexer.skip_blanks();
            if self.reserved(&["]]"]).is_some() {
                return Err(Lexer::wrong(at, "`!` must be followed by an expression"));
            }
            Condition::Not(Box::new(self.condition(place)?))
        } else if self.lexer.take("(") {
            let inner = self.condition_or(place)?;
            self.skip_lines()?;
            if !self.lexer.take(")") {
                return Err(place.clone());
            }
            inner
        } else {
            self.comparison(place)?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn comparison(&mut self, place: &NotUnderstood) -> Result<Condition, NotUnderstood> {
        let operand = |parser: &mut Self| {
            parser.lexer.skip_blanks();
            match parser.word()? {
                Some(word) if word.bare() != Some("]]") => Ok(word),
                _ => Err(place.clone()),
            }
        };
        let left = operand(self)?;
        if let Some(operator) = left.bare().filter(|text| text.starts_with('-')) {
            if !builtin::is_unary_test(operator) {
                return Err(place.clone());
            }
            return Ok(Condition::Unary(operator.to_owned(), operand(self)?));
        }
        self.lexer.skip_blanks();
        for operator in ["<", ">"] {
            if self.lexer.take(operator) {
                return Ok(Condition::Binary(left, operator.to_owned(), operand(self)?));
            }
        }
        let rest = self.lexer.rest();
        if rest.starts_with(['&', '|', ')', '\n']) || self.reserved(&["]]"]).is_some() {
            return Ok(Condition::Word(left));
        }
        match operand(self)?.bare() {
            Some(operator) if builtin::is_binary_test(operator) => {
                Ok(Condition::Binary(left, operator.to_owned(), operand(self)?))
            }
            _ => Err(place.clone()),
        }
    }

    fn if_clause(&mut self) -> Result<Kind, NotUnderstood> {
        const UNENDED: &str = "`if` statement must end with `fi`";
        let start = self.lexer.at();
        let mut word = "if";
        let mut branches = Vec::new();
        loop {
            let at = self.lexer.at();
            self.lexer.take(word);
            let condition = self.block(word, at)?;
            let then = self.lexer.at();
            self.close("then", at, format!("`{word} <cond>` must be followed by `then`"))?;
            branches.push((condition, self.block("then", then)?));
            match self.reserved(&["elif", "else"]) {
                Some("elif") => word = "elif",
                Some(_) => {
                    let at = self.lexer.at();
                    self.lexer.take("else");
                    let otherwise = Some(self.block("else", at)?);
                    self.close("fi", start, UNENDED)?;
                    return Ok(Kind::If { branches, otherwise });
                }
                None => {
                    self.close("fi", start, UNENDED)?;
                    return Ok(Kind::If { branches, otherwise: None });
                }
            }
        }
    }

    /// The body of the loop that `word` begins at `at`.
    fn body(&mut self, word: &str, header: &str, at: usize) -> Result<Program, NotUnderstood> {
        self.skip_lines()?;
        let begin = self.lexer.at();
        self.close("do", at, format!("`{header}` must be followed by `do`"))?;
        self.loops += 1;
        let body = self.block("do", begin)?;
        self.loops -= 1;
        self.close("done", at, format!("`{word}` statement must end with `done`"))?;
        Ok(body)
    }

    fn while_clause(&mut self, word: &'static str) -> Result<Kind, NotUnderstood> {
        let at = self.lexer.at();
        self.lexer.take(word);
        let condition = self.block(word, at)?;
        let body = self.body(word, &format!("{word} <cond>"), at)?;
        Ok(Kind::While { until: word == "until", condition, body })
    }

    fn for_clause(&mut self) -> Result<Kind, NotUnderstood> {
        let at = self.lexer.at();
        self.lexer.take("for");
        self.lexer.skip_blanks();
        let place = self.lexer.not_understood("this loop");
        if self.lexer.rest().is_empty() || self.lexer.rest().starts_with(['\n', ';']) {
            return Err(Lexer::wrong(at, "`for` must be followed by a literal"));
        }
        let name = self.lexer.word()?.and_then(|word| word.bare().map(ToOwned::to_owned));
        let name = name.filter(|name| is_variable(name)).ok_or_else(|| place.clone())?;
        self.skip_lines()?;
        if self.reserved(&["in"]).is_none() || !self.lexer.take("in") {
            let rest = self.lexer.rest();
            if rest.is_empty() || (rest.starts_with(is_name) && self.reserved(&["do"]).is_none()) {
                let wrong = "`for foo` must be followed by `in`, `do`, `;`, or a newline";
                return Err(Lexer::wrong(at, wrong));
            }
            return Err(place);
        }
        let mut words = Vec::new();
        loop {
            self.lexer.skip_blanks();
            match self.word()? {
                Some(word) => words.push(word),
                None => break,
            }
        }
        self.lexer.skip_comment();
        let rest = self.lexer.rest();
        if !self.lexer.take(";") && !rest.starts_with('\n') && !rest.is_empty() {
            return Err(place);
        }
        Ok(Kind::For { name, words, body: self.body("for", "for foo [in words]", at)? })
    }

    fn case_clause(&mut self) -> Result<Kind, NotUnderstood> {
        let at = self.lexer.at();
        self.lexer.take("case");
        self.lexer.skip_blanks();
        let place = self.lexer.not_understood("this `case`");
        if self.lexer.rest().is_empty() {
            return Err(Lexer::wrong(at, "`case` must be followed by a word"));
        }
        let word = self.word()?.ok_or_else(|| place.clone())?;
        self.skip_lines()?;
        if self.lexer.rest().starts_with(is_name) && self.reserved(&["in"]).is_none() {
            return Err(Lexer::wrong(at, "`case x` must be followed by `in`"));
        }
        self.close("in", at, "`case x` must be followed by `in`")?;
        let mut items = Vec::new();
        loop {
            self.skip_lines()?;
            if self.reserved(&["esac"]).is_some() {
                self.lexer.take("esac");
                return Ok(Kind::Case { word, items });
            }
            if self.lexer.rest().is_empty() {
                return Err(Lexer::wrong(at, "`case` statement must end with `esac`"));
            }
            self.lexer.take("(");
            let mut patterns = Vec::new();
            loop {
                self.lexer.skip_blanks();
                let at = self.lexer.at();
                let wrong = || Lexer::wrong(at, "case patterns must consist of words");
                patterns.push(self.word()?.ok_or_else(wrong)?);
                self.lexer.skip_blanks();
                if self.lexer.take(")") {
                    break;
                }
                if self.lexer.rest().starts_with(is_name) {
                    return Err(Lexer::wrong(at, "case patterns must be separated with `|`"));
                }
                if self.lexer.rest().starts_with("||") || !self.lexer.take("|") {
                    return Err(place);
                }
            }
            items.push((patterns, self.program()?));
            if self.lexer.rest().starts_with(";;&") {
                return Err(place);
            }
            if !self.lexer.take(";;") && self.reserved(&["esac"]).is_none() && !self.lexer.rest().is_empty() {
                return Err(place);
            }
        }
    }

    fn simple(&mut self) -> Result<Command, NotUnderstood> {
        let place = self.lexer.not_understood("this command");
        let (mut assignments, mut words, mut redirections) = (Vec::new(), Vec::new(), Vec::new());
        let mut at = self.lexer.at();
        loop {
            self.lexer.skip_blanks();
            if let Some(redirection) = self.redirection()? {
                redirections.push(redirection);
                continue;
            }
            let start = self.lexer.at();
            let Some(word) = self.word()? else { break };
            if words.is_empty() {
                at = start;
            }
            if words.is_empty()
                && let Some(assignment) = assignment(&word)
            {
                assignments.push(assignment);
                continue;
            }
            words.push(word);
        }
        if assignments.is_empty() && words.is_empty() && redirections.is_empty() {
            return Err(self.stray());
        }
        if let Some(wrong) = self.parenthesis(&words, at, !assignments.is_empty()) {
            return Err(wrong);
        }
        let looks_assigned = |word: &Word| {
            let text =
                word.parts.first().map(|part| matches!(part, Part::Text { text, .. } if text.contains("+=")));
            text.unwrap_or_default()
        };
        let builtin = match words.first() {
            Some(name) if looks_assigned(name) => return Err(place),
            Some(name) => builtin::named(name, &words, self.loops).map_err(|()| place)?,
            None => None,
        };
        Ok(Command {
            kind: Kind::Simple(Simple { at: self.base + at, assignments, words, builtin }),
            redirections,
        })
    }

    /// The error of a parenthesis behind the words of a command, the first of which stands at `at`.
    fn parenthesis(&self, words: &[Word], at: usize, assigns: bool) -> Option<NotUnderstood> {
        let rest = self.lexer.rest();
        let stray = rest.starts_with(')') && self.parentheses == 0;
        if !rest.starts_with('(') && !stray {
            return None;
        }
        match words {
            [] if !assigns => None,
            // A function, or nearly one.
            [name] if rest.starts_with('(') && !assigns => {
                let after = rest.get(1..).unwrap_or_default().trim_start_matches([' ', '\t']);
                let wrong = Lexer::wrong(at, "`foo(` must be followed by `)`");
                (name.bare().is_some() && !after.starts_with(')')).then_some(wrong)
            }
            _ => {
                let parenthesis = rest.get(..1).unwrap_or_default();
                let wrong =
                    format!("a command can only contain words and redirects; encountered `{parenthesis}`");
                Some(Lexer::wrong(self.lexer.at(), wrong))
            }
        }
    }

    fn redirection(&mut self) -> Result<Option<Redirection>, NotUnderstood> {
        let rest = self.lexer.rest();
        let digits = rest.len() - rest.trim_start_matches(|next: char| next.is_ascii_digit()).len();
        let (number, operator) = rest.split_at(digits);
        if !operator.starts_with(['<', '>']) {
            return Ok(None);
        }
        let place = self.lexer.not_understood("this redirection");
        let at = self.lexer.at() + digits;
        let stream =
            if number.is_empty() { None } else { Some(number.parse::<usize>().map_err(|_| place.clone())?) };
        self.lexer.take(number);
        let operators = ["<<<", "<<-", "<<", "<>", "<&", "<(", ">>", ">|", ">&", ">(", "<", ">"];
        let Some(operator) = operators.into_iter().find(|operator| self.lexer.take(operator)) else {
            return Err(place);
        };
        self.lexer.skip_blanks();
        let rest = self.lexer.rest();
        let operator_follows =
            rest.starts_with(['\n', ';', '<', '>', '&', '|']) && rest.get(1..2) != Some("(");
        if rest.is_empty() || operator_follows {
            return Err(Lexer::wrong(at, format!("`{operator}` must be followed by a word")));
        }
        let word = self.word()?.ok_or_else(|| place.clone())?;
        let reads = operator.starts_with('<');
        let stream = stream.unwrap_or(usize::from(!reads));
        let target = match operator {
            "<" => RedirectionTarget::Read(word),
            "<<<" => RedirectionTarget::Text(word),
            "<<" | "<<-" => {
                let delimiter = word.literal().ok_or_else(|| place.clone())?;
                let quoted = word.parts.iter().any(|part| matches!(part, Part::Text { quoted: true, .. }));
                self.awaited.push(Awaited { at, delimiter, quoted, tabs: operator == "<<-" });
                RedirectionTarget::Here(self.documents.len() + self.awaited.len() - 1)
            }
            ">" => RedirectionTarget::Write(word),
            ">>" => RedirectionTarget::Append(word),
            ">&" => match word.bare() {
                Some("1") => RedirectionTarget::Duplicate(1),
                Some("2") => RedirectionTarget::Duplicate(2),
                _ => return Err(place),
            },
            _ => return Err(place),
        };
        if reads != (stream == 0) || stream > 2 {
            return Err(place);
        }
        Ok(Some(Redirection { stream, target }))
    }

    /// A word all of whose expansions are understood.
    fn word(&mut self) -> Result<Option<Word>, NotUnderstood> {
        let place = self.lexer.not_understood("this word");
        let Some(word) = self.lexer.word()? else { return Ok(None) };
        self.check(&word, &place)?;
        Ok(Some(word))
    }

    fn check(&mut self, word: &Word, place: &NotUnderstood) -> Result<(), NotUnderstood> {
        for part in &word.parts {
            match part {
                Part::Text { .. } | Part::Value { .. } => {}
                Part::Parameter { parameter, .. } => {
                    if !is_known(parameter, self.dialect) {
                        return Err(place.clone());
                    }
                    if let Some(
                        Operation::Default { word, .. }
                        | Operation::Alternative { word, .. }
                        | Operation::Assign { word, .. }
                        | Operation::Require { word, .. }
                        | Operation::Remove { pattern: word, .. }
                        | Operation::Replace { pattern: word, .. },
                    ) = &parameter.operation
                    {
                        if word.parts.iter().any(|part| matches!(part, Part::Command { .. })) {
                            return Err(place.clone());
                        }
                        self.check(word, place)?;
                    }
                }
                Part::Command { script, .. } => {
                    if !self.substitutions.contains_key(script) {
                        let after = self.text.get(place.at..).unwrap_or_default();
                        let base = self.base + place.at + after.find(script.as_str()).unwrap_or_default();
                        let program = self.substitution(script, base).map_err(|_| place.clone())?;
                        self.substitutions.insert(script.clone(), program);
                    }
                }
            }
        }
        Ok(())
    }

    fn substitution(&mut self, script: &str, base: usize) -> Result<Program, NotUnderstood> {
        let mut inner = Parser {
            lexer: Lexer::new(script),
            dialect: self.dialect,
            text: script,
            base,
            parentheses: 0,
            depth: self.depth,
            loops: 0,
            substitutions: std::mem::take(&mut self.substitutions),
            awaited: Vec::new(),
            documents: Vec::new(),
        };
        let program = inner.program();
        let rest = inner.lexer.rest().is_empty();
        self.substitutions = inner.substitutions;
        if rest { program } else { Err(self.lexer.not_understood("this")) }
    }
}

/// Programs run side by side; of ours only what prints a text that is known at once can begin a pipeline.
fn can_be_piped(commands: &[Command]) -> bool {
    let plain = |command: &Command| {
        let reads = |redirection: &Redirection| redirection.stream == 0;
        let Kind::Simple(simple) = &command.kind else { return None };
        (!simple.words.is_empty()).then_some((simple.builtin, command.redirections.iter().any(reads)))
    };
    // Before the last one, only what a `Feeder` can do.
    let feeds = |command: &Command| {
        command.redirections.iter().all(|redirection| match &redirection.target {
            RedirectionTarget::Write(word) | RedirectionTarget::Append(word) => {
                redirection.stream == 2 && word.bare() == Some("/dev/null")
            }
            RedirectionTarget::Duplicate(to) => (redirection.stream, *to) == (2, 1),
            RedirectionTarget::Read(_) | RedirectionTarget::Text(_) | RedirectionTarget::Here(_) => true,
        })
    };
    commands.iter().enumerate().all(|(index, command)| {
        let place = index + 1 == commands.len() || (feeds(command) && command.redirections.len() < 2);
        place
            && match plain(command) {
                Some((None, reads)) => index == 0 || !reads,
                Some((Some(Builtin::Echo | Builtin::Printf | Builtin::Pwd | Builtin::Succeed), reads)) => {
                    index == 0 && !reads && command.redirections.is_empty()
                }
                _ => false,
            }
    })
}

/// `NAME=WORD`
fn assignment(word: &Word) -> Option<(String, Word)> {
    let (first, rest) = word.parts.split_first()?;
    let Part::Text { text, quoted: false } = first else { return None };
    let (name, value) = text.split_once('=')?;
    if !is_variable(name) {
        return None;
    }
    let mut parts = Vec::with_capacity(word.parts.len());
    if !value.is_empty() {
        parts.push(Part::Text { text: value.to_owned(), quoted: false });
    }
    parts.extend_from_slice(rest);
    Some((name.to_owned(), Word { parts }))
}

/// The assignments and bare names in the arguments of `export`.
pub(super) fn declarations(words: &[Word]) -> Option<Vec<(String, Option<Word>)>> {
    let declaration = |word: &Word| {
        if let Some((name, value)) = assignment(word) {
            return Some((name, Some(value)));
        }
        word.bare().filter(|name| is_variable(name)).map(|name| (name.to_owned(), None))
    };
    words.iter().map(declaration).collect()
}

/// Whether a text is the name of a variable.
pub(super) fn is_variable(name: &str) -> bool {
    name.starts_with(|next: char| next == '_' || next.is_ascii_alphabetic()) && name.chars().all(is_name)
}

/// Whether a parameter is one that we have. Shells compute the others, mvdan/sh fewer than bash.
fn is_known(parameter: &Parameter, dialect: Dialect) -> bool {
    const COMPUTED: [&str; 6] = ["RANDOM", "SRANDOM", "LINENO", "OPTARG", "OPTIND", "PPID"];
    const OF_BASH: [&str; 8] =
        ["_", "SECONDS", "FUNCNAME", "PIPESTATUS", "EPOCHSECONDS", "EPOCHREALTIME", "GROUPS", "DIRSTACK"];
    let name = parameter.name.as_str();
    let of_bash = OF_BASH.contains(&name) || name.starts_with("BASH");
    let as_bash = dialect == Dialect::Bash
        && (of_bash || matches!(parameter.operation, Some(Operation::Replace { bash_differs: true, .. })));
    name != "!" && !COMPUTED.contains(&name) && name != "DIRSTACK" && !as_bash
}

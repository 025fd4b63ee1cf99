//! Text to a [`Program`]. Strict: what is not fully understood is refused before anything runs, so that a real shell can
//! have all of it.

mod compound;
mod condition;
mod expansion;
mod pipeline;
mod redirection;
mod simple;

pub(super) use simple::{declarations, is_variable};

use super::Dialect;
use super::syntax::Program;
use crate::word::{Lexer, NotUnderstood, Word};
use redirection::Awaited;
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
    /// It runs commands beside itself (`&`).
    pub(super) runs_beside: bool,
}

/// Reads a whole script.
pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Parsed, NotUnderstood> {
    let mut parser = Parser {
        lexer: lexer(text, dialect),
        dialect,
        text,
        base: 0,
        parentheses: 0,
        depth: 0,
        loops: 0,
        substitutions: HashMap::new(),
        awaited: Vec::new(),
        documents: Vec::new(),
        is_captured: false,
        runs_beside: false,
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
        runs_beside: parser.runs_beside,
    })
}

fn lexer(text: &str, dialect: Dialect) -> Lexer<'_> {
    match dialect {
        Dialect::Bash => Lexer::new(text),
        Dialect::GoTask => Lexer::new(text).keeping(),
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
    /// It is a command substitution.
    is_captured: bool,
    /// A command runs beside the script.
    runs_beside: bool,
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
            let mut statement = self.statement()?;
            self.lexer.skip_blanks();
            statement.beside = self.beside(&statement);
            let separated = statement.beside;
            program.statements.push(statement);
            self.lexer.skip_blanks();
            self.lexer.skip_comment();
            let rest = self.lexer.rest();
            if rest.starts_with('\n') || rest.starts_with(";;") {
                continue;
            }
            if rest.starts_with(";&") {
                return Err(self.lexer.not_understood("this"));
            }
            if !separated && !self.lexer.take(";") && !rest.is_empty() && !rest.starts_with(')') {
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
}

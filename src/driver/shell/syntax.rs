//! A script that was understood.

use super::builtin::Builtin;
use crate::word::Word;

/// Statements, one after another.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) statements: Vec<Statement>,
}

/// Pipelines joined by `&&` and `||`.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) first: Pipeline,
    pub(super) rest: Vec<(Connective, Pipeline)>,
    /// `&`: nobody waits for it. It is then one simple command.
    pub(super) beside: bool,
}

/// What decides whether the next pipeline of a statement runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Connective {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Commands joined by `|`, at least one.
#[derive(Debug)]
pub(super) struct Pipeline {
    /// `!`
    pub(super) negated: bool,
    pub(super) commands: Vec<Command>,
}

/// A command with its redirections, which are done from left to right.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) kind: Kind,
    pub(super) redirections: Vec<Redirection>,
}

/// The kinds of commands.
#[derive(Debug)]
pub(super) enum Kind {
    Simple(Simple),
    /// `{ ...; }`
    Group(Program),
    /// `( ... )`
    Subshell(Program),
    If {
        /// Conditions with what follows from them.
        branches: Vec<(Program, Program)>,
        otherwise: Option<Program>,
    },
    While {
        /// The condition ends the loop instead.
        until: bool,
        condition: Program,
        body: Program,
    },
    For {
        name: String,
        words: Vec<Word>,
        body: Program,
    },
    Case {
        word: Word,
        items: Vec<(Vec<Word>, Program)>,
    },
    /// `[[ ... ]]`
    Condition(Condition),
}

/// The inside of `[[ ]]`.
#[derive(Debug)]
pub(super) enum Condition {
    /// Holds where the text is not empty.
    Word(Word),
    Unary(String, Word),
    /// The right side of `=`, `==` and `!=` is a pattern.
    Binary(Word, String, Word),
    /// `=~`: a text and a regular expression.
    Matches(Word, Word),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
}

/// Assignments and words.
#[derive(Debug)]
pub(super) struct Simple {
    /// Byte of the script where its name stands.
    pub(super) at: usize,
    pub(super) assignments: Vec<(String, Word)>,
    /// The command's name and arguments; empty where it only assigns.
    pub(super) words: Vec<Word>,
    /// The name, where it is one of ours.
    pub(super) builtin: Option<Builtin>,
}

/// A redirection of one stream.
#[derive(Debug)]
pub(super) struct Redirection {
    /// Number of the stream: 0, 1 or 2.
    pub(super) stream: usize,
    pub(super) target: RedirectionTarget,
}

/// Where a stream is redirected.
#[derive(Debug)]
pub(super) enum RedirectionTarget {
    /// `< FILE`
    Read(Word),
    /// `> FILE`
    Write(Word),
    /// `>> FILE`
    Append(Word),
    /// `>&N`
    Duplicate(usize),
    /// `<<< WORD`
    Text(Word),
    /// `<< WORD`: which of the script's here-documents.
    Here(usize),
}

//! Shell words: read, expanded, matched against paths, with the rules of mvdan/sh (go-task 3.54's shell), which are
//! bash's where nothing else is said. Knows no commands and no tasks.
//!
//! What is not fully understood is refused ([`NotUnderstood`]), never guessed at: whoever asks can then hand the text to
//! a real shell.

mod brace;
mod clean;
pub mod escape;
mod expand;
mod expression;
mod field;
mod glob;
mod lexer;
mod pathname;
mod pattern;

pub use clean::clean;
pub use expand::{ExpandError, Expander};
pub use field::Field;
pub use lexer::{Lexer, NotUnderstood, document, is_name, words};
pub use pathname::{Found, FoundKind};
pub use pattern::{Dialect, Pattern, PatternError};

/// A word as written: parts that stand next to each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word {
    /// In order; an empty word is one that was quoted (`""`).
    pub parts: Vec<Part>,
}

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text, without the quotes and backslashes that quoted it.
    Text {
        /// The text.
        text: String,
        /// Nothing in it has a meaning of its own.
        quoted: bool,
    },
    /// `$NAME`, `${NAME}` and its forms.
    Parameter {
        /// What it gives.
        parameter: Parameter,
        /// In double quotes: it is not split into fields.
        quoted: bool,
    },
    /// `$(...)`, which whoever expands the word replaces by a [`Part::Value`] first.
    Command {
        /// The script.
        script: String,
        /// In double quotes.
        quoted: bool,
    },
    /// A value that is already known.
    Value {
        /// The text.
        text: String,
        /// In double quotes: it is not split into fields.
        quoted: bool,
    },
}

/// A parameter expansion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// A variable's name, or `?`, `#`, `@`, `*`, `$`, `!`, `-` or a number.
    pub name: String,
    /// What is done with its value.
    pub operation: Option<Operation>,
}

/// What a parameter expansion does with the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// `${#NAME}`
    Length,
    /// `${NAME-WORD}`; with a colon also when it is empty.
    Default {
        /// Also when empty.
        colon: bool,
        /// What is taken instead.
        word: Word,
    },
    /// `${NAME=WORD}`; with a colon also when it is empty. The variable gets the value.
    Assign {
        /// Also when empty.
        colon: bool,
        /// What is taken and assigned.
        word: Word,
    },
    /// `${NAME?WORD}`: an error with this message; with a colon also when it is empty.
    Require {
        /// Also when empty.
        colon: bool,
        /// The message.
        word: Word,
    },
    /// `${NAME#PATTERN}` and the like: without the part at one end that matches.
    Remove {
        /// At the end (`%`), not at the beginning (`#`).
        suffix: bool,
        /// The longest part that matches, not the shortest.
        longest: bool,
        /// The pattern.
        pattern: Word,
    },
    /// `${NAME/PATTERN/WORD}`: with another text for what matches.
    Replace {
        /// Everywhere (`//`), not only the first.
        all: bool,
        /// The pattern. A `#` or `%` at its beginning is itself (mvdan/sh).
        pattern: Word,
        /// The other text.
        with: Word,
        /// bash would give it another meaning.
        bash_differs: bool,
    },
    /// `${NAME:OFFSET:LENGTH}` in characters; negative ones count from the end.
    Slice {
        /// Where it begins.
        offset: i64,
        /// How much is taken; all of it where absent.
        length: Option<i64>,
    },
    /// `${NAME+WORD}`; with a colon not when it is empty.
    Alternative {
        /// Not when empty.
        colon: bool,
        /// What is taken.
        word: Word,
    },
}

impl Word {
    /// The text of a word in which nothing is expanded, quoted or not.
    #[must_use]
    pub fn literal(&self) -> Option<String> {
        let text = |part: &Part| match part {
            Part::Text { text, .. } => Some(text.clone()),
            _ => None,
        };
        self.parts.iter().map(text).collect()
    }

    /// The text of a word that is one piece of unquoted text.
    #[must_use]
    pub fn bare(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Text { text, quoted: false }] => Some(text),
            _ => None,
        }
    }
}

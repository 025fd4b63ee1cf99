//! What the lexer makes of a template's text, piece by piece.

/// The kind of a [`Token`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Error,
    Bool,
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Dot,
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl TokenKind {
    /// Whether the token is a word of the language, which messages show as `<word>`.
    pub(super) fn is_keyword(self) -> bool {
        use TokenKind::{Block, Break, Continue, Define, Dot, Else, End, If, Nil, Range, Template, With};
        matches!(
            self,
            Dot | Block | Break | Continue | Define | Else | End | If | Nil | Range | Template | With
        )
    }
}

/// A piece of the text between `start` and `end`, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// The line that the token starts on, from 1.
    pub(super) line: usize,
    /// What is wrong, for [`TokenKind::Error`].
    pub(super) message: Option<Box<str>>,
}

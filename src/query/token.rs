//! jq's words, as its lexer cuts them.

/// A word and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What a word is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    /// A name, with the modules before it.
    Name(String),
    /// A word with a meaning of its own.
    Keyword(&'static str),
    /// `.name`
    Field(String),
    Number(f64),
    /// `@name`
    Format(String),
    /// An operator or bracket.
    Symbol(&'static str),
    /// A string up to an interpolation or its end, as it is written.
    Text(String),
    /// `"` that opens a string.
    StringStart,
    /// `"` that ends one.
    StringEnd,
    /// `\(`
    InterpolationStart,
    /// `)` that ends an interpolation.
    InterpolationEnd,
    /// A letter that means nothing.
    Invalid,
    End,
}

impl TokenKind {
    /// What jq's grammar calls it.
    pub(super) fn grammar_name(&self) -> String {
        match self {
            Self::Name(_) => "IDENT".to_owned(),
            Self::Keyword(word) => (*word).to_owned(),
            Self::Field(_) => "FIELD".to_owned(),
            Self::Number(_) => "LITERAL".to_owned(),
            Self::Format(_) => "FORMAT".to_owned(),
            Self::Symbol(symbol) if symbol.len() == 1 => format!("'{symbol}'"),
            Self::Symbol(symbol) => (*symbol).to_owned(),
            Self::Text(_) => "QQSTRING_TEXT".to_owned(),
            Self::StringStart => "QQSTRING_START".to_owned(),
            Self::StringEnd => "QQSTRING_END".to_owned(),
            Self::InterpolationStart => "QQSTRING_INTERP_START".to_owned(),
            Self::InterpolationEnd => "QQSTRING_INTERP_END".to_owned(),
            Self::Invalid => "INVALID_CHARACTER".to_owned(),
            Self::End => "$end".to_owned(),
        }
    }
}

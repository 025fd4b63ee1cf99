//! The operators that stand between two expressions, and how tightly they bind.

use super::token::TokenKind;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Associativity {
    Left,
    Right,
    None,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Operator {
    pub(super) symbol: &'static str,
    pub(super) level: u8,
    pub(super) associativity: Associativity,
}

/// How tightly `*` binds.
pub(super) const PRODUCT: u8 = 6;

/// The operator that a word is.
pub(super) fn operator(kind: &TokenKind) -> Option<Operator> {
    let symbol = match kind {
        TokenKind::Symbol(symbol) => symbol,
        TokenKind::Keyword(word) => word,
        _ => return None,
    };
    let (level, associativity) = match *symbol {
        "//" => (0, Associativity::Right),
        "=" | "|=" | "+=" | "-=" | "*=" | "/=" | "%=" | "//=" => (1, Associativity::None),
        "or" => (2, Associativity::Left),
        "and" => (3, Associativity::Left),
        "==" | "!=" | "<" | "<=" | ">" | ">=" => (4, Associativity::None),
        "+" | "-" => (5, Associativity::Left),
        "*" | "/" | "%" => (PRODUCT, Associativity::Left),
        _ => return None,
    };
    Some(Operator { symbol, level, associativity })
}

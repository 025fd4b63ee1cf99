//! The text of a program to words.

use super::token::{Token, TokenKind};

const KEYWORDS: [&str; 19] = [
    "as", "import", "include", "module", "def", "if", "then", "else", "elif", "and", "or", "end", "reduce",
    "foreach", "try", "catch", "label", "break", "__loc__",
];
/// Longer ones first.
const SYMBOLS: [&str; 35] = [
    "?//", "//=", "!=", "==", "//", "|=", "+=", "-=", "*=", "/=", "%=", "<=", ">=", "..", ".", "?", "=", ";",
    ",", ":", "|", "+", "-", "*", "/", "%", "$", "<", ">", "(", ")", "[", "]", "{", "}",
];

/// What the lexer is within.
#[derive(PartialEq, Eq)]
enum Within {
    Parenthesis,
    Bracket,
    Brace,
    String,
    Interpolation,
}

/// Cuts a program into words; the last one is [`TokenKind::End`].
pub(super) fn lex(text: &str) -> Vec<Token> {
    Lexer { text, at: 0, last: 0, tokens: Vec::new(), within: Vec::new() }.run()
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    last: usize,
    tokens: Vec<Token>,
    within: Vec<Within>,
}

impl Lexer<'_> {
    fn run(mut self) -> Vec<Token> {
        while self.at < self.text.len() {
            self.last = self.at;
            if self.within.last() == Some(&Within::String) { self.string() } else { self.word() }
        }
        // For jq the end is where its lexer last found something, be it a space.
        self.tokens.push(Token { kind: TokenKind::End, start: self.last, end: self.text.len() });
        self.tokens
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, kind: TokenKind, length: usize) {
        self.tokens.push(Token { kind, start: self.at, end: self.at + length });
        self.at += length;
    }

    fn string(&mut self) {
        let rest = self.rest();
        if rest.starts_with('"') {
            self.push(TokenKind::StringEnd, 1);
            self.within.pop();
            return;
        }
        if rest.starts_with("\\(") {
            self.push(TokenKind::InterpolationStart, 2);
            self.within.push(Within::Interpolation);
            return;
        }
        if rest == "\\" {
            return self.push(TokenKind::Invalid, 1);
        }
        let escapes = rest.starts_with('\\');
        let length =
            if escapes { escapes_length(rest) } else { rest.find(['"', '\\']).unwrap_or(rest.len()) };
        let kind = TokenKind::Text(rest.get(..length).unwrap_or_default().to_owned());
        self.push(kind, length);
    }

    fn word(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return };
        if first.is_ascii_whitespace() {
            self.at += rest.find(|c: char| !c.is_ascii_whitespace()).unwrap_or(rest.len());
            return;
        }
        if first == '#' {
            self.at += rest.find('\n').unwrap_or(rest.len());
            return;
        }
        if first == '"' {
            self.push(TokenKind::StringStart, 1);
            self.within.push(Within::String);
            return;
        }
        if let Some(length) = number_length(rest) {
            let number = rest.get(..length).and_then(|text| text.parse().ok()).unwrap_or(0.0);
            return self.push(TokenKind::Number(number), length);
        }
        if let Some(length) = rest.strip_prefix('.').and_then(plain_name_length) {
            let name = rest.get(1..=length).unwrap_or_default().to_owned();
            return self.push(TokenKind::Field(name), length + 1);
        }
        if let Some(after) = rest.strip_prefix('@') {
            let length = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            if length > 0 {
                let name = after.get(..length).unwrap_or_default().to_owned();
                return self.push(TokenKind::Format(name), length + 1);
            }
        }
        if let Some(length) = name_length(rest) {
            let name = rest.get(..length).unwrap_or_default();
            let keyword = KEYWORDS.iter().find(|keyword| **keyword == name);
            let kind =
                keyword.map_or_else(|| TokenKind::Name(name.to_owned()), |word| TokenKind::Keyword(word));
            return self.push(kind, length);
        }
        match SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            Some(symbol) => self.symbol(symbol),
            None => self.push(TokenKind::Invalid, first.len_utf8()),
        }
    }

    fn symbol(&mut self, symbol: &'static str) {
        let closes = match symbol {
            "(" => return self.open(symbol, Within::Parenthesis),
            "[" => return self.open(symbol, Within::Bracket),
            "{" => return self.open(symbol, Within::Brace),
            ")" if self.within.last() == Some(&Within::Interpolation) => {
                self.within.pop();
                return self.push(TokenKind::InterpolationEnd, 1);
            }
            ")" => Some(Within::Parenthesis),
            "]" => Some(Within::Bracket),
            "}" => Some(Within::Brace),
            _ => None,
        };
        match closes {
            Some(within) if self.within.last() == Some(&within) => {
                self.within.pop();
            }
            Some(_) => return self.push(TokenKind::Invalid, 1),
            None => {}
        }
        self.push(TokenKind::Symbol(symbol), symbol.len());
    }

    fn open(&mut self, symbol: &'static str, within: Within) {
        self.within.push(within);
        self.push(TokenKind::Symbol(symbol), 1);
    }
}

/// Escapes that follow each other. `\(` is none.
fn escapes_length(text: &str) -> usize {
    let mut length = 0;
    while let Some(after) = text.get(length..).and_then(|rest| rest.strip_prefix('\\')) {
        match after.chars().next() {
            None => return text.len(),
            Some('(') => break,
            Some('u') => {
                let digits = after.bytes().skip(1).take(4).take_while(u8::is_ascii_alphanumeric).count();
                length += 2 + digits;
            }
            Some(letter) => length += 1 + letter.len_utf8(),
        }
    }
    length
}

fn plain_name_length(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if !first.is_ascii_alphabetic() && first != '_' {
        return None;
    }
    Some(text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len()))
}

/// A name with modules before it: `a::b::c`.
fn name_length(text: &str) -> Option<usize> {
    let mut length = plain_name_length(text)?;
    while let Some(more) =
        text.get(length..).and_then(|rest| rest.strip_prefix("::")).and_then(plain_name_length)
    {
        length += 2 + more;
    }
    Some(length)
}

fn number_length(text: &str) -> Option<usize> {
    let digits = |from: usize| {
        text.as_bytes()
            .get(from..)
            .map_or(0, |rest| rest.iter().take_while(|byte| byte.is_ascii_digit()).count())
    };
    let whole = digits(0);
    let mut length = whole;
    if text.as_bytes().get(length) == Some(&b'.') {
        let fraction = digits(length + 1);
        if whole == 0 && fraction == 0 {
            return None;
        }
        length += 1 + fraction;
    } else if whole == 0 {
        return None;
    }
    if matches!(text.as_bytes().get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.as_bytes().get(length + 1), Some(b'+' | b'-')));
        let exponent = digits(length + 1 + sign);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    Some(length)
}

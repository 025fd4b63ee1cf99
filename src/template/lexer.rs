//! Template text -> tokens, on demand. Knows characters and delimiters, no grammar.

use super::token::{Token, TokenKind};

/// The state between two tokens.
#[derive(Debug, Clone)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    position: usize,
    start: usize,
    line: usize,
    start_line: usize,
    inside_action: bool,
    /// Where the delimiter of the action stands that is being read.
    action_start: usize,
    open_parentheses: usize,
    failed: bool,
}

const LEFT: &str = "{{";
const RIGHT: &str = "}}";
/// A trim marker: `-` and the space beside it.
const MARKER: usize = 2;

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            position: 0,
            start: 0,
            line: 1,
            start_line: 1,
            inside_action: false,
            action_start: 0,
            open_parentheses: 0,
            failed: false,
        }
    }

    /// The next token; [`TokenKind::Eof`] for ever after the last or after an error.
    pub(super) fn next_token(&mut self) -> Token {
        if self.failed {
            return self.token(TokenKind::Eof);
        }
        if self.inside_action { self.action() } else { self.outside() }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.position..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn advance(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.position += next.len_utf8();
        if next == '\n' {
            self.line += 1;
        }
        Some(next)
    }

    /// The token from `start` to here; the next one starts here.
    fn token(&mut self, kind: TokenKind) -> Token {
        let token =
            Token { kind, start: self.start, end: self.position, line: self.start_line, message: None };
        self.ignore();
        token
    }

    fn ignore(&mut self) {
        self.start = self.position;
        self.start_line = self.line;
    }

    fn error(&mut self, message: impl Into<Box<str>>) -> Token {
        self.failed = true;
        Token { message: Some(message.into()), ..self.token(TokenKind::Error) }
    }

    /// Moves over `length` bytes, counting their lines.
    fn skip(&mut self, length: usize) {
        self.line += self.text[self.position..self.position + length].matches('\n').count();
        self.position += length;
    }

    fn outside(&mut self) -> Token {
        loop {
            let rest = self.rest();
            let Some(before) = rest.find(LEFT) else {
                self.skip(rest.len());
                let kind = if self.position > self.start { TokenKind::Text } else { TokenKind::Eof };
                return self.token(kind);
            };
            if before > 0 {
                let trimmed = if has_left_marker(&rest[before + LEFT.len()..]) {
                    rest[..before].trim_end_matches(is_space).len()
                } else {
                    before
                };
                self.skip(trimmed);
                let text = self.token(TokenKind::Text);
                self.skip(before - trimmed);
                self.ignore();
                if trimmed > 0 {
                    return text;
                }
            }
            if let Some(token) = self.left_delimiter() {
                return token;
            }
        }
    }

    /// The delimiter as a token; nothing for a comment, which is skipped.
    fn left_delimiter(&mut self) -> Option<Token> {
        let after = &self.rest()[LEFT.len()..];
        let marker = if has_left_marker(after) { MARKER } else { 0 };
        if after[marker..].starts_with("/*") {
            self.position += LEFT.len() + marker;
            self.ignore();
            return self.comment();
        }
        self.action_start = self.position;
        self.position += LEFT.len();
        let token = self.token(TokenKind::LeftDelim);
        self.inside_action = true;
        self.skip(marker);
        self.ignore();
        self.open_parentheses = 0;
        Some(token)
    }

    fn comment(&mut self) -> Option<Token> {
        self.position += 2;
        let Some(end) = self.rest().find("*/") else {
            return Some(self.error("unclosed comment"));
        };
        self.skip(end + 2);
        let Some(trim) = self.at_right_delimiter() else {
            return Some(self.error("comment ends before closing delimiter"));
        };
        self.close(trim);
        self.ignore();
        None
    }

    /// Whether `}}` comes next, and if so whether with a trim marker before it.
    fn at_right_delimiter(&self) -> Option<bool> {
        let rest = self.rest();
        if has_right_marker(rest) && rest[MARKER..].starts_with(RIGHT) {
            Some(true)
        } else {
            rest.starts_with(RIGHT).then_some(false)
        }
    }

    /// Moves over the right delimiter and over what it trims.
    fn close(&mut self, trim: bool) {
        self.skip(if trim { MARKER } else { 0 } + RIGHT.len());
        if trim {
            let rest = self.rest();
            self.skip(rest.len() - rest.trim_start_matches(is_space).len());
        }
    }

    fn right_delimiter(&mut self, trim: bool) -> Token {
        if trim {
            self.skip(MARKER);
            self.ignore();
        }
        self.position += RIGHT.len();
        let token = self.token(TokenKind::RightDelim);
        if trim {
            let rest = self.rest();
            self.skip(rest.len() - rest.trim_start_matches(is_space).len());
            self.ignore();
        }
        self.inside_action = false;
        token
    }

    fn action(&mut self) -> Token {
        if let Some(trim) = self.at_right_delimiter() {
            if self.open_parentheses == 0 {
                return self.right_delimiter(trim);
            }
            return self.error("unclosed left paren");
        }
        let Some(next) = self.peek() else {
            self.start = self.action_start;
            return self.error("unclosed action");
        };
        if is_space(next) {
            return self.space();
        }
        if matches!(next, '+' | '-' | '0'..='9') {
            return self.number();
        }
        if is_alphanumeric(next) {
            return self.identifier();
        }
        self.advance();
        match next {
            '=' => self.token(TokenKind::Assign),
            ':' if self.advance() == Some('=') => self.token(TokenKind::Declare),
            ':' => self.error("expected :="),
            '|' => self.token(TokenKind::Pipe),
            '"' => self.quoted('"', TokenKind::String, "unterminated quoted string"),
            '`' => self.raw_quoted(),
            '$' => self.name(TokenKind::Variable, TokenKind::Variable),
            '\'' => self.quoted('\'', TokenKind::CharConstant, "unterminated character constant"),
            // At the very end Go takes the dot for a number, too.
            '.' if self.peek().is_none_or(|digit| digit.is_ascii_digit()) => {
                self.position -= 1;
                self.number()
            }
            '.' => self.name(TokenKind::Field, TokenKind::Dot),
            '(' => {
                self.open_parentheses += 1;
                self.token(TokenKind::LeftParen)
            }
            ')' if self.open_parentheses == 0 => self.error("unexpected right paren"),
            ')' => {
                self.open_parentheses -= 1;
                self.token(TokenKind::RightParen)
            }
            ' '..='~' => self.token(TokenKind::Char),
            _ => self.error(format!("unrecognized character in action: {}", describe(Some(next)))),
        }
    }

    fn space(&mut self) -> Token {
        let mut count = 0;
        let mut before_last = self.position;
        while self.peek().is_some_and(is_space) {
            before_last = self.position;
            self.advance();
            count += 1;
        }
        // The last space belongs to the closing delimiter where a marker follows it.
        let tail = &self.text[before_last..];
        if has_right_marker(tail) && tail[MARKER..].starts_with(RIGHT) {
            if self.text.as_bytes()[before_last] == b'\n' {
                self.line -= 1;
            }
            self.position = before_last;
            if count == 1 {
                return self.right_delimiter(true);
            }
        }
        self.token(TokenKind::Space)
    }

    fn identifier(&mut self) -> Token {
        self.absorb_name();
        if let Some(error) = self.unless_terminated() {
            return error;
        }
        let kind = match &self.text[self.start..self.position] {
            "block" => TokenKind::Block,
            "break" => TokenKind::Break,
            "continue" => TokenKind::Continue,
            "define" => TokenKind::Define,
            "else" => TokenKind::Else,
            "end" => TokenKind::End,
            "if" => TokenKind::If,
            "nil" => TokenKind::Nil,
            "range" => TokenKind::Range,
            "template" => TokenKind::Template,
            "with" => TokenKind::With,
            "true" | "false" => TokenKind::Bool,
            _ => TokenKind::Identifier,
        };
        self.token(kind)
    }

    /// A `.field` or `$variable` whose first character is read; `alone` where no name follows.
    fn name(&mut self, kind: TokenKind, alone: TokenKind) -> Token {
        if self.at_terminator() {
            return self.token(alone);
        }
        self.absorb_name();
        match self.unless_terminated() {
            Some(error) => error,
            None => self.token(kind),
        }
    }

    fn absorb_name(&mut self) {
        while self.peek().is_some_and(is_alphanumeric) {
            self.advance();
        }
    }

    fn unless_terminated(&mut self) -> Option<Token> {
        if self.at_terminator() {
            return None;
        }
        let bad = self.peek();
        self.start = self.position;
        self.position += bad.map_or(0, char::len_utf8);
        Some(self.error(format!("bad character {}", describe(bad))))
    }

    fn at_terminator(&self) -> bool {
        match self.peek() {
            None | Some('.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(next) => is_space(next) || self.rest().starts_with(RIGHT),
        }
    }

    fn quoted(&mut self, quote: char, kind: TokenKind, unterminated: &str) -> Token {
        loop {
            match self.advance() {
                Some('\\') if matches!(self.advance(), Some(escaped) if escaped != '\n') => {}
                None | Some('\n' | '\\') => return self.error(unterminated),
                Some(next) if next == quote => return self.token(kind),
                Some(_) => {}
            }
        }
    }

    fn raw_quoted(&mut self) -> Token {
        let Some(length) = self.rest().find('`') else {
            let rest = self.rest().len();
            self.skip(rest);
            return self.error("unterminated raw quoted string");
        };
        self.skip(length + 1);
        self.token(TokenKind::RawString)
    }

    fn number(&mut self) -> Token {
        let mut kind = TokenKind::Number;
        let mut good = self.scan_number();
        if good && matches!(self.peek(), Some('+' | '-')) {
            kind = TokenKind::Complex;
            good = self.scan_number() && self.text[..self.position].ends_with('i');
        }
        if good {
            return self.token(kind);
        }
        let text = super::quote::quote(&self.text[self.start..self.position]);
        self.error(format!("bad number syntax: {text}"))
    }

    fn scan_number(&mut self) -> bool {
        self.accept("+-");
        let mut digits = "0123456789_";
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        self.accept_run(digits);
        if self.accept(".") {
            self.accept_run(digits);
        }
        let exponent = match digits.len() {
            11 => "eE",
            23 => "pP",
            _ => "",
        };
        if self.accept(exponent) {
            self.accept("+-");
            self.accept_run("0123456789_");
        }
        self.accept("i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.advance();
            return false;
        }
        true
    }

    fn accept(&mut self, valid: &str) -> bool {
        let accepted = self.peek().is_some_and(|next| valid.contains(next));
        if accepted {
            self.position += 1;
        }
        accepted
    }

    fn accept_run(&mut self, valid: &str) {
        while self.accept(valid) {}
    }
}

fn has_left_marker(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next() == Some('-') && chars.next().is_some_and(is_space)
}

fn has_right_marker(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(is_space) && chars.next() == Some('-')
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

fn is_alphanumeric(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

/// A character as Go's `%#U` writes it; the end of the text is the rune -1.
fn describe(character: Option<char>) -> String {
    match character {
        None => "U+FFFFFFFFFFFFFFFF".to_owned(),
        Some(character) if !super::quote::is_printable(character) => {
            format!("U+{:04X}", u32::from(character))
        }
        Some(character) => format!("U+{:04X} '{character}'", u32::from(character)),
    }
}

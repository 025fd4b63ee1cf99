//! Text to words.

use super::{Operation, Parameter, Part, Word, escape};
use std::borrow::Cow;

/// The text holds something that is not understood here, or is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}{} (at byte {at})", if *.is_wrong { "" } else { " is not understood here" })]
pub struct NotUnderstood {
    /// What it is.
    pub what: Cow<'static, str>,
    /// Byte of the text where it stands.
    pub at: usize,
    /// It is wrong in every shell; the text is mvdan/sh's.
    pub is_wrong: bool,
}

/// How deep words may stand in words, as in `${A:-${B:-${C}}}`.
const DEEPEST: usize = 20;

/// Reads words from a text.
#[derive(Debug, Clone)]
pub struct Lexer<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    keeps: bool,
}

/// All words of a text that holds nothing else.
///
/// # Errors
/// It holds operators, substitutions or unclosed quotes.
pub fn words(text: &str) -> Result<Vec<Word>, NotUnderstood> {
    let mut lexer = Lexer::new(text);
    let mut words = Vec::new();
    loop {
        lexer.skip_blanks();
        while lexer.take("\n") {
            lexer.skip_blanks();
        }
        match lexer.word()? {
            Some(word) => words.push(word),
            None if lexer.rest().is_empty() => return Ok(words),
            None => return Err(lexer.not_understood("an operator")),
        }
    }
}

/// A here-document as one word: expansions happen in it, quotes mean nothing.
///
/// # Errors
/// A form that is not understood. Places are within `text`.
pub fn document(text: &str) -> Result<Word, NotUnderstood> {
    let mut lexer = Lexer::new(text);
    let mut word = Word::default();
    while let Some(next) = lexer.peek() {
        match next {
            '$' => lexer.dollar(&mut word, true)?,
            '`' => return Err(lexer.not_understood("a command substitution")),
            '\\' => {
                lexer.bump();
                match lexer.peek() {
                    Some('\n') => {
                        lexer.bump();
                    }
                    Some(escaped @ ('$' | '`' | '\\')) => {
                        lexer.bump();
                        word.add(escaped, true);
                    }
                    _ => word.add('\\', true),
                }
            }
            next => {
                lexer.bump();
                word.add(next, true);
            }
        }
    }
    Ok(word)
}

impl<'t> Lexer<'t> {
    /// Starts at the beginning of a text.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        Self { text, at: 0, depth: 0, keeps: false }
    }

    /// In values, which are neither split nor matched against paths, unquoted backslashes stay, as in mvdan/sh.
    #[must_use]
    pub fn keeping(self) -> Self {
        Self { keeps: true, ..self }
    }

    /// What has not been read.
    #[must_use]
    pub fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Number of bytes read.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// Reads `token` if it stands here.
    pub fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// Skips spaces, tabs and escaped line ends.
    pub fn skip_blanks(&mut self) {
        while self.take(" ") || self.take("\t") || self.take("\\\n") || self.take("\\\r\n") {}
    }

    /// Skips a comment, up to its line end.
    pub fn skip_comment(&mut self) {
        if self.rest().starts_with('#') {
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    /// Reads up to and with the next line end; gives the line without it, and nothing at the end of the text.
    pub fn line(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        if rest.is_empty() {
            return None;
        }
        let line = rest.split('\n').next().unwrap_or_default();
        self.at += (line.len() + 1).min(rest.len());
        Some(line)
    }

    /// An error at this place.
    #[must_use]
    pub fn not_understood(&self, what: &'static str) -> NotUnderstood {
        NotUnderstood { what: what.into(), at: self.at, is_wrong: false }
    }

    /// An error at a place that is an error everywhere.
    #[must_use]
    pub fn wrong(at: usize, what: impl Into<Cow<'static, str>>) -> NotUnderstood {
        NotUnderstood { what: what.into(), at, is_wrong: true }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Reads a word; `None` where none begins, as at a comment.
    ///
    /// # Errors
    /// An unclosed quote, or a form that is not understood.
    pub fn word(&mut self) -> Result<Option<Word>, NotUnderstood> {
        self.word_or_value(false)
    }

    /// Reads a word that is a value: what is assigned, or where a redirection goes.
    ///
    /// # Errors
    /// As for [`word`](Self::word).
    pub fn value(&mut self) -> Result<Option<Word>, NotUnderstood> {
        self.word_or_value(true)
    }

    fn word_or_value(&mut self, value: bool) -> Result<Option<Word>, NotUnderstood> {
        if self.rest().starts_with('#') {
            return Ok(None);
        }
        let word = self.parts(is_metacharacter, value)?;
        // Behind these it begins a pattern or a list; behind others it is no part of the word.
        let before = self.text.get(..self.at).unwrap_or_default();
        if self.rest().starts_with('(') && before.ends_with(['@', '!', '?', '*', '+', '=']) {
            return Err(self.not_understood("a parenthesis within a word"));
        }
        Ok((!word.parts.is_empty()).then_some(word))
    }

    /// Reads parts, of a value or not, up to an unquoted character that ends them.
    fn parts(&mut self, ends: impl Fn(char) -> bool, value: bool) -> Result<Word, NotUnderstood> {
        let mut word = Word::default();
        while let Some(next) = self.peek() {
            if ends(next) {
                break;
            }
            match next {
                '\\' => {
                    self.bump();
                    match self.bump() {
                        Some('\n') => {}
                        Some(escaped) => {
                            if value && self.keeps {
                                word.add('\\', true);
                            }
                            word.add(escaped, true);
                        }
                        None => word.add('\\', true),
                    }
                }
                '\'' => self.single_quoted(&mut word)?,
                '"' => self.double_quoted(&mut word)?,
                '$' => self.dollar(&mut word, false)?,
                '`' if self.rest().matches('`').count() < 2 => {
                    return Err(Self::wrong(self.at, "reached EOF without closing quote \"`\""));
                }
                '`' => return Err(self.not_understood("a command substitution")),
                next => {
                    self.bump();
                    word.add(next, false);
                }
            }
        }
        Ok(word)
    }

    pub(super) fn single_quoted(&mut self, word: &mut Word) -> Result<(), NotUnderstood> {
        let unclosed = Self::wrong(self.at, "reached EOF without closing quote `'`");
        self.bump();
        let length = self.rest().find('\'').ok_or(unclosed)?;
        word.add_text(self.rest().get(..length).unwrap_or_default(), true);
        self.at += length + 1;
        Ok(())
    }

    /// `$'...'`, from its first quote on.
    fn ansi_quoted(&mut self, word: &mut Word) -> Result<(), NotUnderstood> {
        let place = self.not_understood("this quote");
        // The dollar sign belongs to it.
        let unclosed = Self::wrong(self.at.saturating_sub(1), "reached EOF without closing quote `'`");
        self.bump();
        let start = self.at;
        loop {
            match self.bump().ok_or_else(|| unclosed.clone())? {
                '\\' => {
                    self.bump();
                }
                '\'' => break,
                _ => {}
            }
        }
        let mut bytes = Vec::new();
        escape::expand(self.text.get(start..self.at - 1).unwrap_or_default(), &mut bytes);
        bytes.truncate(bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len()));
        word.add_text(&String::from_utf8(bytes).map_err(|_| place)?, true);
        Ok(())
    }

    pub(super) fn double_quoted(&mut self, word: &mut Word) -> Result<(), NotUnderstood> {
        let unclosed = Self::wrong(self.at, "reached EOF without closing quote `\"`");
        self.bump();
        let before = word.parts.len();
        word.add_text("", true);
        loop {
            match self.peek().ok_or_else(|| unclosed.clone())? {
                '"' => {
                    self.bump();
                    // `"$@"` alone may be no field at all, unlike other quotes.
                    let own = word.parts.get(before..).unwrap_or_default();
                    if matches!(own, [Part::Text { text, .. }, Part::Parameter { parameter, .. }]
                        if text.is_empty() && parameter.name == "@")
                    {
                        word.parts.remove(before);
                    }
                    return Ok(());
                }
                '$' => self.dollar(word, true)?,
                '`' => return Err(self.not_understood("a command substitution")),
                '\\' => {
                    self.bump();
                    match self.bump() {
                        Some('\n') => {}
                        Some(escaped @ ('$' | '`' | '"' | '\\')) => word.add(escaped, true),
                        Some(other) => {
                            word.add('\\', true);
                            word.add(other, true);
                        }
                        None => return Err(unclosed),
                    }
                }
                next => {
                    self.bump();
                    word.add(next, true);
                }
            }
        }
    }

    pub(super) fn dollar(&mut self, word: &mut Word, quoted: bool) -> Result<(), NotUnderstood> {
        let place = self.not_understood("this expansion");
        self.bump();
        match self.peek() {
            Some('{') => {
                self.bump();
                let parameter = self.braced(quoted)?;
                word.parts.push(Part::Parameter { parameter, quoted });
            }
            Some('(') => {
                let script = self.substitution(&place)?;
                word.parts.push(Part::Command { script, quoted });
            }
            Some('[') => return Err(place),
            Some('\'') if !quoted => self.ansi_quoted(word)?,
            Some('"') if !quoted => return Err(place),
            Some(next) if is_name_start(next) => {
                let parameter = Parameter { name: self.name().to_owned(), operation: None };
                word.parts.push(Part::Parameter { parameter, quoted });
            }
            Some(next) if is_special(next) => {
                self.bump();
                let parameter = Parameter { name: next.to_string(), operation: None };
                word.parts.push(Part::Parameter { parameter, quoted });
            }
            _ => word.add('$', true),
        }
        Ok(())
    }

    /// The script in `$(...)`, with its end. Where that end is depends on what the script means, so scripts with words that
    /// may hide a parenthesis are refused.
    fn substitution(&mut self, place: &NotUnderstood) -> Result<String, NotUnderstood> {
        self.bump();
        let start = self.at;
        let mut open = 1_usize;
        if self.rest().starts_with('(') {
            return Err(place.clone());
        }
        while let Some(next) = self.bump() {
            match next {
                '(' => open += 1,
                ')' => open -= 1,
                '\\' => {
                    self.bump();
                }
                '\'' => {
                    self.at += self.rest().find('\'').ok_or_else(|| place.clone())? + 1;
                }
                '"' => {
                    // The quote's own expansions are read as such, so that a quote in them does not end it.
                    self.at -= 1;
                    if self.depth == DEEPEST {
                        return Err(place.clone());
                    }
                    self.depth += 1;
                    self.double_quoted(&mut Word::default())?;
                    self.depth -= 1;
                }
                '`' => return Err(place.clone()),
                _ => {}
            }
            if open == 0 {
                let script = self.text.get(start..self.at - 1).unwrap_or_default();
                if script.contains("case") || script.contains('#') || script.contains("<<") {
                    return Err(place.clone());
                }
                return Ok(script.to_owned());
            }
        }
        let script = self.text.get(start..).unwrap_or_default();
        if script.contains("case") || script.contains('#') || script.contains("<<") {
            return Err(place.clone());
        }
        Err(Self::wrong(place.at, "reached EOF without matching `$(` with `)`"))
    }

    /// The inside of `${...}`, with its end.
    fn braced(&mut self, quoted: bool) -> Result<Parameter, NotUnderstood> {
        let place = self.not_understood("this form of `${}`");
        if self.depth == DEEPEST {
            return Err(place);
        }
        let length = self.rest().starts_with('#') && !self.rest().starts_with("#}") && self.take("#");
        let name = match self.peek() {
            Some(next) if is_name_start(next) => self.name(),
            Some(next) if next.is_ascii_digit() => self.span(|next| next.is_ascii_digit()),
            Some(next) if is_special(next) => {
                let start = self.at;
                self.bump();
                self.text.get(start..self.at).unwrap_or_default()
            }
            None | Some('}') => return Err(Self::wrong(place.at, "invalid parameter name")),
            _ => return Err(place),
        };
        let name = name.to_owned();
        // Lists that bash alone keeps: without it there is nothing in them, whatever is asked for.
        const LISTS: [&str; 4] = ["BASH_SOURCE", "BASH_VERSINFO", "FUNCNAME", "PIPESTATUS"];
        if LISTS.contains(&name.as_str()) && self.rest().starts_with('[') {
            let length = self.rest().find(']').ok_or_else(|| place.clone())?;
            self.at += length + 1;
        }
        // What the last `=~` matched; each part is a variable of its own here.
        let name = match self.matched_part(&name) {
            Some(part) => part,
            None => name,
        };
        if self.rest().is_empty() {
            let wrong = "reached EOF without matching `${` with `}`";
            return Err(Self::wrong(place.at.saturating_sub(2), wrong));
        }
        if self.take("}") {
            return Ok(Parameter { name, operation: length.then_some(Operation::Length) });
        }
        if length {
            return Err(place);
        }
        let colon = self.take(":");
        if colon && let Some((offset, length)) = self.slice() {
            return Ok(Parameter { name, operation: Some(Operation::Slice { offset, length }) });
        }
        if !colon && let Some(operator @ (' ' | '.' | ';' | '!' | '"' | '$' | ')' | '(')) = self.peek() {
            let wrong = format!("not a valid parameter expansion operator: `{operator}`");
            return Err(Self::wrong(self.at, wrong));
        }
        let operator = self.bump().ok_or_else(|| place.clone())?;
        if operator == '/' && !colon {
            let operation = Some(self.replacement(quoted, &place)?);
            return Ok(Parameter { name, operation });
        }
        let twice = matches!(operator, '#' | '%') && self.take(operator.encode_utf8(&mut [0; 4]));
        let start = self.at;
        self.depth += 1;
        let pattern = matches!(operator, '#' | '%');
        let word = self.parts(|next| next == '}', !pattern)?;
        self.depth -= 1;
        let raw = self.text.get(start..self.at).unwrap_or_default();
        if !self.take("}") {
            return Err(place);
        }
        // In double quotes these quotes mean something else in each shell.
        if quoted && (raw.contains('\'') || (!pattern && raw.contains('\\'))) {
            return Err(place);
        }
        let operation = match operator {
            '-' => Operation::Default { colon, word },
            '+' => Operation::Alternative { colon, word },
            '=' => Operation::Assign { colon, word },
            '?' => Operation::Require { colon, word },
            '#' | '%' if !colon => {
                Operation::Remove { suffix: operator == '%', longest: twice, pattern: word }
            }
            _ => return Err(place),
        };
        Ok(Parameter { name, operation: Some(operation) })
    }

    /// `[N]` behind `BASH_REMATCH`, with the name.
    fn matched_part(&mut self, name: &str) -> Option<String> {
        if name != "BASH_REMATCH" {
            return None;
        }
        let (number, _) = self.rest().strip_prefix('[')?.split_once(']')?;
        if number.is_empty() || number.len() > 3 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.at += number.len() + 2;
        Some(format!("{name}[{number}]"))
    }

    /// The inside of `${NAME/...}` behind its first slash, with its end.
    fn replacement(&mut self, quoted: bool, place: &NotUnderstood) -> Result<Operation, NotUnderstood> {
        let all = self.take("/");
        let start = self.at;
        self.depth += 1;
        let pattern = self.parts(|next| next == '/' || next == '}', false)?;
        let with = if self.take("/") { self.parts(|next| next == '}', true)? } else { Word::default() };
        self.depth -= 1;
        let raw = self.text.get(start..self.at).unwrap_or_default();
        let anchored = raw.starts_with(['#', '%']);
        if !self.take("}") || (quoted && raw.contains(['\'', '\\'])) {
            return Err(place.clone());
        }
        // bash 5.2 takes `&` for what was matched.
        Ok(Operation::Replace { all, pattern, with, bash_differs: anchored || raw.contains('&') })
    }

    /// `OFFSET}` or `OFFSET:LENGTH}` in plain numbers; reads nothing where there is something else.
    fn slice(&mut self) -> Option<(i64, Option<i64>)> {
        let (inside, _) = self.rest().split_once('}')?;
        let number = |text: &str| {
            let trimmed = text.trim_start();
            // `:-` begins another form.
            (!text.starts_with('-')).then(|| trimmed.parse::<i64>().ok()).flatten()
        };
        let found = match inside.split_once(':') {
            Some((offset, length)) => (number(offset)?, Some(length.trim().parse().ok()?)),
            None => (number(inside)?, None),
        };
        self.at += inside.len() + 1;
        Some(found)
    }

    /// A variable's name, of at least one character.
    fn name(&mut self) -> &'t str {
        self.span(is_name)
    }

    fn span(&mut self, within: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest.find(|next| !within(next)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }
}

impl Word {
    pub(super) fn add(&mut self, next: char, quoted: bool) {
        self.add_text(next.encode_utf8(&mut [0; 4]), quoted);
    }

    fn add_text(&mut self, more: &str, more_quoted: bool) {
        match self.parts.last_mut() {
            Some(Part::Text { text, quoted }) if *quoted == more_quoted => text.push_str(more),
            _ => self.parts.push(Part::Text { text: more.to_owned(), quoted: more_quoted }),
        }
    }
}

/// A character that ends a word.
fn is_metacharacter(next: char) -> bool {
    matches!(next, ' ' | '\t' | '\n' | '\r' | ';' | '&' | '|' | '<' | '>' | '(' | ')')
}

/// A first character of a variable's name.
fn is_name_start(next: char) -> bool {
    next.is_ascii_alphabetic() || next == '_'
}

/// Whether a character can be part of a variable's name.
#[must_use]
pub fn is_name(next: char) -> bool {
    next.is_ascii_alphanumeric() || next == '_'
}

/// A parameter of one character that is no variable.
fn is_special(next: char) -> bool {
    next.is_ascii_digit() || "?#@*$!-".contains(next)
}

#[cfg(test)]
mod tests {
    use super::{Lexer, words};
    use crate::word::{Operation, Parameter, Part, Word};

    fn text(text: &str, quoted: bool) -> Part {
        Part::Text { text: text.to_owned(), quoted }
    }

    fn parameter(name: &str, quoted: bool) -> Part {
        Part::Parameter { parameter: Parameter { name: name.to_owned(), operation: None }, quoted }
    }

    fn one(source: &str) -> Vec<Part> {
        let mut words = words(source).unwrap();
        assert_eq!(words.len(), 1, "{source}");
        words.remove(0).parts
    }

    #[test]
    fn quotes_take_meaning_away_and_leave_no_trace() {
        assert_eq!(one("a'b c'\"d e\"f"), [text("a", false), text("b cd e", true), text("f", false)]);
        assert_eq!(one(r#""\a\"\$\\""#), [text("\\a\"$\\", true)]);
        assert_eq!(one(r"a\ b"), [text("a", false), text(" ", true), text("b", false)]);
        assert_eq!(one("''"), [text("", true)]);
        assert_eq!(one("a\\\nb"), [text("ab", false)]);
    }

    #[test]
    fn parameters_stand_by_themselves() {
        assert_eq!(one("$A_1.$?"), [parameter("A_1", false), text(".", false), parameter("?", false)]);
        assert_eq!(one("\"${B}c\""), [text("", true), parameter("B", true), text("c", true)]);
        assert_eq!(one("$"), [text("$", true)]);
        assert_eq!(one("$.x"), [text("$", true), text(".x", false)]);
        let word = Word { parts: vec![text("x y", false)] };
        let operation = Some(Operation::Default { colon: true, word });
        assert_eq!(
            one("${A:-x y}"),
            [Part::Parameter { parameter: Parameter { name: "A".to_owned(), operation }, quoted: false }]
        );
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_place() {
        for (source, at) in [
            ("a 'b", 2),
            ("a \"b", 2),
            ("a$(b", 1),
            ("a$((1))", 1),
            ("a$(case)", 1),
            ("a`b`", 1),
            ("a | b", 2),
            ("a(b", 1),
            ("$\"a\"", 0),
            ("${a[0]}", 2),
            ("${!a}", 2),
            ("${a", 0),
        ] {
            assert_eq!(words(source).unwrap_err().at, at, "{source}");
        }
        let deep = format!("{}{}", "${A:-".repeat(10_000), "}".repeat(10_000));
        assert!(words(&deep).is_err());
    }

    #[test]
    fn a_word_ends_where_an_operator_begins() {
        let mut lexer = Lexer::new("ab;c");
        assert_eq!(lexer.word().unwrap().unwrap().bare(), Some("ab"));
        assert_eq!(lexer.rest(), ";c");
        assert_eq!(lexer.word().unwrap(), None);
    }
}

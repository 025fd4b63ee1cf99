//! A line cut into words with quotes removed, variables of the process and braces expanded.

use super::braces::{Part, expand};
use super::environment;
use crate::template::limit::check_items;

/// The words of `text`, or in mvdan/sh's words why it has none.
pub(super) fn split(text: &str) -> Result<Vec<String>, String> {
    let mut splitter = Splitter { text, position: 0 };
    let mut words = Vec::new();
    while let Some(parts) = splitter.word()? {
        for parts in expand(&parts)? {
            fields(&parts, &mut words);
        }
        check_items(words.len())?;
    }
    Ok(words)
}

/// Joins parts to words; an unquoted variable may hold several or none.
fn fields(parts: &[Part], words: &mut Vec<String>) {
    let mut word: Option<String> = None;
    for part in parts {
        match part {
            Part::Quoted(text) | Part::Literal(text) => word.get_or_insert_default().push_str(text),
            Part::Expanded(text) => {
                for (index, field) in text.split([' ', '\t', '\n']).enumerate() {
                    if index > 0 {
                        words.extend(word.take());
                    }
                    if !field.is_empty() {
                        word.get_or_insert_default().push_str(field);
                    }
                }
            }
        }
    }
    words.extend(word);
}

struct Splitter<'t> {
    text: &'t str,
    position: usize,
}

impl<'t> Splitter<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.position..]
    }

    /// Line and column of a byte.
    fn place(&self, position: usize) -> String {
        let before = &self.text[..position];
        let line = before.matches('\n').count() + 1;
        format!("{line}:{}", position - before.rfind('\n').map_or(0, |newline| newline + 1) + 1)
    }

    fn skip_space(&mut self) {
        loop {
            let rest = self.rest();
            if rest.starts_with([' ', '\t', '\n', '\r']) {
                self.position += 1;
            } else if rest.starts_with("\\\n") {
                self.position += 2;
            } else if rest.starts_with('#') {
                self.position += rest.find('\n').unwrap_or(rest.len());
            } else {
                return;
            }
        }
    }

    /// The parts of the next word.
    fn word(&mut self) -> Result<Option<Vec<Part>>, String> {
        self.skip_space();
        let start = self.position;
        let mut parts = Vec::new();
        while let Some(next) = self.rest().chars().next() {
            match next {
                ' ' | '\t' | '\n' | '\r' => break,
                '|' | '&' | ';' | '<' | '>' | '(' | ')' => return Err(self.operator()),
                '\'' => parts.push(Part::Quoted(self.single_quoted(1)?.to_owned())),
                '"' => self.double_quoted(&mut parts)?,
                '\\' => {
                    self.position += 1;
                    match self.rest().chars().next() {
                        Some('\n') => self.position += 1,
                        Some(escaped) => {
                            self.position += escaped.len_utf8();
                            parts.push(Part::Quoted(escaped.to_string()));
                        }
                        None => parts.push(Part::Literal("\\".to_owned())),
                    }
                }
                '~' if self.position == start => parts.push(self.tilde()),
                '$' | '`' => {
                    let value = self.expansion(&mut parts)?;
                    parts.extend(value.map(Part::Expanded));
                }
                next => {
                    self.position += next.len_utf8();
                    match parts.last_mut() {
                        Some(Part::Literal(text)) => text.push(next),
                        _ => parts.push(Part::Literal(next.to_string())),
                    }
                }
            }
        }
        Ok((self.position > start).then_some(parts))
    }

    fn operator(&self) -> String {
        const OPERATORS: [&str; 17] = [
            "&>>", "<<<", "<<-", "&&", "||", "&>", "|&", ";;", ">>", "<<", ">&", "<&", "<>", ">|", "((",
            ";&", "",
        ];
        let rest = self.rest();
        let found =
            OPERATORS.iter().find(|operator| rest.starts_with(**operator)).filter(|found| !found.is_empty());
        let text = found.map_or(&rest[..1], |found| *found);
        format!("{}: `{text}` is not a valid word", self.place(self.position))
    }

    /// The text between single quotes; the opening takes `open` bytes.
    fn single_quoted(&mut self, open: usize) -> Result<&'t str, String> {
        let start = self.position;
        let inside = &self.rest()[open..];
        let Some(end) = inside.find('\'') else {
            return Err(format!("{}: reached EOF without closing quote `'`", self.place(start)));
        };
        self.position += open + end + 1;
        Ok(&inside[..end])
    }

    fn double_quoted(&mut self, parts: &mut Vec<Part>) -> Result<(), String> {
        let start = self.position;
        self.position += 1;
        parts.push(Part::Quoted(String::new()));
        loop {
            let Some(next) = self.rest().chars().next() else {
                return Err(format!("{}: reached EOF without closing quote `\"`", self.place(start)));
            };
            let mut text = String::new();
            match next {
                '"' => {
                    self.position += 1;
                    return Ok(());
                }
                '$' | '`' => {
                    if let Some(value) = self.expansion(parts)? {
                        text = value;
                    }
                }
                '\\' => {
                    let escaped = self.rest()[1..].chars().next();
                    self.position += 1 + escaped.map_or(0, char::len_utf8);
                    match escaped {
                        Some('\n') => {}
                        Some(escaped @ ('"' | '\\' | '$' | '`')) => text.push(escaped),
                        escaped => {
                            text.push('\\');
                            text.extend(escaped);
                        }
                    }
                }
                next => {
                    self.position += next.len_utf8();
                    text.push(next);
                }
            }
            parts.push(Part::Quoted(text));
        }
    }

    fn tilde(&mut self) -> Part {
        let name = self.rest()[1..].split(['/', ' ', '\t', '\n']).next().unwrap_or_default();
        self.position += 1;
        match environment("HOME").filter(|_| name.is_empty()) {
            Some(home) => Part::Quoted(home),
            None => Part::Literal("~".to_owned()),
        }
    }

    /// What a `$` or backquote stands for; `$'...'` and a lone `$` become parts by themselves.
    fn expansion(&mut self, parts: &mut Vec<Part>) -> Result<Option<String>, String> {
        let start = self.position;
        let rest = self.rest();
        if rest.starts_with('`') || (rest.starts_with("$(") && !rest.starts_with("$((")) {
            return Err(format!("unexpected command substitution at {}", self.place(start)));
        }
        if rest.starts_with("$((") || rest.starts_with("$[") {
            return Err(format!("{}: arithmetic is not supported in splitArgs", self.place(start)));
        }
        if rest.starts_with("$'") {
            let text = self.ansi_quoted()?;
            parts.push(Part::Quoted(text));
            return Ok(None);
        }
        if let Some(inside) = rest.strip_prefix("${") {
            let Some(end) = inside.find('}') else {
                let place = self.place(start);
                return Err(format!("{place}: reached EOF without matching `${{` with `}}`"));
            };
            self.position += 2 + end + 1;
            return self.parameter(&inside[..end], start).map(Some);
        }
        let name = rest[1..].bytes().take_while(|byte| *byte == b'_' || byte.is_ascii_alphanumeric());
        let length = match rest.as_bytes().get(1) {
            Some(digit) if digit.is_ascii_digit() => 1,
            _ => name.count(),
        };
        self.position += 1 + length;
        if length == 0 {
            parts.push(Part::Literal("$".to_owned()));
            return Ok(None);
        }
        Ok(Some(environment(&rest[1..=length]).unwrap_or_default()))
    }

    /// `${name}` with the forms that give a default.
    fn parameter(&self, inside: &str, start: usize) -> Result<String, String> {
        let counted = inside.strip_prefix('#').filter(|name| !name.is_empty());
        let inside = counted.unwrap_or(inside);
        let length = inside.bytes().take_while(|byte| *byte == b'_' || byte.is_ascii_alphanumeric()).count();
        let (name, operation) = inside.split_at(length);
        let value = environment(name);
        let filled = value.clone().filter(|value| !value.is_empty());
        let out = match operation {
            "" => Some(value.unwrap_or_default()),
            _ if name.is_empty() => None,
            operation => {
                match operation.strip_prefix(':').map_or((operation, value), |tail| (tail, filled)) {
                    (tail, value) if tail.starts_with('-') => {
                        Some(value.unwrap_or_else(|| tail[1..].to_owned()))
                    }
                    (tail, value) if tail.starts_with('+') => {
                        Some(if value.is_some() { tail[1..].to_owned() } else { String::new() })
                    }
                    _ => None,
                }
            }
        };
        let unsupported = || format!("{}: ${{{inside}}} is not supported in splitArgs", self.place(start));
        let out = out.ok_or_else(unsupported)?;
        Ok(if counted.is_some() { out.chars().count().to_string() } else { out })
    }

    /// `$'...'` with its escapes.
    fn ansi_quoted(&mut self) -> Result<String, String> {
        let start = self.position;
        let mut out = String::new();
        let mut chars = self.rest()[2..].char_indices();
        loop {
            match chars.next() {
                None => {
                    return Err(format!("{}: reached EOF without closing quote `'`", self.place(start)));
                }
                Some((index, '\'')) => {
                    self.position += 2 + index + 1;
                    return Ok(out);
                }
                Some((_, '\\')) => {
                    let Some((_, escape)) = chars.next() else { continue };
                    let digits = |count: usize, radix: u32| -> String {
                        chars.as_str().chars().take(count).take_while(|digit| digit.is_digit(radix)).collect()
                    };
                    let (digits, radix) = match escape {
                        'x' => (digits(2, 16), 16),
                        'u' => (digits(4, 16), 16),
                        'U' => (digits(8, 16), 16),
                        '0'..='7' => (format!("{escape}{}", digits(2, 8)), 8),
                        _ => (String::new(), 10),
                    };
                    let code = u32::from_str_radix(&digits, radix).ok().and_then(char::from_u32);
                    match (escape, code) {
                        ('x' | 'u' | 'U', Some(code)) => {
                            out.push(code);
                            chars.nth(digits.len() - 1);
                        }
                        ('0'..='7', Some(code)) => {
                            out.push(code);
                            if digits.len() > 1 {
                                chars.nth(digits.len() - 2);
                            }
                        }
                        ('a', _) => out.push('\u{7}'),
                        ('b', _) => out.push('\u{8}'),
                        ('e' | 'E', _) => out.push('\u{1b}'),
                        ('f', _) => out.push('\u{c}'),
                        ('n', _) => out.push('\n'),
                        ('r', _) => out.push('\r'),
                        ('t', _) => out.push('\t'),
                        ('v', _) => out.push('\u{b}'),
                        ('\\' | '\'' | '"' | '?', _) => out.push(escape),
                        (escape, _) => {
                            out.push('\\');
                            out.push(escape);
                        }
                    }
                }
                Some((_, next)) => out.push(next),
            }
        }
    }
}

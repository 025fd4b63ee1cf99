//! Go's syntax of regular expressions, checked in Go's words and written in that of the crate `regex`.
//! Classes such as `\d` are ASCII in Go, groups may share a name, and brackets do not nest.

use std::fmt::Write as _;

/// An expression for the crate `regex`, in which no group has a name.
#[derive(Debug)]
pub(super) struct Translated {
    pub(super) pattern: String,
    /// The names of the groups, by number.
    pub(super) names: Vec<Option<String>>,
}

/// Translates `pattern`, or says what is wrong with it.
pub(super) fn translate(pattern: &str) -> Result<Translated, String> {
    let mut translator = Translator {
        pattern,
        rest: pattern,
        out: String::with_capacity(pattern.len() + 8),
        names: vec![None],
        open: 0,
        before: Before::Nothing,
    };
    while let Some(next) = translator.rest.chars().next() {
        translator.step(next)?;
    }
    if translator.open > 0 {
        return Err(wrong("missing closing )", pattern));
    }
    Ok(Translated { pattern: translator.out, names: translator.names })
}

/// What stands before a repetition operator.
#[derive(Clone, Copy)]
enum Before<'p> {
    /// Nothing that could be repeated
    Nothing,
    Atom,
    /// Another repetition, which starts this text
    Repetition(&'p str),
}

struct Translator<'p> {
    pattern: &'p str,
    rest: &'p str,
    out: String,
    names: Vec<Option<String>>,
    open: usize,
    before: Before<'p>,
}

fn wrong(what: &str, text: &str) -> String {
    format!("error parsing regexp: {what}: `{text}`")
}

/// What of `from` stands before `to`, which is a tail of it.
fn between<'p>(from: &'p str, to: &str) -> &'p str {
    &from[..from.len() - to.len()]
}

impl<'p> Translator<'p> {
    fn step(&mut self, next: char) -> Result<(), String> {
        match next {
            '(' => return self.group(),
            ')' => {
                if self.open == 0 {
                    return Err(wrong("unexpected )", self.pattern));
                }
                self.open -= 1;
                self.copy(')', Before::Atom);
            }
            '|' => self.copy('|', Before::Nothing),
            '^' | '$' | '.' => self.copy(next, Before::Atom),
            '*' | '+' | '?' => {
                let start = self.rest;
                self.rest = &self.rest[1..];
                return self.repetition(start);
            }
            '{' => match bounds(self.rest) {
                None => self.literal(next),
                Some((low, high, after)) => {
                    let start = self.rest;
                    self.rest = after;
                    let text = between(start, after);
                    if low.is_none_or(|low| low > 1000 || high.is_some_and(|high| low > high || high > 1000))
                    {
                        return Err(wrong("invalid repeat count", text));
                    }
                    return self.repetition(start);
                }
            },
            '[' => {
                let class = self.class()?;
                self.out.push_str(&class);
                self.before = Before::Atom;
            }
            '\\' => return self.escape(),
            next => self.literal(next),
        }
        Ok(())
    }

    fn copy(&mut self, character: char, before: Before<'p>) {
        self.out.push(character);
        self.rest = &self.rest[character.len_utf8()..];
        self.before = before;
    }

    fn literal(&mut self, character: char) {
        self.rest = &self.rest[character.len_utf8()..];
        self.push_literal(character);
    }

    fn push_literal(&mut self, character: char) {
        push_literal(&mut self.out, character);
        self.before = Before::Atom;
    }

    /// A repetition that is the text from `start` up to here, and may be followed by `?`.
    fn repetition(&mut self, start: &'p str) -> Result<(), String> {
        let operator = between(start, self.rest);
        if let Some(after) = self.rest.strip_prefix('?') {
            self.rest = after;
        }
        match self.before {
            Before::Nothing => return Err(wrong("missing argument to repetition operator", operator)),
            Before::Repetition(first) => {
                return Err(wrong("invalid nested repetition operator", between(first, self.rest)));
            }
            Before::Atom => {}
        }
        self.out.push_str(between(start, self.rest));
        self.before = Before::Repetition(start);
        Ok(())
    }

    fn group(&mut self) -> Result<(), String> {
        self.open += 1;
        self.before = Before::Nothing;
        let start = self.rest;
        let Some(inside) = start.strip_prefix("(?") else {
            self.names.push(None);
            self.copy('(', Before::Nothing);
            return Ok(());
        };
        if let Some(named) = inside.strip_prefix("P<").or_else(|| inside.strip_prefix('<')) {
            let Some(end) = named.find('>') else {
                return Err(wrong("invalid named capture", start));
            };
            let (name, after) = (&named[..end], &named[end + 1..]);
            if name.is_empty() || !name.chars().all(|next| next == '_' || next.is_alphanumeric()) {
                return Err(wrong("invalid named capture", between(start, after)));
            }
            self.names.push(Some(name.to_owned()));
            self.out.push('(');
            self.rest = after;
            return Ok(());
        }
        self.flags(start, inside)
    }

    /// `(?flags)` or `(?flags:`.
    fn flags(&mut self, start: &'p str, inside: &'p str) -> Result<(), String> {
        let (mut negative, mut any) = (false, false);
        for (index, flag) in inside.char_indices() {
            let after = &inside[index + flag.len_utf8()..];
            match flag {
                'i' | 'm' | 's' | 'U' => any = true,
                '-' if !negative => {
                    negative = true;
                    // A `-` must be followed by a flag.
                    any = false;
                }
                ':' | ')' if negative && !any => {
                    return Err(wrong("missing argument to repetition operator", ""));
                }
                ':' | ')' => {
                    if flag == ')' {
                        self.open -= 1;
                    }
                    if flag == ':' || index > 0 {
                        self.out.push_str(between(start, after));
                    }
                    self.rest = after;
                    return Ok(());
                }
                _ => return Err(wrong("invalid or unsupported Perl syntax", between(start, after))),
            }
        }
        Err(wrong("missing closing )", self.pattern))
    }

    fn escape(&mut self) -> Result<(), String> {
        let start = self.rest;
        if let Some(quoted) = start.strip_prefix("\\Q") {
            let (text, after) = quoted.split_once("\\E").unwrap_or((quoted, ""));
            text.chars().for_each(|character| self.push_literal(character));
            self.rest = after;
            return Ok(());
        }
        let kind = start[1..].chars().next();
        let out = match kind {
            Some('A') => r"\A",
            Some('z') => r"\z",
            Some('b') => r"(?-u:\b)",
            Some('B') => r"(?-u:\B)",
            _ => {
                if let Some((class, after)) = class_escape(start)? {
                    let _ = write!(self.out, "[{class}]");
                    self.rest = after;
                    self.before = Before::Atom;
                    return Ok(());
                }
                let (character, after) = character_escape(start)?;
                self.rest = after;
                self.push_literal(character);
                return Ok(());
            }
        };
        self.out.push_str(out);
        self.rest = &start[2..];
        self.before = Before::Atom;
        Ok(())
    }

    /// A class in brackets.
    fn class(&mut self) -> Result<String, String> {
        let start = self.rest;
        let missing = || wrong("missing closing ]", start);
        let mut out = String::from("[");
        let mut rest = &start[1..];
        if let Some(after) = rest.strip_prefix('^') {
            out.push('^');
            rest = after;
        }
        let mut first = true;
        while first || !rest.starts_with(']') {
            first = false;
            if rest.is_empty() {
                return Err(missing());
            }
            if rest.starts_with("[:")
                && let Some(end) = rest.find(":]")
            {
                let name = &rest[..end + 2];
                if !is_posix(&name[2..end]) {
                    return Err(wrong("invalid character class range", name));
                }
                out.push_str(name);
                rest = &rest[end + 2..];
                continue;
            }
            if let Some((class, after)) = class_escape(rest)? {
                let _ = write!(out, "[{class}]");
                rest = after;
                continue;
            }
            let range = rest;
            let low;
            (low, rest) = class_character(rest, start)?;
            let mut high = low;
            if let Some(after) = rest.strip_prefix('-')
                && !after.is_empty()
                && !after.starts_with(']')
            {
                (high, rest) = class_character(after, start)?;
            }
            if high < low {
                return Err(wrong("invalid character class range", between(range, rest)));
            }
            push_code(&mut out, low);
            if high != low {
                out.push('-');
                push_code(&mut out, high);
            }
        }
        self.rest = &rest[1..];
        out.push(']');
        Ok(out)
    }
}

fn push_literal(out: &mut String, character: char) {
    if character.is_alphanumeric() || character == '_' {
        out.push(character);
    } else {
        push_code(out, character);
    }
}

fn push_code(out: &mut String, character: char) {
    let _ = write!(out, "\\x{{{:x}}}", u32::from(character));
}

/// `{n}`, `{n,}` or `{n,m}`: the bounds and what follows. A number that is too large has no value.
fn bounds(text: &str) -> Option<(Option<u32>, Option<u32>, &str)> {
    let (inside, after) = text[1..].split_once('}')?;
    let (low, high) = inside.split_once(',').map_or((inside, None), |(low, high)| (low, Some(high)));
    let number = |digits: &str| {
        let good = !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && (digits == "0" || !digits.starts_with('0'));
        good.then(|| digits.parse::<u32>().unwrap_or(u32::MAX))
    };
    let low = number(low)?;
    let high = match high {
        None => Some(low),
        Some("") => None,
        Some(high) => Some(number(high)?),
    };
    Some((Some(low).filter(|low| *low <= 1000), high, after))
}

/// `\d`, `\pL` and their like: what stands in brackets for them, and what follows.
fn class_escape(text: &str) -> Result<Option<(String, &str)>, String> {
    let mut chars = text.chars();
    if chars.next() != Some('\\') {
        return Ok(None);
    }
    let class = match chars.next() {
        Some('d') => "0-9",
        Some('D') => "^0-9",
        Some('s') => r"\t\n\x0C\r ",
        Some('S') => r"^\t\n\x0C\r ",
        Some('w') => "0-9A-Za-z_",
        Some('W') => "^0-9A-Za-z_",
        Some(kind @ ('p' | 'P')) => return unicode_class(text, kind).map(Some),
        _ => return Ok(None),
    };
    Ok(Some((class.to_owned(), &text[2..])))
}

fn unicode_class(text: &str, kind: char) -> Result<(String, &str), String> {
    let inside = &text[2..];
    let (name, after) = match inside.strip_prefix('{') {
        Some(braced) => match braced.split_once('}') {
            Some(parts) => parts,
            None => return Err(wrong("invalid character class range", text)),
        },
        None => inside.split_at(inside.chars().next().map_or(0, char::len_utf8)),
    };
    let (negated, plain) = match name.strip_prefix('^') {
        Some(plain) => (kind == 'p', plain),
        None => (kind == 'P', name),
    };
    let class = format!("\\{}{{{plain}}}", if negated { 'P' } else { 'p' });
    // Names are looked up by the crate: it knows the general categories and the scripts, as Go does.
    let known = plain == "Any"
        || (plain.chars().all(|next| next == '_' || next.is_ascii_alphabetic())
            && regex::Regex::new(&class).is_ok());
    if known { Ok((class, after)) } else { Err(wrong("invalid character class range", between(text, after))) }
}

fn is_posix(name: &str) -> bool {
    const NAMES: [&str; 14] = [
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
        "upper", "word", "xdigit",
    ];
    NAMES.contains(&name.strip_prefix('^').unwrap_or(name))
}

/// One character of a class; `class` is the class from its bracket on.
fn class_character<'p>(text: &'p str, class: &str) -> Result<(char, &'p str), String> {
    match text.chars().next() {
        None => Err(wrong("missing closing ]", class)),
        Some('\\') => character_escape(text),
        Some(next) => Ok((next, &text[next.len_utf8()..])),
    }
}

/// An escape that stands for one character.
fn character_escape(text: &str) -> Result<(char, &str), String> {
    let Some(kind) = text[1..].chars().next() else {
        return Err(wrong("trailing backslash at end of expression", ""));
    };
    let after = &text[1 + kind.len_utf8()..];
    let bad = || wrong("invalid escape sequence", between(text, after));
    let octal = |text: &str, limit: usize| {
        text.bytes().take(limit).take_while(|byte| matches!(byte, b'0'..=b'7')).count()
    };
    let character = match kind {
        'a' => '\u{7}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '1'..='7' if octal(after, 1) == 0 => return Err(bad()),
        '0'..='7' => {
            let length = 1 + octal(after, 2);
            let code = u32::from_str_radix(&text[1..=length], 8).map_err(|_| bad())?;
            return Ok((char::from_u32(code).ok_or_else(bad)?, &text[1 + length..]));
        }
        'x' => {
            let (digits, rest) = match after.strip_prefix('{') {
                Some(braced) => {
                    braced.split_once('}').ok_or_else(|| wrong("invalid escape sequence", text))?
                }
                None => (after.get(..2).ok_or_else(|| wrong("invalid escape sequence", text))?, &after[2..]),
            };
            let code = u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'));
            let character = code.and_then(char::from_u32);
            return Ok((
                character.ok_or_else(|| wrong("invalid escape sequence", between(text, rest)))?,
                rest,
            ));
        }
        kind if kind.is_ascii() && !kind.is_ascii_alphanumeric() => kind,
        _ => return Err(bad()),
    };
    Ok((character, after))
}

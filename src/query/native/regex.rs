//! `match`, by a backtracking engine with Oniguruma's syntax.

use super::{Context, Native};
use crate::query::raise::{Evaluated, Raise};
use crate::query::value::Value;
use fancy_regex::{Regex, RegexOptionsBuilder};
use std::collections::HashMap;
use std::rc::Rc;

/// Steps back that one search may take.
const BACKTRACKS: usize = 10_000_000;

/// Patterns that have been compiled.
#[derive(Default)]
pub(in crate::query) struct Patterns(HashMap<(Rc<str>, Flags, bool), Rc<Regex>>);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Flags {
    global: bool,
    ignore_case: bool,
    extended: bool,
    dot_all: bool,
    not_empty: bool,
}

pub(super) fn find(name: &str, arity: usize) -> Option<Native> {
    Some(match (name, arity) {
        ("_match", 3) => matches,
        _ => return None,
    })
}

fn flags(value: &Value) -> Result<Flags, Raise> {
    let mut flags = Flags::default();
    let text = match value {
        Value::Null => return Ok(flags),
        Value::String(text) => text,
        _ => return Err(Raise::of(value, "is not a string")),
    };
    for letter in text.chars() {
        match letter {
            'g' => flags.global = true,
            'i' => flags.ignore_case = true,
            'x' => flags.extended = true,
            's' => {}
            'p' => flags.dot_all = true,
            'l' => {}
            'n' => flags.not_empty = true,
            _ => return Err(Raise::text(format!("{text} is not a valid modifier string"))),
        }
    }
    Ok(flags)
}

/// `_match(pattern; flags; only whether)`
fn matches(context: &mut Context<'_>, input: &Value, arguments: &[Value]) -> Evaluated {
    let Value::String(text) = input else {
        return Err(Raise::of(input, "cannot be matched, as it is not a string"));
    };
    let Value::String(pattern) = &arguments[0] else {
        return Err(Raise::of(&arguments[0], "is not a string"));
    };
    let flags = flags(&arguments[1])?;
    let regex = context.patterns.compiled(pattern, flags, text.ends_with('\n'))?;
    let failed = |error: fancy_regex::Error| Raise::text(format!("Regex failure: {error}"));
    if matches!(arguments[2], Value::Bool(true)) {
        return Ok(Value::Bool(regex.is_match(&**text).map_err(failed)?));
    }
    let names: Vec<Option<&str>> = regex.capture_names().collect();
    let mut found = Vec::new();
    let mut places = Places { text, byte: 0, letters: 0 };
    let mut at = 0;
    while let Some(captures) = regex.captures_from_pos(&**text, at).map_err(failed)? {
        let Some(whole) = captures.get(0) else { break };
        let empty = whole.start() == whole.end();
        if !(empty && flags.not_empty) {
            let groups = if empty { 0 } else { captures.len() - 1 };
            let groups = (1..=groups).map(|group| {
                let name = names.get(group).copied().flatten().map_or(Value::Null, Value::from);
                capture(&mut places, captures.get(group).map(|group| (group.start(), group.as_str())), name)
            });
            let groups: Vec<Value> = groups.collect();
            found.push(Value::object([
                ("offset", Value::count(places.of(whole.start()))),
                ("length", Value::count(whole.as_str().chars().count())),
                ("string", Value::from(whole.as_str())),
                ("captures", Value::from(groups)),
            ]));
        }
        if !flags.global {
            break;
        }
        // As jq 1.6: after nothing the search goes on one letter behind where it began, not behind where it found that.
        at = if empty {
            text[at..].chars().next().map_or(text.len(), |letter| at + letter.len_utf8())
        } else {
            whole.end()
        };
        if at >= text.len() {
            break;
        }
    }
    Ok(Value::from(found))
}

fn capture(places: &mut Places<'_>, group: Option<(usize, &str)>, name: Value) -> Value {
    let Some((start, text)) = group else {
        return Value::object([
            ("offset", Value::Number(-1.0)),
            ("string", Value::Null),
            ("length", Value::Number(0.0)),
            ("name", name),
        ]);
    };
    let offset = Value::count(places.of(start));
    if text.is_empty() {
        return Value::object([
            ("offset", offset),
            ("string", Value::from("")),
            ("length", Value::Number(0.0)),
            ("name", name),
        ]);
    }
    Value::object([
        ("offset", offset),
        ("length", Value::count(text.chars().count())),
        ("string", Value::from(text)),
        ("name", name),
    ])
}

/// Bytes to letters, from the last place asked for on.
struct Places<'t> {
    text: &'t str,
    byte: usize,
    letters: usize,
}

impl Places<'_> {
    fn of(&mut self, byte: usize) -> usize {
        if byte < self.byte {
            (self.byte, self.letters) = (0, 0);
        }
        self.letters += self.text.get(self.byte..byte).unwrap_or_default().chars().count();
        self.byte = byte;
        self.letters
    }
}

impl Patterns {
    fn compiled(&mut self, pattern: &Rc<str>, flags: Flags, newline: bool) -> Result<Rc<Regex>, Raise> {
        let key = (Rc::clone(pattern), flags, newline);
        if let Some(regex) = self.0.get(&key) {
            return Ok(Rc::clone(regex));
        }
        if let Some(complaint) = complaint(pattern) {
            return Err(Raise::text(format!("Regex failure: {complaint}")));
        }
        // Oniguruma's `$` also is before a last newline.
        let text = if newline { with_soft_ends(pattern) } else { pattern.to_string() };
        let mut builder = RegexOptionsBuilder::new();
        builder
            .oniguruma_mode(true)
            .case_insensitive(flags.ignore_case)
            .ignore_whitespace(flags.extended)
            .dot_matches_new_line(flags.dot_all)
            .backtrack_limit(BACKTRACKS);
        let regex = builder.build(text).map_err(|error| Raise::text(format!("Regex failure: {error}")))?;
        let regex = Rc::new(regex);
        self.0.insert(key, Rc::clone(&regex));
        Ok(regex)
    }
}

fn with_soft_ends(pattern: &str) -> String {
    let (mut out, mut escaped, mut in_class) = (String::new(), false, false);
    for letter in pattern.chars() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '$' if !in_class => {
                out.push_str("(?=\\n?\\z)");
                continue;
            }
            _ => {}
        }
        out.push(letter);
    }
    out
}

/// Oniguruma's words for the most frequent mistakes.
fn complaint(pattern: &str) -> Option<&'static str> {
    let (mut depth, mut class, mut may_repeat) = (0_usize, 0_usize, false);
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                if letters.next().is_none() {
                    return Some("end pattern at escape");
                }
                may_repeat = true;
            }
            '[' => class += 1,
            ']' if class > 0 => {
                class -= 1;
                may_repeat = true;
            }
            _ if class > 0 => {}
            '(' => {
                depth += 1;
                may_repeat = false;
                if letters.peek() == Some(&'?') {
                    letters.next();
                    may_repeat = true;
                }
            }
            ')' => {
                if depth == 0 {
                    return Some("unmatched close parenthesis");
                }
                depth -= 1;
                may_repeat = true;
            }
            '*' | '+' | '?' if !may_repeat => return Some("target of repeat operator is not specified"),
            '|' => may_repeat = false,
            _ => may_repeat = true,
        }
    }
    match (class, depth) {
        (1.., _) => Some("premature end of char-class"),
        (0, 1..) => Some("end pattern with unmatched parenthesis"),
        _ => None,
    }
}

//! Regular expressions in Go's syntax (RE2) with Go's rules of replacing and splitting.

mod syntax;

use super::Returned;
use super::arguments::{int, text};
use crate::template::limit::check_length;
use crate::template::value::Value;
use regex::{Captures, Regex, RegexBuilder};

/// A compiled expression and the names of its groups by number.
struct Expression {
    regex: Regex,
    names: Vec<Option<String>>,
}

/// A regular expression of Go's, for what is no template.
#[derive(Debug)]
pub(crate) struct GoRegex(Regex);

impl GoRegex {
    /// Compiles it.
    ///
    /// # Errors
    /// What is wrong with it, in Go's words.
    pub(crate) fn new(pattern: &str) -> Result<Self, String> {
        Ok(Self(compile(pattern)?.regex))
    }

    /// What the leftmost match and each of its groups hold, a group that took no part nothing; `None` without a match.
    pub(crate) fn parts<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let captures = self.0.captures(text)?;
        Some(captures.iter().map(|part| part.map_or("", |part| part.as_str())).collect())
    }
}

/// Compiles, or says in Go's words what is wrong.
fn compile(pattern: &str) -> Result<Expression, String> {
    let translated = syntax::translate(pattern)?;
    let regex = RegexBuilder::new(&translated.pattern)
        .build()
        .map_err(|_| format!("error parsing regexp: expression too large or too deep: `{pattern}`"))?;
    Ok(Expression { regex, names: translated.names })
}

/// Compiles as the forms without `must` do, where Go panics.
fn compile_or_panic(pattern: &str) -> Result<Expression, String> {
    compile(pattern).map_err(|error| format!("regexp: Compile(`{pattern}`): {error}"))
}

type Compile = fn(&str) -> Result<Expression, String>;

pub(super) fn regex_match(arguments: &[Value]) -> Returned {
    Ok(must_regex_match(arguments).unwrap_or(Value::Bool(false)))
}

pub(super) fn must_regex_match(arguments: &[Value]) -> Returned {
    Ok(compile(text(arguments, 0))?.regex.is_match(text(arguments, 1)).into())
}

fn find(arguments: &[Value], compile: Compile) -> Returned {
    let found = compile(text(arguments, 0))?;
    Ok(found.regex.find(text(arguments, 1)).map_or("", |found| found.as_str()).into())
}

pub(super) fn regex_find(arguments: &[Value]) -> Returned {
    find(arguments, compile_or_panic)
}

pub(super) fn must_regex_find(arguments: &[Value]) -> Returned {
    find(arguments, compile)
}

/// Up to `count` matches, all if negative.
fn take(count: i64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn find_all(arguments: &[Value], compile: Compile) -> Returned {
    let expression = compile(text(arguments, 0))?;
    let found = expression.regex.find_iter(text(arguments, 1)).take(take(int(arguments, 2)));
    Ok(Value::strings(found.map(|found| found.as_str())))
}

pub(super) fn regex_find_all(arguments: &[Value]) -> Returned {
    find_all(arguments, compile_or_panic)
}

pub(super) fn must_regex_find_all(arguments: &[Value]) -> Returned {
    find_all(arguments, compile)
}

fn replace_all(arguments: &[Value], compile: Compile, literal: bool) -> Returned {
    let expression = compile(text(arguments, 0))?;
    let (text, replacement) = (text(arguments, 1), text(arguments, 2));
    let mut out = String::new();
    let mut end = 0;
    for captures in expression.regex.captures_iter(text) {
        let Some(whole) = captures.get(0) else { continue };
        out.push_str(&text[end..whole.start()]);
        if literal {
            out.push_str(replacement);
        } else {
            expand(&mut out, replacement, &captures, &expression.names);
        }
        check_length(out.len())?;
        end = whole.end();
    }
    out.push_str(&text[end..]);
    Ok(out.into())
}

/// Go's `Regexp.Expand`: `$1`, `${1}`, `$name`, `$$`; a name is as long as it can be.
fn expand(out: &mut String, mut template: &str, captures: &Captures<'_>, names: &[Option<String>]) {
    while let Some((before, after)) = template.split_once('$') {
        out.push_str(before);
        template = after;
        if let Some(rest) = template.strip_prefix('$') {
            out.push('$');
            template = rest;
            continue;
        }
        let Some((name, rest)) = group_name(template) else {
            out.push('$');
            continue;
        };
        template = rest;
        let matched = match name.parse::<usize>() {
            Ok(number) => captures.get(number),
            Err(_) => (0..names.len())
                .filter(|number| names[*number].as_deref() == Some(name))
                .find_map(|number| captures.get(number)),
        };
        out.push_str(matched.map_or("", |matched| matched.as_str()));
    }
    out.push_str(template);
}

/// The name after a `$`, and what follows it.
fn group_name(text: &str) -> Option<(&str, &str)> {
    let braced = text.strip_prefix('{');
    let inside = braced.unwrap_or(text);
    let length = inside.find(|next: char| !(next == '_' || next.is_alphanumeric())).unwrap_or(inside.len());
    let (name, rest) = inside.split_at(length);
    match (name.is_empty(), braced) {
        (true, _) => None,
        (false, None) => Some((name, rest)),
        (false, Some(_)) => Some((name, rest.strip_prefix('}')?)),
    }
}

pub(super) fn regex_replace_all(arguments: &[Value]) -> Returned {
    replace_all(arguments, compile_or_panic, false)
}

pub(super) fn must_regex_replace_all(arguments: &[Value]) -> Returned {
    replace_all(arguments, compile, false)
}

pub(super) fn regex_replace_all_literal(arguments: &[Value]) -> Returned {
    replace_all(arguments, compile_or_panic, true)
}

pub(super) fn must_regex_replace_all_literal(arguments: &[Value]) -> Returned {
    replace_all(arguments, compile, true)
}

fn split(arguments: &[Value], compile: Compile) -> Returned {
    let expression = compile(text(arguments, 0))?;
    let (text, count) = (text(arguments, 1), int(arguments, 2));
    if count == 0 {
        return Ok(Value::strings::<&str>([]));
    }
    if text.is_empty() && !expression.regex.as_str().is_empty() {
        return Ok(Value::strings([""]));
    }
    let mut parts = Vec::new();
    let (mut start, mut end) = (0, 0);
    for found in expression.regex.find_iter(text).take(take(count)) {
        if count > 0 && parts.len() + 1 == take(count) {
            break;
        }
        end = found.start();
        if found.end() != 0 {
            parts.push(&text[start..end]);
        }
        start = found.end();
    }
    if end != text.len() {
        parts.push(&text[start..]);
    }
    Ok(Value::strings(parts))
}

pub(super) fn regex_split(arguments: &[Value]) -> Returned {
    split(arguments, compile_or_panic)
}

pub(super) fn must_regex_split(arguments: &[Value]) -> Returned {
    split(arguments, compile)
}

pub(super) fn regex_quote_meta(arguments: &[Value]) -> Returned {
    let mut out = String::new();
    for character in text(arguments, 0).chars() {
        if r"\.+*?()|[]{}^$".contains(character) {
            out.push('\\');
        }
        out.push(character);
    }
    Ok(out.into())
}

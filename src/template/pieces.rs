//! Templates of text and `{{.NAME}}` only: rendered with one lookup a piece, without a tree.

use super::eval::NO_VALUE;
use super::lookup::Lookup;
use super::print::print;
use super::references::Use;
use super::value::Value;
use std::ops::Range;

/// Text and names by turns, as bytes of the template.
#[derive(Debug)]
pub(super) struct Pieces {
    /// A stretch of text, then the name that follows it.
    pairs: Vec<(Range<usize>, Range<usize>)>,
    /// Where the text after the last name starts.
    tail: usize,
}

impl Pieces {
    /// Cuts `text` into pieces; nothing if it has any other action, or anything that might be an error.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut pairs = Vec::new();
        let mut tail = 0;
        while let Some(open) = text[tail..].find("{{") {
            let inside = tail + open + 2;
            let close = inside + text[inside..].find("}}")?;
            let action = &text[inside..close];
            let start = action.find('.')?;
            let name = action[start + 1..].trim_end_matches(' ');
            if !action[..start].bytes().all(|byte| byte == b' ') || !is_name(name) {
                return None;
            }
            let start = inside + start + 1;
            pairs.push((tail..tail + open, start..start + name.len()));
            tail = close + 2;
        }
        Some(Self { pairs, tail })
    }

    /// The output, `<no value>` and all.
    pub(super) fn render(&self, text: &str, variables: &dyn Lookup) -> String {
        let mut out = String::with_capacity(text.len() * 2);
        for (before, name) in &self.pairs {
            out.push_str(&text[before.clone()]);
            match variables.get(&text[name.clone()]) {
                None | Some(Value::Nil) => out.push_str(NO_VALUE),
                Some(Value::String(value)) => out.push_str(&value),
                Some(value) => print(&mut out, &value),
            }
        }
        out.push_str(&text[self.tail..]);
        out
    }

    /// The places where names stand, each with the dot before it.
    pub(super) fn uses<'t>(&self, text: &'t str) -> Vec<Use<'t>> {
        let used = |name: &Range<usize>| Use {
            name: &text[name.clone()],
            range: name.start - 1..name.end,
            guarded: false,
        };
        self.pairs.iter().map(|(_, name)| used(name)).collect()
    }
}

/// Whether Go's lexer takes it as one plain name; others are left to the lexer.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
        && !text.as_bytes()[0].is_ascii_digit()
}

//! The YAML that nearly all Taskfiles are written in, read in one pass over its bytes: block mappings and lists, scalars on
//! one line, literal blocks, flow collections on one line. Whatever else stands in a file, and every mistake, is left to the
//! whole parser, which is about ten times as slow. The two never differ in what they make of a text; tests compare them.

use super::node::{Entry, Kind, Node, Scalar, Style};
use crate::source::{SourceId, Span};
use std::sync::Arc;

/// Deeper nesting is left to the whole parser.
const MAX_DEPTH: usize = 24;
/// Slots for texts that are written again and again.
const SHARED: usize = 64;
/// Longer ones are not shared.
const MAX_SHARED: usize = 16;

/// The root node of a text; `None` where it holds what is not known here.
pub(super) fn parse(source: SourceId, text: &str) -> Option<Node> {
    let bytes = text.as_bytes();
    if is_odd(text) {
        return None;
    }
    let mut reader = Reader {
        source,
        text,
        bytes,
        at: 0,
        shared: [const { None }; SHARED],
        items: Vec::new(),
        entries: Vec::new(),
    };
    if text.starts_with("---\n") {
        reader.at = 4;
    }
    let indent = reader.next_line()?;
    let root = if indent == 0 { reader.block(0, 0)? } else { return None };
    (reader.at == bytes.len()).then_some(root)
}

/// Whether it holds tabs, carriage returns, or characters that YAML takes for line breaks or refuses.
fn is_odd(text: &str) -> bool {
    let (mut control, mut wide) = (false, false);
    for byte in text.bytes() {
        control |= (byte < b' ' && byte != b'\n') || byte == 0x7f;
        wide |= byte >= 0x80;
    }
    let refused = |letter: char| matches!(letter, '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}'..);
    control || (wide && text.contains(refused))
}

struct Reader<'t> {
    source: SourceId,
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    /// Texts that may come again.
    shared: [Option<Arc<str>>; SHARED],
    /// What lists that are not finished hold so far, the innermost last: each gets memory once, and no more than it needs.
    items: Vec<Node>,
    /// The same of mappings.
    entries: Vec<Entry>,
}

impl Reader<'_> {
    fn byte(&self, at: usize) -> u8 {
        // The end of the text is as the end of a line.
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    /// The end of the line that `at` is in.
    fn line_end(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        memchr::memchr(b'\n', rest).map_or(self.bytes.len(), |found| at + found)
    }

    /// Goes to the next line with content, from the start of a line, and gives its indentation. At the end of the text it
    /// is 0. `None` where a document or directive may begin.
    fn next_line(&mut self) -> Option<usize> {
        loop {
            let start = self.at;
            while self.byte(self.at) == b' ' {
                self.at += 1;
            }
            match self.byte(self.at) {
                _ if self.at >= self.bytes.len() => {
                    self.at = self.bytes.len();
                    return Some(0);
                }
                b'\n' => self.at += 1,
                b'#' => self.at = (self.line_end(self.at) + 1).min(self.bytes.len()),
                byte => {
                    let indent = self.at - start;
                    let rest = self.bytes.get(self.at..).unwrap_or_default();
                    let mark = rest.starts_with(b"---") || rest.starts_with(b"...") || byte == b'%';
                    return (indent > 0 || !mark).then_some(indent);
                }
            }
        }
    }

    /// The indentation of the next line with content, from the start of a line, without going there.
    fn peek_line(&mut self) -> Option<usize> {
        let before = self.at;
        let indent = self.next_line();
        self.at = before;
        indent
    }

    /// After a value: blanks and a comment up to the end of the line, and over it.
    fn finish_line(&mut self) -> Option<()> {
        let start = self.at;
        while self.byte(self.at) == b' ' {
            self.at += 1;
        }
        match self.byte(self.at) {
            b'\n' => {}
            b'#' if self.at > start => self.at = self.line_end(self.at),
            _ => return None,
        }
        self.at = (self.at + 1).min(self.bytes.len());
        Some(())
    }

    fn span(&self, start: usize, end: usize) -> Option<Span> {
        Some(Span { source: self.source, start: u32::try_from(start).ok()?, end: u32::try_from(end).ok()? })
    }

    fn node(&self, start: usize, end: usize, kind: Kind) -> Option<Node> {
        Some(Node::new(self.span(start, end)?, kind))
    }

    /// The list of what was met since there were so many items.
    fn finished_list(&mut self, start: usize, end: usize, first: usize) -> Option<Node> {
        let items = self.items.drain(first..).collect();
        self.node(start, end, Kind::Sequence(items))
    }

    /// The mapping of what was met since there were so many entries.
    fn finished_mapping(&mut self, start: usize, end: usize, first: usize) -> Option<Node> {
        let entries = self.entries.drain(first..).collect();
        self.node(start, end, Kind::Mapping(entries))
    }

    fn scalar(&self, start: usize, end: usize, text: impl Into<Arc<str>>, style: Style) -> Option<Node> {
        self.node(start, end, Kind::Scalar(Scalar { text: text.into(), style }))
    }

    /// A mapping or list whose first line we stand in, at its indentation.
    fn block(&mut self, indent: usize, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH {
            return None;
        }
        if self.is_dash() { self.list(indent, depth) } else { self.mapping(indent, depth) }
    }

    fn is_dash(&self) -> bool {
        self.byte(self.at) == b'-' && matches!(self.byte(self.at + 1), b' ' | b'\n')
    }

    fn list(&mut self, indent: usize, depth: usize) -> Option<Node> {
        let (start, first) = (self.at, self.items.len());
        loop {
            let dash = self.at;
            self.at += 1;
            while self.byte(self.at) == b' ' {
                self.at += 1;
            }
            let column = indent + self.at - dash;
            let item = match self.byte(self.at) {
                b'\n' | b'#' => return None,
                _ if self.is_dash() => return None,
                _ if self.key_end().is_some() => self.mapping(column, depth + 1)?,
                _ => self.value(indent)?,
            };
            self.items.push(item);
            match self.peek_line()? {
                next if next == indent && self.bytes.len() > self.at => {
                    self.next_line()?;
                    if !self.is_dash() {
                        // The next key of a mapping that the list is in without being indented.
                        self.at -= indent;
                        break;
                    }
                }
                next if next > indent => return None,
                _ => break,
            }
        }
        let end = self.items.last()?.span.end as usize;
        self.finished_list(start, end, first)
    }

    fn mapping(&mut self, indent: usize, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH {
            return None;
        }
        let (start, first) = (self.at, self.entries.len());
        loop {
            let key = self.key()?;
            let value = if self.is_blank_to_end() {
                self.finish_line()?;
                self.below(indent, depth)?
            } else {
                while self.byte(self.at) == b' ' {
                    self.at += 1;
                }
                self.value(indent)?
            };
            self.entries.push(Entry { key, value });
            match self.peek_line()? {
                next if next == indent && self.bytes.len() > self.at => {
                    let line = self.at;
                    self.next_line()?;
                    if self.at >= self.bytes.len() {
                        break;
                    }
                    if self.is_dash() {
                        // Only the list around a mapping goes on so, and never in the mapping's column.
                        self.at = line;
                        return None;
                    }
                }
                next if next > indent => return None,
                _ => break,
            }
        }
        let end = self.entries.last()?.value.span.end as usize;
        self.finished_mapping(start, end, first)
    }

    /// Whether nothing but blanks and a comment is left of the line.
    fn is_blank_to_end(&self) -> bool {
        let rest = self.bytes.get(self.at..self.line_end(self.at)).unwrap_or_default();
        match rest.iter().position(|byte| *byte != b' ') {
            None => true,
            Some(0) => false,
            Some(first) => rest.get(first) == Some(&b'#'),
        }
    }

    /// The value of a key that has none on its line: what is indented below it, or a list in its column.
    fn below(&mut self, indent: usize, depth: usize) -> Option<Node> {
        let next = self.peek_line()?;
        let before = self.at;
        self.next_line()?;
        if self.at >= self.bytes.len() {
            return None;
        }
        if next > indent && (self.is_dash() || self.key_end().is_some()) {
            return self.block(next, depth + 1);
        }
        if next == indent && self.is_dash() {
            return self.list(indent, depth + 1);
        }
        self.at = before;
        None
    }

    /// The end of a key that begins here, which is where its colon is.
    fn key_end(&self) -> Option<usize> {
        let start = self.at;
        let mut at = start;
        match self.byte(at) {
            quote @ (b'\'' | b'"') => {
                at += 1;
                loop {
                    match self.byte(at) {
                        b'\n' | b'\\' => return None,
                        byte if byte == quote => break,
                        _ => at += 1,
                    }
                }
                at += 1;
            }
            byte if is_key_byte(byte) && !matches!(byte, b'-' | b'*' | b':') => loop {
                match self.byte(at) {
                    b':' if matches!(self.byte(at + 1), b' ' | b'\n') => break,
                    byte if is_key_byte(byte) => at += 1,
                    _ => return None,
                }
            },
            _ => return None,
        }
        let is_key = self.byte(at) == b':' && matches!(self.byte(at + 1), b' ' | b'\n') && at - start < 1000;
        is_key.then_some(at)
    }

    /// The key that begins here, with the colon behind it.
    fn key(&mut self) -> Option<Node> {
        let (start, end) = (self.at, self.key_end()?);
        let (style, from, to) = match self.byte(start) {
            b'\'' => (Style::SingleQuoted, start + 1, end - 1),
            b'"' => (Style::DoubleQuoted, start + 1, end - 1),
            _ => (Style::Plain, start, end),
        };
        let text = self.text_of(from, to)?;
        self.at = end + 1;
        self.scalar(start, end, text, style)
    }

    /// A part of the text, shared with an equal one that came before where such ones are to be expected: keys and short
    /// words come again, names with a number behind them do not.
    fn text_of(&mut self, from: usize, to: usize) -> Option<Arc<str>> {
        let text = self.text.get(from..to)?;
        let (first, last) = match text.as_bytes() {
            [] => (0, 0),
            [.., b'0'..=b'9'] => return Some(Arc::from(text)),
            [first, ..] if text.len() <= MAX_SHARED => (*first, self.byte(to - 1)),
            _ => return Some(Arc::from(text)),
        };
        let slot = (usize::from(first) * 7 + usize::from(last) * 3 + text.len()) % SHARED;
        let slot = self.shared.get_mut(slot)?;
        match slot {
            Some(known) if **known == *text => Some(Arc::clone(known)),
            _ => Some(Arc::clone(slot.insert(Arc::from(text)))),
        }
    }

    /// A value on this line, of a node whose parent is indented so far, and the end of the line.
    fn value(&mut self, indent: usize) -> Option<Node> {
        let node = match self.byte(self.at) {
            b'|' => return self.literal(indent),
            b'\'' | b'"' => self.quoted()?,
            b'[' | b'{' => self.flow(0)?,
            _ => self.plain()?,
        };
        self.finish_line()?;
        // A line that is indented further would go on with this value.
        if self.at < self.bytes.len() && self.peek_line()? > indent {
            return None;
        }
        Some(node)
    }

    fn plain(&mut self) -> Option<Node> {
        let start = self.at;
        if !may_begin_plain(self.byte(start), self.byte(start + 1)) {
            return None;
        }
        let line_end = self.line_end(start);
        let mut end = start;
        while self.at < line_end {
            match self.byte(self.at) {
                b' ' => {}
                b'#' if self.byte(self.at - 1) == b' ' => break,
                b':' if matches!(self.byte(self.at + 1), b' ' | b'\n') => return None,
                _ => end = self.at + 1,
            }
            self.at += 1;
        }
        self.at = end;
        let text = self.text_of(start, end)?;
        self.scalar(start, end, text, Style::Plain)
    }

    fn quoted(&mut self) -> Option<Node> {
        let start = self.at;
        let quote = self.byte(start);
        let mut text = String::new();
        let mut from = start + 1;
        self.at = from;
        loop {
            match self.byte(self.at) {
                b'\n' => return None,
                b'\'' if quote == b'\'' && self.byte(self.at + 1) == b'\'' => {
                    text.push_str(self.text.get(from..=self.at)?);
                    self.at += 2;
                    from = self.at;
                }
                b'\\' if quote == b'"' => {
                    text.push_str(self.text.get(from..self.at)?);
                    text.push(match self.byte(self.at + 1) {
                        b'n' => '\n',
                        b't' => '\t',
                        b'"' => '"',
                        b'\\' => '\\',
                        _ => return None,
                    });
                    self.at += 2;
                    from = self.at;
                }
                byte if byte == quote => break,
                _ => self.at += 1,
            }
        }
        let end = self.at;
        self.at += 1;
        let style = if quote == b'\'' { Style::SingleQuoted } else { Style::DoubleQuoted };
        if text.is_empty() {
            let text = self.text_of(from, end)?;
            return self.scalar(start, self.at, text, style);
        }
        text.push_str(self.text.get(from..end)?);
        self.scalar(start, self.at, text, style)
    }

    /// `|`, `|-` or `|+`, with all lines that are indented below.
    fn literal(&mut self, indent: usize) -> Option<Node> {
        let start = self.at;
        self.at += 1;
        let chomping = match self.byte(self.at) {
            sign @ (b'-' | b'+') => {
                self.at += 1;
                sign
            }
            _ => b' ',
        };
        if self.byte(self.at) != b'\n' || self.at >= self.bytes.len() {
            return None;
        }
        self.at += 1;
        let mut own = 0;
        while self.byte(self.at + own) == b' ' {
            own += 1;
        }
        if own <= indent || self.byte(self.at + own) == b'\n' {
            return None;
        }
        let mut text = String::new();
        let (mut end, mut blank) = (self.at, 0);
        while self.at < self.bytes.len() {
            let line_end = self.line_end(self.at);
            let line = self.text.get(self.at..line_end)?;
            let before = line.len() - line.trim_start_matches(' ').len();
            if before == line.len() {
                if before > own || line_end == self.bytes.len() {
                    // Blanks that count, or an end that is no end of a line.
                    return None;
                }
                blank += 1;
            } else if before < own {
                if before > indent || line.trim_start().starts_with('#') {
                    return None;
                }
                break;
            } else {
                for _ in 0..blank {
                    text.push('\n');
                }
                blank = 0;
                text.push_str(line.get(own..)?);
                text.push('\n');
                end = self.at + line.trim_end().len();
                if line_end == self.bytes.len() {
                    return None;
                }
            }
            self.at = line_end + 1;
        }
        match chomping {
            b'-' => {
                text.pop();
            }
            b'+' => return None,
            _ => {}
        }
        self.scalar(start, end, text, Style::Literal)
    }

    /// A collection in brackets, on this line.
    fn flow(&mut self, depth: usize) -> Option<Node> {
        if depth > 4 {
            return None;
        }
        let start = self.at;
        let is_list = self.byte(start) == b'[';
        let close = if is_list { b']' } else { b'}' };
        let (first_item, first_entry) = (self.items.len(), self.entries.len());
        self.at += 1;
        self.blanks();
        if self.byte(self.at) != close {
            loop {
                if is_list {
                    let item = self.flow_value(depth)?;
                    self.items.push(item);
                } else {
                    let key = match self.byte(self.at) {
                        b'\'' | b'"' => self.quoted()?,
                        _ => self.flow_plain()?,
                    };
                    if self.byte(self.at) != b':' || self.byte(self.at + 1) != b' ' {
                        return None;
                    }
                    self.at += 1;
                    self.blanks();
                    let value = self.flow_value(depth)?;
                    self.entries.push(Entry { key, value });
                }
                self.blanks();
                match self.byte(self.at) {
                    b',' => self.at += 1,
                    byte if byte == close => break,
                    _ => return None,
                }
                if self.byte(self.at) != b' ' {
                    return None;
                }
                self.blanks();
            }
        }
        self.at += 1;
        if is_list {
            self.finished_list(start, self.at, first_item)
        } else {
            self.finished_mapping(start, self.at, first_entry)
        }
    }

    fn blanks(&mut self) {
        while self.byte(self.at) == b' ' {
            self.at += 1;
        }
    }

    fn flow_value(&mut self, depth: usize) -> Option<Node> {
        match self.byte(self.at) {
            b'\'' | b'"' => self.quoted(),
            b'[' | b'{' => self.flow(depth + 1),
            _ => self.flow_plain(),
        }
    }

    fn flow_plain(&mut self) -> Option<Node> {
        let start = self.at;
        if !may_begin_plain(self.byte(start), self.byte(start + 1)) {
            return None;
        }
        let mut end = start;
        loop {
            match self.byte(self.at) {
                b' ' => {}
                b':' if matches!(self.byte(self.at + 1), b' ') => break,
                b',' | b']' | b'}' => break,
                b'\n' | b'[' | b'{' | b'#' | b':' => return None,
                _ => end = self.at + 1,
            }
            self.at += 1;
        }
        // A blank before the colon is left to the whole parser.
        if self.byte(self.at) == b':' && end != self.at {
            return None;
        }
        let text = self.text_of(start, end)?;
        self.scalar(start, end, text, Style::Plain)
    }
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b'*' | b':')
}

/// Whether a plain scalar may begin so; errs on the side of no.
fn may_begin_plain(first: u8, second: u8) -> bool {
    match first {
        b'-' | b':' => !matches!(second, b' ' | b'\n' | b',' | b'[' | b']' | b'{' | b'}') && second != first,
        b'/' | b'.' | b'_' | b'$' | b'(' | b'~' | b'+' | b'<' | b'=' | b'^' | b'\\' | b';' => true,
        _ => first.is_ascii_alphanumeric() || first >= 0x80,
    }
}

#[cfg(test)]
mod tests;

//! The lines of a file that a finding shows: those around its labels, long ones cut to what is near a label. Knows no
//! findings.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use std::ops::Range;

/// Lines that are kept before the first label and after the last one: as many as are shown around it.
const AROUND: usize = 1;
/// What stands for text that was cut away.
const CUT: &str = "…";

/// Some lines of a file with their true numbers.
#[derive(Debug)]
pub(super) struct Excerpt {
    name: String,
    text: String,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    /// Number in the file, from 0.
    number: usize,
    /// Where it starts in the file, and in the excerpt.
    start: usize,
    start_here: usize,
    /// The bytes of the line that are shown, from its start.
    shown: Range<usize>,
    /// Characters that were cut away before them.
    cut: usize,
}

impl Excerpt {
    /// The lines of `text` around the labels, given as ranges of bytes; a line is cut when it has more than `width`
    /// bytes. `line` is the number, from 0, of the line with the first label.
    pub(super) fn new(name: String, text: &str, labels: &[Range<usize>], line: usize, width: usize) -> Self {
        let first = labels.iter().map(|label| label.start).min().unwrap_or_default().min(text.len());
        let last = labels.iter().map(|label| label.end).max().unwrap_or_default().clamp(first, text.len());
        let start = start_of_lines(text, first, AROUND);
        let end = end_of_lines(text, last, AROUND);
        let above = text.as_bytes()[start..first].iter().filter(|byte| **byte == b'\n').count();
        let number = line.saturating_sub(above);
        let mut excerpt = Self { name, text: String::new(), lines: Vec::new() };
        let mut at = start;
        for (index, line) in text.get(start..end).unwrap_or_default().split_inclusive('\n').enumerate() {
            let here =
                labels.iter().map(|label| label.start).filter(|start| (at..at + line.len()).contains(start));
            excerpt.push(number + index, at, line, here.min().map(|start| start - at), width);
            at += line.len();
        }
        excerpt
    }

    fn push(&mut self, number: usize, start: usize, line: &str, anchor: Option<usize>, width: usize) {
        let body = line.trim_end_matches(['\n', '\r']);
        let shown = if body.len() <= width {
            0..body.len()
        } else {
            let from = boundary(body, anchor.unwrap_or_default().saturating_sub(width / 3));
            from..boundary(body, from.saturating_add(width))
        };
        let start_here = self.text.len();
        if shown.start > 0 {
            self.text.push_str(CUT);
        }
        self.text.push_str(body.get(shown.clone()).unwrap_or_default());
        if shown.end < body.len() {
            self.text.push_str(CUT);
        }
        if line.ends_with('\n') {
            self.text.push('\n');
        }
        let cut = body.get(..shown.start).unwrap_or_default().chars().count();
        self.lines.push(Line { number, start, start_here, shown, cut });
    }

    /// Where a byte of the file is in the excerpt; the nearest place where it was cut away.
    pub(super) fn place(&self, byte: usize) -> usize {
        let index = self.lines.partition_point(|line| line.start <= byte).saturating_sub(1);
        self.lines.get(index).map_or(0, |line| {
            let cut = if line.shown.start > 0 { CUT.len() } else { 0 };
            let within = byte.saturating_sub(line.start).clamp(line.shown.start, line.shown.end);
            line.start_here + cut + within - line.shown.start
        })
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let contents = self.text.read_span(span, before, after)?;
        let line = self.lines.get(contents.line());
        let column = line.map_or(0, |line| {
            let mark = if line.shown.start > 0 { CUT.len() } else { 0 };
            let before = self.text.get(line.start_here + mark..contents.span().offset());
            before.map_or(0, |before| line.cut + before.chars().count())
        });
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            contents.data(),
            *contents.span(),
            line.map_or(contents.line(), |line| line.number),
            column,
            contents.line_count(),
        )))
    }
}

/// The start of the line that holds a byte, or of one `more` lines above it.
fn start_of_lines(text: &str, byte: usize, more: usize) -> usize {
    let breaks = text.as_bytes()[..byte].iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n');
    breaks.map(|(at, _)| at + 1).nth(more).unwrap_or_default()
}

/// The end of the line that holds a byte, or of one `more` lines below it.
fn end_of_lines(text: &str, byte: usize, more: usize) -> usize {
    let breaks = text.as_bytes()[byte..].iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    breaks.map(|(at, _)| byte + at + 1).nth(more).unwrap_or(text.len())
}

/// The character boundary at a byte or before it.
fn boundary(text: &str, byte: usize) -> usize {
    (0..=byte.min(text.len())).rev().find(|byte| text.is_char_boundary(*byte)).unwrap_or_default()
}

//! From an offset in a decoded scalar back to the file, so that an error inside a string (a template's,
//! say) is underlined where it was written. Needs the file's text and the scalar's span, nothing else.

use crate::source::{SourceMap, Span};
use crate::yaml::boundary::floor_boundary;
use std::ops::Range;

/// The place in the file of a range of bytes of a decoded scalar.
///
/// `scalar` is the whole scalar's span, quotes or block header included, as the tree gives it. Exact for
/// plain, quoted and literal scalars; for folded blocks exact up to the handling of blank lines.
/// Ranges beyond the scalar end at its end; [`Span::NONE`] stays what it is.
#[must_use]
pub fn locate(sources: &SourceMap, scalar: Span, range: Range<usize>) -> Span {
    locate_in(sources.text(scalar), scalar, range)
}

/// [`locate`] where the scalar as it is written is at hand.
#[must_use]
pub fn locate_in(text: &str, scalar: Span, range: Range<usize>) -> Span {
    if text.is_empty() {
        return scalar;
    }
    let pieces = pieces(text);
    let start = floor_boundary(text, offset(&pieces, range.start, text.len()));
    let end = if range.end > range.start {
        floor_boundary(text, offset(&pieces, range.end - 1, text.len()))
    } else {
        start
    };
    let end = match text.get(end..).and_then(|rest| rest.chars().next()) {
        Some(letter) if range.end > range.start => end + letter.len_utf8(),
        _ => end,
    };
    Span {
        source: scalar.source,
        start: scalar.start + start as u32,
        end: scalar.start + end.max(start) as u32,
    }
}

/// A run of decoded bytes: from where in the decoded text, from where in the file, how many of them
/// are the file's own (the others, of an escape or a fold, all stand for the place where the run starts).
#[derive(Debug)]
struct Piece {
    decoded: usize,
    written: usize,
    verbatim: bool,
}

fn offset(pieces: &[Piece], decoded: usize, end: usize) -> usize {
    let index = pieces.partition_point(|piece| piece.decoded <= decoded);
    match index.checked_sub(1).and_then(|index| pieces.get(index)) {
        Some(piece) if piece.verbatim => {
            // Not beyond what the next piece stands for, nor the scalar.
            let limit = pieces.get(index).map_or(end, |next| next.written);
            (piece.written + (decoded - piece.decoded)).min(limit)
        }
        Some(piece) => piece.written,
        None => 0,
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    match text.as_bytes().first() {
        Some(b'|' | b'>') => block(text),
        Some(b'\'') => flow(text, 1, Some('\'')),
        Some(b'"') => flow(text, 1, Some('"')),
        _ => flow(text, 0, None),
    }
}

/// Plain and quoted scalars: lines are folded, escapes stand for other text.
fn flow(text: &str, start: usize, quote: Option<char>) -> Vec<Piece> {
    let mut pieces = vec![Piece { decoded: 0, written: start, verbatim: true }];
    let mut decoded = 0;
    let mut at = start;
    while let Some(letter) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = &text[at..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let after_blanks = rest[blanks..].chars().next();
        let (consumed, produced) = if matches!(after_blanks, Some('\n' | '\r')) {
            // Blanks and breaks and blanks: one break is a space, n are n - 1 line feeds.
            let gap = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
            let breaks = rest[..gap].bytes().filter(|byte| *byte == b'\n').count();
            (gap, breaks.saturating_sub(1).max(1))
        } else if quote == Some('\'') && rest.starts_with("''") {
            (2, 1)
        } else if quote == Some('"') && letter == '\\' {
            escape(rest)
        } else {
            decoded += letter.len_utf8();
            at += letter.len_utf8();
            continue;
        };
        pieces.push(Piece { decoded, written: at, verbatim: false });
        decoded += produced;
        at += consumed.max(1);
        pieces.push(Piece { decoded, written: at, verbatim: true });
    }
    pieces
}

/// How many bytes an escape takes in the file, and how many in the text.
fn escape(rest: &str) -> (usize, usize) {
    let digits = |count: usize| {
        let code = rest.get(2..2 + count).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        (2 + count, code.and_then(char::from_u32).map_or(3, char::len_utf8))
    };
    match rest[1..].chars().next() {
        Some('x') => digits(2),
        Some('u') => digits(4),
        Some('U') => digits(8),
        // An escaped break joins the lines without a space.
        Some('\n') => (2 + rest[2..].len() - rest[2..].trim_start_matches([' ', '\t']).len(), 0),
        Some('N' | '_') => (2, 2),
        Some('L' | 'P') => (2, 3),
        Some(letter) => (1 + letter.len_utf8(), 1),
        None => (1, 0),
    }
}

/// Literal and folded blocks: every line loses its indentation.
fn block(text: &str) -> Vec<Piece> {
    let header_end = text.find('\n').map_or(text.len(), |at| at + 1);
    let header = &text[..header_end];
    let folded = header.starts_with('>');
    let mut indent = None;
    let mut pieces = Vec::new();
    let mut after_text = false;
    let (mut decoded, mut at) = (0, header_end);
    let explicit = header.bytes().skip(1).take(2).any(|byte| byte.is_ascii_digit());
    for line in text[header_end..].split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let blanks = content.len() - content.trim_start_matches(' ').len();
        // With an indicator the content may start with blanks of its own: the least indented line tells.
        if indent.is_none() && !content.trim().is_empty() {
            indent = Some(if explicit { least_indent(&text[header_end..]) } else { blanks });
        }
        let skip = blanks.min(indent.unwrap_or(usize::MAX));
        pieces.push(Piece { decoded, written: at + skip, verbatim: true });
        let kept = content.len() - skip;
        decoded += kept + usize::from(line.len() > content.len());
        // Of the breaks around blank lines the first is folded away.
        decoded = decoded.saturating_sub(usize::from(folded && kept == 0 && after_text));
        after_text = kept > 0;
        at += line.len();
    }
    pieces
}

fn least_indent(lines: &str) -> usize {
    let indents = lines
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len());
    indents.min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    /// Marks `needle` of the decoded scalar of key `k` and gives the line from there in the file.
    fn found(text: &str, needle: &str) -> String {
        let mut sources = SourceMap::default();
        let source = sources.add("f.yml", text);
        let document = parse(source, text).unwrap();
        let node = document.root.get("k").unwrap();
        let at = node.text().unwrap().find(needle).unwrap_or_else(|| panic!("{:?}", node.text()));
        let span = locate(&sources, node.span, at..at + needle.len());
        sources.text(span).to_owned()
    }

    #[test]
    fn every_style_leads_back_to_what_was_written() {
        for (text, needle) in [
            ("k: echo {{.X}} é\n", "{{.X}}"),
            ("k: echo é {{.X}}\n", "{{.X}}"),
            ("k: one\n  two\n\n  three {{.X}}\n", "{{.X}}"),
            ("k: 'it''s {{.X}}'\n", "{{.X}}"),
            ("k: 'a\n  b {{.X}}'\n", "{{.X}}"),
            ("k: \"tab\\t {{.X}} \\u00e9 {{.Y}}\"\n", "{{.Y}}"),
            ("k: \"a \\\n   b {{.X}}\"\n", "{{.X}}"),
            ("k: |\n  one\n    two {{.X}}\n\n  three\n", "{{.X}}"),
            ("k: |\n  one\n    two\n\n  three {{.X}}\n", "{{.X}}"),
            ("k: |-2\n    one\n  two {{.X}}\n", "{{.X}}"),
            ("k: |\n\n  one {{.X}}", "{{.X}}"),
            ("k: >\n  one\n  two {{.X}}\n", "{{.X}}"),
            ("k: >-\n  one\n\n  two {{.X}}\n", "{{.X}}"),
            ("a:\n  - b\nk: >-\n  one\n\n\n  two\n  three {{.X}}\n", "{{.X}}"),
        ] {
            assert_eq!(found(text, needle), needle, "{text:?}");
        }
        assert_eq!(found("k: \"a\\tb\"\n", "\t"), "\\");
    }

    #[test]
    fn ranges_beyond_the_text_stay_in_the_scalar() {
        let mut sources = SourceMap::default();
        let source = sources.add("f.yml", "k: ab\n");
        let document = parse(source, "k: ab\n").unwrap();
        let span = document.root.get("k").unwrap().span;
        let located = locate(&sources, span, 7..90);
        assert!(located.start <= span.end && located.end <= span.end);
        assert_eq!(locate(&sources, Span::NONE, 0..4), Span::NONE);
    }
}

//! What may be shown of a file with secrets. Letters and digits become `*` but where they are known to be public: keys,
//! encrypted values, the block `sops`. Places stay what they were, byte for byte.

use super::format::ENCRYPTED;
use crate::source::Span;
use crate::yaml::{Entry, Kind, Node};
use std::ops::Range;

/// Levels that are looked at; what is deeper is masked.
const MAX_DEPTH: usize = 250;

/// The text of a file that was read.
pub(super) fn values(text: &str, data: &[Entry], block: Span) -> String {
    let mut public = vec![range(block)];
    // `sops:` stands before the block; in flat files it stands nowhere.
    let before = text.get(..block.start as usize).unwrap_or_default();
    let key = before.trim_end().trim_end_matches([':', '"', '\'']);
    if key.ends_with("sops") {
        public.push(key.len() - "sops".len()..key.len());
    }
    data.iter().for_each(|entry| entry_ranges(entry, 0, &mut public));
    apply(text, public)
}

/// The text of a file that could not be read.
pub(crate) fn all(text: &str) -> String {
    let mut public: Vec<Range<usize>> = memchr::memmem::find_iter(text.as_bytes(), ENCRYPTED.as_bytes())
        .filter_map(|start| text[start..].find(']').map(|length| start..start + length + 1))
        .collect();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let blank = line.len() - line.trim_start().len();
        let word = line[blank..].find(|letter: char| !letter.is_alphanumeric() && !"_-.".contains(letter));
        let is_key = |end: usize| line[blank + end..].starts_with([':', '=']);
        let conflict = ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark));
        match word {
            _ if conflict => public.push(at..at + line.len()),
            Some(end) if is_key(end) => public.push(at + blank..at + blank + end),
            _ => {}
        }
        at += line.len();
    }
    apply(text, public)
}

/// The text of a file with private keys, of which only these ranges may be shown.
pub(crate) fn but(text: &str, public: Vec<Range<usize>>) -> String {
    apply(text, public)
}

fn entry_ranges(entry: &Entry, depth: usize, public: &mut Vec<Range<usize>>) {
    if depth > MAX_DEPTH {
        return;
    }
    public.push(range(entry.key.span));
    let shown = entry.key.text().is_some_and(|key| key.ends_with("_unencrypted"));
    value_ranges(&entry.value, shown, depth + 1, public);
}

fn value_ranges(node: &Node, shown: bool, depth: usize, public: &mut Vec<Range<usize>>) {
    match &node.kind {
        Kind::Scalar(scalar) if shown || scalar.text.starts_with(ENCRYPTED) => public.push(range(node.span)),
        Kind::Scalar(_) => {}
        Kind::Sequence(items) if depth <= MAX_DEPTH => {
            items.iter().for_each(|item| value_ranges(item, shown, depth + 1, public));
        }
        Kind::Sequence(_) => {}
        Kind::Mapping(entries) => entries.iter().for_each(|entry| entry_ranges(entry, depth + 1, public)),
    }
}

fn range(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

fn apply(text: &str, mut public: Vec<Range<usize>>) -> String {
    public.sort_by_key(|range| range.start);
    let mut ranges = public.into_iter().peekable();
    let mut out = String::with_capacity(text.len());
    let mut shown_until = 0;
    for (at, letter) in text.char_indices() {
        while let Some(range) = ranges.next_if(|range| range.start <= at) {
            shown_until = shown_until.max(range.end);
        }
        let plain = letter.is_ascii() && !letter.is_ascii_alphanumeric();
        if at < shown_until || plain {
            out.push(letter);
        } else {
            out.extend(std::iter::repeat_n('*', letter.len_utf8()));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_read_shows_keys_and_what_is_encrypted() {
        let text = "a: ENC[AES256_GCM,data:x]\npassword: hunter2é\n<<<<<<< main\n  - deep: s3\nplain words\n";
        let masked = all(text);
        assert_eq!(masked.len(), text.len());
        assert_eq!(
            masked,
            "a: ENC[AES256_GCM,data:x]\npassword: *********\n<<<<<<< main\n  - ****: **\n***** *****\n"
        );
    }
}

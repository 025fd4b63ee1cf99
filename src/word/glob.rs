//! A path pattern, segment by segment.

use super::{Dialect, Pattern};

/// What stands between two slashes.
#[derive(Debug)]
pub(super) enum Segment {
    /// The beginning of an absolute path.
    Root,
    /// Nothing, `.` or `..`.
    Dots(Vec<u8>),
    /// A name as it is.
    Name(Vec<u8>),
    /// A pattern.
    Pattern(Pattern),
    /// `**`
    AnyDepth,
}

/// The segments of a pattern; `None` where one of them cannot be read.
pub(super) fn segments(glyphs: &[(char, bool)], globstar: bool) -> Option<Vec<Segment>> {
    let mut segments = Vec::new();
    for (index, part) in glyphs.split(|(next, _)| *next == '/').enumerate() {
        if index == 0 && part.is_empty() {
            segments.push(Segment::Root);
            continue;
        }
        let text: String = part.iter().map(|(next, _)| next).collect();
        let is_pattern = part.iter().any(|(next, quoted)| !quoted && matches!(next, '*' | '?' | '['));
        segments.push(match text.as_str() {
            "" | "." | ".." => Segment::Dots(text.into_bytes()),
            _ if !is_pattern => Segment::Name(text.into_bytes()),
            "**" if globstar => Segment::AnyDepth,
            _ => Segment::Pattern(Pattern::new(part, Dialect::Shell).ok()?),
        });
    }
    Some(segments)
}

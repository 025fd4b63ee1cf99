//! Text to tree, over granit-parser's events; no other file names that crate. Builds without recursion
//! and stops at limits, so that no text overflows the stack or the memory.

use crate::diagnostic::Diagnostic;
use crate::source::{SourceId, Span};
use crate::yaml::boundary::floor_boundary;
use crate::yaml::error::ParseError;
use crate::yaml::lenient;
use crate::yaml::node::{Document, Entry, Kind, Node, Scalar, Style};
use crate::yaml::subset;
use crate::yaml::syntax::{self, Open};
use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span as Marks, Tag};
use std::borrow::Cow;
use std::sync::Arc;

/// Levels of nesting; far above any Taskfile, far below what a recursive decoder's stack holds.
pub(crate) const MAX_DEPTH: usize = 200;
/// Nodes that aliases may stand for, all together: yaml.v3 begins to refuse at 400,000 too.
const MAX_ALIASED: usize = 400_000;
/// Each rewrite reads the file again.
const MAX_REWRITES: usize = 200;

/// Reads the first document of a file.
///
/// The text must be shorter than 4 GiB and without a byte order mark (see [`super::decode_bytes`]).
///
/// # Errors
/// The first syntax error, as nothing after it can be trusted.
pub fn parse(source: SourceId, text: &str) -> Result<Document, Box<ParseError>> {
    if u32::try_from(text.len()).is_err() {
        let diagnostic = Diagnostic::error("fleet::yaml::too_large", "the file is larger than 4 GiB");
        return Err(Box::new(ParseError { diagnostic, nearly: None, go: "yaml: input error".to_owned() }));
    }
    if let Some(root) = subset::parse(source, text) {
        return Ok(Document { root, ignored: None });
    }
    parse_whole(source, text)
}

/// Reads all of YAML.
pub(super) fn parse_whole(source: SourceId, text: &str) -> Result<Document, Box<ParseError>> {
    let mut rewritten = String::new();
    for _ in 0..MAX_REWRITES {
        let read = if rewritten.is_empty() { text } else { rewritten.as_str() };
        let mut builder = Builder::new(source, text);
        builder.rewritten = !rewritten.is_empty();
        match builder.document(read) {
            Ok(document) => return Ok(document),
            Err(Stop::Found(error)) => return Err(error),
            Err(Stop::Syntax(error)) => {
                let at = error.marker().byte_offset().unwrap_or(text.len());
                match lenient::rewrite(read, error.kind(), at, builder.in_flow()) {
                    Some(next) => rewritten = next,
                    None => return Err(builder.syntax_error(&error)),
                }
            }
        }
    }
    let diagnostic =
        Diagnostic::error("fleet::yaml::syntax", "too many escapes `\\'` and tabs that YAML does not have")
            .help("write `'` without a backslash in double quotes, and indent with spaces");
    Err(Box::new(ParseError {
        diagnostic,
        nearly: None,
        go: "yaml: found unknown escape character".to_owned(),
    }))
}

/// Why building ended early.
enum Stop {
    /// The parser's own error; yaml.v3 may be more lenient.
    Syntax(ScanError),
    /// An error of ours.
    Found(Box<ParseError>),
}

impl From<Box<ParseError>> for Stop {
    fn from(error: Box<ParseError>) -> Self {
        Self::Found(error)
    }
}

/// A collection that is not finished.
struct Frame {
    start: u32,
    tag: Option<Arc<str>>,
    anchor_id: usize,
    anchor: Option<Arc<str>>,
    flow: bool,
    depth_below: usize,
    size: usize,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>, Option<Node>),
}

/// An anchored node with its weight.
struct Anchored {
    node: Node,
    size: usize,
    height: usize,
}

struct Builder<'t> {
    source: SourceId,
    text: &'t str,
    frames: Vec<Frame>,
    anchors: std::collections::HashMap<usize, Anchored>,
    aliased: usize,
    root: Option<Node>,
    /// Whether the text that is parsed holds stand-ins of [`lenient`].
    rewritten: bool,
}

impl<'t> Builder<'t> {
    fn new(source: SourceId, text: &'t str) -> Self {
        let anchors = std::collections::HashMap::new();
        Self { source, text, frames: Vec::new(), anchors, aliased: 0, root: None, rewritten: false }
    }

    fn document(&mut self, read: &str) -> Result<Document, Stop> {
        let options = granit_parser::options! {
            emit_anchor_events: true,
            emit_comments: false,
            emit_unresolved_aliases: true,
            block_scalar_eof_without_line_feed: true,
            flow_nesting_limit: MAX_DEPTH + 1,
            block_nesting_limit: MAX_DEPTH + 1,
        };
        let mut events = Parser::new_from_str_with_options(read, options);
        // One event is held back: an anchor's name comes after the node it names.
        let mut held: Option<(Event<'_>, Marks)> = None;
        let mut ignored = None;
        while let Some(next) = events.next_event() {
            let (event, marks) = match next {
                Ok(next) => next,
                Err(error) => {
                    if let Some((node, at)) = held.take() {
                        self.accept(node, at, None)?;
                    }
                    return Err(Stop::Syntax(error));
                }
            };
            if let Event::Anchor(_, name) = &event {
                if let Some((node, at)) = held.take() {
                    self.accept(node, at, Some(name))?;
                }
                continue;
            }
            let ended = matches!(event, Event::DocumentEnd);
            if let Some((node, at)) = held.replace((event, marks)) {
                self.accept(node, at, None)?;
            }
            if ended {
                // yaml.v3 reads one document; what follows may be anything.
                ignored = events.next_event().and_then(Result::ok).and_then(|(event, marks)| {
                    matches!(event, Event::DocumentStart(..)).then(|| self.span(marks))
                });
                break;
            }
        }
        let end = self.offset_span(0, 0);
        Ok(Document { root: self.root.take().unwrap_or_else(|| Node::null(end)), ignored })
    }

    fn accept(
        &mut self,
        event: Event<'_>,
        marks: Marks,
        anchor: Option<&str>,
    ) -> Result<(), Box<ParseError>> {
        let anchor = anchor.map(Arc::<str>::from);
        match event {
            Event::Scalar(text, style, id, tag) => {
                let mut span = self.span(marks);
                if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
                    span = self.with_header(span);
                }
                let text: Arc<str> = match style {
                    // The parser writes `~` for a value that is not there.
                    ScalarStyle::Plain if span.is_empty() => Arc::from(""),
                    ScalarStyle::DoubleQuoted if self.rewritten => Arc::from(lenient::restore(&text)),
                    _ => Arc::from(&*text),
                };
                let kind = Kind::Scalar(Scalar { text, style: style_of(style) });
                let node = Node::new(span, kind).with(tag_of(tag), anchor);
                if id != 0 {
                    self.anchors.insert(id, Anchored { node: node.clone(), size: 1, height: 0 });
                }
                self.attach(node, 1, 0);
            }
            Event::SequenceStart(style, id, tag) => {
                self.open(marks, tag, id, anchor, style, Content::Sequence(Vec::new()))?;
            }
            Event::MappingStart(style, id, tag) => {
                self.open(marks, tag, id, anchor, style, Content::Mapping(Vec::new(), None))?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(marks),
            Event::Alias(id) => self.alias(id, marks)?,
            Event::UnresolvedAlias(name) => return Err(self.unknown_anchor(&name, marks)),
            _ => {}
        }
        Ok(())
    }

    fn open(
        &mut self,
        marks: Marks,
        tag: Option<Cow<'_, Tag>>,
        anchor_id: usize,
        anchor: Option<Arc<str>>,
        style: granit_parser::StructureStyle,
        content: Content,
    ) -> Result<(), Box<ParseError>> {
        if self.frames.len() >= MAX_DEPTH {
            return Err(syntax::too_deep(self.span(marks)));
        }
        let mut start = self.span(marks).start;
        if matches!(content, Content::Sequence(_)) {
            // The parser starts a list in the column of its key after the first `-`.
            let before = self.text[..start as usize].trim_end_matches([' ', '\t']);
            if style == granit_parser::StructureStyle::Block
                && !self.text[start as usize..].starts_with('-')
                && before.ends_with('-')
            {
                start = (before.len() - 1) as u32;
            }
        }
        let flow = style == granit_parser::StructureStyle::Flow;
        let tag = tag_of(tag);
        self.frames.push(Frame { start, tag, anchor_id, anchor, flow, depth_below: 0, size: 1, content });
        Ok(())
    }

    fn close(&mut self, marks: Marks) {
        let Some(frame) = self.frames.pop() else { return };
        // A block collection ends where its last child does, not where the next token starts.
        let end = if frame.flow { self.span(marks).end } else { 0 };
        let (kind, last) = match frame.content {
            Content::Sequence(items) => {
                let last = items.last().map(|node| node.place().end);
                (Kind::Sequence(items.into()), last)
            }
            Content::Mapping(entries, _) => {
                let last = entries.last().map(|entry| entry.value.place().end.max(entry.key.place().end));
                (Kind::Mapping(entries.into()), last)
            }
        };
        let span = self.offset_span(frame.start, end.max(last.unwrap_or(0)));
        let node = Node::new(span, kind).with(frame.tag, frame.anchor);
        if frame.anchor_id != 0 {
            let anchored = Anchored { node: node.clone(), size: frame.size, height: frame.depth_below + 1 };
            self.anchors.insert(frame.anchor_id, anchored);
        }
        self.attach(node, frame.size, frame.depth_below + 1);
    }

    fn alias(&mut self, id: usize, marks: Marks) -> Result<(), Box<ParseError>> {
        let span = self.span(marks);
        let Some(anchored) = self.anchors.get(&id) else {
            // The anchor is of a collection that is still open: it would contain itself.
            let name = self.slice(span).trim_start_matches('*').to_owned();
            return Err(syntax::recursive_alias(&name, span));
        };
        let (size, height) = (anchored.size, anchored.height);
        let node = anchored.node.clone().reached_by(span);
        self.aliased += size;
        if self.aliased > MAX_ALIASED {
            return Err(syntax::too_many_aliased(span, MAX_ALIASED));
        }
        if self.frames.len() + height > MAX_DEPTH {
            return Err(syntax::too_deep(span));
        }
        self.attach(node, size, height);
        Ok(())
    }

    /// Hands a finished node to the collection it is in.
    fn attach(&mut self, node: Node, size: usize, height: usize) {
        let Some(frame) = self.frames.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        frame.size += size;
        frame.depth_below = frame.depth_below.max(height);
        match &mut frame.content {
            Content::Sequence(items) => items.push(node),
            Content::Mapping(entries, key) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push(Entry { key, value: node }),
            },
        }
    }

    fn unknown_anchor(&self, name: &str, marks: Marks) -> Box<ParseError> {
        let known = self.anchors.values().filter_map(|anchored| anchored.node.anchor().map(|name| &**name));
        syntax::unknown_anchor(name, self.span(marks), known)
    }

    fn in_flow(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.flow)
    }

    fn syntax_error(&self, error: &ScanError) -> Box<ParseError> {
        let open: Vec<Open> = self
            .frames
            .iter()
            .map(|frame| Open {
                at: frame.start as usize,
                flow: frame.flow,
                mapping: matches!(frame.content, Content::Mapping(..)),
            })
            .collect();
        let at = error.marker().byte_offset().unwrap_or(self.text.len());
        syntax::error(self.source, self.text, error.kind(), at, &open)
    }

    /// The span of a block scalar from its `|` or `>` on, and without the blank lines after it: the
    /// parser gives the lines alone.
    fn with_header(&self, content: Span) -> Span {
        let before = self.text[..content.start as usize].trim_end();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = &before[line_start..];
        let is_header = |at: usize| {
            let after = line[at + 1..]
                .trim_start_matches(|letter: char| matches!(letter, '+' | '-' | '0'..='9'))
                .trim_start();
            let alone = line[..at].chars().next_back().is_none_or(char::is_whitespace);
            alone && (after.is_empty() || after.starts_with('#'))
        };
        let header = line.match_indices(['|', '>']).map(|(at, _)| at).find(|at| is_header(*at));
        let start = header.map_or(content.start, |at| (line_start + at) as u32);
        let end = start as usize + self.text[start as usize..content.end as usize].trim_end().len();
        self.offset_span(start, end as u32)
    }

    fn slice(&self, span: Span) -> &'t str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// A place in this file. Both ends are brought to the bounds of the text and of its characters.
    fn span(&self, marks: Marks) -> Span {
        let (start, end) = match marks.byte_range() {
            Some(range) => (range.start, range.end),
            None => (0, 0),
        };
        self.offset_span(u32::try_from(start).unwrap_or(u32::MAX), u32::try_from(end).unwrap_or(u32::MAX))
    }

    fn offset_span(&self, start: u32, end: u32) -> Span {
        let start = floor_boundary(self.text, start as usize);
        let end = floor_boundary(self.text, end as usize).max(start);
        // `parse` has refused texts beyond u32.
        Span { source: self.source, start: start as u32, end: end as u32 }
    }
}

fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    }
}

fn tag_of(tag: Option<Cow<'_, Tag>>) -> Option<Arc<str>> {
    let tag = tag?;
    Some(match tag.core_suffix() {
        Some(suffix) => Arc::from(format!("!!{suffix}")),
        None => Arc::from(tag.original()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(text: &str) -> Node {
        parse(SourceId::NONE, text).unwrap_or_else(|error| panic!("{text:?}: {}", error.go_message())).root
    }

    fn text<'n>(node: &'n Node, key: &str) -> &'n str {
        node.get(key).and_then(Node::text).unwrap_or("(none)")
    }

    #[test]
    fn text_and_style_are_kept() {
        let root = root("a: 0755\nb: 'x''y'\nc: \"\\t\"\nd: |\n  l1\n  l2\ne: >-\n  f1\n  f2\nf:\n");
        let styles: Vec<_> =
            root.as_mapping().unwrap().iter().map(|entry| entry.value.as_scalar().unwrap().style).collect();
        use Style::{DoubleQuoted, Folded, Literal, Plain, SingleQuoted};
        assert_eq!(styles, [Plain, SingleQuoted, DoubleQuoted, Literal, Folded, Plain]);
        let texts = ["a", "b", "c", "d", "e", "f"].map(|key| text(&root, key));
        assert_eq!(texts, ["0755", "x'y", "\t", "l1\nl2\n", "f1 f2", ""]);
        assert!(root.get("f").unwrap().is_null() && !root.get("a").unwrap().is_null());
    }

    #[test]
    fn spans_cover_what_was_written() {
        let file = "k: é x # c\nl:\n- a\n- b\nm: |\n  t\n\nn: !!str 'q'\n";
        let root = root(file);
        for (key, written) in [("k", "é x"), ("l", "- a\n- b"), ("m", "|\n  t"), ("n", "'q'")] {
            let span = root.get(key).unwrap().span;
            assert_eq!(&file[span.start as usize..span.end as usize], written, "{key}");
        }
        assert_eq!(root.get("n").unwrap().tag().map(|tag| &**tag), Some("!!str"));
    }

    #[test]
    fn an_alias_is_the_anchored_node_at_its_own_place() {
        let root = root("a: &x {k: v}\nb: *x\n");
        let alias = root.get("b").unwrap();
        assert_eq!(text(alias, "k"), "v");
        assert_eq!((alias.place().start, alias.place().end), (16, 18));
        assert_eq!(alias.span, root.get("a").unwrap().span);
        assert_eq!(alias.anchor().map(|name| &**name), Some("x"));
    }

    #[test]
    fn the_first_document_counts() {
        for (file, key, ignored) in [
            ("", "(none)", false),
            ("# only a comment\n", "(none)", false),
            ("--- # x\na: 1\n", "1", false),
            ("a: 1\n---\na: 2\n", "1", true),
            ("a: 1\n--- [\n", "1", true),
            ("%YAML 1.2\n---\na: 1\n", "1", false),
            ("a: 1\r\nb: 2\r\n", "1", false),
        ] {
            let document = parse(SourceId::NONE, file).unwrap();
            assert_eq!(text(&document.root, "a"), key, "{file:?}");
            assert_eq!(document.ignored.is_some(), ignored, "{file:?}");
        }
    }

    /// libyaml takes these and YAML 1.2 does not; Taskfiles in use hold them.
    #[test]
    fn what_only_yaml_v3_takes_is_taken() {
        for (file, value) in [
            ("a: \"it\\'s {{.X}}\"\nb: c\n", "it's {{.X}}"),
            ("a: \"x\"#y\nb: c\n", "x"),
            ("b: [\n\tx,\n\t]\na: z\n", "z"),
        ] {
            assert_eq!(text(&root(file), "a"), value, "{file:?}");
        }
    }

    #[test]
    fn an_unquoted_template_is_recognised() {
        assert!(root("a: {{.X}}\n").get("a").unwrap().is_unquoted_template());
        assert!(!root("a: {b: c}\n").get("a").unwrap().is_unquoted_template());
    }
}

//! The tree: nodes with their place, tag and anchor. Knows nothing of how text became a tree.

use crate::source::Span;
use crate::yaml::resolve::{self, Resolved};
use std::sync::Arc;

/// The first document of a file.
#[derive(Debug, Clone)]
pub struct Document {
    /// The root node; a null scalar where the document is empty.
    pub root: Node,
    /// The `---` that starts a second document, which yaml.v3 (and so go-task) never reads.
    pub ignored: Option<Span>,
}

/// One node as written. Cloning is cheap: children are shared, which is also how an alias costs nothing.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where the content stands, without tag and anchor; for an alias, the place of the anchored content.
    pub span: Span,
    /// The content.
    pub kind: Kind,
    /// Behind a pointer: hardly a node has any.
    properties: Option<Box<Properties>>,
}

/// What may stand before a node's content, or instead of it.
#[derive(Debug, Clone, Default)]
struct Properties {
    tag: Option<Arc<str>>,
    anchor: Option<Arc<str>>,
    alias: Option<Span>,
}

/// What a node holds.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A scalar, null included (see [`Node::resolve`]).
    Scalar(Scalar),
    /// A sequence.
    Sequence(Arc<[Node]>),
    /// A mapping as written: in order, with duplicate keys, with merge keys not yet merged.
    Mapping(Arc<[Entry]>),
}

/// A key and its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key, mostly a scalar.
    pub key: Node,
    /// The value.
    pub value: Node,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// No quotes.
    Plain,
    /// `'...'`
    SingleQuoted,
    /// `"..."`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// A scalar before its type is decided.
#[derive(Debug, Clone)]
pub struct Scalar {
    /// The text, unescaped and unfolded, never reformatted: `0755` stays `0755`.
    pub text: Arc<str>,
    /// How it is written.
    pub style: Style,
}

impl Node {
    /// A node without tag and anchor.
    #[must_use]
    pub fn new(span: Span, kind: Kind) -> Self {
        Self { span, kind, properties: None }
    }

    /// The node with a tag and an anchor, where it has them.
    #[must_use]
    pub(super) fn with(mut self, tag: Option<Arc<str>>, anchor: Option<Arc<str>>) -> Self {
        if tag.is_some() || anchor.is_some() {
            self.properties = Some(Box::new(Properties { tag, anchor, alias: None }));
        }
        self
    }

    /// The node as it is reached through an alias that stands at `alias`.
    #[must_use]
    pub(super) fn reached_by(mut self, alias: Span) -> Self {
        self.properties.get_or_insert_default().alias = Some(alias);
        self
    }

    /// An explicit tag in short form (`!!str`, `!mine`).
    #[must_use]
    pub fn tag(&self) -> Option<&Arc<str>> {
        self.properties.as_ref()?.tag.as_ref()
    }

    /// The name that `&name` gives.
    #[must_use]
    pub fn anchor(&self) -> Option<&Arc<str>> {
        self.properties.as_ref()?.anchor.as_ref()
    }

    /// Where `*name` stands, if the node was reached through an alias.
    #[must_use]
    pub fn alias(&self) -> Option<Span> {
        self.properties.as_ref()?.alias
    }

    /// A null at a place, for keys without a value and empty files.
    #[must_use]
    pub fn null(span: Span) -> Self {
        let scalar = Scalar { text: Arc::from(""), style: Style::Plain };
        Self::new(span, Kind::Scalar(scalar))
    }

    /// The scalar, if the node is one.
    #[must_use]
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The items, if the node is a sequence.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Self]> {
        match &self.kind {
            Kind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The entries as written, if the node is a mapping.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&[Entry]> {
        match &self.kind {
            Kind::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The type and value of a scalar by yaml.v3's rules; `None` for collections.
    #[must_use]
    pub fn resolve(&self) -> Option<Resolved> {
        self.as_scalar().map(|scalar| resolve::resolve(scalar, self.tag().map(|tag| &**tag)))
    }

    /// Whether the node is a null scalar (`~`, `null`, nothing).
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(|scalar| {
            // Most scalars are long or start with another letter: ask before resolving.
            let may_be = matches!(scalar.text.as_bytes(), [] | [b'~'] | [b'n' | b'N', _, _, _]);
            may_be && resolve::resolve(scalar, self.tag().map(|tag| &**tag)) == Resolved::Null
        })
    }

    /// The value of a key of a mapping, by its text; the last one where it is written twice.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let entries = self.as_mapping()?;
        entries.iter().rev().find(|entry| entry.key.text() == Some(key)).map(|entry| &entry.value)
    }

    /// The raw text of a scalar.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.as_scalar().map(|scalar| &*scalar.text)
    }

    /// Where a reader looks for the node: the alias where there is one.
    #[must_use]
    pub fn place(&self) -> Span {
        self.alias().unwrap_or(self.span)
    }

    /// Whether this is what YAML makes of an unquoted `{{.X}}`: a mapping whose only key is a mapping.
    #[must_use]
    pub fn is_unquoted_template(&self) -> bool {
        matches!(self.as_mapping(), Some([Entry { key, value }]) if key.as_mapping().is_some() && value.is_null())
    }

    /// The short tag that yaml.v3 names a node by in its messages: `!!map`, `!!seq`, `!!int`, a custom tag.
    #[must_use]
    pub fn short_tag(&self) -> &str {
        match (self.tag(), &self.kind) {
            (Some(tag), _) => tag,
            (None, Kind::Mapping(_)) => "!!map",
            (None, Kind::Sequence(_)) => "!!seq",
            (None, Kind::Scalar(scalar)) => resolve::resolve(scalar, None).tag(),
        }
    }

    /// What the node is, for a message: "a mapping", "a list", "a number".
    #[must_use]
    pub fn noun(&self) -> &'static str {
        match (&self.kind, self.resolve()) {
            (Kind::Mapping(_), _) => "a mapping",
            (Kind::Sequence(_), _) => "a list",
            (_, Some(Resolved::Null)) => "nothing",
            (_, Some(Resolved::Bool(_))) => "a boolean",
            (_, Some(Resolved::Int(_) | Resolved::Unsigned(_) | Resolved::Float(_))) => "a number",
            (_, Some(Resolved::Timestamp)) => "a date",
            _ => "a string",
        }
    }
}

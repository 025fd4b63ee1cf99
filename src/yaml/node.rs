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
    /// An explicit tag in short form (`!!str`, `!mine`).
    pub tag: Option<Arc<str>>,
    /// The name that `&name` gives.
    pub anchor: Option<Arc<str>>,
    /// Where `*name` stands, if the node was reached through an alias.
    pub alias: Option<Span>,
    /// The content.
    pub kind: Kind,
}

/// What a node holds.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A scalar, null included (see [`Scalar::resolve`]).
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
    /// A null at a place, for keys without a value and empty files.
    #[must_use]
    pub fn null(span: Span) -> Self {
        let scalar = Scalar { text: Arc::from(""), style: Style::Plain };
        Self { span, tag: None, anchor: None, alias: None, kind: Kind::Scalar(scalar) }
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
        self.as_scalar().map(|scalar| resolve::resolve(scalar, self.tag.as_deref()))
    }

    /// Whether the node is a null scalar (`~`, `null`, nothing).
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(|scalar| {
            // Most scalars are long or start with another letter: ask before resolving.
            let may_be = matches!(scalar.text.as_bytes(), [] | [b'~'] | [b'n' | b'N', _, _, _]);
            may_be && resolve::resolve(scalar, self.tag.as_deref()) == Resolved::Null
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
        self.alias.unwrap_or(self.span)
    }

    /// Whether this is what YAML makes of an unquoted `{{.X}}`: a mapping whose only key is a mapping.
    #[must_use]
    pub fn is_unquoted_template(&self) -> bool {
        matches!(self.as_mapping(), Some([Entry { key, value }]) if key.as_mapping().is_some() && value.is_null())
    }

    /// The short tag that yaml.v3 names a node by in its messages: `!!map`, `!!seq`, `!!int`, a custom tag.
    #[must_use]
    pub fn short_tag(&self) -> &str {
        match (&self.tag, &self.kind) {
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

//! What all decoders share: typed access to nodes, findings, and go-task's first failure.
//!
//! go-task decodes with yaml.v3 into structs. A wrong type inside a struct is noted and decoding goes on; at
//! the end of the struct all notes become one error at the struct's place. Every other mistake ends decoding
//! at once. [`Context::scope`] and [`Context::fail`] copy that, so that the first failure is the same one.

use super::super::go_text::GoText;
use super::super::keys::TASKFILE;
use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean};
use crate::model::{TaskfileId, Text};
use crate::source::{Span, Spanned};
use crate::yaml::decode::{as_bool, unknown_key, wrong_type};
use crate::yaml::keys::Table;
use crate::yaml::{Field, Kind, Node, Resolved, merged};
use std::sync::Arc;

/// Pairs of one key that are named in a message.
const MAX_PAIRS: usize = 100;

/// The state of decoding one file.
#[derive(Debug)]
pub struct Context<'t> {
    /// The file, for variables to know where they come from.
    pub file: TaskfileId,
    /// Its text, to count lines for go-task's messages.
    pub text: &'t str,
    /// Keys that the root may have beside go-task's own.
    pub extra_root_keys: &'t [&'static str],
    /// Whether a variable may have a `query`, which go-task does not know.
    pub queries: bool,
    /// All findings.
    pub diagnostics: Diagnostics,
    failure: Option<GoText>,
    notes: Vec<String>,
    scope: Span,
}

impl<'t> Context<'t> {
    /// Decoding of a file that is nothing but a Taskfile.
    #[must_use]
    pub fn new(file: TaskfileId, text: &'t str) -> Self {
        Self {
            file,
            text,
            extra_root_keys: &[],
            queries: false,
            diagnostics: Diagnostics::default(),
            failure: None,
            notes: Vec::new(),
            scope: Span::NONE,
        }
    }

    /// All findings, and go-task's first failure.
    #[must_use]
    pub fn finish(self) -> (Diagnostics, Option<GoText>) {
        (self.diagnostics, self.failure)
    }

    /// Something go-task lets pass.
    pub(super) fn warn(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(Diagnostic { severity: crate::diagnostic::Severity::Warning, ..diagnostic });
    }

    /// A mistake that ends go-task's decoding, with its message and the node it names the place of.
    pub(super) fn fail(&mut self, at: &Node, go: impl Into<String>, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
        self.fail_at(self.start(at), go.into());
    }

    fn fail_at(&mut self, at: Span, go: String) {
        self.failure.get_or_insert(GoText::Decode { messages: vec![go], at });
    }

    /// A node that is not of the kind that go-task's own decoder for `what` takes.
    pub(super) fn wrong_kind(&mut self, node: &Node, what: &str, expected: &str) {
        let go = format!("cannot unmarshal {} into {what}", node.short_tag());
        self.fail(node, go, wrong_type(node, expected));
    }

    /// A node that yaml.v3 cannot put into a Go type.
    pub(super) fn wrong_type(&mut self, node: &Node, go_type: &str, expected: &str) {
        self.diagnostics.push(wrong_type(node, expected));
        let value = match node.text() {
            Some(text) if text.len() > 10 => {
                format!(" `{}...`", String::from_utf8_lossy(&text.as_bytes()[..7]))
            }
            Some(text) => format!(" `{text}`"),
            None => String::new(),
        };
        let line = self.line(node.span);
        self.notes.push(format!("line {line}: cannot unmarshal {}{value} into {go_type}", node.short_tag()));
    }

    /// Where a struct is expected, an unquoted `{{.X}}` is a mapping whose key is no string. Gives whether it was one.
    pub(super) fn is_unquoted_template(&mut self, node: &Node) -> bool {
        let unquoted = node.is_unquoted_template();
        if unquoted {
            self.scope(node, |context| context.wrong_type(node, "string", "a string"));
        }
        unquoted
    }

    /// Whether a field of the struct being decoded was of a wrong type, so that go-task looks no further into it.
    pub(super) fn has_notes(&self) -> bool {
        !self.notes.is_empty()
    }

    /// Decodes a struct: what is noted within becomes one failure at the struct's place.
    pub(super) fn scope<T>(&mut self, node: &Node, decode: impl FnOnce(&mut Self) -> T) -> T {
        let outer_notes = std::mem::take(&mut self.notes);
        let start = self.start(node);
        let outer_scope = std::mem::replace(&mut self.scope, start);
        let out = decode(self);
        let notes = std::mem::replace(&mut self.notes, outer_notes);
        if !notes.is_empty() {
            self.failure.get_or_insert(GoText::Decode { messages: notes, at: self.scope });
        }
        self.scope = outer_scope;
        out
    }

    /// The fields of a struct, merge keys merged. Keys the table does not have get a warning, as go-task
    /// ignores them; keys written twice are an error, as yaml.v3 refuses them.
    ///
    /// The caller has seen that the node is a mapping.
    pub(super) fn fields<'n>(&mut self, node: &'n Node, table: &Table) -> Vec<Field<'n>> {
        let merged = merged(node);
        for diagnostic in merged.diagnostics() {
            self.diagnostics.push(diagnostic);
        }
        if !merged.duplicates.is_empty() {
            self.note_duplicates(node);
        }
        if !merged.not_mergeable.is_empty() {
            let go = "yaml: map merge requires map or sequence of maps as the value".to_owned();
            self.fail_at(self.scope, go);
        }
        let mut fields = Vec::with_capacity(merged.entries.len());
        for (key, value) in merged.entries {
            let Some(name) = key.text() else {
                self.wrong_type(key, "string", "a name as key");
                continue;
            };
            let field = Field { name, key_span: key.place(), key, value };
            if table.get(name).is_some() {
                fields.push(field);
            } else if !self.is_own_key(table, &field) {
                self.warn(self.unknown_key(table, &field));
            }
        }
        fields
    }

    /// yaml.v3 names every pair of equal keys, and then does not decode the mapping.
    fn note_duplicates(&mut self, node: &Node) {
        let mut places: indexmap::IndexMap<&str, Vec<usize>> = indexmap::IndexMap::new();
        for entry in node.as_mapping().unwrap_or_default() {
            let line = self.line(entry.key.span);
            places.entry(entry.key.text().unwrap_or_default()).or_default().push(line);
        }
        let mut messages = std::mem::take(&mut self.notes);
        for (name, lines) in places.iter().filter(|(_, lines)| lines.len() > 1) {
            let pairs = lines.iter().enumerate();
            let pairs =
                pairs.flat_map(|(index, first)| lines[index + 1..].iter().map(move |second| (first, second)));
            let message = |(first, second)| {
                format!("line {second}: mapping key {name:?} already defined at line {first}")
            };
            messages.extend(pairs.take(MAX_PAIRS).map(message));
        }
        self.failure.get_or_insert(GoText::Decode { messages, at: self.scope });
    }

    /// Keys that this table may have beside its own.
    fn extra_keys(&self, table: &Table) -> &'t [&'static str] {
        if table.name == TASKFILE.name { self.extra_root_keys } else { &[] }
    }

    /// Whether an unknown key is meant for other eyes: an extension, or a holder of an anchor.
    fn is_own_key(&self, table: &Table, field: &Field<'_>) -> bool {
        let starts = field.name.starts_with("x-") || field.name.starts_with(['.', '_', '$']);
        starts || field.value.anchor().is_some() || self.extra_keys(table).contains(&field.name)
    }

    fn unknown_key(&self, table: &Table, field: &Field<'_>) -> Diagnostic {
        let diagnostic = unknown_key(field, table);
        match did_you_mean(field.name, self.extra_keys(table).iter().copied()) {
            Some(near) if did_you_mean(field.name, table.names()).is_none() => {
                diagnostic.help(format!("did you mean `{near}`?"))
            }
            _ => diagnostic,
        }
    }

    /// The entries of a mapping that go-task reads itself, key by key: no merging, the last of a name
    /// counts (with a warning), in the place of the first.
    pub(super) fn entries<'n>(&mut self, node: &'n Node) -> Vec<Field<'n>> {
        let entries = node.as_mapping().unwrap_or_default();
        let mut fields: indexmap::IndexMap<&str, Field<'n>> =
            indexmap::IndexMap::with_capacity(entries.len());
        for entry in entries {
            // A collection as a key has no text for yaml.v3: its value is the empty string.
            let name = entry.key.text().unwrap_or_default();
            let field = Field { name, key_span: entry.key.place(), key: &entry.key, value: &entry.value };
            if let Some(earlier) = fields.insert(name, field) {
                self.warn(
                    Diagnostic::warning("fleet::taskfile::overwritten", format!("`{name}` is written twice"))
                        .at(field.key_span, "this one counts")
                        .at(earlier.key_span, "this one is lost")
                        .help("rename or remove one of them"),
                );
            }
        }
        fields.into_values().collect()
    }

    /// A string field; empty where it is absent, null or of a wrong type.
    pub(super) fn string(&mut self, node: &Node) -> Spanned<Arc<str>> {
        match self.scalar(node) {
            Some(_) if node.is_null() => {}
            Some(text) => return Spanned::new(text, node.span),
            None => self.wrong_type(node, "string", "a string"),
        }
        Spanned::new(Arc::from(""), node.span)
    }

    /// A string field as a template; `None` where it is empty, as go-task does not tell the two apart.
    pub(super) fn text(&mut self, node: &Node) -> Option<Text> {
        let text = self.string(node);
        (!text.is_empty()).then(|| Text::new(text.value, text.span))
    }

    /// The text of a scalar, after the check that it fits its tag.
    pub(super) fn scalar(&mut self, node: &Node) -> Option<Arc<str>> {
        let scalar = node.as_scalar()?;
        if node.tag().is_some()
            && let Some(Resolved::Mismatch(found, tag)) = node.resolve()
        {
            self.diagnostics.push(wrong_type(node, "a string"));
            let go = format!("yaml: cannot decode {found} `{}` as a {tag}", scalar.text);
            self.fail_at(self.scope, go);
        }
        Some(Arc::clone(&scalar.text))
    }

    /// A boolean field; `None` where it is absent or null.
    pub(super) fn bool(&mut self, node: &Node) -> Option<bool> {
        let resolved = node.resolve();
        if resolved == Some(Resolved::Null) {
            return None;
        }
        let value = resolved.as_ref().and_then(as_bool);
        if value.is_none() {
            self.wrong_type(node, "bool", "`true` or `false`");
        }
        value
    }

    /// The items of a list field whose Go type is `go_type`; empty where it is absent or null.
    pub(super) fn list<'n>(&mut self, node: &'n Node, go_type: &str, expected: &str) -> &'n [Node] {
        match &node.kind {
            Kind::Sequence(items) => items,
            _ => {
                if !node.is_null() {
                    self.wrong_type(node, go_type, expected);
                }
                &[]
            }
        }
    }

    /// A list of strings; a null in it is an empty string.
    pub(super) fn strings(&mut self, node: &Node) -> Vec<Spanned<Arc<str>>> {
        let items = self.list(node, "[]string", "a list of strings");
        items.iter().map(|item| self.string(item)).collect()
    }

    /// A list of strings as templates.
    pub(super) fn texts(&mut self, node: &Node) -> Vec<Text> {
        self.strings(node).into_iter().map(|text| Text::new(text.value, text.span)).collect()
    }

    /// A list of words.
    pub(super) fn words(&mut self, node: &Node) -> Vec<String> {
        self.strings(node).into_iter().map(|text| text.value.to_string()).collect()
    }

    /// The line of a place, from 1.
    pub(super) fn line(&self, span: Span) -> usize {
        let before = self.text.as_bytes().iter().take(span.start as usize);
        before.filter(|byte| **byte == b'\n').count() + 1
    }

    /// Where yaml.v3 says that a node starts: at its anchor or tag, where it has one.
    fn start(&self, node: &Node) -> Span {
        let before = self.text.get(..node.span.start as usize).unwrap_or_default();
        let property = |name: Option<String>| name.and_then(|name| before.rfind(&name));
        let anchor = property(node.anchor().map(|anchor| format!("&{anchor}")));
        let tag = property(node.tag().map(ToString::to_string));
        let start = [anchor, tag].into_iter().flatten().min().and_then(|at| u32::try_from(at).ok());
        Span { start: start.unwrap_or(node.span.start), ..node.span }
    }
}

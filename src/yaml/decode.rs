//! The words that hand-written decoders are made of: take a node as a string, a list, a mapping of known
//! keys; every mistake is collected with its place, and decoding goes on. Knows no keys of its own.

use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean};
use crate::source::{Span, Spanned};
use crate::yaml::duration::parse_duration;
use crate::yaml::keys::Table;
use crate::yaml::merge::merged;
use crate::yaml::node::Node;
use crate::yaml::resolve::Resolved;
use std::sync::Arc;

/// One key of a mapping with its value.
#[derive(Debug, Clone, Copy)]
pub struct Field<'n> {
    /// The key's text.
    pub name: &'n str,
    /// The key's place.
    pub key_span: Span,
    /// The key.
    pub key: &'n Node,
    /// The value.
    pub value: &'n Node,
}

impl Field<'_> {
    /// The key's text, shared with the tree.
    #[must_use]
    pub fn shared_name(&self) -> Arc<str> {
        self.key.as_scalar().map(|scalar| Arc::clone(&scalar.text)).unwrap_or_default()
    }
}

/// Takes nodes apart and collects what is wrong with them.
///
/// Every method that gives an `Option` has said why when it gives `None`; a null node gives `None` silently,
/// as an absent key does, unless the method says otherwise.
#[derive(Debug, Default)]
pub struct Decoder {
    /// What was wrong so far.
    pub diagnostics: Diagnostics,
    /// The text of the file, for places within its scalars.
    pub text: Arc<str>,
}

impl Decoder {
    /// A decoder that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Records a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Records that a node is not what it should be; `expected` reads like "a list of strings".
    pub fn wrong_type(&mut self, node: &Node, expected: &str) {
        self.diagnostics.push(wrong_type(node, expected));
    }

    /// The fields of a mapping, merge keys merged, duplicates reported (the last one counts).
    ///
    /// `None` when the node is no mapping; `expected` names what it should have been.
    pub fn fields<'n>(&mut self, node: &'n Node, expected: &str) -> Option<Vec<Field<'n>>> {
        if node.as_mapping().is_none() || node.is_unquoted_template() {
            if !node.is_null() {
                self.wrong_type(node, expected);
            }
            return None;
        }
        let fields = merged(node);
        for diagnostic in fields.diagnostics() {
            self.diagnostics.push(diagnostic);
        }
        let mut named = Vec::with_capacity(fields.entries.len());
        for (key, value) in fields.entries {
            match key.text() {
                Some(name) => named.push(Field { name, key_span: key.place(), key, value }),
                None => self.wrong_type(key, "a name as key"),
            }
        }
        Some(named)
    }

    /// [`Self::fields`] of a mapping whose keys a table knows; others are reported and left out.
    pub fn table<'n>(&mut self, node: &'n Node, table: &Table) -> Option<Vec<Field<'n>>> {
        let mut fields = self.fields(node, &format!("a mapping ({})", table.name))?;
        fields.retain(|field| {
            let known = table.get(field.name).is_some();
            if !known {
                self.unknown_key(field, table);
            }
            known
        });
        Some(fields)
    }

    /// Records a key that the table does not have.
    pub fn unknown_key(&mut self, field: &Field<'_>, table: &Table) {
        self.diagnostics.push(unknown_key(field, table));
    }

    /// A scalar as text, whatever its type: `5` is `"5"`, as yaml.v3 decodes into a string.
    pub fn string(&mut self, node: &Node) -> Option<Spanned<Arc<str>>> {
        match (node.as_scalar(), node.resolve()) {
            (_, Some(Resolved::Null)) => None,
            (Some(scalar), _) => Some(Spanned::new(Arc::clone(&scalar.text), node.span)),
            _ => {
                self.wrong_type(node, "a string");
                None
            }
        }
    }

    /// A boolean; as for yaml.v3's bool fields, the strings `y yes on n no off` are ones too.
    pub fn bool(&mut self, node: &Node) -> Option<Spanned<bool>> {
        match node.resolve() {
            Some(Resolved::Null) => None,
            Some(resolved) => match as_bool(&resolved) {
                Some(value) => Some(Spanned::new(value, node.span)),
                None => {
                    self.wrong_type(node, "`true` or `false`");
                    None
                }
            },
            None => {
                self.wrong_type(node, "`true` or `false`");
                None
            }
        }
    }

    /// A whole number.
    pub fn int(&mut self, node: &Node) -> Option<Spanned<i64>> {
        match node.resolve() {
            Some(Resolved::Null) => None,
            Some(Resolved::Int(value)) => Some(Spanned::new(value, node.span)),
            _ => {
                self.wrong_type(node, "a whole number");
                None
            }
        }
    }

    /// A duration in Go's syntax, in nanoseconds.
    pub fn duration(&mut self, node: &Node) -> Option<Spanned<i64>> {
        let text = self.string(node)?;
        if let Some(nanoseconds) = parse_duration(&text) {
            return Some(text.map(|_| nanoseconds));
        }
        let help = match node.resolve() {
            Some(Resolved::Int(value)) => {
                format!("give a unit: `{value}s` for seconds, `{value}m` for minutes")
            }
            _ => "write a number with a unit (ns, us, ms, s, m, h), such as `500ms` or `1m30s`".to_owned(),
        };
        let diagnostic =
            Diagnostic::error("fleet::yaml::duration", format!("`{}` is not a duration", &*text));
        self.push(diagnostic.at(node.place(), "").help(help));
        None
    }

    /// The items of a list; empty for null and, with a message, for what is no list.
    pub fn list<'n>(&mut self, node: &'n Node, expected: &str) -> &'n [Node] {
        match node.as_sequence() {
            Some(items) => items,
            None => {
                if !node.is_null() {
                    self.wrong_type(node, expected);
                }
                &[]
            }
        }
    }

    /// A list of strings; null items are left out.
    pub fn strings(&mut self, node: &Node) -> Vec<Spanned<Arc<str>>> {
        let items = self.list(node, "a list of strings");
        items.iter().filter_map(|item| self.string(item)).collect()
    }

    /// A string, or a list of strings.
    pub fn string_or_strings(&mut self, node: &Node) -> Vec<Spanned<Arc<str>>> {
        match node.as_scalar() {
            Some(_) => self.string(node).into_iter().collect(),
            None => {
                let Some(items) = node.as_sequence() else {
                    self.wrong_type(node, "a string or a list of strings");
                    return Vec::new();
                };
                items.iter().filter_map(|item| self.string(item)).collect()
            }
        }
    }
}

/// What yaml.v3 decodes into a Go `bool`.
#[must_use]
pub fn as_bool(resolved: &Resolved) -> Option<bool> {
    match resolved {
        Resolved::Bool(value) => Some(*value),
        Resolved::String(text) => match &**text {
            "y" | "Y" | "yes" | "on" => Some(true),
            "n" | "N" | "no" | "off" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// "expected X, found Y", with the hint to quote where Y is an unquoted template.
#[must_use]
pub fn wrong_type(node: &Node, expected: &str) -> Diagnostic {
    if node.is_unquoted_template() {
        return Diagnostic::error(
            "fleet::yaml::unquoted_template",
            "a value that starts with `{{` needs quotes",
        )
        .at(node.place(), "YAML reads this as a mapping")
        .help("quote the whole value, as in '{{.NAME}}'");
    }
    if let Some(Resolved::Mismatch(_, tag)) = node.resolve() {
        return Diagnostic::error("fleet::yaml::tag", format!("the value does not fit its tag `{tag}`"))
            .at(node.place(), "");
    }
    Diagnostic::error("fleet::yaml::wrong_type", format!("expected {expected}, found {}", node.noun()))
        .at(node.place(), format!("this is {}", node.noun()))
        .help(how_to_write(expected))
}

/// How a thing of some type is written in YAML, by what [`wrong_type`] expects.
fn how_to_write(expected: &str) -> String {
    let is = |kind: &str| expected.starts_with(kind);
    if is("a list") {
        "write one item a line behind `- `, or all in brackets: `[one, two]`".to_owned()
    } else if is("a mapping") {
        "write one `key: value` a line, or all in braces: `{key: value}`".to_owned()
    } else if is("a string or") {
        "write one text, or one a line behind `- `".to_owned()
    } else if is("a string") || is("a name") {
        "write one text; in quotes where it begins with one of `{ [ & * ! @ | >`".to_owned()
    } else if is("a whole number") {
        "write digits alone, without quotes: `4`".to_owned()
    } else if is("`true`") {
        "write one of the two, without quotes".to_owned()
    } else {
        format!("write {expected} here")
    }
}

/// "unknown key", with the nearest known one or all of them.
#[must_use]
pub fn unknown_key(field: &Field<'_>, table: &Table) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        "fleet::yaml::unknown_key",
        format!("unknown key `{}` in {}", field.name, table.name),
    )
    .at(field.key_span, "no such key");
    match did_you_mean(field.name, table.names()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => {
            let names: Vec<String> = table.names().map(|name| format!("`{name}`")).collect();
            diagnostic.help(format!("known keys: {}", names.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::keys::{Type, key};
    use crate::yaml::parse;

    static TABLE: Table = Table {
        name: "thing",
        doc: "A thing.",
        keys: &[
            key("silent", Type::Bool, ""),
            key("timeout", Type::Duration, ""),
            key("cmds", Type::Any, ""),
        ],
    };

    fn decode<T>(text: &str, with: impl FnOnce(&mut Decoder, &Node) -> T) -> (T, Vec<String>) {
        let root = parse(SourceId::NONE, text).unwrap().root;
        let mut decoder = Decoder::new();
        let out = with(&mut decoder, &root);
        let say = |d: &Diagnostic| match &d.help {
            Some(help) => format!("{} / {help}", d.message),
            None => d.message.clone(),
        };
        (out, decoder.diagnostics.iter().map(say).collect())
    }

    #[test]
    fn scalars_are_taken_as_yaml_v3_takes_them() {
        for (text, value, said) in [
            ("true", Some(true), ""),
            ("\"yes\"", Some(true), ""),
            ("off", Some(false), ""),
            ("~", None, ""),
            ("1", None, "expected `true` or `false`, found a number / write one of the two, without quotes"),
            ("[]", None, "expected `true` or `false`, found a list / write one of the two, without quotes"),
        ] {
            let (got, messages) = decode(text, |decoder, node| decoder.bool(node).map(|value| value.value));
            assert_eq!((got, messages.join("; ")), (value, said.to_owned()), "{text}");
        }
        for (text, value, said) in [
            ("0755", Some("0755"), ""),
            ("true", Some("true"), ""),
            ("", None, ""),
            (
                "{{.X}}",
                None,
                "a value that starts with `{{` needs quotes / quote the whole value, as in '{{.NAME}}'",
            ),
            (
                "[a]",
                None,
                "expected a string, found a list / write one text; in quotes where it begins with one of `{ [ & * ! @ | >`",
            ),
        ] {
            let (got, messages) =
                decode(text, |decoder, node| decoder.string(node).map(|text| text.to_string()));
            assert_eq!((got.as_deref(), messages.join("; ")), (value, said.to_owned()), "{text}");
        }
        for (text, value, said) in [
            ("1m30s", Some(90_000_000_000), ""),
            ("5", None, "`5` is not a duration / give a unit: `5s` for seconds, `5m` for minutes"),
        ] {
            let (got, messages) =
                decode(text, |decoder, node| decoder.duration(node).map(|value| value.value));
            assert_eq!((got, messages.join("; ")), (value, said.to_owned()), "{text}");
        }
    }

    #[test]
    fn all_mistakes_of_a_mapping_are_found() {
        let text = "silnt: true\ntimeout: 1s\ntimeout: 2s\nbogus: 1\n";
        let (names, messages) = decode(text, |decoder, node| {
            let fields = decoder.table(node, &TABLE).unwrap();
            fields
                .iter()
                .map(|field| format!("{}={}", field.name, field.value.text().unwrap()))
                .collect::<Vec<_>>()
        });
        assert_eq!(names, ["timeout=2s"]);
        assert_eq!(
            messages,
            [
                "the key `timeout` is written twice / remove one of them, or join the two",
                "unknown key `silnt` in thing / did you mean `silent`?",
                "unknown key `bogus` in thing / known keys: `silent`, `timeout`, `cmds`",
            ]
        );
    }
}

//! Merge keys: `<<: *base` and `<<: [*a, *b]`, with yaml.v3's precedence. Knows no schema.

use crate::diagnostic::Diagnostic;
use crate::yaml::node::{Entry, Node, Style};
use indexmap::IndexMap;

/// The entries of a mapping after merging, and what was wrong on the way.
#[derive(Debug, Default)]
pub struct Fields<'n> {
    /// Keys with their values: the mapping's own in order, then those merged in. A key that is written
    /// twice is here once, with its last value.
    pub entries: Vec<(&'n Node, &'n Node)>,
    /// Keys written twice in one mapping, which yaml.v3 refuses: first and second.
    pub duplicates: Vec<(&'n Node, &'n Node)>,
    /// Values of `<<` that are neither a mapping nor a list of mappings.
    pub not_mergeable: Vec<&'n Node>,
}

impl Fields<'_> {
    /// What is wrong with the mapping, as diagnostics.
    pub fn diagnostics(&self) -> impl Iterator<Item = Diagnostic> + '_ {
        let duplicates = self.duplicates.iter().map(|(first, second)| {
            let name = second.text().unwrap_or_default();
            Diagnostic::error("fleet::yaml::duplicate_key", format!("the key `{name}` is written twice"))
                .at(second.place(), "again here")
                .at(first.place(), "first here")
                .help("remove one of them, or join the two")
        });
        let merges = self.not_mergeable.iter().map(|value| {
            Diagnostic::error("fleet::yaml::merge", "`<<` merges a mapping or a list of mappings")
                .at(value.place(), format!("this is {}", value.noun()))
        });
        duplicates.chain(merges)
    }
}

impl Entry {
    /// Whether the key is yaml.v3's merge key: `<<`, not quoted.
    #[must_use]
    pub fn is_merge(&self) -> bool {
        let plain = |scalar: &crate::yaml::Scalar| scalar.style == Style::Plain && &*scalar.text == "<<";
        match self.key.tag().map(|tag| &**tag) {
            None | Some("!") => self.key.as_scalar().is_some_and(plain),
            Some("!!merge") => self.key.text() == Some("<<"),
            Some(_) => false,
        }
    }
}

/// The entries of a mapping with its merge keys merged; empty for other nodes.
///
/// The mapping's own keys win wherever `<<` stands; of a list, the earlier mapping wins
/// (yaml.v3 `decoder.merge`).
#[must_use]
pub fn merged(node: &Node) -> Fields<'_> {
    let Some(entries) = node.as_mapping() else { return Fields::default() };
    let mut fields = Fields::default();
    // Small mappings, which is nearly all of them, are searched faster than hashed.
    if entries.len() <= 8 && !entries.iter().any(Entry::is_merge) {
        for entry in entries {
            let same = |other: &&mut (&Node, &Node)| same_key(other.0, &entry.key);
            match fields.entries.iter_mut().find(same) {
                None => fields.entries.push((&entry.key, &entry.value)),
                Some(earlier) => {
                    fields.duplicates.push((earlier.0, &entry.key));
                    *earlier = (&entry.key, &entry.value);
                }
            }
        }
        return fields;
    }
    let mut own: IndexMap<Key<'_>, (&Node, &Node)> = IndexMap::with_capacity(entries.len());
    let mut unkeyed = Vec::new();
    let mut sources: Vec<&Node> = Vec::new();
    for entry in entries {
        if entry.is_merge() {
            sources.push(&entry.value);
            continue;
        }
        let Some(key) = key_of(&entry.key) else {
            unkeyed.push((&entry.key, &entry.value));
            continue;
        };
        if let Some(earlier) = own.insert(key, (&entry.key, &entry.value)) {
            fields.duplicates.push((earlier.0, &entry.key));
        }
    }
    merge_into(&mut own, &mut fields, sources);
    fields.entries = own.into_values().chain(unkeyed).collect();
    fields
}

/// Adds what the mappings hold that is not there yet, following their own merge keys.
fn merge_into<'n>(
    own: &mut IndexMap<Key<'n>, (&'n Node, &'n Node)>,
    fields: &mut Fields<'n>,
    mut pending: Vec<&'n Node>,
) {
    pending.reverse();
    while let Some(source) = pending.pop() {
        if let Some(items) = source.as_sequence() {
            let (mappings, others): (Vec<_>, Vec<_>) =
                items.iter().partition(|item| item.as_mapping().is_some());
            fields.not_mergeable.extend(others);
            pending.extend(mappings.into_iter().rev());
        } else if let Some(entries) = source.as_mapping() {
            for entry in entries.iter().filter(|entry| !entry.is_merge()) {
                if let Some(key) = key_of(&entry.key) {
                    own.entry(key).or_insert((&entry.key, &entry.value));
                }
            }
            pending.extend(entries.iter().rev().filter(|entry| entry.is_merge()).map(|entry| &entry.value));
        } else {
            fields.not_mergeable.push(source);
        }
    }
}

/// What makes two keys the same for yaml.v3: the text alone, so that `1` and `"1"` are one key.
type Key<'n> = &'n str;

fn key_of(node: &Node) -> Option<Key<'_>> {
    node.text()
}

fn same_key(a: &Node, b: &Node) -> bool {
    a.text().is_some() && a.text() == b.text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::parse;

    fn keys(text: &str) -> String {
        let document = parse(SourceId::NONE, text).unwrap();
        let fields = merged(document.root.get("m").unwrap());
        let pair = |(key, value): &(&Node, &Node)| {
            format!("{}={}", key.text().unwrap_or("?"), value.text().unwrap_or("?"))
        };
        let mut out: Vec<String> = fields.entries.iter().map(pair).collect();
        out.extend(fields.duplicates.iter().map(|(_, key)| format!("twice {}", key.text().unwrap())));
        out.extend(fields.not_mergeable.iter().map(|node| format!("bad {}", node.noun())));
        out.join(" ")
    }

    #[test]
    fn own_keys_win_and_earlier_mappings_win() {
        for (mapping, expected) in [
            ("{x: 1, y: 2}", "x=1 y=2"),
            ("{<<: *a, x: 1}", "x=1 y=a"),
            ("{x: 1, <<: *a}", "x=1 y=a"),
            ("{<<: [*b, *a]}", "x=b z=b y=a"),
            ("{<<: *nested}", "n=n x=a y=a"),
            ("{'<<': 3, x: 1}", "<<=3 x=1"),
            ("{<<: 3, x: 1}", "x=1 bad a number"),
            ("{<<: [*a, 3]}", "x=a y=a bad a number"),
            ("{x: 1, x: 2}", "x=2 twice x"),
            ("{1: a, '1': b}", "1=b twice 1"),
            (
                "{a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1, a: 2}",
                "a=2 b=1 c=1 d=1 e=1 f=1 g=1 h=1 i=1 twice a",
            ),
        ] {
            let text = format!(
                "a: &a {{x: a, y: a}}\nb: &b {{x: b, z: b}}\nnested: &nested {{n: n, <<: *a}}\nm: {mapping}\n"
            );
            assert_eq!(keys(&text), expected, "{mapping}");
        }
    }
}

//! Files of lines: dotenv and ini, whose metadata sops writes in flat names (`sops_age__list_0__map_recipient`). They
//! become the tree that YAML is read into. Knows no meaning of a name.

use crate::source::{SourceId, Span};
use crate::yaml::{Entry, Kind, Node, Scalar, Style};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Levels of a flat name: `key_groups`, its list, `age`, its list, and the entry's own names.
const MAX_LEVELS: usize = 16;
/// Items of a list.
const MAX_ITEMS: usize = 10_000;

/// A line that is neither empty, a comment, nor a name with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FlatError {
    /// Where the line begins.
    pub(super) at: usize,
}

/// dotenv: what begins with `sops_` is metadata.
pub(super) fn dotenv(source: SourceId, text: &str) -> Result<Node, FlatError> {
    let (mut data, mut metadata) = (Vec::new(), Level::default());
    for line in lines(text) {
        let (key, value) = assignment(source, &line)?;
        match key.text().and_then(|name| name.strip_prefix("sops_")) {
            Some(name) => metadata.insert(name, &key, value),
            None => data.push(Entry { key, value }),
        }
    }
    Ok(whole(source, text, data, metadata))
}

/// ini: the section `sops` is metadata; other sections are mappings.
pub(super) fn ini(source: SourceId, text: &str) -> Result<Node, FlatError> {
    let (mut data, mut metadata) = (Vec::<Entry>::new(), Level::default());
    let mut section: Option<(Node, Vec<Entry>)> = None;
    let mut in_metadata = false;
    let close = |section: &mut Option<(Node, Vec<Entry>)>, data: &mut Vec<Entry>| {
        if let Some((key, entries)) = section.take() {
            let value = Node::new(key.span, Kind::Mapping(entries.into()));
            data.push(Entry { key, value });
        }
    };
    for line in lines(text) {
        if let Some(name) = line.text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            close(&mut section, &mut data);
            in_metadata = name == "sops";
            let key = scalar(source, line.start + 1, name, name.to_owned());
            section = (!in_metadata).then_some((key, Vec::new()));
            continue;
        }
        let (key, value) = assignment(source, &line)?;
        match &mut section {
            Some((_, entries)) => entries.push(Entry { key, value }),
            None if in_metadata => {
                metadata.insert(key.text().unwrap_or_default(), &key, value);
            }
            None => data.push(Entry { key, value }),
        }
    }
    close(&mut section, &mut data);
    Ok(whole(source, text, data, metadata))
}

struct Line<'t> {
    start: usize,
    text: &'t str,
}

/// Lines that say something, without what is blank around them.
fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut at = 0;
    let lines = text.split_inclusive('\n').map(move |line| {
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        Line { start, text: line.trim() }
    });
    lines.filter(|line| !line.text.is_empty() && !line.text.starts_with(['#', ';']))
}

fn assignment(source: SourceId, line: &Line<'_>) -> Result<(Node, Node), FlatError> {
    let (name, value) = line.text.split_once('=').ok_or(FlatError { at: line.start })?;
    let key = scalar(source, line.start, name.trim_end(), name.trim_end().to_owned());
    let blank = value.len() - value.trim_start().len();
    let written = value.trim_start();
    let start = line.start + name.len() + 1 + blank;
    let plain = ["\"", "'", "`"]
        .iter()
        .find_map(|quote| written.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(written);
    Ok((key, scalar(source, start, written, plain.replace("\\n", "\n"))))
}

fn scalar(source: SourceId, start: usize, written: &str, text: String) -> Node {
    let span = Span { source, start: start as u32, end: (start + written.len()) as u32 };
    let kind = Kind::Scalar(Scalar { text: Arc::from(text), style: Style::DoubleQuoted });
    Node::new(span, kind)
}

fn whole(source: SourceId, text: &str, mut data: Vec<Entry>, metadata: Level) -> Node {
    if let Some(sops) = metadata.node() {
        let key = Node::new(sops.span, scalar(source, 0, "", "sops".to_owned()).kind);
        data.push(Entry { key, value: sops });
    }
    let span = Span { source, start: 0, end: text.len() as u32 };
    Node::new(span, Kind::Mapping(data.into()))
}

/// One level of flat names.
#[derive(Default)]
struct Level {
    leaf: Option<Node>,
    list: BTreeMap<usize, Level>,
    map: Vec<(String, Node, Level)>,
}

impl Level {
    /// `a__list_0__map_b`: `b` of the first item of `a`.
    fn insert(&mut self, name: &str, key: &Node, value: Node) {
        let mut level = self;
        let mut rest = name;
        let mut is_list = false;
        for _ in 0..MAX_LEVELS {
            let next = [rest.find("__list_"), rest.find("__map_")].into_iter().flatten().min();
            let word = &rest[..next.unwrap_or(rest.len())];
            level = match (is_list, word.parse::<usize>()) {
                (true, Ok(index)) if index < MAX_ITEMS => level.list.entry(index).or_default(),
                (true, _) => return,
                (false, _) => level.child(word, key),
            };
            let Some(next) = next else {
                level.leaf = Some(value);
                return;
            };
            is_list = rest[next..].starts_with("__list_");
            rest = &rest[next + if is_list { "__list_".len() } else { "__map_".len() }..];
        }
    }

    fn child(&mut self, word: &str, key: &Node) -> &mut Self {
        let index = self.map.iter().position(|(name, ..)| name == word).unwrap_or_else(|| {
            self.map.push((word.to_owned(), key.clone(), Self::default()));
            self.map.len() - 1
        });
        &mut self.map[index].2
    }

    /// The level as a tree; `None` where nothing was put into it.
    fn node(self) -> Option<Node> {
        let collection = |nodes: &[Span], kind: Kind| {
            let first = *nodes.first()?;
            let span = nodes.iter().fold(first, |span, next| span.to(*next));
            Some(Node::new(span, kind))
        };
        if self.leaf.is_some() {
            return self.leaf;
        }
        if !self.list.is_empty() {
            let items: Vec<Node> = self.list.into_values().filter_map(Self::node).collect();
            let spans: Vec<Span> = items.iter().map(|item| item.span).collect();
            return collection(&spans, Kind::Sequence(items.into()));
        }
        let entries = self.map.into_iter().filter_map(|(name, key, level)| {
            let kind = Kind::Scalar(Scalar { text: Arc::from(name), style: Style::DoubleQuoted });
            Some(Entry { key: Node::new(key.span, kind), value: level.node()? })
        });
        let entries: Vec<Entry> = entries.collect();
        let spans: Vec<Span> = entries.iter().flat_map(|entry| [entry.key.span, entry.value.span]).collect();
        collection(&spans, Kind::Mapping(entries.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_names_become_a_tree() {
        let text = "A=ENC[x]\r\n# c\nsops_age__list_0__map_recipient=age1x\nsops_age__list_0__map_enc=a\\nb\nsops_mac=m\n";
        let root = dotenv(SourceId::NONE, text).unwrap();
        assert_eq!(root.get("A").and_then(Node::text), Some("ENC[x]"));
        let sops = root.get("sops").unwrap();
        let first = &sops.get("age").and_then(Node::as_sequence).unwrap()[0];
        let recipient = first.get("recipient").unwrap();
        assert_eq!((recipient.text(), first.get("enc").and_then(Node::text)), (Some("age1x"), Some("a\nb")));
        assert_eq!(&text[recipient.span.start as usize..recipient.span.end as usize], "age1x");
        assert_eq!(sops.get("mac").and_then(Node::text), Some("m"));
    }

    #[test]
    fn sections_become_mappings() {
        let text = "top = 1\n[db]\nuser = x ; y\n[sops]\nage__list_0__map_recipient = age1x\nversion = 3\n";
        let root = ini(SourceId::NONE, text).unwrap();
        assert_eq!(root.get("db").and_then(|db| db.get("user")).and_then(Node::text), Some("x ; y"));
        assert_eq!(root.get("top").and_then(Node::text), Some("1"));
        assert!(root.get("sops").and_then(|sops| sops.get("age")).is_some());
        assert_eq!(ini(SourceId::NONE, "a=1\nb\n").unwrap_err(), FlatError { at: 4 });
    }
}

//! `.taskrc.yml`: settings of a user and of directories (go-task 3.54 `taskrc`). Knows no flags' meaning.

use super::flag::{Flag, Takes, flags};
use crate::source::SourceMap;
use crate::yaml::{self, Decoder, Node};
use std::collections::HashMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const NAMES: [&str; 2] = [".taskrc.yml", ".taskrc.yaml"];
const XDG_NAMES: [&str; 2] = ["taskrc.yml", "taskrc.yaml"];

/// What the files say, merged.
#[derive(Debug, Default)]
pub(super) struct Config {
    /// By long name of the flag, as the flag would take them.
    values: HashMap<&'static str, String>,
    /// Numbers of `experiments`.
    experiments: HashMap<String, i64>,
}

impl Config {
    /// Reads the files that count in a directory: the user's, then those of the directories from the root down. The later
    /// file wins, trusted hosts are joined. As for go-task, one broken file makes all of them void, without a word.
    pub(super) fn read(dir: &Path) -> Self {
        let mut config = Self::default();
        for file in files(dir) {
            if config.add(&file).is_none() {
                return Self::default();
            }
        }
        config
    }

    /// The value that stands for a flag.
    pub(super) fn value(&self, flag: &Flag) -> Option<&str> {
        self.values.get(flag.long).map(String::as_str)
    }

    /// The number of an experiment.
    pub(super) fn experiment(&self, name: &str) -> Option<i64> {
        self.experiments.get(name).copied()
    }

    fn add(&mut self, file: &Path) -> Option<()> {
        let text: Arc<str> = Arc::from(std::fs::read_to_string(file).ok()?);
        let mut sources = SourceMap::default();
        let source = sources.add(file, Arc::clone(&text));
        let root = yaml::parse(source, &text).ok()?.root;
        if root.is_null() {
            return Some(());
        }
        root.as_mapping()?;
        let mut decoder = Decoder::new();
        for (flag, _) in flags(false).filter(|(flag, _)| !flag.config.is_empty()) {
            let node = flag.config.iter().try_fold(&root, |node, key| node.get(key));
            let value = node.and_then(|node| value(&mut decoder, flag, node));
            let Some(value) = value else { continue };
            let known = self.values.entry(flag.long).or_default();
            *known = if flag.takes == Takes::List { union(known, &value) } else { value };
        }
        if let Some(experiments) = root.get("experiments") {
            for field in decoder.fields(experiments, "a mapping of experiments").unwrap_or_default() {
                let number = decoder.int(field.value);
                self.experiments.extend(number.map(|number| (field.name.to_owned(), number.value)));
            }
        }
        (!decoder.diagnostics.has_errors()).then_some(())
    }
}

fn value(decoder: &mut Decoder, flag: &Flag, node: &Node) -> Option<String> {
    match flag.takes {
        Takes::Nothing => decoder.bool(node).map(|value| value.value.to_string()),
        Takes::Number => decoder.int(node).map(|value| value.value.to_string()),
        Takes::Text => decoder.string(node).map(|value| value.value.to_string()),
        Takes::Duration => {
            decoder.duration(node)?;
            node.text().map(ToOwned::to_owned)
        }
        Takes::List => {
            let hosts: Vec<String> =
                decoder.strings(node).into_iter().map(|host| host.value.to_string()).collect();
            Some(hosts.join(","))
        }
    }
}

/// Both lists, sorted, each host once.
fn union(known: &str, more: &str) -> String {
    let mut hosts: Vec<&str> =
        known.split(',').chain(more.split(',')).filter(|host| !host.is_empty()).collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts.join(",")
}

/// The files that count in a directory, the weakest first.
fn files(dir: &Path) -> Vec<PathBuf> {
    let directory = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let mut found = Vec::new();
    found.extend(directory("XDG_CONFIG_HOME").and_then(|dir| first(&dir.join("task"), &XDG_NAMES)));
    let home = directory("HOME");
    let above: Vec<PathBuf> = ancestors(dir).filter_map(|dir| first(dir, &NAMES)).collect();
    found.extend(home.and_then(|home| first(&home, &NAMES)).filter(|file| !above.contains(file)));
    found.extend(above.into_iter().rev());
    found
}

fn first(dir: &Path, names: &[&str]) -> Option<PathBuf> {
    names.iter().map(|name| dir.join(name)).find(|path| path.is_file())
}

/// The directory and those above it, up to where another user's begin.
fn ancestors(dir: &Path) -> impl Iterator<Item = &Path> {
    let owner = |dir: &Path| std::fs::metadata(dir).ok().map(|metadata| metadata.uid());
    let own = owner(dir);
    dir.ancestors()
        .take_while(move |above| owner(above).is_none_or(|other| own.is_none_or(|own| own == other)))
}

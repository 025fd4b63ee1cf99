//! The arrows between the modules run one way: a module uses only what stands to its left.

#![cfg(test)]

use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The order of the data flow. Modules of one layer may use each other, but not in a circle.
const LAYERS: &[&[&str]] = &[
    &["source", "diagnostic"],
    &["yaml", "template", "query", "word"],
    &["model"],
    &["frontend"],
    &["plan"],
    &["fingerprint", "process", "secrets"],
    &["driver"],
    &["executor"],
    &["reporter"],
    &["watch"],
    &["cli"],
];

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// A use of another module: the file and line where it stands, and both modules.
#[derive(Debug)]
struct Arrow {
    place: String,
    from: String,
    to: String,
}

/// All uses of other modules in a file that stands at `path` below `src`.
fn arrows(path: &Path, text: &str) -> Vec<Arrow> {
    let mut parts: Vec<String> = path
        .with_extension("")
        .components()
        .map(|part| part.as_os_str().to_str().unwrap().to_owned())
        .collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    let from = parts[0].clone();
    let to_root = "super::".repeat(parts.len());
    // `crate::a`, `crate::{a, b::{c}, d}` (over lines), `super::a` where super is the root.
    let uses = Regex::new(r"(?:\$?crate::|(?:super::)+)(\{|[a-z_]+)").unwrap();
    let code = without_comments(text);
    let mut found = Vec::new();
    for hit in uses.captures_iter(&code) {
        let whole = hit.get(0).unwrap();
        if whole.as_str().starts_with("super") && whole.as_str().matches("super::").count() != parts.len() {
            continue;
        }
        let line = code[..whole.start()].matches('\n').count() + 1;
        let names = if &hit[1] == "{" { group(&code[whole.end()..]) } else { vec![hit[1].to_owned()] };
        for to in names {
            let known = layer(&to).is_some();
            if to != from && (known || !whole.as_str().starts_with(&to_root)) {
                found.push(Arrow { place: format!("src/{}:{line}", path.display()), from: from.clone(), to });
            }
        }
    }
    found
}

/// The first names of a `{a, b::{c, d}, e}` whose brace has been read.
fn group(text: &str) -> Vec<String> {
    let (mut depth, mut names, mut at_name) = (0, Vec::new(), true);
    for (index, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_name = true,
            _ if at_name && (letter.is_alphabetic() || letter == '_') => {
                let rest = &text[index..];
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                names.push(rest[..end].to_owned());
                at_name = false;
            }
            _ => {}
        }
    }
    names
}

/// The text with line comments blanked; documentation may speak of any module.
fn without_comments(text: &str) -> String {
    let blank = |line: &str| match line.trim_start().starts_with("//") {
        true => String::new(),
        false => line.split(" // ").next().unwrap_or_default().to_owned(),
    };
    text.lines().map(blank).collect::<Vec<_>>().join("\n")
}

fn is_backward(arrow: &Arrow) -> bool {
    match (layer(&arrow.from), layer(&arrow.to)) {
        (Some(from), Some(to)) => to > from,
        // An item of the crate's root has no place in the flow.
        _ => true,
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut files, mut directories) = (Vec::new(), vec![root.clone()]);
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path.strip_prefix(&root).unwrap().to_owned(), text));
            }
        }
    }
    files.sort();
    files
}

fn all_arrows() -> Vec<Arrow> {
    let is_root = |path: &Path| matches!(path.to_str(), Some("main.rs" | "lib.rs"));
    sources().iter().filter(|(path, _)| !is_root(path)).flat_map(|(path, text)| arrows(path, text)).collect()
}

#[test]
fn no_arrow_runs_back() {
    let arrows = all_arrows();
    assert!(arrows.len() > 20, "the reader of `use` lines finds nothing");
    let backward: Vec<String> = arrows
        .iter()
        .filter(|arrow| is_backward(arrow))
        .map(|arrow| format!("{}: `{}` must not use `{}`", arrow.place, arrow.from, arrow.to))
        .collect();
    assert!(backward.is_empty(), "arrows that run back:\n{}", backward.join("\n"));
}

#[test]
fn modules_of_one_layer_form_no_circle() {
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for arrow in all_arrows() {
        if layer(&arrow.from) == layer(&arrow.to) {
            edges.entry(arrow.from).or_default().insert(arrow.to);
        }
    }
    // Whatever can be taken away as using nothing that is left is in no circle.
    let mut left: BTreeSet<String> = edges.keys().cloned().collect();
    loop {
        let free: Vec<String> =
            left.iter().filter(|module| edges[*module].is_disjoint(&left)).cloned().collect();
        if free.is_empty() {
            break;
        }
        left.retain(|module| !free.contains(module));
    }
    assert!(left.is_empty(), "these modules use each other in a circle: {left:?}");
}

#[test]
fn every_module_has_a_place_and_stands_in_order() {
    let root = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let declared = Regex::new(r"(?m)^(?:pub )?mod ([a-z_]+);").unwrap();
    let modules: Vec<String> = declared.captures_iter(&root).map(|hit| hit[1].to_owned()).collect();
    let places: Vec<usize> = modules
        .iter()
        .map(|module| layer(module).unwrap_or_else(|| panic!("`{module}` has no place in LAYERS")))
        .collect();
    assert!(places.is_sorted(), "src/lib.rs declares modules out of order: {modules:?}");
}

#[test]
fn the_guard_sees_every_way_to_name_a_module() {
    for (path, code, expected) in [
        ("yaml/node.rs", "use crate::model::Host;", vec!["model"]),
        (
            "yaml/node.rs",
            "use crate::{source::Span, model::{self, Host}, plan};",
            vec!["source", "model", "plan"],
        ),
        ("yaml/node.rs", "use crate::{\n    source::Span,\n    cli,\n};", vec!["source", "cli"]),
        ("yaml/node.rs", "fn f() -> crate::executor::Event { todo!() }", vec!["executor"]),
        ("yaml/node.rs", "use super::super::driver::Io;", vec!["driver"]),
        ("yaml/mod.rs", "use super::driver::Io;", vec!["driver"]),
        ("yaml/node.rs", "use super::merge::merged;", vec![]),
        ("yaml/node.rs", "use crate::yaml::merge::merged;", vec![]),
        ("yaml/node.rs", "/// As [`crate::cli::Args`] says.", vec![]),
        ("source.rs", "mod tests { use super::*; }", vec![]),
    ] {
        let found: Vec<String> = arrows(Path::new(path), code).into_iter().map(|arrow| arrow.to).collect();
        assert_eq!(found, expected, "{path}: {code}");
    }
    let back = &arrows(Path::new("yaml/node.rs"), "use crate::model::Host;")[0];
    let forth = &arrows(Path::new("model/host.rs"), "use crate::yaml::Node;")[0];
    assert!(is_backward(back) && !is_backward(forth));
}

//! The JSON schema of a Fleetfile: written from the decoder's own tables, and true of every example.

#![cfg(test)]

use fleet::frontend::fleetfile;
use fleet::source::{SourceId, SourceMap};
use fleet::yaml::{Kind, Node, Resolved, merged, parse};
use serde_json::{Map, Value as Json, json};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn schema() -> Json {
    serde_json::from_str(&fleetfile::schema_text()).unwrap()
}

/// What is wrong with a YAML text by the schema.
fn invalid(text: &str) -> Vec<String> {
    let document = parse(SourceId::NONE, text).unwrap_or_else(|error| {
        let mut sources = SourceMap::default();
        sources.add("text", text);
        panic!("{}\n{text}", error.diagnostic.render(&sources, false, 100))
    });
    let validator = jsonschema::validator_for(&schema()).unwrap();
    validator
        .iter_errors(&to_json(&document.root))
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

fn to_json(node: &Node) -> Json {
    match &node.kind {
        Kind::Scalar(scalar) => match node.resolve() {
            Some(Resolved::Null) | None => Json::Null,
            Some(Resolved::Bool(value)) => json!(value),
            Some(Resolved::Int(value)) => json!(value),
            Some(Resolved::Float(value)) => json!(value),
            _ => json!(&*scalar.text),
        },
        Kind::Sequence(items) => items.iter().map(to_json).collect(),
        Kind::Mapping(_) => {
            let entries = merged(node).entries.into_iter();
            entries
                .map(|(key, value)| (key.text().unwrap().to_owned(), to_json(value)))
                .collect::<Map<_, _>>()
                .into()
        }
    }
}

/// All Fleetfiles and Taskfiles of the repository that are meant to be right.
fn examples() -> Vec<PathBuf> {
    let (mut files, mut directories) = (Vec::new(), vec![root().join("examples")]);
    files.extend(Some(root().join("Fleetfile.yaml")).filter(|path| path.exists()));
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                directories.push(path);
            } else if matches!(name.split_once('.'), Some(("Fleetfile" | "Taskfile", "yaml" | "yml"))) {
                files.push(path);
            }
        }
    }
    files
}

#[test]
fn the_checked_in_schema_is_the_decoders() {
    let path = root().join("schema/fleetfile.schema.json");
    let now = fleetfile::schema_text();
    if std::env::var_os("FLEET_WRITE_SCHEMA").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &now).unwrap();
    }
    let checked_in = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        checked_in == now,
        "schema/fleetfile.schema.json is stale: write it anew by `FLEET_WRITE_SCHEMA=1 cargo test --test schema`"
    );
}

#[test]
fn it_is_a_schema_that_editors_take() {
    let schema = schema();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    assert!(jsonschema::draft7::meta::is_valid(&schema));
    // Each reference has its definition, and each definition is used.
    let text = schema.to_string();
    for name in schema["definitions"].as_object().unwrap().keys() {
        assert!(text.contains(&format!("\"#/definitions/{name}\"")), "nothing uses {name}");
    }
    for reference in text.split("\"$ref\":\"#/definitions/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schema["definitions"][name].is_object(), "{name} is not defined");
    }
}

#[test]
fn every_key_is_described() {
    fn visit(path: &str, value: &Json, bare: &mut Vec<String>) {
        for (name, property) in value["properties"].as_object().into_iter().flatten() {
            if property["description"].as_str().is_none_or(str::is_empty) {
                bare.push(format!("{path}.{name}"));
            }
        }
    }
    let schema = schema();
    let mut bare = Vec::new();
    visit("root", &schema, &mut bare);
    for (name, definition) in schema["definitions"].as_object().unwrap() {
        visit(name, definition, &mut bare);
    }
    assert!(bare.is_empty(), "{bare:?}");
}

#[test]
fn all_examples_are_valid() {
    let examples = examples();
    assert!(examples.len() >= 4, "{examples:?}");
    for path in examples {
        let errors = invalid(&fs::read_to_string(&path).unwrap());
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
    }
}

#[test]
fn every_block_of_the_reference_is_valid_and_every_key_is_in_it() {
    let text = fs::read_to_string(root().join("docs/fleetfile.md")).unwrap();
    let blocks: Vec<&str> =
        text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() > 10);
    for block in &blocks {
        let errors = invalid(block);
        assert!(errors.is_empty(), "{errors:#?}\n{block}");
    }
    let schema = schema();
    let ours = [
        "fleet",
        "fleet.defaults",
        "host",
        "fleet.secrets",
        "ignored-finding",
        "fleet.shims",
        "pipeline",
        "step",
        "disk",
        "build",
        "deploy",
        "health-check",
        "notification",
    ];
    for name in ours {
        let definition = &schema["definitions"][name];
        for key in definition["properties"].as_object().unwrap().keys() {
            let shown = blocks
                .iter()
                .any(|block| block.contains(&format!("{key}:")) || block.contains(&format!("- {key} ")));
            assert!(shown, "docs/fleetfile.md shows no `{key}` of {name}");
        }
    }
}

#[test]
fn mistakes_are_not_valid() {
    assert!(invalid("version: '3'\ntasks: {a: echo}\n").is_empty());
    assert!(invalid("x-anything: {a: 1}\n").is_empty());
    for text in [
        "flet: {}",
        "fleet: {hosts: {luna: {adress: x}}}",
        "fleet: {discover: [nixosConfiguration]}",
        "pipelines: {a: {deploy: {action: swtich}}}",
        "pipelines: {a: {check: [reachble]}}",
        "pipelines: {a: {check: [{vm: a, cmd: b}]}}",
        "pipelines: {a: {check: [{timeout: 1s}]}}",
        "pipelines: {a: {check: [{cmd: a, timeout: 90}]}}",
        "pipelines: {a: {build: {at_once: many}}}",
        "pipelines: {a: {deploy: {health: [{on: host}]}}}",
        "pipelines: {a: {notify: [{ntfy: 'https://x', when: [fail]}]}}",
        "tasks: {a: {cmdz: []}}",
    ] {
        assert!(!invalid(text).is_empty(), "{text}");
    }
}

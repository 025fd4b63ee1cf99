//! The commands of README and documents: each block of shell is run, or is a line that another test runs.

#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A fenced block of shell commands.
#[derive(Debug)]
struct Block {
    /// The file and line where it stands.
    place: String,
    /// What stands behind `sh` on the fence: `test=run in=examples/homelab`.
    attributes: Vec<(String, String)>,
    commands: String,
}

impl Block {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All Markdown files that people read.
fn documents() -> Vec<PathBuf> {
    let mut found =
        vec![root().join("README.md"), root().join("CONTRIBUTING.md"), root().join("CHANGELOG.md")];
    let mut directories = vec![root().join("docs"), root().join("examples"), root().join("tests/testbed")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found
}

fn blocks(path: &Path) -> Vec<Block> {
    let text = fs::read_to_string(path).unwrap();
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.trim_start().strip_prefix("```") else { continue };
        let content: Vec<&str> = lines
            .by_ref()
            .map(|(_, line)| line)
            .take_while(|line| !line.trim_start().starts_with("```"))
            .collect();
        let mut words = info.split_whitespace();
        if matches!(words.next(), Some("sh" | "bash" | "console" | "shell")) {
            let attributes = words.filter_map(|word| word.split_once('='));
            found.push(Block {
                place: format!("{}:{}", path.strip_prefix(root()).unwrap().display(), number + 1),
                attributes: attributes.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
                commands: content.join("\n"),
            });
        }
    }
    found
}

fn all_blocks() -> Vec<Block> {
    documents().iter().flat_map(|path| blocks(path)).collect()
}

/// A command as the tests run it: the binary that cargo built for them stands for `cargo run`.
fn with_built_binary(command: &str) -> String {
    command.replace("cargo run --release --", "fleet").replace("cargo run --", "fleet")
}

/// Runs commands in a copy of what a reader has.
fn run(block: &Block, commands: &str) {
    let copy = tempfile::tempdir().unwrap();
    for part in ["examples", "schema", "Fleetfile.yaml", "README.md", ".ci"] {
        let copied = Command::new("cp").arg("-r").arg(root().join(part)).arg(copy.path()).status().unwrap();
        assert!(copied.success());
    }
    let binaries = Path::new(env!("CARGO_BIN_EXE_fleet")).parent().unwrap();
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", commands])
        .current_dir(copy.path().join(block.attribute("in").unwrap_or_default()))
        .env("PATH", path)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}: exit code {:?}\n{commands}\n{}{}",
        block.place,
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
}

#[test]
fn every_block_of_commands_says_how_it_is_tested() {
    let blocks = all_blocks();
    assert!(blocks.iter().any(|block| block.place.starts_with("README.md")));
    for block in blocks {
        let test = block.attribute("test");
        assert!(
            matches!(test, Some("run" | "dry" | "run-elsewhere")),
            "{}: write ```sh test=run, test=dry or test=run-elsewhere (CONTRIBUTING.md)",
            block.place
        );
    }
}

#[test]
fn commands_of_the_documents_run() {
    for block in all_blocks().iter().filter(|block| block.attribute("test") == Some("run")) {
        run(block, &with_built_binary(&block.commands));
    }
}

#[test]
fn tasks_of_the_documents_exist() {
    for block in all_blocks().iter().filter(|block| block.attribute("test") == Some("dry")) {
        for line in block.commands.lines() {
            let command = line.split('#').next().unwrap_or_default().trim();
            run(block, &format!("{} --dry", with_built_binary(command)));
        }
    }
}

#[test]
fn other_commands_are_run_by_other_tests() {
    let runners: String = ["tests/all", ".ci/run", "tests/e2e/plugin.rs"]
        .iter()
        .map(|file| fs::read_to_string(root().join(file)).unwrap())
        .collect();
    for block in all_blocks().iter().filter(|block| block.attribute("test") == Some("run-elsewhere")) {
        for line in block.commands.lines() {
            assert!(runners.contains(line.trim()), "{}: no test runs `{line}`", block.place);
        }
    }
}

//! A repository with secrets and tests, whole or broken in one place, and what `fleet secrets check` says of it.

use crate::sops::{Format, Key, Plain};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

/// What the project says.
pub(crate) const FLEETFILE: &str = "version: '3'
fleet:
  flake: .
  hosts: {luna: {platform: nixos}}
  secrets: {test_keys: [tests/keys/age.txt], test_paths: ['tests/**']}
pipelines:
  apply: {check: [flake], build: {}}
";

/// Files by their paths, and the keys they are for.
#[derive(Clone)]
pub(crate) struct Tree {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) test: Key,
    pub(crate) operator: Key,
    pub(crate) luna: Key,
}

impl Tree {
    /// A tree in which all is right, with a file of every format on both sides of the fence.
    pub(crate) fn clean() -> Self {
        static CLEAN: OnceLock<Tree> = OnceLock::new();
        CLEAN.get_or_init(Self::new).clone()
    }

    fn new() -> Self {
        let (test, operator, luna) = (Key::new(), Key::new(), Key::new());
        let mut tree = Self { files: BTreeMap::new(), test, operator, luna };
        let rules = format!(
            "keys:\n  - &operator {}\n  - &luna {}\n  - &test {}\ncreation_rules:\n  - path_regex: ^tests/\n    age: \
             [*test]\n  - path_regex: ^secrets/.*\n    key_groups:\n      - age: [*operator, *luna]\n",
            tree.operator.recipient, tree.luna.recipient, tree.test.recipient
        );
        tree.write(".sops.yaml", rules);
        tree.write("Fleetfile.yaml", FLEETFILE);
        tree.write("tests/keys/age.txt", tree.test.file());
        for (format, end) in [
            (Format::Yaml, "sops.yaml"),
            (Format::Json, "json"),
            (Format::Dotenv, "env"),
            (Format::Ini, "ini"),
            (Format::Binary, "bin"),
        ] {
            let (test, real) = (tree.test_file(format), tree.real_file(format));
            tree.write(&format!("tests/secrets/web.{end}"), test.encrypt());
            tree.write(&format!("secrets/luna.{end}"), real.encrypt());
        }
        tree
    }

    /// A file for tests, before it is encrypted.
    pub(crate) fn test_file(&self, format: Format) -> Plain {
        Plain::new(format, &[&self.test]).marked()
    }

    /// A real file, before it is encrypted.
    pub(crate) fn real_file(&self, format: Format) -> Plain {
        Plain::new(format, &[&self.operator, &self.luna])
    }

    pub(crate) fn write(&mut self, path: &str, content: impl Into<Vec<u8>>) {
        self.files.insert(path.to_owned(), content.into());
    }

    pub(crate) fn text(&self, path: &str) -> String {
        String::from_utf8(self.files[path].clone()).unwrap()
    }

    /// Replaces what must be there.
    #[track_caller]
    pub(crate) fn replace(&mut self, path: &str, from: &str, to: &str) {
        let text = self.text(path);
        assert!(text.contains(from), "{path} has no {from:?}:\n{text}");
        self.write(path, text.replacen(from, to, 1));
    }

    /// Puts the files into a directory.
    pub(crate) fn place(&self, dir: &Path) {
        for (path, content) in &self.files {
            let path = dir.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }

    /// What the binary finds in the tree.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let dir = tempfile::tempdir().unwrap();
        self.place(dir.path());
        findings(dir.path())
    }

    /// The one finding of a broken tree.
    #[track_caller]
    pub(crate) fn only_finding(&self) -> Finding {
        let mut findings = self.findings();
        assert_eq!(findings.len(), 1, "{findings:#?}");
        findings.remove(0)
    }
}

/// One finding as `--json` has it.
#[derive(Debug, Clone, serde::Deserialize)]
pub(crate) struct Finding {
    pub(crate) code: String,
    pub(crate) severity: String,
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) help: Option<String>,
    pub(crate) places: Vec<Place>,
}

#[derive(Debug, Clone, serde::Deserialize)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) text: String,
}

impl Finding {
    /// Rule, path, and the words that are underlined.
    #[track_caller]
    pub(crate) fn is(&self, rule: &str, path: &str, words: &str) -> &Self {
        assert_eq!(self.code, format!("fleet::secrets::{rule}"), "{self:#?}");
        let place = self.places.first().unwrap_or_else(|| panic!("no place: {self:#?}"));
        assert!(place.file.ends_with(&format!("/{path}")) && place.line > 0, "{self:#?}");
        assert_eq!(place.text.trim_matches(['"', '\'']), words, "{self:#?}");
        assert!(self.help.is_some(), "nothing to do: {self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn helps(&self, with: &str) -> &Self {
        assert!(self.help.as_ref().is_some_and(|help| help.contains(with)), "no {with:?}: {self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.message.contains(text), "no {text:?}: {self:#?}");
        self
    }
}

/// The binary in a directory.
pub(crate) fn fleet(dir: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.current_dir(dir).args(words).stdin(std::process::Stdio::null());
    for name in
        ["FORCE_COLOR", "CLICOLOR_FORCE", "NO_COLOR", "CI", "GITHUB_ACTIONS", "GIT_DIR", "GIT_INDEX_FILE"]
    {
        command.env_remove(name);
    }
    command.output().unwrap()
}

/// What the binary finds in a directory.
#[track_caller]
pub(crate) fn findings(dir: &Path) -> Vec<Finding> {
    let output = fleet(dir, &["secrets", "check", "--json"]);
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    let findings: Vec<Finding> =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}\n{errors}"));
    let broken = findings.iter().any(|finding| finding.severity == "error");
    assert_eq!(output.status.code(), Some(i32::from(broken)), "{text}\n{errors}");
    findings
}

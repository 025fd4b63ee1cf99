//! The rules, one a file. Each looks at what was read and tells what breaks it, with the place and what mends it.

mod closure;
mod creation_rule;
mod fence;
mod file;
mod host;
mod marker;
mod nix_path;
mod opens;
mod private_key;
mod recipients;
mod sandbox;
mod test_key;
mod vm_test;

pub(super) use marker::MARKER;

use super::repository::Repository;
use crate::diagnostic::Diagnostics;

/// A rule. Name and number do not change.
pub struct Rule {
    /// Its word, as `fleet.secrets.ignore` takes it.
    pub name: &'static str,
    /// The code of its findings.
    pub code: &'static str,
    /// What it asks for, one sentence.
    pub doc: &'static str,
    pub(super) check: fn(&Repository<'_>, &mut Diagnostics),
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// All rules, in the order of the manual.
pub static RULES: [Rule; 12] = [
    Rule {
        name: "test_key",
        code: test_key::CODE,
        doc: "A test identity is there, stands among the test files, and is what its comment says.",
        check: test_key::check,
    },
    Rule {
        name: "fence",
        code: fence::CODE,
        doc: "A real file is for no test key, and a test file for no other.",
        check: fence::check,
    },
    Rule {
        name: "creation_rule",
        code: creation_rule::CODE,
        doc: "The next file gets the right keys: no rule of `.sops.yaml` breaks the fence, and each can be reached.",
        check: creation_rule::check,
    },
    Rule {
        name: "opens",
        code: opens::CODE,
        doc: "A test identity opens no real file, whatever the file says, and opens each test file.",
        check: opens::check,
    },
    Rule {
        name: "file",
        code: file::CODE,
        doc: "A file is whole: encrypted where its rule says so, once, with its code and one data key a recipient.",
        check: file::check,
    },
    Rule {
        name: "recipients",
        code: recipients::CODE,
        doc: "A file is for whom its rule says.",
        check: recipients::check,
    },
    Rule {
        name: "private_key",
        code: private_key::CODE,
        doc: "No private key is in the repository but test identities among the test files.",
        check: private_key::check,
    },
    Rule {
        name: "marker",
        code: marker::CODE,
        doc: "Each test file says that it is one, and no other does.",
        check: marker::check,
    },
    Rule {
        name: "vm_test",
        code: vm_test::CODE,
        doc: "A test uses test files and keys of its own, never a real file or a key of this machine.",
        check: vm_test::check,
    },
    Rule {
        name: "sandbox",
        code: sandbox::CODE,
        doc: "No test leaves nix's sandbox.",
        check: sandbox::check,
    },
    Rule {
        name: "closure",
        code: closure::CODE,
        doc: "No host is built with a test identity.",
        check: closure::check,
    },
    Rule {
        name: "host",
        code: host::CODE,
        doc: "No host's own key is a test key, and each host opens the files that its configuration names.",
        check: host::check,
    },
];

/// Globs as a message names them.
fn test_paths(repository: &Repository<'_>) -> String {
    let globs: Vec<String> = repository.policy.test_paths().map(|glob| format!("`{glob}`")).collect();
    globs.join(", ")
}

/// A path as a shell takes it.
pub(super) fn quoted(path: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "/._-+@%=:,".contains(letter);
    if !path.is_empty() && path.chars().all(plain) {
        return path.to_owned();
    }
    format!("'{}'", path.replace('\'', "'\\''"))
}

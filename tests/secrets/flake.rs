//! What the flake says of secrets: each host opens the files that its configuration names, and no test names a real one.

use crate::tree::{Finding, fleet};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A copy of the homelab as a repository, changed.
fn homelab(changes: &[(&str, &str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/homelab"), dir.path());
    for (path, from, to) in changes {
        let path = dir.path().join(path);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{} has no {from:?}", path.display());
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }
    for words in [&["init", "-q"][..], &["add", "-A"]] {
        assert!(Command::new("git").args(words).current_dir(dir.path()).status().unwrap().success());
    }
    dir
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            // What runs left behind.
            true if entry.file_name() != ".fleet" && entry.file_name() != ".task" => {
                copy(&entry.path(), &target);
            }
            true => {}
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

fn evaluated(dir: &Path) -> Vec<Finding> {
    let output = fleet(dir, &["secrets", "check", "--eval", "--json"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {errors}"))
}

/// nix, and a store that it can write to.
fn can_evaluate(test: &str) -> bool {
    crate::requirement::met(test, &["nix", "git", "root"])
}

#[test]
fn hosts_and_tests_of_the_homelab_name_what_they_may() {
    if can_evaluate("hosts_and_tests_of_the_homelab_name_what_they_may") {
        let found = evaluated(homelab(&[]).path());
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn a_host_that_cannot_open_what_it_names() {
    if !can_evaluate("a_host_that_cannot_open_what_it_names") {
        return;
    }
    let dir = homelab(&[("hosts/rydev/default.nix", "secrets/rydev.sops.yaml", "secrets/luna.sops.yaml")]);
    let found = evaluated(dir.path());
    assert_eq!(found.len(), 1, "{found:#?}");
    let rydev = "age12ll0r5gm29agz606ydac82q04sy9x4ha5x3p0nj8afsxtp8p63dqctrkz4";
    found[0]
        .is(
            "host",
            "secrets/luna.sops.yaml",
            "age1jc9lpshl2wcugd7u30zng4ju7gald85f5luu06lssfsmnt3he9dsvnjvyg",
        )
        .says("the host `rydev` cannot open `secrets/luna.sops.yaml`")
        .helps(rydev);

    // A host whose key nobody told.
    let dir = homelab(&[(".sops.yaml", "&rydev", "&development"), (".sops.yaml", "*rydev", "*development")]);
    let found = evaluated(dir.path());
    assert_eq!((found.len(), found[0].severity.as_str()), (1, "warning"), "{found:#?}");
    found[0].says("whether `rydev` can open").helps("host_keys");

    // A host that is given a file for tests.
    let dir = homelab(&[("hosts/rydev/default.nix", "../../secrets/", "../../tests/secrets/")]);
    let found = evaluated(dir.path());
    assert!(found.iter().any(|found| found.message.contains("names the test file")), "{found:#?}");
}

#[test]
fn a_test_that_names_a_real_file_or_key() {
    if !can_evaluate("a_test_that_names_a_real_file_or_key") {
        return;
    }
    let dir = homelab(&[
        ("checks/default.nix", "../tests/secrets/rydev.sops.yaml", "../secrets/luna.sops.yaml"),
        ("checks/default.nix", "/run/age-keys.txt", "/var/lib/sops-nix/key.txt"),
    ]);
    let found = evaluated(dir.path());
    assert_eq!(found.len(), 2, "{found:#?}");
    found[0]
        .is("vm_test", "secrets/luna.sops.yaml", "dns_key")
        .says("`services.nodes.web` uses the real file");
    found[1].says("uses the key `/var/lib/sops-nix/key.txt`");
}

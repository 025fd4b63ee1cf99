//! `fleet secrets init`: a fence that holds, on new and on old ground; nothing that is there is lost.

use crate::sops::Key;
use crate::tree::{FLEETFILE, Tree, findings, fleet};
use std::fs;
use std::path::Path;

fn init(dir: &Path) -> (Option<i32>, String) {
    let output = fleet(dir, &["secrets", "init"]);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

/// All files with their contents.
fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push((path.display().to_string(), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_new_project_gets_a_fence_that_holds() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("Fleetfile.yaml"), FLEETFILE).unwrap();
    let (code, text) = init(dir);
    assert_eq!(code, Some(0), "{text}");
    for path in ["tests/keys/age.txt", ".sops.yaml", "tests/secrets/example.sops.yaml"] {
        assert!(dir.join(path).is_file() && text.contains(&format!("/{path}\n")), "{path}: {text}");
    }
    assert!(findings(dir).is_empty(), "{:#?}", findings(dir));
    // A second time nothing is written.
    let before = files(dir);
    let (code, text) = init(dir);
    assert!(code == Some(0) && !text.contains("wrote"), "{text}");
    assert!(files(dir) == before);
}

#[test]
fn what_is_there_stays() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let tree = Tree::clean();
    tree.place(dir);
    let before = files(dir);
    let (code, text) = init(dir);
    assert!(code == Some(0) && !text.contains("wrote"), "{text}");
    assert!(files(dir) == before);
    // A rule for everything is not for tests any more.
    let operator = Key::new().recipient;
    let old = format!("# mine\ncreation_rules:\n  - age: {operator}\n");
    fs::write(dir.join(".sops.yaml"), &old).unwrap();
    let (code, text) = init(dir);
    assert!(code == Some(0) && text.contains("put the rule for test files first in"), "{text}");
    let new = fs::read_to_string(dir.join(".sops.yaml")).unwrap();
    assert!(new.starts_with("# mine\n") && new.ends_with(&format!("  - age: {operator}\n")), "{new}");
    let broken: Vec<_> =
        findings(dir).into_iter().filter(|found| found.code == "fleet::secrets::creation_rule").collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn without_a_project_it_says_what_belongs_into_it() {
    let dir = tempfile::tempdir().unwrap();
    let (code, text) = init(dir.path());
    assert!(code == Some(0) && text.contains("secrets: {test_keys: [tests/keys/age.txt]"), "{text}");
}

#[test]
fn what_cannot_be_changed_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("Fleetfile.yaml"), FLEETFILE).unwrap();
    fs::write(dir.join(".sops.yaml"), "creation_rules: [{age: age1x}]\n").unwrap();
    let (code, text) = init(dir);
    assert!(
        code == Some(1) && text.contains("put this rule first") && text.contains("path_regex: ^tests/"),
        "{text}"
    );
    fs::write(dir.join(".sops.yaml"), "creation_rules: [").unwrap();
    let (code, text) = init(dir);
    assert!(code == Some(1) && text.contains(".sops.yaml:1:"), "{text}");
    fs::write(dir.join("tests/keys/age.txt"), "nothing").unwrap();
    let (code, text) = init(dir);
    assert!(code == Some(1) && text.contains("holds no key") && text.contains("help: move"), "{text}");
}

#[test]
fn sops_itself_opens_the_first_test_file() {
    if !crate::requirement::met("sops_itself_opens_the_first_test_file", &["sops"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    init(dir.path());
    let output = std::process::Command::new("sops")
        .args(["decrypt", "tests/secrets/example.sops.yaml"])
        .env("SOPS_AGE_KEY_FILE", dir.path().join("tests/keys/age.txt"))
        .current_dir(dir.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("correct horse"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

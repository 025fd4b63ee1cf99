//! The step `secrets`: on before every build where there are secrets, done in rehearsals, remembered.

use crate::sops::{Format, Plain};
use crate::tree::{Tree, fleet};
use std::fs;
use std::path::Path;

fn run(dir: &Path) -> (Option<i32>, String) {
    let output = fleet(dir, &["run", "apply", "--rehearse", "--yes"]);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn a_breach_stops_a_run_before_anything_is_built() {
    let mut tree = Tree::clean();
    let dir = tempfile::tempdir().unwrap();
    tree.place(dir.path());
    let (code, text) = run(dir.path());
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("[check: secrets] succeeded") && text.contains("10 files of sops"), "{text}");
    tree.write("secrets/luna.env", Plain::new(Format::Dotenv, &[&tree.operator, &tree.test]).encrypt());
    tree.place(dir.path());
    let (code, text) = run(dir.path());
    assert_eq!(code, Some(5), "{text}");
    assert!(
        text.contains("secrets/luna.env:5:33: the real file `secrets/luna.env` is encrypted for a test key"),
        "{text}"
    );
    // Neither a system nor what the flake checks.
    assert!(!text.contains("would build") && !text.contains("would run `nix flake check`"), "{text}");
    // What holds again is built again.
    tree.write("secrets/luna.env", tree.real_file(Format::Dotenv).encrypt());
    tree.place(dir.path());
    assert_eq!(run(dir.path()).0, Some(0));
}

#[test]
fn what_was_well_is_not_looked_at_again_until_it_changes() {
    let mut tree = Tree::clean();
    let dir = tempfile::tempdir().unwrap();
    tree.place(dir.path());
    // A file that is as new as the look at it could change unseen: nothing is remembered of it.
    std::thread::sleep(std::time::Duration::from_millis(3100));
    assert_eq!(run(dir.path()).0, Some(0));
    let cache = dir.path().join(".fleet/cache/secrets");
    let remembered = fs::read_to_string(&cache).unwrap();
    assert_eq!(remembered.lines().count(), 1);
    // What is remembered is what is told.
    fs::write(&cache, remembered.replace("10 files of sops", "as before")).unwrap();
    assert!(run(dir.path()).1.contains("as before"));
    tree.write("secrets/luna.env", Plain::new(Format::Dotenv, &[&tree.test]).encrypt());
    tree.place(dir.path());
    assert_eq!(run(dir.path()).0, Some(5));
    // Nor is a breach ever remembered as well.
    assert_eq!(run(dir.path()).0, Some(5));
}

#[test]
fn without_secrets_there_is_no_step() {
    let dir = tempfile::tempdir().unwrap();
    let plain = "version: '3'\nfleet: {hosts: {luna: {platform: nixos}}}\npipelines: {apply: {build: {}}}\n";
    fs::write(dir.path().join("Fleetfile.yaml"), plain).unwrap();
    let (code, text) = run(dir.path());
    assert!(code == Some(0) && !text.contains("secrets"), "{text}");
    fs::write(dir.path().join(".sops.yaml"), "creation_rules: []\n").unwrap();
    let (code, text) = run(dir.path());
    assert!(code == Some(0) && text.contains("[check: secrets] succeeded"), "{text}");
}

//! What is printed, and exit codes.

use crate::sops::{Format, Plain};
use crate::tree::{Tree, fleet};
use std::process::Output;

fn broken() -> (tempfile::TempDir, Tree) {
    let mut tree = Tree::clean();
    tree.write("secrets/luna.env", Plain::new(Format::Dotenv, &[&tree.operator]).encrypt());
    let dir = tempfile::tempdir().unwrap();
    tree.place(dir.path());
    (dir, tree)
}

fn text(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn text_has_the_line_and_the_command() {
    let (dir, tree) = broken();
    let output = fleet(dir.path(), &["secrets", "check"]);
    let (stdout, stderr) = text(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains("[secrets/luna.env:3:33]"), "{stderr}");
    assert!(
        stderr.contains(&tree.operator.recipient) && stderr.contains("fleet::secrets::recipients"),
        "{stderr}"
    );
    assert!(stderr.contains("help: run `sops updatekeys --yes secrets/luna.env`"), "{stderr}");
    assert!(stdout.ends_with(": 10 files of sops, 2 creation rules, 1 error\n"), "{stdout}");
}

#[test]
fn only_what_is_asked_for() {
    let (dir, _) = broken();
    for (path, code) in [("secrets", 1), ("secrets/luna.env", 1), ("tests", 0), ("secrets/luna.ini", 0)] {
        let output = fleet(dir.path(), &["secrets", "check", path]);
        assert_eq!(output.status.code(), Some(code), "{path}: {}", text(&output).1);
    }
    let below = fleet(&dir.path().join("secrets"), &["secrets", "check", "luna.env"]);
    assert_eq!(below.status.code(), Some(1));
    let output = fleet(dir.path(), &["secrets", "check", "no-such"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).1.contains("`no-such` cannot be looked at"));
}

#[test]
fn sarif_is_what_its_schema_wants() {
    let (dir, tree) = broken();
    let output = fleet(dir.path(), &["secrets", "check", "--format", "sarif"]);
    assert_eq!(output.status.code(), Some(1));
    let log: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "fleet");
    let result = &run["results"][0];
    assert_eq!(result["ruleId"], "fleet::secrets::recipients");
    assert_eq!(result["level"], "error");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(rules.iter().any(|rule| rule["id"] == result["ruleId"]));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "secrets/luna.env");
    let region = &place["region"];
    let length = region["endColumn"].as_u64().unwrap() - region["startColumn"].as_u64().unwrap();
    assert_eq!((region["startLine"].as_u64(), length), (Some(3), tree.operator.recipient.len() as u64));
    assert!(result["message"]["text"].as_str().unwrap().contains("sops updatekeys"));
}

#[test]
fn annotations_are_one_line_each() {
    let (dir, _) = broken();
    let output = fleet(dir.path(), &["secrets", "check", "--format", "github"]);
    let (stdout, _) = text(&output);
    assert!(
        stdout.starts_with("::error file=secrets/luna.env,line=3,") && stdout.lines().count() == 1,
        "{stdout}"
    );
    assert!(stdout.contains("fleet%3A%3Asecrets%3A%3Arecipients"), "{stdout}");
    assert!(stdout.contains("run `sops updatekeys"), "{stdout}");
}

#[test]
fn the_rules_are_listed() {
    let output = fleet(std::env::temp_dir().as_path(), &["secrets", "check", "--rules"]);
    let (stdout, _) = text(&output);
    for rule in
        ["fence", "opens", "creation_rule", "recipients", "file", "private_key", "marker", "vm_test", "host"]
    {
        assert!(stdout.lines().any(|line| line.split_whitespace().next() == Some(rule)), "{stdout}");
    }
}

#[test]
fn the_homelab_has_a_fence_that_holds() {
    let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/homelab");
    let output = fleet(&from, &["secrets", "check"]);
    let (stdout, stderr) = text(&output);
    assert!(output.status.success() && stderr.is_empty(), "{stderr}");
    assert!(stdout.ends_with(": 3 files of sops, 3 creation rules, nothing to complain about\n"), "{stdout}");
}

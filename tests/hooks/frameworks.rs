//! `.pre-commit-hooks.yaml` with pre-commit and prek, on a sample repository. The manifest says `language: rust`, which
//! builds the program, for minutes and with crates from the network; here it is the one that is built already. Who changes
//! the manifest tries the other way by hand: a `.pre-commit-config.yaml` with `repo:` a clone, `rev:` its commit and the
//! three hooks, and `pre-commit run --all-files --verbose`.

use crate::repository::{BAD, GOOD, Repository};
use crate::requirement;
use std::fs;

fn manifest() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/.pre-commit-hooks.yaml")).unwrap()
}

/// A repository whose hooks are ours, with the program on PATH.
fn hooks() -> (Repository, String) {
    let hooks = Repository::new();
    let text = manifest();
    let system = text.replace("language: rust", "language: system");
    assert_ne!(system, text);
    hooks.file(".pre-commit-hooks.yaml", &system);
    hooks.git("add .").code(0);
    hooks.git("commit -qm hooks").code(0);
    let commit = hooks.git("rev-parse HEAD").out.trim().to_owned();
    (hooks, commit)
}

fn sample(framework: &str) -> Repository {
    let sample = Repository::with_tasks("  pre-commit: {cmds: ['! grep -H TODO {{.STAGED}}']}\n");
    let bin = env!("CARGO_BIN_EXE_fleet").trim_end_matches("/fleet");
    let path = format!("{bin}:{}", std::env::var("PATH").unwrap());
    let home = sample.path(framework);
    let home = home.to_str().unwrap().to_owned();
    sample.env("PATH", &path).env("PRE_COMMIT_HOME", &home).env("PREK_HOME", &home).env("HOME", &home)
}

fn try_repo(framework: &str) {
    let (hooks, _) = hooks();
    let sample = sample(framework);
    let hooks = hooks.top();
    let run = |hook: &str| sample.shell(&format!("{framework} try-repo {} {hook}", hooks.display()));
    sample.file("sub/Taskfile.yml", &GOOD.replace("echo a", "echo b"));
    sample.file("note.txt", "TODO\n");
    sample.git("add .").code(0);
    run("fleet-check").code(0).says("Passed");
    run("fleet-secrets").code(0).says("Passed");
    run("fleet-run").code(1).says("Failed").says("note.txt:TODO");
    sample.file("note.txt", "done\n");
    sample.git("add note.txt").code(0);
    run("fleet-run").code(0).says("Passed");
    sample.file("key.txt", crate::secrets::KEY);
    sample.git("add key.txt").code(0);
    fs::remove_file(sample.top().join("key.txt")).unwrap();
    run("fleet-secrets").code(1).says("Failed").says("key.txt");
    sample.git("rm -q --cached key.txt").code(0);
    // What is mended but not staged still fails, and the work tree comes back.
    sample.file("sub/Taskfile.yml", BAD);
    sample.git("add .").code(0);
    sample.file("sub/Taskfile.yml", GOOD);
    run("fleet-check").code(1).says("Failed").says("never closed");
    assert_eq!(sample.read("sub/Taskfile.yml"), GOOD);
}

/// As a user has it: named in a configuration, run by git.
fn commit(framework: &str) {
    let (hooks, revision) = hooks();
    let sample = sample(framework);
    let config = format!(
        "repos:\n- repo: {}\n  rev: {revision}\n  hooks: [{{id: fleet-check}}, {{id: fleet-secrets}}, {{id: fleet-run, args: [names]}}]\n",
        hooks.top().display()
    );
    sample.file(".pre-commit-config.yaml", &config);
    let text = sample.read("Taskfile.yml") + "  names: {cmds: ['echo got {{.STAGED}}; test ! -e stop']}\n";
    sample.file("Taskfile.yml", &text);
    sample.git("add .").code(0);
    sample.shell(&format!("{framework} install")).code(0);
    sample.git("commit -qm good").code(0).says("fleet check").says("fleet run");
    sample.file("stop", "");
    sample.git("add .").code(0);
    sample.git("commit -qm stopped").code(1).says("got stop");
    sample.git("rm -q --cached stop").code(0);
    // In continuous integration.
    fs::remove_file(sample.top().join("stop")).unwrap();
    sample.shell(&format!("{framework} run --all-files")).code(0).says("Passed");
    sample.file("sub/Taskfile.yml", BAD);
    sample.git("commit --no-verify -qam bad").code(0);
    sample.shell(&format!("{framework} run --all-files")).code(1).says("never closed");
}

fn takes_the_manifest(framework: &str) {
    let sample = sample(framework);
    sample.file(".pre-commit-hooks.yaml", &manifest());
    sample.shell(&format!("{framework} validate-manifest .pre-commit-hooks.yaml")).code(0);
}

#[test]
fn pre_commit_runs_the_hooks() {
    if requirement::met("hooks::pre_commit_runs_the_hooks", &["pre-commit"]) {
        takes_the_manifest("pre-commit");
        try_repo("pre-commit");
        commit("pre-commit");
    }
}

#[test]
fn prek_runs_the_hooks() {
    if requirement::met("hooks::prek_runs_the_hooks", &["prek"]) {
        takes_the_manifest("prek");
        try_repo("prek");
        commit("prek");
    }
}

/// `language: rust` builds the programs of the crate at the top of the repository: an entry has to begin with one.
#[test]
fn every_hook_runs_a_program_that_the_crate_builds() {
    let text = manifest();
    let entries: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("entry: ")).collect();
    assert_eq!(entries.len(), text.matches("- id: ").count());
    assert_eq!(entries.len(), text.matches("language: rust").count());
    for entry in entries {
        assert_eq!(entry.split(' ').next(), Some("fleet"), "{entry}");
        let repository = Repository::with_tasks("  pre-commit: {}\n");
        let words = entry.strip_prefix("fleet ").unwrap();
        repository.fleet(words).code(0);
    }
}

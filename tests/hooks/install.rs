//! The installed file: two lines, in the place where git looks, with what was there before.

use crate::repository::Repository;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

fn repository() -> Repository {
    Repository::with_tasks("  lint: {cmds: ['echo linted {{.STAGED}}']}\n")
}

fn commit(repository: &Repository) -> crate::repository::Ran {
    repository.file(
        "other.txt",
        &format!("{}+", fs::read_to_string(repository.top().join("other.txt")).unwrap_or_default()),
    );
    repository.git("add .").code(0);
    repository.git("commit -qm more")
}

#[test]
fn a_hook_is_two_lines_that_exec_fleet() {
    let repository = repository();
    repository.fleet("hook install lint").code(0).says(".git/hooks/pre-commit runs fleet");
    let hook = repository.read(".git/hooks/pre-commit");
    let wanted = format!(
        "#!/bin/sh\nexec {} hook run --hook pre-commit lint -- \"$@\"\n",
        env!("CARGO_BIN_EXE_fleet")
    );
    assert_eq!(hook, wanted);
    repository.fleet("hook install lint").code(0).says("is there already");
    assert_eq!(repository.read(".git/hooks/pre-commit"), hook);
    commit(&repository).code(0).says("linted other.txt");

    repository.fleet("hook install").code(0);
    commit(&repository).code(0).lacks("linted");
    repository.fleet("hook uninstall").code(0).says("is removed");
    assert!(!repository.top().join(".git/hooks/pre-commit").exists());
    repository.fleet("hook uninstall").code(0).says("there is no ");
}

#[test]
fn where_path_leads_to_fleet_the_hook_calls_it_by_name() {
    let path = format!(
        "{}:{}",
        env!("CARGO_BIN_EXE_fleet").trim_end_matches("/fleet"),
        std::env::var("PATH").unwrap()
    );
    let repository = repository().env("PATH", &path);
    repository.fleet("hook install").code(0);
    assert_eq!(
        repository.read(".git/hooks/pre-commit"),
        "#!/bin/sh\nexec fleet hook run --hook pre-commit -- \"$@\"\n"
    );
    commit(&repository).code(0);
}

#[test]
fn a_hook_that_is_there_already_runs_first_and_comes_back() {
    let repository = repository();
    let hook = repository.top().join(".git/hooks/pre-commit");
    let text = "#!/bin/sh\necho \"mine in $(basename \"$PWD\"), $# words\"\ntest ! -e stop || exit 7\n";
    repository.program(&hook, text);
    repository.fleet("hook install lint").code(0).says("pre-commit.before-fleet first");
    repository.fleet("hook install lint").code(0).says("is there already");
    let said = commit(&repository).code(0).says("mine in repository, 0 words").says("linted");
    assert!(said.out.find("mine").unwrap() < said.out.find("linted").unwrap());

    repository.file("stop", "");
    commit(&repository).code(1).says("mine").lacks("linted");
    fs::remove_file(repository.top().join("stop")).unwrap();

    repository.fleet("hook uninstall").code(0).says("is as it was before");
    assert_eq!(fs::read_to_string(&hook).unwrap(), text);
    assert_eq!(hook.metadata().unwrap().permissions().mode() & 0o777, 0o755);
    assert!(!repository.top().join(".git/hooks/pre-commit.before-fleet").exists());
}

#[test]
fn what_is_not_ours_is_not_touched() {
    let repository = repository();
    let hook = repository.top().join(".git/hooks/pre-commit");
    repository.program(&hook, "#!/bin/sh\necho first\n");
    repository.fleet("hook install").code(0);
    // Somebody else's tool takes the place of ours.
    repository.program(&hook, "#!/bin/sh\necho second\n");
    repository.fleet("hook install").code(1).says("is not fleet's").says("remove one of them");
    repository.fleet("hook uninstall").code(1).says("is not fleet's");
    assert_eq!(fs::read_to_string(&hook).unwrap(), "#!/bin/sh\necho second\n");
}

#[test]
fn git_decides_where_hooks_are() {
    let repository = repository();
    repository.git("config core.hooksPath .githooks").code(0);
    repository.fleet("hook install lint").code(0);
    assert!(repository.top().join(".githooks/pre-commit").exists());
    assert!(!repository.top().join(".git/hooks/pre-commit").exists());
    repository.git("config --unset core.hooksPath").code(0);

    // All work trees share the hooks of the repository.
    repository.git("worktree add -q ../second").code(0);
    let second = repository.path("second");
    repository.fleet(&format!("-C {} hook install lint", second.display())).code(0);
    assert!(repository.top().join(".git/hooks/pre-commit").exists());
    fs::write(second.join("there.txt"), "there").unwrap();
    repository.git(&format!("-C {} add .", second.display())).code(0);
    repository.git(&format!("-C {} commit -qm there", second.display())).code(0).says("linted there.txt");
    repository.fleet("-C sub hook uninstall").code(0).says("is removed");
}

#[test]
fn a_hook_cannot_be_written_where_it_may_not() {
    let repository = repository();
    repository.git("config core.hooksPath /proc/nowhere").code(0);
    repository.fleet("hook install").code(1).says("error: /proc/nowhere").says("core.hooksPath");
    repository.fleet("hook install --hook pre-comit").code(2).says("pre-commit");
}

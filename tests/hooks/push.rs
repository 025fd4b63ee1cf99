//! The hook before a push: the commits that are pushed count, whatever is checked out.

use crate::repository::{BAD, GOOD, Repository};

fn with_remote() -> Repository {
    let repository =
        Repository::with_tasks("  names: {cmds: ['echo pushed: {{.STAGED}}.', 'cat sub/Taskfile.yml']}\n");
    repository.git("init -q --bare ../remote").code(0);
    repository.git("remote add origin ../remote").code(0);
    repository.git("push -q origin main").code(0);
    repository
}

#[test]
fn a_pushed_mistake_stops_the_push() {
    let repository = with_remote();
    repository.fleet("hook install --hook pre-push").code(0);
    repository.git("switch -qc other").code(0);
    repository.file("sub/Taskfile.yml", BAD);
    repository.git("commit -qam bad").code(0);
    repository.git("switch -q main").code(0);
    repository.git("push -q origin other").code(1).says("never closed");
    repository.file("sub/Taskfile.yml", BAD);
    repository.git("commit --allow-empty -qm fine").code(0);
    repository.git("push -q origin main").code(0);
    repository.git("push -q origin --delete main").code(0);
}

#[test]
fn tasks_get_the_files_of_the_push_as_they_are_pushed() {
    let repository = with_remote();
    repository.fleet("hook install --hook pre-push names").code(0);
    repository.file("sub/Taskfile.yml", &GOOD.replace("echo a", "echo pushed-text"));
    repository.file("a b.txt", "text");
    repository.git("add .").code(0);
    repository.git("commit -qm second").code(0);
    repository.file("sub/Taskfile.yml", &GOOD.replace("echo a", "echo later-text"));
    repository
        .git("push -q origin main")
        .code(0)
        .says("pushed: a b.txt sub/Taskfile.yml.")
        .says("echo pushed-text")
        .lacks("later-text");
    repository.git("push -q origin main:new").code(0).says("pushed: Taskfile.yml a b.txt sub/Taskfile.yml.");
    repository.left_nothing();
}

#[test]
fn the_hook_before_gets_what_git_tells() {
    let repository = with_remote();
    let hook = repository.top().join(".git/hooks/pre-push");
    repository.program(&hook, "#!/bin/sh\necho \"to $1: $(cut -d' ' -f1)\"\n");
    repository.fleet("hook install --hook pre-push").code(0);
    repository.file("sub/Taskfile.yml", BAD);
    repository.git("commit -qam bad").code(0);
    repository.git("push -q origin main").code(1).says("to origin: refs/heads/main").says("never closed");
}

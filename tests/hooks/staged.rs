//! Only what is staged counts, in every kind of repository.

use crate::repository::{BAD, GOOD, Repository};

fn installed() -> Repository {
    let repository = Repository::with_tasks("  lint: {cmds: [echo linted]}\n");
    repository.fleet("hook install").code(0);
    repository
}

#[test]
fn a_mistake_that_is_staged_stops_the_commit_though_it_is_mended_in_the_work_tree() {
    let repository = installed();
    repository.file("sub/Taskfile.yml", BAD);
    repository.git("add .").code(0);
    repository.file("sub/Taskfile.yml", GOOD);
    repository
        .git("commit -qm second")
        .code(1)
        .says("sub/Taskfile.yml:2:")
        .says("opened here and never closed");
    repository.git("add .").code(0);
    repository.git("commit -qm second --allow-empty").code(0);
}

#[test]
fn a_mistake_that_is_not_staged_stops_nothing() {
    let repository = installed();
    repository.file("sub/Taskfile.yml", &GOOD.replace("echo a", "echo b"));
    repository.git("add .").code(0);
    repository.file("sub/Taskfile.yml", BAD);
    repository.file("Taskfile.yml", BAD);
    let committed = repository.git("commit -qm second").code(0);
    assert_eq!(committed.out, "", "all is well");
    assert_eq!(repository.read("sub/Taskfile.yml"), BAD);
    assert_eq!(repository.read("Taskfile.yml"), BAD);
}

#[test]
fn an_include_has_to_be_in_the_commit() {
    let repository = installed();
    repository.file("more.yml", GOOD);
    let text = repository.read("Taskfile.yml").replace("sub: ./sub", "sub: ./sub, more: ./more.yml");
    repository.file("Taskfile.yml", &text);
    repository.git("add Taskfile.yml").code(0);
    repository
        .git("commit -qm second")
        .code(1)
        .says("more.yml is used, but not in the commit")
        .says("git add more.yml");
    repository.git("add more.yml").code(0);
    repository.git("commit -qm second").code(0);

    repository.git("rm -q --cached sub/Taskfile.yml").code(0);
    repository.git("commit -qm third").code(1).says("sub/Taskfile.yml is used, but not in the commit");
}

#[test]
fn files_that_are_no_part_of_a_project_are_nobodys_business() {
    let repository = installed();
    repository.file("deployment.yaml", "kind: {\n");
    repository.file("Taskfile.yml", BAD);
    repository.git("add deployment.yaml").code(0);
    repository.git("commit -qm second").code(0);
}

/// `git commit FILE` has an index of its own, which holds that file alone.
#[test]
fn the_index_is_the_one_that_git_commits() {
    let repository = installed();
    repository.file("other.txt", "other\n");
    repository.git("add other.txt").code(0);
    repository.file("sub/Taskfile.yml", BAD);
    repository.git("add sub").code(0);
    repository.git("commit -qm second other.txt").code(0);
    repository.git("commit -qm third sub/Taskfile.yml").code(1).says("never closed");
    repository.git("commit -qam third").code(1).says("never closed");
}

#[test]
fn the_first_commit_is_checked() {
    let repository = Repository::new();
    repository.fleet("hook install").code(0);
    repository.file("Taskfile.yml", BAD);
    repository.git("add .").code(0);
    repository.git("commit -qm first").code(1).says("Taskfile.yml:2:");
    repository.file("Taskfile.yml", GOOD);
    repository.git("add .").code(0);
    repository.git("commit -qm first").code(0);
}

#[test]
fn a_merge_is_checked_once_it_is_resolved() {
    let repository = installed();
    repository.git("switch -qc other").code(0);
    repository.file("sub/Taskfile.yml", &GOOD.replace("echo a", "echo other"));
    repository.git("commit -qam other").code(0);
    repository.git("switch -q main").code(0);
    repository.file("sub/Taskfile.yml", &GOOD.replace("echo a", "echo main"));
    repository.git("commit -qam main").code(0);
    repository.git("merge -q other").code(1);
    repository.fleet("hook run").code(1).says("sub/Taskfile.yml is in conflict").says("git add");
    repository.file("sub/Taskfile.yml", BAD);
    repository.git("add .").code(0);
    repository.git("commit -qm merged").code(1).says("never closed");
    repository.file("sub/Taskfile.yml", GOOD);
    repository.git("add .").code(0);
    repository.git("commit -qm merged").code(0);
}

#[test]
fn a_submodule_has_no_content_to_judge() {
    let repository = Repository::with_tasks("  names: {cmds: ['echo staged: {{.STAGED}}.']}\n");
    let inner = Repository::with_tasks("  a: {}\n");
    repository.fleet("hook install names").code(0);
    let url = inner.top();
    let add = format!("-c protocol.file.allow=always submodule --quiet add {} inner", url.display());
    repository.git(&add).code(0);
    repository.git("commit -qm second").code(0).says("staged: .gitmodules.");
    repository.git("-C inner commit -q --allow-empty -m more").code(0);
    repository.git("commit -qam third").code(0).lacks("staged:");
}

#[test]
fn files_that_a_sparse_work_tree_leaves_out_count() {
    let repository = installed();
    repository.file("docs/page.txt", "page\n");
    repository.git("add .").code(0);
    repository.git("commit -qm second").code(0);
    repository.git("sparse-checkout set docs").code(0);
    assert!(!repository.top().join("sub").exists());
    let text = repository.read("Taskfile.yml").replace("linted", "linted more");
    repository.file("Taskfile.yml", &text);
    repository.git("commit -qam third").code(0);
    repository.file("Taskfile.yml", &text.replace("./sub", "./subs"));
    repository.git("commit -qam fourth").code(1).says("/subs, which does not exist");
}

#[test]
fn where_nothing_is_committed_there_is_nothing_to_judge() {
    let repository = installed();
    repository.git("clone -q --bare . ../bare").code(0);
    let bare = repository.path("bare");
    for words in ["hook", "hook install", "hook uninstall"] {
        repository.fleet(&format!("-C {} {words}", bare.display())).code(1).says("is a bare repository");
    }
    let outside = repository.path("tmp");
    repository.fleet(&format!("-C {} hook", outside.display())).code(1).says("is in no git repository");
}

/// In continuous integration nothing is staged.
#[test]
fn by_hand_all_that_is_tracked_is_checked_where_nothing_is_staged() {
    let repository = Repository::with_tasks("  lint: {}\n");
    repository.file("sub/Taskfile.yml", BAD);
    repository.git("commit -qam second").code(0);
    repository.fleet("hook").code(109).says("never closed");
    repository.file("other.txt", "other\n");
    repository.git("add .").code(0);
    repository.fleet("hook").code(0);
    repository.fleet("hook --all").code(109).says("never closed");
}

#[test]
fn a_hook_that_git_does_not_help_says_so() {
    let repository = installed();
    repository.file("other.txt", "other\n");
    repository.git("add .").code(0);
    std::fs::write(repository.top().join(".git/index"), "no index").unwrap();
    repository.fleet("hook").code(1).says("error: git says: ");
    let mut command = repository.command(env!("CARGO_BIN_EXE_fleet"));
    let output = command.arg("hook").env("PATH", "/nowhere").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`git` is not on PATH"));
}

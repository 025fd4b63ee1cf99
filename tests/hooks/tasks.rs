//! Tasks of a hook: they get the staged files, see the staged content, and leave the work tree alone.

use crate::repository::Repository;
use std::fs;
use std::process::Stdio;

#[test]
fn tasks_see_what_is_staged_and_not_the_rest() {
    let repository = Repository::with_tasks(
        "  show: {cmds: ['cat {{.STAGED}}', 'git diff --cached --name-only', 'ls']}\n",
    );
    repository.fleet("hook install show").code(0);
    repository.file("note.txt", "staged\n");
    repository.git("add note.txt").code(0);
    repository.file("note.txt", "staged\nnot staged\n");
    repository.file("untracked.txt", "untracked\n");
    let before = repository.git("status --porcelain").code(0).out;
    let said = repository.git("commit -qm second").code(0).says("staged\n").says("note.txt");
    assert!(!said.out.contains("not staged") && !said.out.contains("untracked"), "{}", said.out);
    assert_eq!(before, "AM note.txt\n?? untracked.txt\n");
    assert_eq!(repository.git("status --porcelain").out, " M note.txt\n?? untracked.txt\n");
    assert_eq!(repository.read("note.txt"), "staged\nnot staged\n");
    assert_eq!(repository.git("show HEAD:note.txt").out, "staged\n");
    repository.left_nothing();
}

#[test]
fn a_task_that_fails_stops_the_commit() {
    let repository = Repository::with_tasks("  lint: {cmds: ['! grep -n TODO {{.STAGED}}']}\n");
    repository.fleet("hook install lint").code(0);
    repository.file("a.txt", "TODO\n");
    repository.git("add .").code(0);
    repository.file("a.txt", "mended\n");
    repository.git("commit -qm second").code(1).says("1:TODO");
    repository.git("add .").code(0);
    repository.git("commit -qm second").code(0);
    repository.fleet("hook run linnt --all").code(200).says("did you mean `lint`?");
}

#[test]
fn names_are_words_for_the_shell_and_a_list() {
    let tasks = "  show:\n    cmds:\n      - 'printf \"<%s>\" {{.STAGED}}'\n      - {for: {var: STAGED_LIST}, cmd: 'echo {{printf \"[%s]\" .ITEM | shellQuote}}'}\n";
    let repository = Repository::with_tasks(tasks);
    for name in ["a b.txt", "it's", "$(touch owned)", "-n", "ü.txt"] {
        repository.file(name, "text");
    }
    repository.git("add .").code(0);
    let said = repository.fleet("hook run show").code(0);
    for name in ["a b.txt", "it's", "$(touch owned)", "-n", "ü.txt"] {
        assert!(said.out.contains(&format!("<{name}>")), "{name}: {}", said.out);
    }
    assert!(said.out.contains("[a b.txt]\n"), "{}", said.out);
    assert!(!repository.top().join("owned").exists());
    // Those that are removed are not there to look at.
    repository.git("commit -qm second").code(0);
    repository.git("rm -q ü.txt").code(0);
    repository.fleet("hook run show").code(0).lacks("ü.txt");
}

#[test]
fn five_thousand_files_are_a_list() {
    let tasks =
        "  count: {cmds: ['echo {{len .STAGED_LIST}} files', 'printf \"%s\\n\" {{.STAGED}} | wc -l']}\n";
    let repository = Repository::with_tasks(tasks);
    repository.fleet("hook install count").code(0);
    for number in 0..5_000 {
        repository.file(&format!("files/{}/{number}.yaml", number % 50), &format!("{number}"));
    }
    repository.git("add .").code(0);
    repository.git("commit -qm many").code(0).says("5000 files").says("\n5000\n");
}

#[test]
fn a_warning_is_told_once() {
    let repository = Repository::with_tasks("  lint: {vars: {DAY: 2024-01-01}, cmds: ['echo {{.DAY}}']}\n");
    repository.git("add .").code(0);
    let ran = repository.fleet("hook run lint").code(0).says("2024-01-01");
    assert_eq!(ran.out.matches("is a date in YAML").count(), 1, "{}", ran.out);
    let ran = repository.fleet("hook run --only tasks lint").code(0);
    assert_eq!(ran.out.matches("is a date in YAML").count(), 1, "{}", ran.out);
}

#[test]
fn without_a_name_the_task_pre_commit_runs() {
    let repository = Repository::with_tasks("  pre-commit: {cmds: ['echo ran on {{.STAGED}}']}\n");
    repository.file("a.txt", "text");
    repository.git("add .").code(0);
    repository.fleet("hook run --only tasks").code(0).says("ran on a.txt");
    repository.fleet("hook run --only check").code(0).lacks("ran on");
    let without = Repository::with_tasks("  lint: {}\n");
    without.fleet("hook run --only tasks").code(200).says("there is no task or pipeline `pre-commit`");
}

/// The work tree is never changed, so that there is nothing to put back.
#[test]
fn an_interrupted_hook_leaves_everything_as_it_was() {
    let repository = Repository::with_tasks("  wait: {cmds: ['echo begun > \"$MARK\"; sleep 60']}\n");
    let mark = repository.path("mark");
    let repository = repository.env("MARK", mark.to_str().unwrap());
    repository.fleet("hook install wait").code(0);
    repository.file("note.txt", "staged\n");
    repository.git("add note.txt").code(0);
    repository.file("note.txt", "not staged\n");
    let mut command = repository.command("setsid");
    let mut commit = command.args(["git", "commit", "-qm", "second"]).stderr(Stdio::null()).spawn().unwrap();
    while !mark.exists() {
        assert!(commit.try_wait().unwrap().is_none(), "the hook ended early");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    // As the terminal does: the whole group hears of it.
    repository.shell(&format!("kill -INT -- -{}", commit.id())).code(0);
    assert!(!commit.wait().unwrap().success());
    // git ends without waiting for its hook.
    while fs::read_dir(repository.path("tmp")).unwrap().next().is_some() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(repository.git("status --porcelain").out, "AM note.txt\n");
    assert_eq!(repository.read("note.txt"), "not staged\n");
}

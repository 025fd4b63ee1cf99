//! Variables of the shell whose commands run side by side, and those that wait for their turn.

use crate::fixture::{Fixture, Ran};

/// Reads what somebody writes into `a`, and what somebody writes into `b` before that: whoever reads them one after another
/// waits for ever.
fn met(program: &str, command: &str) -> Ran {
    let taskfile = format!(
        "version: '3'\nvars:\n  A: {{sh: '{program} a'}}\n  B: {{sh: '{program} b'}}\ntasks:\n  t: {{silent: true, cmds: ['echo {{{{.A}}}} {{{{.B}}}}']}}\n"
    );
    let fixture =
        Fixture::new().file("Taskfile.yml", taskfile).program("read", "#!/bin/sh\nexec cat \"$1\"\n");
    fixture.shell(&format!(
        "mkfifo a b; {{ echo 2 >b; echo 1 >a; }} & timeout 30 \"$FLEET\" {command}; code=$?; kill $! 2>/dev/null; exit $code"
    ))
}

#[test]
fn commands_that_only_read_run_at_once_as_task_too() {
    for command in ["task t", "run t", "task t -C 2"] {
        let ran = met("cat", command).code(0);
        assert_eq!(ran.stdout, "1 2\n", "{command}");
    }
}

#[test]
fn programs_that_nobody_knows_run_at_once_in_fleet_run() {
    assert_eq!(met("./read", "run t").code(0).stdout, "1 2\n");
}

/// A first command that fails once the second runs, and what is left of the second.
#[test]
fn what_was_begun_ends_when_an_earlier_one_fails() {
    let taskfile = "version: '3'\nvars:\n  A: {sh: './fail'}\n  B: {sh: './stay'}\ntasks:\n  t: {cmds: ['echo {{.A}} {{.B}}']}\n";
    let fixture = Fixture::new()
        .file("Taskfile.yml", taskfile)
        .program("fail", "#!/bin/sh\nwhile [ ! -s pid ]; do sleep 0.01; done\nexit 3\n")
        .program("stay", "#!/bin/sh\necho heard >&2\necho $$ >pid.new\nmv pid.new pid\nexec sleep 600\n");
    let ran = fixture.shell(
        "timeout 60 \"$FLEET\" run t; code=$?; kill -0 $(cat pid) 2>/dev/null && echo left; exit $code",
    );
    assert_eq!((ran.stdout.as_str(), ran.stderr.contains("heard")), ("", false));
    assert!(ran.code(1).stderr.contains("exit code 3"));
}

/// In `fleet run`, too, what writes to a file has its turn, and what names a variable waits for it.
#[test]
fn commands_that_need_each_other_run_one_after_another() {
    let taskfile = r#"version: '3'
vars:
  A: {sh: 'sleep 0.1; echo 1 >file; uname >&2'}
  B: {sh: 'cat file'}
  C: {sh: './slow'}
  D: {sh: './show C'}
  E: {sh: './show {{.C}}'}
tasks:
  t: {silent: true, cmds: ['echo {{.A}} {{.B}} {{.C}} {{.D}} {{.E}}']}
"#;
    let fixture = Fixture::new()
        .file("Taskfile.yml", taskfile)
        .program("slow", "#!/bin/sh\nsleep 0.1\necho c\n")
        .program("show", "#!/bin/sh\necho \"$1=$(printenv \"$1\")\"\n");
    assert_eq!(fixture.run(["run", "t"]).code(0).stdout, "1 c C=c c=\n");
}

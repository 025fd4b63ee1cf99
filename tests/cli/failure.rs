//! Tasks that fail under `fleet run`: the place in the file, and what to do. The words of `task` are for `task`.

use crate::fixture::{Fixture, Ran};

#[track_caller]
fn failed(tasks: &str, words: &str, code: i32) -> Ran {
    let fixture = Fixture::new().file("Taskfile.yml", format!("version: '3'\nsilent: true\ntasks:\n{tasks}"));
    fixture.shell(&format!("\"$FLEET\" run {words}")).code(code).stderr_lacks("task: Failed")
}

/// The place and the words there, without advice.
#[track_caller]
fn at(ran: Ran, place: &str, line: &str) -> Ran {
    ran.stderr_contains(&format!("[Taskfile.yml:{place}]")).stderr_contains(line)
}

#[test]
fn the_command_that_failed_is_shown_with_its_task() {
    let ran = failed("  a: {cmds: [{task: b}]}\n  b: {cmds: ['true', 'exit 7']}\n", "a", 201);
    at(ran, "5:22", "× a command ended with exit code 7")
        .stderr_contains("this command of `b`, which `a` led to");
    let ran = failed("  a:\n    cmds:\n      - |\n        echo one\n        false\n", "a", 201);
    at(ran, "7:9", "this command of `a`");
    failed("  a: {cmds: ['nosuchprogram-x']}\n", "a", 201)
        .points_at("Taskfile.yml:4:14", "'nosuchprogram-x'")
        .stderr_contains("the program is not there");
    at(failed("  a: {cmds: [{cmd: sleep 9, timeout: 10ms}]}\n", "a", 208), "4:20", "its `timeout` of 10ms");
    at(
        failed("  a: {preconditions: ['exit 1'], cmds: ['true']}\n", "a", 201),
        "4:23",
        "a precondition of the task `a`",
    );
    at(
        failed("  a: {vars: {X: {sh: exit 4}}, cmds: ['echo {{.X}}']}\n", "a", 1),
        "4:22",
        "ended with exit code 4",
    );
}

#[test]
fn what_a_shell_does_not_understand_is_shown_where_it_stands() {
    let ran = failed("  a:\n    cmds:\n      - |\n        echo one\n          if true; echo x\n", "a", 201);
    at(ran, "8:11", "the shell does not understand this");
    at(failed("  a: {cmds: [\"echo 'x\"]}\n", "a", 201), "4:20", "without closing quote");
}

#[test]
fn variables_that_are_missing_or_wrong_are_told_with_the_command_line_to_type() {
    let task = "  a: {requires: {vars: [host, {name: mode, enum: [on, off]}]}, cmds: ['true']}\n";
    failed(task, "a", 206)
        .points_at("Taskfile.yml:4:25", "host")
        .stderr_contains("needs the variables `host` and `mode`")
        .stderr_contains("`fleet run a host=... mode=on|off`");
    failed(task, "a host=x mode=of", 207)
        .stderr_contains("`mode` cannot be `of`")
        .stderr_contains("did you mean `mode=o");
}

#[test]
fn names_that_cannot_be_called_are_told_with_the_reason() {
    failed("  a: {internal: true, cmds: ['true']}\n", "a", 202)
        .points_at("Taskfile.yml:4:3", "a")
        .stderr_contains("only other tasks can call it");
    failed("  a: {aliases: [x], cmds: ['true']}\n  b: {aliases: [x], cmds: ['true']}\n", "x", 203)
        .stderr_contains("`x` is an alias of `a` and `b`");
    failed("  a: {prompt: sure?, cmds: ['true']}\n", "a </dev/null", 205).stderr_contains("`--yes` answers");
    let nested = Fixture::new()
        .file("Taskfile.yml", "version: '3'\nincludes: {ns: sub.yml}\n")
        .file("sub.yml", "version: '3'\ntasks: {build: {cmds: ['true']}}\n");
    nested.run(["run", "build"]).code(200).stderr_contains("did you mean `ns:build`?");
}

#[test]
fn a_template_that_cannot_be_rendered_is_told_without_gos_count_of_columns() {
    failed("  a: {vars: {X: 1}, cmds: ['echo {{.X.Y}}']}\n", "a", 1)
        .points_at("Taskfile.yml:4:36", ".X.Y")
        .stderr_contains("× the template cannot be rendered: can't evaluate field Y")
        .stderr_lacks("template: :1");
}

//! Calls of tasks where `fleet task` does as go-task does, and `fleet run` as people mean it.

use crate::fixture::Fixture;

fn project(tasks: &str) -> Fixture {
    Fixture::new().file("Taskfile.yml", format!("version: '3'\nsilent: true\ntasks:\n{tasks}"))
}

#[test]
fn of_dependencies_the_last_begins_as_task_and_the_first_in_fleet_run() {
    let project = project(
        "  all: {deps: [a, b, c]}\n  a: {cmds: [echo a]}\n  b: {cmds: [echo b]}\n  c: {cmds: [echo c]}\n",
    );
    project.run(["task", "all"]).code(0).stdout_is("c\na\nb\n");
    project.run(["task", "--parallel", "a", "b", "c"]).code(0).stdout_is("c\na\nb\n");
    project.run(["run", "all"]).code(0).stdout_is("a\nb\nc\n");
}

#[test]
fn references_see_the_loop_in_fleet_run_alone() {
    let project = project(
        "  all: {cmds: [{for: [a, b], task: show, vars: {WORD: {ref: .ITEM}}}]}\n  show: {cmds: ['echo [{{.WORD}}]']}\n",
    );
    project.run(["run", "all"]).code(0).stdout_is("[a]\n[b]\n");
    project.run(["task", "all"]).code(0).stdout_is("[]\n[]\n");
}

#[test]
fn variables_tell_calls_apart_in_fleet_run_alone() {
    let project = project(
        "  all: {cmds: [{task: show, vars: {WORD: a}}, {task: show, vars: {WORD: b}}, {task: show, vars: {WORD: b}}]}\n  show: {run: when_changed, env: {SEEN: '{{.WORD}}'}, cmds: ['echo $SEEN']}\n",
    );
    project.run(["run", "all"]).code(0).stdout_is("a\nb\n");
    project.run(["task", "all"]).code(0).stdout_is("a\n");
}

/// go-task waits for ever.
#[test]
fn tasks_that_run_once_do_not_wait_for_themselves() {
    let project = project(
        "  alone: {run: once, cmds: [{task: alone}]}
  one: {run: once, deps: [two]}
  two: {deps: [one]}
  both: {deps: [left, right]}
  left: {run: once, cmds: [sleep 0.1, {task: right}]}
  right: {run: once, cmds: [sleep 0.1, {task: left}]}
  cleans: {run: once, cmds: [{defer: {task: cleans}}, echo did]}
  diamond: {run: once, deps: [a, b]}
  a: {run: once, deps: [base]}
  b: {run: once, deps: [base, a]}
  base: {run: once, cmds: [echo base]}
",
    );
    for command in ["alone", "one", "both"] {
        let ran = project.shell(&format!("timeout -k 5 60 \"$FLEET\" task {command}"));
        ran.code(204).stderr_contains("probably an cyclic dep or infinite loop");
    }
    project.shell("timeout -k 5 60 \"$FLEET\" task cleans").code(0).stdout_is("did\n");
    project.shell("timeout -k 5 60 \"$FLEET\" task diamond").code(0).stdout_is("base\n");
}

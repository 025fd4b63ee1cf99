//! `fleet run --explain`: why each task ran or did not.

use crate::fixture::Fixture;

const TASKFILE: &str = r#"version: '3'
silent: true
tasks:
  build: {deps: [gen], sources: ['src/*.txt'], generates: [out], cmds: ['cat src/*.txt >out']}
  gen: {status: ['test -f made'], cmds: ['touch made']}
  always: {cmds: ['true']}
  elsewhere: {platforms: [windows], cmds: ['true']}
  never: {if: 'exit 3', cmds: ['true']}
  twice: {cmds: [{task: once}, {task: once}]}
  once: {run: once, cmds: ['true']}
  off: {method: none, sources: [src/a.txt], cmds: ['true']}
  newer: {method: timestamp, sources: [src/a.txt], generates: [out], cmds: ['true']}
"#;

fn project() -> Fixture {
    let project = Fixture::new().file("Taskfile.yml", TASKFILE).file("src/a.txt", "a").file("src/b.txt", "b");
    let cache = project.path("cache");
    project.env("XDG_CACHE_HOME", cache)
}

#[test]
fn sources_that_changed_are_named() {
    let project = project();
    project
        .run(["run", "build", "--explain"])
        .code(0)
        .stderr_contains("why: gen runs: status exited with 1: test -f made\n")
        .stderr_contains("why: build runs: out, which it generates, is not there\n");
    project
        .run(["run", "build", "--explain"])
        .code(0)
        .stderr_contains("why: gen does not run: its status command succeeds\n")
        .stderr_contains("why: build does not run: its sources are as they were\n");
    let project = project.file("src/b.txt", "other").file("src/c.txt", "");
    project
        .run(["run", "build", "--explain"])
        .code(0)
        .stderr_contains("why: build runs: src/b.txt changed, src/c.txt is new\n");
    std::fs::remove_file(project.path("src/a.txt")).unwrap();
    // A file that was only touched has not changed.
    let project = project.file("src/b.txt", "other");
    project
        .run(["run", "build", "--explain", "--dry"])
        .code(0)
        .stderr_contains("why: build runs: src/a.txt is gone\n");
    project.run(["run", "build", "--explain"]).stderr_contains("why: build runs: src/a.txt is gone\n");
    std::fs::remove_file(project.path("out")).unwrap();
    project
        .run(["run", "build", "--explain"])
        .stderr_contains("why: build runs: out, which it generates, is not there\n");
    project
        .run(["run", "build", "--explain", "--force"])
        .stderr_contains("why: build runs: forced by `--force`\n");
}

#[test]
fn what_else_decides_is_told() {
    let project = project();
    for (task, told) in [
        ("always", "always runs: it has neither sources nor status, so it always runs\n"),
        ("never", "never does not run: its `if` exited with 3: exit 3\n"),
        ("elsewhere", "elsewhere does not run: it is not for "),
        ("twice", "once does not run: it ran in this run already\n"),
        ("newer", "newer runs: out, which it generates, is not there\n"),
        ("off", "off runs: its method is `none`\n"),
    ] {
        project.run(["run", task, "--explain"]).code(0).stderr_contains(&format!("why: {told}"));
    }
    project.run(["run", "build"]).code(0).stderr_lacks("why: ");
}

#[test]
fn the_work_of_task_is_known_but_not_what_changed() {
    let project = project();
    project.run(["task", "build"]).code(0);
    project
        .run(["run", "build", "--explain"])
        .stderr_contains("why: build does not run: its sources are as they were");
    let project = project.file("src/b.txt", "b2");
    project.run(["task", "build"]).code(0);
    let project = project.file("src/b.txt", "b3");
    project
        .run(["run", "build", "--explain"])
        .stderr_contains("why: build runs: its sources changed since it ran\n");
}

#[test]
fn programs_read_it_as_json() {
    let project = project();
    project.run(["run", "build"]).code(0);
    let project = project.file("src/b.txt", "other");
    let ran = project.run(["run", "build", "--explain", "--json"]).code(0);
    let lines: Vec<serde_json::Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{}", ran.stdout);
    assert_eq!(lines[1]["event"], "task");
    assert_eq!(lines[1]["task_event"], "explained");
    assert_eq!((&lines[1]["task"], &lines[1]["runs"]), (&"build".into(), &true.into()));
    assert_eq!(lines[1]["reasons"], serde_json::json!([{"because": "sources", "changed": ["src/b.txt"]}]));
}

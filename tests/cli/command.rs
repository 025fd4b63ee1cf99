//! What the commands print.

use crate::fixture::Fixture;

#[test]
fn version_and_help() {
    let fixture = Fixture::new();
    let version = format!("fleet {}\n", env!("CARGO_PKG_VERSION"));
    fixture.run(["--version"]).code(0).silent().stdout_is(&version);
    fixture.run(["-V"]).code(0).stdout_is(&version);
    let help = fixture.run(["--help"]).code(0).silent();
    for command in [
        "run", "list", "hosts", "status", "exec", "unlock", "rollback", "resume", "history", "logs", "plan",
        "check", "task", "schema",
    ] {
        assert!(help.stdout.contains(&format!("\n  {command} ")), "{command} is missing:\n{}", help.stdout);
        let help = fixture.command(&[command, "--help"]).output().unwrap();
        let text = String::from_utf8(help.stdout).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= 100) || command == "task", "{text}");
    }
}

#[test]
fn list_has_tasks_and_pipelines() {
    let fixture = Fixture::fleet();
    fixture
        .run(["list"])
        .code(0)
        .silent()
        .stdout_is("Pipelines:\n  deploy  Deploys  (also nix:apply)\nTasks:\n  hello   Says hello\n");
    fixture.run(["list", "--all"]).code(0).stdout_contains("  depends\n");
    let ran = fixture.run(["list", "--json", "--all"]).code(0);
    let entries: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let names: Vec<&str> =
        entries.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["deploy", "calls", "depends", "hello"]);
    assert_eq!(
        entries[0],
        serde_json::json!({"name": "deploy", "kind": "pipeline", "desc": "Deploys", "aliases": ["nix:apply"]})
    );
}

#[test]
fn the_file_and_the_directory_can_be_named() {
    let fixture =
        Fixture::new().file("sub/Taskfile.yml", "version: '3'\ntasks: {a: 'pwd'}\n").directory("sub/deep");
    let sub = format!("{}\n", fixture.path("sub").canonicalize().unwrap().display());
    for words in [
        vec!["-C", "sub", "run", "a"],
        vec!["run", "a", "-C", "sub/deep"],
        vec!["-f", "sub/Taskfile.yml", "run", "a"],
        vec!["run", "a", "--file", "sub"],
    ] {
        let output = fixture.command(&words).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), sub, "{words:?}");
    }
}

#[test]
fn words_are_names_variables_and_arguments() {
    let fixture = Fixture::new().file(
        "Taskfile.yml",
        "version: '3'\nsilent: true\ntasks:\n  a: 'echo a {{.X}}'\n  b: 'echo b {{.X}} {{.CLI_ARGS}}'\n",
    );
    fixture.run(["run", "a", "b", "X=1", "--", "c d", "e"]).code(0).stdout_is("a 1\nb 1 c d e\n");
    fixture.run(["run", "X=1=2", "a"]).code(0).stdout_is("a 1=2\n");
}

#[test]
fn plans_are_the_same_each_time_in_every_form() {
    let fixture = Fixture::fleet();
    for name in ["deploy", "depends"] {
        for format in ["tree", "dot", "mermaid", "json"] {
            let plan =
                || fixture.run(["plan", name, "--rehearse", "--format", format]).code(0).silent().stdout;
            let first = plan();
            assert!(!first.is_empty());
            assert_eq!(first, plan());
        }
    }
    fixture
        .run(["plan", "depends"])
        .code(0)
        .stdout_is("depends: 2 steps\n└── task\n    ├── pipeline deploy\n    └── task depends\n");
    fixture.run(["plan", "deploy", "--rehearse", "@edge"]).code(0).stdout_contains("deploy: 1 host\n");
    fixture.run(["plan", "deploy", "--rehearse", "host=luna"]).code(0).stdout_contains("probe: luna\n");
    // Nothing was run, so nothing is kept.
    assert!(!fixture.path(".fleet").exists());
}

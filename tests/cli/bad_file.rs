//! Files that cannot be used: each is refused with message, place, words and advice, and nothing is done.

use crate::fixture::{FLEET, Fixture, Ran};

/// Refused in the same way by whatever command reads the file.
#[track_caller]
fn refused(content: impl AsRef<[u8]>, code: i32) -> Ran {
    let fixture = Fixture::new().file("Fleetfile.yaml", content);
    let listed = fixture.run(["list"]).code(code).touched_nothing();
    let run = fixture.run(["run", "deploy", "--rehearse", "--yes"]).code(code).touched_nothing();
    let checked = fixture.run(["check"]).code(code).touched_nothing();
    assert_eq!(listed.stderr, run.stderr);
    assert_eq!(listed.stderr, checked.stderr);
    listed
}

#[test]
fn unknown_keys_are_named_with_the_key_that_was_meant() {
    refused("version: '3'\ntasks:\n  a: {descr: x}\n", 102)
        .points_at("Fleetfile.yaml:3:7", "descr")
        .stderr_contains("did you mean `desc`?");
    refused("version: '3'\nfleet: {hots: {}}\n", 102)
        .points_at("Fleetfile.yaml:2:9", "hots")
        .stderr_contains("did you mean `hosts`?");
    refused("version: '3'\npipelines:\n  p: {bild: {}}\n", 102)
        .points_at("Fleetfile.yaml:3:7", "bild")
        .stderr_contains("did you mean `build`?");
    refused("version: '3'\npipelines:\n  p: {deploy: {zzzz: 1}}\n", 102)
        .points_at("Fleetfile.yaml:3:16", "zzzz")
        .stderr_contains("known keys: `action`");
}

#[test]
fn a_taskfile_may_have_unknown_keys_as_for_go_task() {
    let fixture =
        Fixture::new().file("Taskfile.yml", "version: '3'\ntasks:\n  a: {descr: x, cmds: [echo hi]}\n");
    fixture
        .run(["run", "a"])
        .code(0)
        .stdout_is("hi\n")
        .points_at("Taskfile.yml:3:7", "descr")
        .stderr_contains("⚠ unknown key `descr` in task");
}

#[test]
fn wrong_types_say_what_was_expected() {
    refused("version: '3'\ntasks:\n  a: {cmds: 3}\n", 102)
        .points_at("Fleetfile.yaml:3:13", "3")
        .stderr_contains("expected a list of commands, found a number")
        .stderr_contains("write one item a line");
    refused("version: '3'\nvars: [a]\n", 102)
        .points_at("Fleetfile.yaml:2:7", "[a]")
        .stderr_contains("expected a mapping of variables, found a list");
    refused("version: '3'\npipelines:\n  p: {build: {at_once: many}}\n", 102)
        .points_at("Fleetfile.yaml:3:24", "many");
    refused("version: '3'\npipelines:\n  p: {deploy: {action: swich}}\n", 102)
        .points_at("Fleetfile.yaml:3:24", "swich")
        .stderr_contains("did you mean `switch`?");
}

#[test]
fn tabs_do_not_indent() {
    refused("version: '3'\ntasks:\n\ta:\n", 109)
        .stderr_contains("[Fleetfile.yaml:3:1]")
        .stderr_contains("a tab is used for indentation")
        .stderr_contains("help: indent with spaces");
}

#[test]
fn templates_are_quoted() {
    refused("version: '3'\ntasks:\n  a: {vars: {X: {{.Y}}}}\n", 102)
        .points_at("Fleetfile.yaml:3:17", "{{.Y}}")
        .stderr_contains("help: quote the whole value");
    refused("version: '3'\npipelines:\n  p:\n    hosts: {{.host}}\n", 102)
        .points_at("Fleetfile.yaml:4:12", "{{.host}}");
}

#[test]
fn a_key_is_written_once() {
    refused("version: '3'\ntasks:\n  a: echo 1\n  a: echo 2\n", 102)
        .stderr_contains("`a` is written twice")
        .points_at("Fleetfile.yaml:4:3", "a")
        .stderr_contains("help: rename or remove one of them");
    refused("version: '3'\ntasks:\n  a: {desc: 1, desc: 2}\n", 102)
        .stderr_contains("the key `desc` is written twice")
        .stderr_contains("help: remove one of them");
    refused("version: '3'\nfleet: {hosts: {luna: {}, luna: {}}}\n", 102)
        .stderr_contains("the key `luna` is written twice");
    refused("version: '3'\npipelines: {p: {}, p: {}}\n", 102).stderr_contains("`p` is written twice");
}

#[test]
fn aliases_cannot_fill_the_memory() {
    let mut bomb = String::from("version: '3'\nx0: &x0 [a,a,a,a,a,a,a,a,a,a]\n");
    for level in 1..12 {
        let below = vec![format!("*x{}", level - 1); 10].join(",");
        bomb.push_str(&format!("x{level}: &x{level} [{below}]\n"));
    }
    refused(bomb, 109).points_at("Fleetfile.yaml:7:18", "*x4").stderr_contains("aliases stand for more than");
}

#[test]
fn nesting_has_an_end() {
    let brackets = format!("version: '3'\ntasks: {}{}\n", "[".repeat(3000), "]".repeat(3000));
    let ran = refused(brackets, 109).points_at("Fleetfile.yaml:2:209", "[").stderr_contains("nested deeper");
    // The line has 6,000 columns; what is shown of it does not.
    assert!(ran.stderr.lines().all(|line| line.chars().count() < 250), "{}", ran.stderr);
    let mut steps = String::from("version: '3'\n");
    for level in 0..3000 {
        steps.push_str(&format!("{}a:\n", " ".repeat(level)));
    }
    refused(steps, 109).points_at("Fleetfile.yaml:202:201", "a");
}

#[test]
fn bytes_that_are_no_text_are_shown() {
    refused(b"version: '3'\ntasks:\n  a: \"x\xffy\"\n", 109)
        .points_at("Fleetfile.yaml:3:8", "\u{fffd}")
        .stderr_contains("byte 0xff in line 3")
        .stderr_contains("save the file as UTF-8");
}

#[test]
fn an_empty_file_is_told() {
    for empty in ["", "# nothing yet\n", "---\n"] {
        refused(empty, 107)
            .stderr_contains("Fleetfile.yaml is empty")
            .stderr_contains("help: begin with `version: \"3\"`");
    }
    refused("tasks: {}\n", 107).stderr_contains("Fleetfile.yaml has no `version`");
}

#[test]
fn a_directory_is_no_file() {
    let fixture = Fixture::new().directory("Fleetfile.yaml");
    fixture
        .run(["list"])
        .code(1)
        .touched_nothing()
        .stderr_contains("cannot read Fleetfile.yaml: is a directory")
        .stderr_contains("help: this name is for a file");
    fixture
        .run(["list", "--file", "Fleetfile.yaml"])
        .code(100)
        .touched_nothing()
        .stderr_contains("the directory `Fleetfile.yaml` has no Fleetfile.yaml")
        .stderr_contains("help: name a file in it");
    let include =
        Fixture::new().directory("more").file("Fleetfile.yaml", "version: '3'\nincludes: {m: more}\n");
    include
        .run(["list"])
        .code(100)
        .points_at("Fleetfile.yaml:2:15", "more")
        .stderr_contains("is a directory without a Taskfile");
}

#[test]
fn no_file_at_all_is_told_with_where_it_was_looked_for() {
    Fixture::new()
        .run(["list", "-f", "nowhere.yaml"])
        .code(100)
        .touched_nothing()
        .stderr_contains("nowhere.yaml");
    Fixture::new()
        .run(["list"])
        .code(100)
        .stderr_contains("there is no Fleetfile.yaml or Taskfile.yml here")
        .stderr_contains("help: looked in ");
    Fixture::new()
        .run(["-C", "nowhere", "list"])
        .code(1)
        .stderr_contains("there is no going to nowhere")
        .stderr_contains("help: ");
}

#[test]
fn circles_are_shown_whole() {
    refused("version: '3'\ntasks:\n  a: {deps: [b]}\n  b: {cmds: [{task: c}]}\n  c: {deps: [a]}\n", 102)
        .stderr_contains("`a` -> `b` -> `c` -> `a`")
        .stderr_contains("`a` calls `b`")
        .stderr_contains("`b` calls `c`")
        .stderr_contains("`c` calls `a`")
        .stderr_contains("help: take one of these calls out");
    refused(
        "version: '3'\ntasks: {a: {deps: [p]}}\npipelines:\n  p: {check: [{task: a}], deploy: {}}\n",
        102,
    )
    .stderr_contains("pipeline `p` -> `a` -> pipeline `p`");
    let fixture = Fixture::new()
        .file("Fleetfile.yaml", "version: '3'\nincludes: {x: x.yaml}\n")
        .file("x.yaml", "version: '3'\nincludes: {y: y.yaml}\n")
        .file("y.yaml", "version: '3'\nincludes: {z: Fleetfile.yaml}\n");
    let ran = fixture.run(["list"]).code(110).touched_nothing().stderr_contains("[Fleetfile.yaml:2:12]");
    let words = ran.stderr.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
    assert!(words.contains("Fleetfile.yaml -> x.yaml -> y.yaml -> Fleetfile.yaml"), "{}", ran.stderr);
    assert!(words.contains("also: y.yaml:2:12 includes the first file again"), "{}", ran.stderr);
}

#[test]
fn steps_and_tasks_of_pipelines_are_known() {
    refused("version: '3'\npipelines:\n  p: {check: [reachabel]}\n", 102)
        .points_at("Fleetfile.yaml:3:15", "reachabel")
        .stderr_contains("did you mean `reachable`?");
    refused("version: '3'\ntasks: {lint: echo}\npipelines:\n  p: {check: [{task: lnt}]}\n", 102)
        .points_at("Fleetfile.yaml:4:22", "lnt")
        .stderr_contains("did you mean `lint`?");
}

#[test]
fn all_mistakes_of_all_files_are_told_at_once() {
    let fixture = Fixture::new()
        .file(
            "Fleetfile.yaml",
            "version: '3'\nincludes: {more: more.yaml}\ntasks:\n  a: {descr: x, cmds: 3}\nfleet: {hots: {}}\npipelines:\n  p: {check: [reachabel]}\n",
        )
        .file("more.yaml", "version: '3'\ntasks:\n  b: {cmds: 4}\n");
    let ran = fixture.run(["list"]).code(102).touched_nothing();
    for mistake in ["`descr`", "[Fleetfile.yaml:4:23]", "`hots`", "`reachabel`", "[more.yaml:3:13]"] {
        assert!(ran.stderr.contains(mistake), "{mistake} is missing in\n{}", ran.stderr);
    }
    assert_eq!(ran.stderr.matches("  × ").count(), 5, "{}", ran.stderr);
}

#[test]
fn check_tells_programs_what_it_tells_people() {
    let fixture = Fixture::new().file("Fleetfile.yaml", "version: '3'\ntasks:\n  a: {descr: x, cmds: 3}\n");
    let ran = fixture.run(["check", "--json"]).code(102).silent();
    let findings: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let first = &findings[0];
    assert_eq!(first["code"], "fleet::yaml::unknown_key");
    assert_eq!(first["severity"], "error");
    assert_eq!(first["help"], "did you mean `desc`?");
    assert_eq!(first["places"][0]["file"].as_str().unwrap().rsplit('/').next(), Some("Fleetfile.yaml"));
    assert_eq!((&first["places"][0]["line"], &first["places"][0]["column"]), (&3.into(), &7.into()));
    assert_eq!(first["places"][0]["text"], "descr");
    assert_eq!(findings.as_array().unwrap().len(), 2);

    let good = Fixture::fleet();
    good.run(["check", "--json"]).code(0).silent().stdout_is("[]\n");
    good.run(["check"])
        .code(0)
        .silent()
        .stdout_is("Fleetfile.yaml: 3 tasks, 1 pipeline, 1 file, nothing to complain about\n");
    Fixture::new()
        .file("sub/Fleetfile.yaml", FLEET)
        .run(["check", "sub"])
        .code(0)
        .stdout_contains("sub/Fleetfile.yaml: 3 tasks");
}

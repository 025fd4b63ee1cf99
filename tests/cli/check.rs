//! What `fleet check` finds in files that can be used: what go-task passes in silence and nobody means.

use crate::fixture::{Fixture, Ran};

/// A Taskfile, checked.
#[track_caller]
fn checked(taskfile: &str) -> Ran {
    Fixture::new().file("Taskfile.yml", format!("version: '3'\n{taskfile}")).run(["check"])
}

/// Nothing is found in it.
#[track_caller]
fn clean(taskfile: &str) {
    checked(taskfile).code(0).silent().stdout_contains("nothing to complain about");
}

#[test]
fn variables_that_are_set_nowhere_are_told_with_a_near_name() {
    checked("vars: {IMAGE: x}\ntasks:\n  a: {cmds: ['echo {{.IMAGE}} {{.IMAGES}}']}\n")
        .code(0)
        .points_at("Taskfile.yml:4:33", ".IMAGES")
        .stderr_contains("⚠ the variable `IMAGES` is set nowhere")
        .stderr_contains("did you mean `IMAGE`?");
    checked("tasks:\n  a:\n    cmds:\n      - |\n        one\n        echo {{ .ABSENT | upper }}\n")
        .points_at("Taskfile.yml:7:17", ".ABSENT")
        .stderr_contains("`requires: {vars: [ABSENT]}`");
    checked("tasks:\n  a: {cmds: [{for: {var: FILES}, cmd: 'echo {{.ITEM}}'}]}\n")
        .points_at("Taskfile.yml:3:26", "FILES")
        .stderr_contains("goes round zero times");
    checked("tasks:\n  a: {vars: {X: {ref: '.NOTHERE'}}, cmds: ['echo {{.X}}']}\n")
        .points_at("Taskfile.yml:3:24", ".NOTHERE");
}

#[test]
fn variables_that_something_sets_are_passed() {
    for taskfile in [
        "tasks:\n  a: {requires: {vars: [host]}, cmds: ['echo {{.host}}']}\n",
        "tasks:\n  a: {cmds: ['echo {{.host | default \"all\"}} {{.host}}']}\n",
        "tasks:\n  a: {cmds: ['{{if .host}}echo {{.host}}{{end}}']}\n",
        "tasks:\n  a: {cmds: ['echo {{.HOME}} {{.ROOT_DIR}} {{.CLI_ARGS}} {{.GITHUB_SHA}}']}\n",
        "tasks:\n  a: {cmds: [{for: [x], cmd: 'echo {{.ITEM}}'}, {defer: 'echo {{.EXIT_CODE}}'}]}\n",
        "vars: {L: a}\ntasks:\n  a: {cmds: [{for: {var: L, as: ONE}, cmd: 'echo {{.ONE}}'}]}\n",
        "tasks:\n  a: {cmds: [{task: b, vars: {X: 1}}]}\n  b: {cmds: ['echo {{.X}}']}\n",
        "tasks:\n  a: {cmds: [{for: [b], task: '{{.ITEM}}', vars: {X: 1}}]}\n  b: {cmds: ['echo {{.X}}']}\n",
        "tasks:\n  a: {cmds: ['task b X=1']}\n  b: {cmds: ['echo {{.X}}']}\n",
        "tasks:\n  w-*: {cmds: ['echo {{index .MATCH 0}}']}\n",
        "env: {E: 'with {{.V}}'}\nvars: {V: v}\ntasks:\n  a: {cmds: ['echo $E']}\n",
        "tasks:\n  a: {cmds: ['{{range .L}}{{.field}}{{end}}{{with .M}}{{.field}}{{end}}']}\n",
    ] {
        clean(taskfile);
    }
    Fixture::new()
        .file("Taskfile.yml", "version: '3'\ndotenv: [.env]\ntasks:\n  a: {cmds: ['echo {{.SECRET}}']}\n")
        .file(".env", "SECRET=1\n")
        .run(["check"])
        .code(0)
        .silent();
    Fixture::new()
        .file(
            "Taskfile.yml",
            "version: '3'\nincludes: {s: {taskfile: sub.yml, vars: {GIVEN: 1}}}\nvars: {OUTER: 1}\n",
        )
        .file(
            "sub.yml",
            "version: '3'\nvars: {OWN: 1}\ntasks:\n  a: {cmds: ['echo {{.GIVEN}}{{.OUTER}}{{.OWN}}']}\n",
        )
        .run(["check"])
        .code(0)
        .silent();
}

#[test]
fn variables_that_are_used_before_they_are_set_are_told_with_both_places() {
    checked("vars:\n  A: '{{.B}}'\n  B: x\ntasks:\n  a: {cmds: ['echo {{.A}}']}\n")
        .code(0)
        .points_at("Taskfile.yml:3:9", ".B")
        .stderr_contains("the variable `B` is used before it is set")
        .stderr_contains("move `B` up");
    clean("vars:\n  B: x\n  A: '{{.B}}'\ntasks:\n  a: {cmds: ['echo {{.A}}']}\n");
}

#[test]
fn calls_of_tasks_that_do_not_exist_are_errors() {
    checked("tasks:\n  a: {deps: [biuld]}\n  build: {cmds: [echo]}\n")
        .code(1)
        .points_at("Taskfile.yml:3:14", "biuld")
        .stderr_contains("× `a` calls the task `biuld`, which does not exist")
        .stderr_contains("did you mean `build`?");
    Fixture::new()
        .file("Taskfile.yml", "version: '3'\nincludes: {s: sub.yml}\ntasks:\n  shared: {cmds: [echo]}\n")
        .file("sub.yml", "version: '3'\ntasks:\n  a: {cmds: [{task: shared}]}\n")
        .run(["check"])
        .code(1)
        .points_at("sub.yml:3:21", "shared")
        .stderr_contains("write `:shared` for that of the root");
    clean("includes: {s: {taskfile: nowhere.yml, optional: true}}\ntasks:\n  a: {cmds: [{task: s:x}]}\n");
    clean("tasks:\n  a: {cmds: [{task: w-1}]}\n  w-*: {cmds: [echo]}\n");
}

#[test]
fn templates_that_cannot_be_parsed_are_errors_before_anything_runs() {
    let ran = checked("tasks:\n  a: {cmds: ['echo {{uper .HOME}}', 'echo {{.HOME']}\n  b: {desc: '{{if'}\n")
        .code(1);
    let ran = ran.stderr_contains("function \"uper\" not defined").stderr_contains("did you mean `upper`?");
    ran.stderr_contains("close the action with `}}`").stdout_contains("3 errors");
}

#[test]
fn names_that_hide_others_are_told() {
    checked("tasks:\n  a: {cmds: [echo]}\n  b: {aliases: [a], cmds: [echo]}\n")
        .code(0)
        .points_at("Taskfile.yml:4:3", "b")
        .stderr_contains("the alias `a` of `b` never counts");
    checked("tasks:\n  a: {aliases: [x], cmds: [echo]}\n  b: {aliases: [x], cmds: [echo]}\n")
        .code(1)
        .stderr_contains("calling `x` fails: it is an alias of both `a` and `b`");
}

#[test]
fn what_nothing_reaches_is_told() {
    checked("tasks:\n  a: {internal: true, cmds: [echo]}\n")
        .code(0)
        .points_at("Taskfile.yml:3:3", "a")
        .stderr_contains("nothing can call the task `a`");
    clean("tasks:\n  a: {internal: true, cmds: [echo]}\n  b: {deps: [a]}\n");
    clean(
        "tasks:\n  up-a: {internal: true, cmds: [echo]}\n  b: {cmds: [{for: [a], task: 'up-{{.ITEM}}'}]}\n",
    );
    checked("vars: {UNUSED: 1}\ntasks:\n  a: {cmds: [echo]}\n")
        .code(0)
        .points_at("Taskfile.yml:2:8", "UNUSED")
        .stderr_contains("☞ nothing uses the variable `UNUSED`")
        .stdout_contains("1 hint");
    clean("vars: {USED: 1}\ntasks:\n  a: {cmds: [{cmd: 'echo {{.USED}}'}]}\n");
}

#[test]
fn environment_that_the_process_overrides_is_told() {
    checked("env: {PATH: ./bin}\ntasks:\n  a: {cmds: [echo]}\n")
        .code(0)
        .points_at("Taskfile.yml:2:7", "PATH")
        .stderr_contains("`env` cannot change `PATH`");
}

#[test]
fn an_unquoted_date_is_text_and_is_told() {
    let fixture = Fixture::new().file(
        "Taskfile.yml",
        "version: '3'\nvars: {DAY: 2024-01-02}\ntasks:\n  a: {silent: true, cmds: ['echo {{.DAY}}']}\n",
    );
    fixture
        .run(["run", "a"])
        .code(0)
        .stdout_is("2024-01-02\n")
        .points_at("Taskfile.yml:2:13", "2024-01-02")
        .stderr_contains("over which `task` panics");
    fixture.run(["task", "a"]).code(0).stdout_is("2024-01-02\n").silent();
}

#[test]
fn a_variable_of_two_includes_is_that_of_the_last_one_and_is_told() {
    let fixture = Fixture::new()
        .file(
            "Taskfile.yml",
            "version: '3'\nincludes: {one: one.yml, two: two.yml}\ntasks:\n  a: {silent: true, cmds: ['echo {{.WHO}}']}\n",
        )
        .file("one.yml", "version: '3'\nvars: {WHO: one}\n")
        .file("two.yml", "version: '3'\nvars: {WHO: two}\n");
    let ran = fixture.run(["run", "a"]).code(0).stdout_is("two\n").points_at("two.yml:2:8", "WHO");
    ran.stderr_contains("`task` takes one of them at random").stderr_contains("one.yml:2:8 not taken");
    fixture.run(["check"]).code(0).stderr_contains("two included files set the variable `WHO`");
    fixture.run(["task", "a"]).code(0).stdout_is("two\n").silent();
    // Where each file only sees its own, it does not matter.
    Fixture::new()
        .file(
            "Taskfile.yml",
            "version: '3'\nincludes: {one: {taskfile: one.yml}, two: {taskfile: two.yml}}\n",
        )
        .file("one.yml", "version: '3'\nvars: {WHO: one}\ntasks:\n  a: {cmds: ['echo {{.WHO}}']}\n")
        .file("two.yml", "version: '3'\nvars: {WHO: two}\ntasks:\n  a: {cmds: ['echo {{.WHO}}']}\n")
        .run(["check"])
        .code(0)
        .silent();
}

#[test]
fn tags_and_notifications_that_cannot_be_meant_are_told() {
    let fleetfile = |pipeline: &str| {
        let text = format!(
            "version: '3'\nfleet:\n  hosts:\n    luna: {{tags: [dns]}}\n    nixpi: {{tags: [edge]}}\npipelines:\n{pipeline}"
        );
        Fixture::new().file("Fleetfile.yaml", text).run(["check"])
    };
    fleetfile("  p: {hosts: '@deg', deploy: {}}\n")
        .code(0)
        .points_at("Fleetfile.yaml:7:14", "'@deg'")
        .stderr_contains("no host has the tag `deg`");
    fleetfile("  p: {hosts: '@dns', deploy: {}}\n")
        .code(0)
        .stderr_contains("no pipeline asks for `edge`, a tag of `nixpi`")
        .stderr_contains("no pipeline deploys to `nixpi`")
        .stderr_lacks("`luna`");
    fleetfile(
        "  p: {check: [reachable], notify: [{ntfy: 'https://ntfy.example.org/x', when: [rolled_back]}]}\n",
    )
    .code(0)
    .stderr_contains("this notification is never sent: the pipeline `p` deploys nothing");
    fleetfile("  p: {deploy: {}, notify: [{ntfy: 'https://ntfy.example.org/x', when: [rolled_back]}]}\n")
        .code(0)
        .silent();
}

#[test]
fn strict_lets_warnings_fail_but_not_hints() {
    let warned =
        Fixture::new().file("Taskfile.yml", "version: '3'\ntasks:\n  a: {cmds: ['echo {{.NONE}}']}\n");
    warned.run(["check"]).code(0);
    warned.run(["check", "--strict"]).code(1);
    let hinted =
        Fixture::new().file("Taskfile.yml", "version: '3'\nvars: {UNUSED: 1}\ntasks:\n  a: {cmds: [echo]}\n");
    hinted.run(["check", "--strict"]).code(0);
}

#[test]
fn findings_have_forms_for_programs() {
    let fixture = Fixture::new().file(
        "a b/Taskfile.yml",
        "version: '3'\ntasks:\n  a: {deps: [nothere], cmds: ['echo é {{.NONE}}']}\n",
    );
    let github = fixture.run(["check", "a b", "--format", "github"]).code(1).silent();
    assert_eq!(
        github.stdout.lines().next(),
        Some(
            "::error file=a b/Taskfile.yml,line=3,col=14,endLine=3,endColumn=21,title=fleet%3A%3Acheck%3A%3A\
             unknown_task::`a` calls the task `nothere`, which does not exist%0Ahelp: `fleet list --all` shows all tasks"
        )
    );
    let sarif = fixture.run(["check", "a b", "--format", "sarif"]).code(1).silent();
    let log: serde_json::Value = serde_json::from_str(&sarif.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "fleet::check::undefined_variable");
    let result = &run["results"][1];
    assert_eq!(
        (&result["ruleId"], &result["level"]),
        (&"fleet::check::undefined_variable".into(), &"warning".into())
    );
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%20b/Taskfile.yml");
    assert_eq!(
        place["region"],
        serde_json::json!({"startLine": 3, "startColumn": 41, "endLine": 3, "endColumn": 46})
    );
    let json = fixture.run(["check", "a b", "--json"]).code(1);
    let findings: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(findings[1]["severity"], "warning");
    fixture.run(["check", "--json", "--format", "sarif"]).code(2);
}

#[test]
fn programs_that_are_not_there_are_told_once_with_their_tasks() {
    let taskfile = "version: '3'\ntasks:\n  a: {preconditions: [which nosuch-p], cmds: ['nosuch-p {{.HOME}} x']}\n  \
                    b: {cmds: ['nosuch-q && true', 'nosuch-r || true', './own.sh', 'sh -c x']}\n";
    let ran = Fixture::new().file("Taskfile.yml", taskfile).only(&["sh"]).run(["check"]).code(0);
    let ran = ran
        .stderr_contains("⚠ there is no program `nosuch-p` on the PATH here, and the task `a` needs it")
        .stderr_contains("☞ there is no program `nosuch-q` on the PATH here, and the task `b` needs it")
        .stderr_lacks("`nosuch-r`")
        .stderr_lacks("`sh`");
    ran.points_at("Taskfile.yml:3:29", "nosuch-p").stdout_contains("1 warning, 1 hint");
}

#[test]
fn the_flake_is_asked_where_that_is_wished() {
    let nix = r#"#!/bin/sh
case "$*" in
  *--version*) echo "nix (Nix) 2.8.0" ;;
  *) echo "error: this flake is broken on purpose" >&2; exit 1 ;;
esac
"#;
    let fixture = Fixture::fleet().file("flake.nix", "{ }").program("only/nix", nix).only(&["sh", "bash"]);
    fixture.run(["check"]).code(0).silent();
    fixture.run(["check", "--eval"]).code(1).stderr_contains("this flake is broken on purpose");
    Fixture::new()
        .file("Taskfile.yml", "version: '3'\ntasks:\n  a: {cmds: [echo]}\n")
        .run(["check", "--eval"])
        .code(0)
        .silent();
}

#[test]
fn variables_that_do_not_arrive_are_told() {
    let given = |vars: &str| {
        checked(&format!(
            "tasks:\n  a: {{cmds: [{{task: b, vars: {{{vars}}}}}]}}\n  b: {{requires: {{vars: [HOST]}}, cmds: ['echo {{{{.HOST}}}}']}}\n"
        ))
    };
    given("HOTS: x")
        .code(0)
        .points_at("Taskfile.yml:3:31", "HOTS")
        .stderr_contains("the task `b` does not use the variable `HOTS` that it is given")
        .stderr_contains("did you mean `HOST`?")
        .stderr_lacks("nothing uses");
    given("HOST: x, HOTS: x").stderr_lacks("does not use the variable");
    given("HOST: x").code(0).silent();
    checked("vars: {X: {sh: '{{.X | default \"git describe\"}}'}}\ntasks:\n  a: {cmds: ['echo {{.X}}']}\n")
        .code(0)
        .stderr_contains("a value that is given for `X` is run as a command");
    clean("vars: {X: {sh: 'echo {{.X | default \"y\"}}'}}\ntasks:\n  a: {cmds: ['echo {{.X}}']}\n");
}

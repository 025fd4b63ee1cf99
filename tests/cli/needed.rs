//! Global variables that run commands: `fleet run` runs those that something asks for, `task` all.

use crate::fixture::Fixture;

const TASKFILE: &str = r#"version: '3'
silent: true
vars:
  DIRECT: {sh: 'echo direct >>ran; echo d'}
  DEEP: {sh: 'echo deep >>ran; echo p'}
  BETWEEN: 'x{{.DEEP}}'
  BY_SHELL: {sh: 'echo by-shell >>ran; echo s'}
  ASKS: {sh: 'echo asks >>ran; echo "$BY_SHELL"'}
  LOOP: {sh: 'echo loop >>ran; echo "a b"'}
  BROKEN: {sh: 'echo broken >>ran; exit 3'}
  AFTER_BROKEN: '{{index .BROKEN 0}}'
  REFERENCE: {ref: .DEEP}
tasks:
  plain: {cmds: ['echo plain']}
  direct: {cmds: ['echo {{.DIRECT}}']}
  through: {cmds: ['echo {{.BETWEEN}}']}
  shell: {cmds: ['echo {{.ASKS}}']}
  loops: {cmds: [{for: {var: LOOP}, cmd: 'echo {{.ITEM}}'}]}
  calls: {deps: [direct], cmds: [{task: through}]}
  reference: {cmds: ['echo {{.REFERENCE}}']}
  conditional: {if: '[ "{{.DIRECT}}" = d ]', cmds: ['echo yes']}
  required: {requires: {vars: [DIRECT]}, cmds: ['echo here']}
  override: {vars: {DEEP: own}, cmds: ['echo {{.DEEP}}']}
"#;

/// What a run prints, and which commands of variables it ran.
#[track_caller]
fn ran(words: &str) -> (String, String) {
    let fixture = Fixture::new().file("Taskfile.yml", TASKFILE);
    let ran = fixture.shell(&format!("\"$FLEET\" {words}")).code(0);
    let mut lines: Vec<String> = std::fs::read_to_string(fixture.path("ran"))
        .unwrap_or_default()
        .lines()
        .map(ToOwned::to_owned)
        .collect();
    lines.sort();
    (ran.stdout, lines.join(" "))
}

#[test]
fn only_what_something_asks_for_is_run() {
    for (task, printed, commands) in [
        ("plain", "plain\n", ""),
        ("direct", "d\n", "direct"),
        ("through", "xp\n", "deep"),
        ("shell", "s\n", "asks by-shell"),
        ("loops", "a\nb\n", "loop"),
        ("calls", "d\nxp\n", "deep direct"),
        ("reference", "p\n", "deep"),
        ("conditional", "yes\n", "direct"),
        ("required", "here\n", "direct"),
        ("plain direct", "plain\nd\n", "direct"),
        ("plain X='{{.DIRECT}}'", "plain\n", ""),
    ] {
        assert_eq!(ran(&format!("run {task}")), (printed.to_owned(), commands.to_owned()), "{task}");
    }
    assert_eq!(ran("run override").0, "own\n");
}

#[test]
fn what_may_be_anything_needs_all() {
    for task in [
        "a: {cmds: ['echo {{len .}}']}",
        "a: {vars: {T: b}, cmds: [{task: '{{.T}}'}]}\n  b: {cmds: ['true']}",
    ] {
        let fixture = Fixture::new().file(
            "Taskfile.yml",
            format!("version: '3'\nvars: {{X: {{sh: touch ran}}}}\ntasks:\n  {task}\n"),
        );
        fixture.run(["run", "a"]).code(0);
        assert!(fixture.path("ran").exists(), "{task}");
    }
}

#[test]
fn task_runs_all_as_go_task_does() {
    let fixture = Fixture::new()
        .file("Taskfile.yml", "version: '3'\nvars: {X: {sh: touch ran}}\ntasks: {a: {cmds: ['true']}}\n");
    fixture.run(["task", "a"]).code(0);
    assert!(fixture.path("ran").exists());
}

#[test]
fn a_pipeline_needs_what_it_names() {
    let fleetfile = |selector: &str| {
        let text = format!(
            "version: '3'\nvars:\n  HOSTS: {{sh: 'touch hosts; echo luna'}}\n  OTHER: {{sh: 'touch other'}}\n\
             fleet: {{hosts: {{luna: {{platform: nixos}}, nixpi: {{platform: nixos}}}}}}\n\
             pipelines:\n  p: {{hosts: '{selector}', deploy: {{}}}}\n"
        );
        Fixture::new().file("Fleetfile.yaml", text)
    };
    let named = fleetfile("{{.HOSTS}}");
    named.run(["run", "p", "--rehearse", "--yes"]).code(0).stdout_contains("1 succeeded");
    assert!(named.path("hosts").exists() && !named.path("other").exists());
    let plain = fleetfile("luna");
    plain.run(["run", "p", "--rehearse", "--yes"]).code(0);
    assert!(!plain.path("hosts").exists());
}

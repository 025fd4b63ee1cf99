//! `query:` in a variable: a jq program, and the typed value that comes of it.

use crate::fixture::{Fixture, Ran};

const NODES: &str = r#"{"nodes": [{"name": "sol", "up": true, "port": 22}, {"name": "luna", "up": false, "port": 2222}], "one": [{"name": "io x"}], "none": []}"#;

/// A task that prints `shown`, in a project with these variables.
#[track_caller]
fn run(variables: &str, shown: &str) -> Ran {
    let variables = variables.replace('\n', "\n  ");
    let text = format!(
        "version: '3'\nsilent: true\nvars:\n  {variables}\ntasks:\n  show:\n    cmds:\n      - cmd: |\n          cat <<'EOF'\n          {shown}\n          EOF\n"
    );
    Fixture::new().file("Fleetfile.yaml", text).file("nodes.json", NODES).run(["run", "show"])
}

#[test]
fn what_comes_of_a_program_has_its_type() {
    for (variable, shown, printed) in [
        ("X: {sh: cat nodes.json, query: '.nodes[].name'}", "{{range .X}}<{{.}}>{{end}}", "<sol><luna>"),
        ("X: {sh: cat nodes.json, query: '.nodes[0]'}", "{{.X.name}} {{add .X.port 1}}", "sol 23"),
        ("X: {sh: cat nodes.json, query: '.nodes | length'}", "{{if eq .X 2}}two{{end}}", "two"),
        ("X: {sh: cat nodes.json, query: '.nodes[0].up'}", "{{if .X}}up{{end}}", "up"),
        ("X: {sh: cat nodes.json, query: '.nodes[0].port / 4'}", "{{.X}}", "5.5"),
        ("X: {sh: cat nodes.json, query: .}", "{{len .X.nodes}}", "2"),
        // From other variables, in order, typed.
        ("A: {sh: cat nodes.json, query: .nodes}\nX: {ref: .A, query: 'map(.port) | add'}", "{{.X}}", "2244"),
        ("X: {value: {a: {b: [1, 2]}}, query: .a.b}", "{{index .X 1}}", "2"),
        ("X: {map: {a: {b: 3}}, query: .a.b}", "{{.X}}", "3"),
        ("A: 'x,y'\nX: {ref: .A, query: 'split(\",\")'}", "{{index .X 1}}", "y"),
        ("X: {value: '[4, 5]', query: 'fromjson | .[1]'}", "{{.X}}", "5"),
        // Variables and the environment within the program.
        (
            "W: luna\nX: {sh: cat nodes.json, query: '.nodes | map(select(.name == $W))[0].port'}",
            "{{.X}}",
            "2222",
        ),
        ("W: [sol]\nX: {sh: cat nodes.json, query: '[.nodes[].name] - $W'}", "{{.X}}", "[luna]"),
        ("X: {value: 1, query: '$NOWHERE // \"unset\"'}", "{{.X}}", "unset"),
        ("K: up\nX: {sh: cat nodes.json, query: '.nodes[1].{{.K}}'}", "{{.X}}", "false"),
        ("X: {value: 1, query: '$ENV.HERE + env.HERE'}\nenv: 1", "{{.X}}", "herehere"),
    ] {
        let fixture = |text: String| Fixture::new().file("Fleetfile.yaml", text).file("nodes.json", NODES);
        let variable = variable.trim_end_matches("\nenv: 1").replace('\n', "\n  ");
        let text = format!(
            "version: '3'\nvars:\n  {variable}\ntasks: {{show: {{silent: true, cmds: [\"echo '{shown}'\"]}}}}\n"
        );
        let ran = fixture(text).env("HERE", "here").run(["run", "show"]).code(0);
        assert_eq!(ran.stdout, format!("{printed}\n"), "{variable}: {}", ran.stderr);
    }
}

/// The program decides whether it is a list, and not what it was given.
#[test]
fn going_through_values_gives_a_list_however_many_there_are() {
    for (program, printed) in [
        (".nodes[].name", "2 [sol luna]"),
        (".one[].name", "1 [io x]"),
        (".none[].name", "0 []"),
        ("[.one[].name]", "1 [io x]"),
        (".one[] | select(.up)", "0 []"),
    ] {
        let ran = run(&format!("X: {{sh: cat nodes.json, query: '{program}'}}"), "{{len .X}} {{.X}}").code(0);
        assert_eq!(ran.stdout, format!("{printed}\n"), "{program}");
    }
    let ran = run("X: {sh: cat nodes.json, query: '.gone // empty'}", "<{{.X}}> {{.X | default \"unset\"}}")
        .code(0);
    assert_eq!(ran.stdout, "<> unset\n");
    // JSON lines.
    let ran = run("X: {sh: 'printf \"%s\\n\" 1 2 3', query: '. * 2'}", "{{.X}}").code(0);
    assert_eq!(ran.stdout, "[2 4 6]\n");
    let ran = run("X: {sh: 'printf \"%s\\n\" 1 2 3', query: '[., inputs] | add'}", "{{.X}}").code(0);
    assert_eq!(ran.stdout, "6\n");
}

#[test]
fn loops_and_calls_take_what_a_query_gives() {
    let text = r#"version: '3'
silent: true
vars:
  SITE: home
tasks:
  show:
    env: {FIRST: {sh: cat nodes.json, query: '.nodes[0].name'}}
    vars:
      ONE: {sh: cat nodes.json, query: '.one[].name'}
    cmds:
      - {for: {var: ONE}, cmd: 'echo "[{{.ITEM}}]"'}
      - echo "$FIRST"
      - task: callee
        vars:
          A: {sh: cat nodes.json, query: '.nodes[0].name + "." + $SITE'}
          B: {ref: .ONE, query: '.[0] + "." + $SITE'}
  callee:
    vars: {SITE: away}
    cmds: ['echo "{{.A}} {{.B}}"']
"#;
    let fixture = Fixture::new().file("Fleetfile.yaml", text).file("nodes.json", NODES);
    assert_eq!(fixture.run(["run", "show"]).code(0).stdout, "[io x]\nsol\nsol.home io x.home\n");
}

#[test]
fn every_wrong_program_of_a_file_is_told_at_its_place() {
    let text = r#"version: '3'
vars:
  A: {sh: echo, query: '.nodes[] | selct(.up)'}
  B:
    sh: echo
    query: |
      .nodes
      | map(.name
  C: {query: .a}
  D: {sh: echo, query: ''}
  E: {sh: echo, qery: .}
tasks:
  t:
    vars: {F: {sh: echo, query: ".a |\u007c .b"}}
    cmds: [{task: t2, vars: {G: {value: 1, query: '$x | break $y'}}}]
  t2: {cmds: [echo]}
pipelines:
  p:
    vars: {Z: {sh: echo, query: '.a | foo(1)'}}
    deploy: {}
"#;
    let ran = Fixture::new().file("Fleetfile.yaml", text).run(["check"]);
    assert_ne!(ran.code, Some(0));
    for (told, place) in [
        ("selct/1 is not defined", "Fleetfile.yaml:3:36"),
        ("did you mean `select`?", "Fleetfile.yaml:3:36"),
        ("the program ends too early", "Fleetfile.yaml:8:17"),
        ("the variable `C` has no value", "Fleetfile.yaml:9:6"),
        ("`query` holds no program", "Fleetfile.yaml:10:24"),
        ("did you mean `query`?", "Fleetfile.yaml:11:17"),
        ("unexpected '|'", "Fleetfile.yaml:14:"),
        ("the label $y is not defined", "Fleetfile.yaml:15:"),
        ("foo/1 is not defined", "Fleetfile.yaml:19:39"),
    ] {
        assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
        assert!(ran.stderr.contains(place), "{place}: {}", ran.stderr);
    }
}

#[test]
fn a_query_that_fails_names_the_variable_the_place_and_its_input() {
    for (variable, told) in [
        ("{sh: echo hello, query: .a}", ["printed is not JSON", "`X`", "it begins with: hello"]),
        ("{sh: ':', query: .a}", ["printed nothing", "`X`", "|| echo null"]),
        ("{sh: echo 3, query: .a}", ["Cannot index number with string", "`X`", "its input is 3"]),
        ("{value: '{}', query: .a}", ["Cannot index string with string", "`X`", "fromjson"]),
        (
            "{sh: cat nodes.json, query: 'error(\"none\")'}",
            ["failed: none", "`X`", "its input is {\"nodes\":[{"],
        ),
        ("{sh: echo 1, query: '\"bye\" | halt_error'}", ["failed: bye", "`X`", "its input is 1"]),
        ("{sh: echo 1, query: '. {{.NOPE | default \"[\"}}'}", ["`X` is wrong", "ends too early", ". ["]),
        ("{sh: 'echo 1; exit 3', query: .a}", ["ended with exit code 3", "this command", "4 │   X:"]),
    ] {
        let ran = run(&format!("X: {variable}"), "{{.X}}");
        assert_eq!((ran.code, &*ran.stdout), (Some(1), ""), "{variable}");
        for told in told {
            assert!(ran.stderr.contains(told), "{variable}: {told}: {}", ran.stderr);
        }
        assert!(ran.stderr.contains("Fleetfile.yaml:4:"), "{variable}: {}", ran.stderr);
    }
}

/// go-task's own answer, and its exit code.
#[test]
fn the_drop_in_does_not_know_the_key() {
    let text =
        "version: '3'\nvars:\n  X: {sh: 'echo 1', query: .a}\ntasks: {show: {cmds: ['echo {{.X}}']}}\n";
    let fixture = Fixture::new().file("Taskfile.yml", text);
    let ran = fixture.run(["task", "show"]).code(102);
    assert!(
        ran.stderr.contains(r#""query" is not a valid variable type. Try "sh", "ref", "map", "value""#),
        "{}",
        ran.stderr
    );
    let ran = fixture.run(["run", "show"]);
    assert!(ran.stderr.contains("Cannot index number"), "{}", ran.stderr);
}

#[test]
fn check_knows_what_programs_name() {
    let text = "version: '3'\nvars:\n  SITE: home\n  X: {sh: echo 1, query: '$SIDE + $SITE + ($maybe // 1)'}\ntasks: {show: {cmds: ['echo {{.X}}']}}\n";
    let ran = Fixture::new().file("Fleetfile.yaml", text).run(["check"]).code(0);
    assert!(ran.stderr.contains("the variable `SIDE` is set nowhere"), "{}", ran.stderr);
    assert!(ran.stderr.contains("Fleetfile.yaml:4:27"), "{}", ran.stderr);
    assert!(ran.stderr.contains("did you mean `SITE`?"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("`maybe`"), "{}", ran.stderr);
}

/// Only what is asked for runs: a name within a program asks.
#[test]
fn what_a_program_names_is_evaluated() {
    let text = "version: '3'\nsilent: true\nvars:\n  A: {sh: 'echo a >>ran; echo 5'}\n  B: {sh: 'echo b >>ran; echo 5', query: .}\n  X: {value: 1, query: '$A + \"x\"'}\ntasks: {show: {cmds: ['echo {{.X}}']}}\n";
    let fixture = Fixture::new().file("Fleetfile.yaml", text);
    assert_eq!(fixture.run(["run", "show"]).code(0).stdout, "5x\n");
    assert_eq!(std::fs::read_to_string(fixture.path("ran")).unwrap(), "a\n");
}

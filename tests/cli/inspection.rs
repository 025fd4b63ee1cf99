//! What runs, what ran, and commands on hosts. `ssh` is a stand-in that runs the script on this machine, so that what
//! reaches the other side is real; what only a host has is in `tests/e2e/inspection.rs`.

use crate::fixture::{FLEET, Fixture};

/// A `nix` that knows the hosts of [`FLEET`].
const NIX: &str = r#"#!/bin/sh
case "$*" in
*--version*) echo 'nix (Nix) 2.18.1' ;;
*"flake metadata"*) printf '{"url":"path:%s","resolvedUrl":"path:%s","path":"%s","locked":{}}\n' "$PWD" "$PWD" "$PWD" ;;
*darwinConfigurations*) echo '{}' ;;
*) echo '{"luna": {"system": "x86_64-linux", "hostName": "luna"}, "nixpi": {"system": "aarch64-linux", "hostName": "nixpi"}}' ;;
esac
"#;

/// An `ssh` that reaches luna, with a banner, and not nixpi.
const SSH: &str = r#"#!/bin/sh
while [ "$1" != -- ]; do shift; done
if [ "$2" = nixpi ]; then
  echo 'ssh: connect to host nixpi port 22: Connection refused' >&2
  exit 255
fi
echo 'Authorized use only.'
exec $3
"#;

fn fixture() -> Fixture {
    let fixture = Fixture::fleet().file("flake.nix", "{ }").program("bin/nix", NIX).program("bin/ssh", SSH);
    let mut path = fixture.path("bin").into_os_string();
    path.push(":/usr/bin:/bin");
    fixture.env("PATH", path)
}

#[test]
fn every_argument_of_exec_reaches_the_program_as_it_is() {
    let words = ["a b", "$(id)", "a;b", "it's", "-oProxyCommand=x", "", "*", "new\nline"];
    let fixture = fixture();
    let mut command = fixture.command(&["exec", "luna", "--", "printf", "[%s]\\n"]);
    let output = command.args(words).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let expected = "luna | Authorized use only.\nluna | [a b]\nluna | [$(id)]\nluna | [a;b]\nluna | [it's]\n\
                    luna | [-oProxyCommand=x]\nluna | []\nluna | [*]\nluna | [new\nluna | line]\n";
    assert_eq!(stdout, expected, "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn exec_tells_the_exit_code_of_every_host() {
    let fixture = fixture();
    // The output need not end its line.
    fixture.run(["exec", "luna", "--", "printf", "open"]).code(0).silent().stdout_contains("luna | open\n");
    fixture.run(["exec", "luna", "--", "sh", "-c", "exit 7"]).code(3).stderr_contains("luna: exit code 7\n");
    fixture
        .run(["exec", "*", "--", "sh", "-c", "echo out; echo err >&2"])
        .code(3)
        .stdout_contains("luna  | out\n")
        .stderr_contains("luna  | err\n")
        .stderr_contains("nixpi: nixpi refuses")
        .stderr_contains("1 of 2 hosts failed\n");
    fixture
        .run(["exec", "luna", "--", "echo a; echo b"])
        .code(3)
        .stderr_contains("luna: exit code 127")
        .stderr_contains("help: no shell reads the words; for its syntax: -- sh -c '...'");
    fixture
        .run(["exec", "luna", "--timeout", "1", "--", "sleep", "60"])
        .code(3)
        .stderr_contains("luna: luna took too long to answer");
    // What the command would read is not the rest of the script.
    fixture.run(["exec", "luna", "--", "cat"]).code(0).silent();
    fixture.run(["exec", "lunar", "--", "true"]).code(1).stderr_contains("did you mean `luna`?");
    fixture.run(["exec", "luna"]).code(2);
}

#[test]
fn exec_shows_no_control_sequences_of_a_host() {
    let ran = fixture().run(["exec", "luna", "--", "printf", "a\\033[2Jb\\033]0;title\\007c\\n"]).code(0);
    ran.stdout_contains("luna | abc\n");
}

#[test]
fn status_says_which_hosts_do_not_answer() {
    let fixture = fixture();
    let ran = fixture.run(["status"]).code(3).silent();
    let line =
        |name: &str| ran.stdout.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    assert!(line("nixpi  no answer").contains("nixpi refuses"), "{}", ran.stdout);
    assert!(!line("luna").contains("no answer"), "{}", ran.stdout);
    fixture.run(["status", "luna"]).code(0);
    let ran = fixture.run(["status", "--json"]).code(3);
    let entries: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(entries[0]["host"], "luna");
    assert_eq!(entries[0]["answers"], true);
    assert_eq!(entries[1]["answers"], false);
    assert!(entries[1]["error"].as_str().unwrap().contains("refuses"), "{entries}");
    fixture.run(["status", "lunar"]).code(1).stderr_contains("did you mean `luna`?");
}

#[test]
fn history_lists_runs_and_says_which_broke_off() {
    let journal = concat!(
        r#"{"at_ms":0,"event":"run_started","version":1,"run":"20260101T000000Z-aaaaaa","name":"deploy","started":"2026-01-01T00:00:00Z","rehearsal":false,"hosts":["luna","nixpi"],"nodes":9,"revision":"0123456789abcdef0123456789abcdef01234567-dirty"}"#,
        "\n",
        r#"{"at_ms":4,"event":"host_finished","host":"nixpi","result":"failed","stage":"build","reason":"it does not build","took_ms":4}"#,
        "\n",
        r#"{"at_ms":5000,"event":"node_started","node":3,"stage":"deploy","step":"activate","host":"luna"}"#,
        "\n",
        r#"{"at_ms":5001,"event":"node_fini"#,
    );
    let fixture = Fixture::fleet()
        .file(".fleet/runs/20260101T000000Z-aaaaaa/journal.jsonl", journal)
        .file(".fleet/runs/20260102T000000Z-bbbbbb/journal.jsonl", "no journal\n");
    fixture.run(["run", "deploy", "--rehearse", "--fail", "luna:build"]).code(3);
    let ran = fixture.run(["history"]).code(0).silent();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ran.stdout);
    assert!(
        lines[0].contains("deploy (rehearsal)") && lines[0].ends_with("1 failed, 1 succeeded"),
        "{}",
        lines[0]
    );
    assert!(lines[1].ends_with("its journal tells of no run"), "{}", lines[1]);
    assert_eq!(
        lines[2],
        "20260101T000000Z-aaaaaa  deploy              012345678-dirty  5.0s  broke off: 1 failed, 1 in activate"
    );

    let ran = fixture.run(["history", "--json", "-n", "5"]).code(0);
    let entries: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(entries[0]["state"], "finished");
    assert_eq!(entries[0]["exit_code"], 3);
    assert_eq!(entries[1]["state"], "unreadable");
    assert_eq!(entries[2]["state"], "broken_off");
    assert_eq!(entries[2]["unreadable_lines"], 1);
    assert_eq!(entries[2]["hosts"]["nixpi"]["reason"], "it does not build");
    assert_eq!(entries[2]["hosts"]["luna"]["step"], "activate");
    let newest = fixture.run(["history", "-n", "1"]).code(0);
    assert!(
        newest.stdout.lines().count() == 1 && newest.stdout.starts_with(&lines[0][..23]),
        "{}",
        newest.stdout
    );
    Fixture::fleet().run(["history"]).code(0).stdout_is("no run has been made yet\n");
}

#[test]
fn logs_are_those_of_a_run_and_of_a_host() {
    let fixture = Fixture::fleet();
    fixture.run(["run", "deploy", "--rehearse"]).code(0);
    let ran = fixture.run(["logs", "last"]).code(0).silent();
    for line in ["luna  ", "nixpi ", "*     "] {
        assert!(ran.stdout.lines().any(|text| text.starts_with(line)), "{line:?}:\n{}", ran.stdout);
    }
    let times = ran
        .stdout
        .lines()
        .map(|line| line[6..].trim_start().split_once("s [").unwrap().0.parse::<f64>().unwrap());
    assert!(times.collect::<Vec<_>>().is_sorted(), "{}", ran.stdout);
    let ran = fixture.run(["logs", "last", "luna"]).code(0).silent();
    assert!(
        ran.stdout.contains("| rehearsal: would activate") && !ran.stdout.contains("nixpi"),
        "{}",
        ran.stdout
    );

    let id = fixture.journal()[0]["run"].as_str().unwrap().to_owned();
    fixture.run(["logs", &id]).code(0);
    fixture.run(["logs", &id[id.len() - 6..], "nixpi"]).code(0).stdout_contains("would connect to nixpi");
    fixture.run(["logs", "last", "lunar"]).code(2).stderr_contains("help: did you mean `luna`?");
    fixture.run(["logs", "last", "../../x"]).code(2).stderr_contains("was not part of run");
    fixture.run(["logs", "nothing"]).code(2).stderr_contains("help: `fleet history` lists the runs");
    fixture.run(["run", "deploy", "--rehearse"]).code(0);
    fixture.run(["logs", "2"]).code(2).stderr_contains("`2` names 2 runs");
}

#[test]
fn all_of_it_is_in_the_fleetfile_that_is_named() {
    let fixture = Fixture::new().file("sub/Fleetfile.yaml", FLEET);
    fixture.run(["-C", "sub", "history"]).code(0);
    fixture.run(["-C", "sub", "logs", "last"]).code(2).stderr_contains("there is no run `last`");
}

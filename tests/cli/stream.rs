//! Where output goes: a reader that leaves, a disk that is full, colour, width, JSON.

use crate::fixture::Fixture;

const FULL: &str = "/dev/full";

#[test]
fn a_reader_that_leaves_is_no_error() {
    let fixture = Fixture::fleet();
    for (words, first) in [
        ("list", "Pipelines:"),
        ("list --json", "["),
        ("run deploy --rehearse --yes", "REHEARSAL: no host was touched"),
        ("plan deploy --rehearse --format json", "{"),
        ("schema", "{"),
        ("--help", "Runs Taskfiles fast"),
    ] {
        fixture
            .shell(&format!(
                "set -o pipefail; $FLEET {words} | {{ read -r line; printf '%s\\n' \"$line\"; }}"
            ))
            .code(0)
            .silent()
            .stdout_contains(first);
    }
    for words in ["list", "run deploy --rehearse --yes", "plan deploy --rehearse"] {
        fixture.shell(&format!("$FLEET {words} >&-")).code(0).silent();
    }
}

#[test]
fn a_run_whose_reader_left_goes_on_to_its_end() {
    let fixture = Fixture::fleet();
    fixture.shell("set -o pipefail; $FLEET run deploy --rehearse --yes | true").code(0).silent();
    let journal = fixture.journal();
    assert_eq!(journal.last().unwrap()["event"], "run_finished");
    assert_eq!(journal.last().unwrap()["hosts"].as_array().unwrap().len(), 2);
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    assert!(std::path::Path::new(FULL).exists(), "the tests need {FULL}, a Linux device");
    let fixture = Fixture::fleet();
    for words in [
        "list",
        "plan deploy --rehearse",
        "schema",
        "run deploy --rehearse --yes",
        "run deploy --rehearse --yes --json",
    ] {
        fixture
            .shell(&format!("$FLEET {words} >{FULL}"))
            .code(1)
            .stderr_contains("error: ")
            .stderr_contains("No space left on device");
    }
}

#[test]
fn json_has_standard_output_to_itself() {
    let fixture = Fixture::fleet();
    let ran = fixture.run(["run", "hello", "depends", "--rehearse", "--yes", "--json"]).code(0);
    let events: Vec<serde_json::Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(events.first().unwrap()["event"], "run_started");
    assert_eq!(events.last().unwrap()["event"], "run_finished");
    assert_eq!(events.last().unwrap()["exit_code"], 0);
    assert!(ran.stderr.contains("\nhello\n") && ran.stderr.contains("\nafter\n"), "{}", ran.stderr);
}

#[test]
fn colour_follows_the_flag_then_the_environment() {
    let colour = "\u{1b}[";
    let said = |fixture: Fixture, words: &[&str]| {
        let output = fixture.command(words).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        String::from_utf8(text).unwrap().contains(colour)
    };
    assert!(!said(Fixture::fleet(), &["list"]));
    assert!(!said(Fixture::fleet(), &["run", "nope"]));
    assert!(said(Fixture::fleet(), &["list", "--color", "always"]));
    assert!(said(Fixture::fleet(), &["run", "nope", "--color=always"]));
    assert!(said(Fixture::fleet().env("FORCE_COLOR", "1"), &["list"]));
    assert!(said(Fixture::fleet().env("NO_COLOR", "1"), &["list", "--color", "always"]));
    assert!(!said(Fixture::fleet().env("FORCE_COLOR", "1"), &["list", "--color", "never"]));
    assert!(!said(Fixture::fleet().env("FORCE_COLOR", "1").env("NO_COLOR", "1"), &["list"]));
}

//! `fleet resume` goes on with a run that was killed, and repeats nothing that it has proven.

use crate::fixture::{FLEET, Fixture};
use serde_json::Value as Json;
use std::fs;

const WAVES: &str =
    "    deploy: {waves: ['@dns', '*'], health: [{unit: '{{.UNIT}}'}]}\n    vars: {UNIT: '{{.unit}}'}\n";

fn fixture() -> Fixture {
    Fixture::new().file("Fleetfile.yaml", FLEET.replace("    deploy: {}\n", WAVES))
}

/// Cuts the journal of the newest run off in the line that tells of a host's end, or behind it.
fn cut(fixture: &Fixture, host: &str, behind: bool) {
    let path = fixture.journal_file();
    let text = fs::read_to_string(&path).unwrap();
    let mut kept = String::new();
    for line in text.lines() {
        let event: Json = serde_json::from_str(line).unwrap();
        let is_end = event["event"] == "host_finished" && event["host"] == host;
        if is_end && !behind {
            kept.push_str(&line[..line.len() / 2]);
            break;
        }
        kept.push_str(line);
        kept.push('\n');
        if is_end {
            break;
        }
    }
    assert!(kept.len() < text.len());
    fs::write(path, kept).unwrap();
}

/// The steps of a host that a worker did in the newest run.
fn steps(fixture: &Fixture, host: &str) -> Vec<String> {
    let done = |event: &Json| event["message"].as_str().unwrap_or_default().starts_with("done in run ");
    fixture
        .journal()
        .iter()
        .filter(|event| event["event"] == "node_finished" && event["host"] == host && !done(event))
        .map(|event| event["step"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_was_proven_is_not_done_again() {
    let fixture = fixture();
    fixture.run(["run", "deploy", "unit=nginx.service", "--rehearse"]).code(0);
    cut(&fixture, "luna", true);
    let killed = fixture.journal()[0]["run"].as_str().unwrap().to_owned();
    let ran = fixture
        .run(["resume", "last", "--rehearse"])
        .code(0)
        .stderr_contains(&format!("note: going on with run {killed}: 1 of 2 hosts are done\n"))
        .stdout_contains("deploy: 2 succeeded")
        // The variables are those of then.
        .stdout_contains("nixpi | rehearsal: would look at the unit nginx.service");
    assert!(!ran.stdout.contains("luna  | rehearsal:"), "{}", ran.stdout);
    assert_eq!(steps(&fixture, "luna"), Vec::<String>::new());
    assert_eq!(steps(&fixture, "nixpi"), ["probe", "reachable", "derivation", "build", "copy", "activate"]);
    let journal = fixture.journal();
    let report = &journal.last().unwrap()["hosts"];
    assert_eq!(report[0]["host"], "luna");
    assert_eq!(
        (report[0]["before"]["number"].as_u64(), report[0]["after"]["number"].as_u64()),
        (Some(41), Some(42))
    );
    fixture
        .run(["resume", "last", "--rehearse"])
        .code(1)
        .stderr_contains("came to its end, and all is well")
        .stdout_is("");
}

#[test]
fn a_result_that_was_not_reported_whole_is_not_proven() {
    let fixture = fixture();
    fixture.run(["run", "deploy", "unit=x.service", "--rehearse"]).code(0);
    cut(&fixture, "luna", false);
    fixture.run(["resume", "last", "--rehearse"]).code(0).stderr_contains("0 of 2 hosts are done");
    assert!(steps(&fixture, "luna").contains(&"activate".to_owned()));
}

#[test]
fn a_wave_that_fails_takes_back_what_the_killed_run_had_done() {
    let policy = "    deploy: {on_failure: roll_back_wave}\n";
    let fixture = Fixture::new().file("Fleetfile.yaml", FLEET.replace("    deploy: {}\n", policy));
    fixture.run(["run", "deploy", "--rehearse", "--fail", "nixpi:activate"]).code(3);
    // Only luna's end is left, which the roll-back of the wave came after.
    let path = fixture.journal_file();
    let mut lines: Vec<String> =
        fs::read_to_string(&path).unwrap().lines().take(1).map(str::to_owned).collect();
    lines.push(r#"{"at_ms":9,"event":"host_finished","host":"luna","result":"succeeded","stage":"deploy","before":{"number":41,"path":"/nix/store/00000000000000000000000000000000-old"},"after":{"number":42,"path":"/nix/store/00000000000000000000000000000000-new"},"took_ms":1}"#.to_owned());
    fs::write(path, lines.join("\n") + "\n").unwrap();
    fixture
        .run(["resume", "last", "--rehearse", "--fail", "nixpi:activate"])
        .code(3)
        .stdout_contains("luna  | rehearsal: would go back to the system before")
        .stdout_contains("luna   rolled_back");
}

#[test]
fn hosts_that_failed_are_tried_again() {
    let fixture = fixture();
    fixture.run(["run", "deploy", "unit=x.service", "--rehearse", "--fail", "nixpi:build"]).code(3);
    fixture.run(["resume", "last", "--rehearse"]).code(0).stdout_contains("deploy: 2 succeeded");
    assert_eq!(steps(&fixture, "luna"), Vec::<String>::new());
}

#[test]
fn a_run_that_cannot_be_gone_on_with_is_refused_with_the_way_out() {
    let fixture = fixture();
    fixture.run(["resume", "last"]).code(2).stderr_contains("there is no run `last`");
    fixture.run(["run", "deploy", "unit=x.service", "--rehearse"]).code(0);
    cut(&fixture, "luna", true);
    fixture
        .run(["resume", "last"])
        .code(1)
        .stderr_contains("was a rehearsal")
        .stderr_contains("help: `--rehearse` goes on with it");
    // The hosts of the fleet are others now.
    let fewer = FLEET.replace("    nixpi: {platform: nixos, tags: [edge]}\n", "");
    let fixture = fixture.file("Fleetfile.yaml", fewer);
    fixture
        .run(["resume", "last", "--rehearse"])
        .code(1)
        .stderr_contains("had the host `nixpi`, which is gone")
        .stderr_contains("help: run the pipeline again");
    fs::remove_file(fixture.journal_file().with_file_name("request.json")).unwrap();
    fixture
        .run(["resume", "last", "--rehearse"])
        .code(1)
        .stderr_contains("has not kept what it was asked for")
        .stderr_contains("left alone");
}

#[test]
fn the_next_run_names_the_way_on() {
    use std::os::unix::fs::PermissionsExt as _;
    let fixture = fixture();
    fixture.run(["run", "deploy", "unit=x.service", "--rehearse"]).code(0);
    let run = fixture.journal_file().parent().unwrap().to_owned();
    let mode = fs::metadata(run.join("request.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    cut(&fixture, "luna", true);
    let text = fs::read_to_string(fixture.journal_file())
        .unwrap()
        .replace("\"rehearsal\":true", "\"rehearsal\":false");
    fs::write(fixture.journal_file(), text).unwrap();
    let id = run.file_name().unwrap().to_str().unwrap().to_owned();
    fixture
        .run(["run", "deploy", "unit=x.service", "--rehearse"])
        .code(0)
        .stderr_contains(&format!("help: `fleet resume {id}` goes on with it"));
}

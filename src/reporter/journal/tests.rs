use super::*;
use crate::executor::event::{RunReport, RunStarted};
use crate::plan::Stage;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

fn host(name: &str) -> HostName {
    HostName::new(name).unwrap()
}

fn node(number: u32, step: &str, host: Option<HostName>) -> NodeRef {
    NodeRef { node: number, stage: Stage::Deploy, step: step.to_owned(), host }
}

fn started(run: &RunId, rehearsal: bool) -> Stamped {
    let started = RunStarted {
        version: 1,
        run: run.to_string(),
        name: "apply-nixos".to_owned(),
        started: "2026-11-23T09:15:00Z".to_owned(),
        rehearsal,
        hosts: vec![host("luna"), host("rydev"), host("nixpi")],
        nodes: 7,
        revision: None,
    };
    Stamped { at_ms: 0, event: Event::RunStarted(started) }
}

fn finished(run: &RunId) -> Stamped {
    let report = RunReport {
        version: 1,
        run: run.to_string(),
        name: "apply-nixos".to_owned(),
        rehearsal: false,
        exit_code: 0,
        hosts: Vec::new(),
        failures: Vec::new(),
        skipped: Vec::new(),
        notifications: Vec::new(),
        took_ms: 9,
    };
    Stamped { at_ms: 9, event: Event::RunFinished(report) }
}

fn output(node: NodeRef, stream: Stream, line: &str) -> Stamped {
    Stamped { at_ms: 1_234, event: Event::Output { node, stream, line: line.to_owned() } }
}

#[test]
fn keeps_events_in_the_journal_and_output_in_logs_for_the_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let fleet = dir.path().join(".fleet");
    let run = RunId::new();
    let mut journal = Journal::create(&fleet, &run).unwrap();
    journal.event(&started(&run, false));
    let copy = node(3, "copy", Some(host("luna")));
    journal.event(&Stamped { at_ms: 1_000, event: Event::NodeStarted(copy.clone()) });
    journal.event(&output(copy, Stream::Stderr, "copying path"));
    journal.event(&output(node(4, "evaluate", None), Stream::Stdout, "evaluating"));
    journal.event(&finished(&run));

    let run_dir = fleet.join("runs").join(run.as_str());
    let read = |name: &str| std::fs::read_to_string(run_dir.join(name)).unwrap();
    let lines = read("journal.jsonl");
    let events: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["run_started", "node_started", "run_finished"]);
    assert_eq!(
        read("hosts/luna.log"),
        "    1.000s [deploy: copy] started\n    1.234s [deploy: copy] ! copying path\n"
    );
    assert_eq!(read("run.log"), "    1.234s [deploy: evaluate] | evaluating\n");
    assert_eq!(std::fs::read_to_string(fleet.join(".gitignore")).unwrap(), "*\n");

    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&run_dir), 0o700);
    assert_eq!(mode(&run_dir.join("hosts")), 0o700);
    assert_eq!(mode(&run_dir.join("journal.jsonl")), 0o600);
    assert_eq!(mode(&run_dir.join("hosts/luna.log")), 0o600);
    assert_eq!(journal.state().incomplete(), None);
}

#[test]
fn more_hosts_than_open_files_keep_their_logs() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::create(dir.path(), &RunId::new()).unwrap();
    let long = "a".repeat(253);
    let names: Vec<_> = (0..OPEN_LOGS + 5).map(|n| host(&format!("h{n}"))).chain([host(&long)]).collect();
    for line in ["one", "two"] {
        for name in &names {
            journal.event(&output(node(1, "copy", Some(name.clone())), Stream::Stdout, line));
        }
    }
    assert_eq!(journal.state().incomplete(), None);
    for name in &names {
        let text = std::fs::read_to_string(journal.dir().join(log_path(Some(name)))).unwrap();
        assert_eq!(text.lines().count(), 2, "{name}");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_refused_before_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let taken = dir.path().join(".fleet");
    std::fs::write(&taken, "a file").unwrap();
    let error = Journal::create(&taken, &RunId::new()).unwrap_err();
    assert!(error.to_string().contains(".fleet"), "{error}");
    assert!(error.help().contains("No host was touched"));
}

#[test]
fn a_write_that_fails_midway_is_told_once_and_leaves_later_lines_readable() {
    let dir = tempfile::tempdir().unwrap();
    let run = RunId::new();
    let mut journal = Journal::create(dir.path(), &run).unwrap();
    journal.event(&started(&run, false));
    let good =
        std::mem::replace(&mut journal.file, OpenOptions::new().append(true).open("/dev/full").unwrap());
    journal.event(&Stamped { at_ms: 1, event: Event::NodeStarted(node(1, "copy", Some(host("luna")))) });
    let warning = journal.take_warning().unwrap();
    assert!(warning.contains("incomplete"), "{warning}");
    // What the full disk did take.
    (&good).write_all(b"{\"at_ms\":1,\"ev").unwrap();
    journal.file = good;
    journal.event(&finished(&run));
    assert_eq!(journal.take_warning(), None);
    assert_eq!(journal.state().incomplete(), Some(warning.as_str()));
    let past = read_past(journal.dir()).unwrap();
    assert_eq!((past.exit_code, past.unreadable), (Some(0), 1));
}

#[test]
fn the_next_run_finds_one_that_did_not_end() {
    let dir = tempfile::tempdir().unwrap();
    let run = RunId::parse("20261123T091500Z-aaaaaa").unwrap();
    let next = RunId::parse("20261123T091600Z-aaaaaa").unwrap();
    let mut journal = Journal::create(dir.path(), &run).unwrap();
    journal.event(&started(&run, false));
    let activate = node(1, "activate", Some(host("rydev")));
    journal.event(&Stamped { at_ms: 1, event: Event::NodeStarted(activate) });
    let path = journal.dir().join(JOURNAL);
    let alive = find_unfinished(dir.path(), &next).unwrap().unwrap();
    assert!(alive.running, "{alive}");
    assert_eq!(find_unfinished(dir.path(), &run).unwrap(), None);

    drop(journal);
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"at_ms\":2,\"event\":\"host_finished\",\"host\":\"luna\",\"result\":\"succeeded\"}\n")
        .unwrap();
    file.write_all(b"{\"at_ms\":3,\"event\":\"from_the_future\"}\n{\"at_ms\":4,\"event\":\"run_fini")
        .unwrap();
    let dead = find_unfinished(dir.path(), &next).unwrap().unwrap();
    assert_eq!(dead.unreadable, 1);
    let text = dead.to_string();
    let text = text.rsplit_once('\n').unwrap().0;
    assert_eq!(
        text,
        "run 20261123T091500Z-aaaaaa of apply-nixos, begun 2026-11-23T09:15:00Z, did not come to its end:\n  \
         luna: succeeded\n  \
         rydev: deploy: activate had begun, its end is not known\n  \
         nixpi: nothing had begun"
    );

    let mut journal = Journal::create(dir.path(), &next).unwrap();
    journal.event(&started(&next, false));
    journal.event(&finished(&next));
    drop(journal);
    assert_eq!(find_unfinished(dir.path(), &RunId::new()).unwrap(), None);
}

#[test]
fn an_unfinished_rehearsal_is_no_news() {
    let dir = tempfile::tempdir().unwrap();
    let run = RunId::new();
    Journal::create(dir.path(), &run).unwrap().event(&started(&run, true));
    assert_eq!(find_unfinished(dir.path(), &RunId::parse("30000101T000000Z-000000").unwrap()).unwrap(), None);
}

const CHILD: &str = "FLEET_TEST_JOURNAL_CHILD";

/// The other half of the next test; does nothing when run by itself.
#[test]
fn child_that_writes_until_it_is_killed() {
    let Some(dir) = std::env::var_os(CHILD) else { return };
    let run = RunId::parse("20261123T091500Z-aaaaaa").unwrap();
    let mut journal = Journal::create(Path::new(&dir), &run).unwrap();
    journal.event(&started(&run, false));
    let mut out = std::io::stdout();
    for number in 0.. {
        let event = Event::NodeStarted(node(number, "copy", Some(host("luna"))));
        journal.event(&Stamped { at_ms: number.into(), event });
        journal.event(&output(node(number, "copy", Some(host("luna"))), Stream::Stdout, &number.to_string()));
        if writeln!(out, "reported {number}").is_err() {
            return;
        }
    }
}

#[test]
fn kill_9_loses_nothing_that_was_reported() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "reporter::journal::tests::child_that_writes_until_it_is_killed", "--nocapture"])
        .env(CHILD, dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut reported: Option<u64> = None;
    while reported.is_none_or(|number| number < 500) {
        let line = lines.next().expect("the child ended by itself").unwrap();
        reported = line.strip_prefix("reported ").and_then(|number| number.parse().ok()).or(reported);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for line in lines.map_while(Result::ok) {
        // A last line without its end was cut by the kill.
        reported = line.strip_prefix("reported ").and_then(|n| n.parse().ok()).max(reported);
    }
    let reported = reported.unwrap();

    let run_dir = dir.path().join("runs/20261123T091500Z-aaaaaa");
    let past = read_past(&run_dir).unwrap();
    assert!(!past.running);
    assert!(past.unreadable <= 1, "{past:?}");
    assert_eq!(past.exit_code, None);
    let journal = std::fs::read_to_string(run_dir.join(JOURNAL)).unwrap();
    let nodes: Vec<u64> = journal
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()?["node"].as_u64())
        .collect();
    assert!(nodes.len() as u64 > reported, "{} of {reported}", nodes.len());
    assert!(nodes.iter().copied().eq(0..nodes.len() as u64));
    let log = std::fs::read_to_string(run_dir.join("hosts/luna.log")).unwrap();
    assert!(log.lines().count() as u64 > reported);
}

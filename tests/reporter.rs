//! What a run in memory leaves on the screen, as JSON and on disk.

#![cfg(test)]

use fleet::driver::Yes;
use fleet::driver::rehearsal::{Fault, Rehearsal};
use fleet::executor::drivers::Drivers;
use fleet::executor::event::RunReport;
use fleet::executor::pipeline::{RunOptions, run};
use fleet::model::{
    Action, Build, BuildOn, Deploy, Host, HostName, Notification, OnFailure, Pipeline, Platform, Service,
    Step, StepKind, TaskfileId, Text, Variables,
};
use fleet::plan::{Limits, compile};
use fleet::process::Cancel;
use fleet::reporter::{
    Journal, Json, Multi, Paint, Plain, Reporter, RunId, Sink, find_unfinished, read_past,
};
use fleet::source::Span;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

const HOSTS: [&str; 4] = ["luna", "rydev", "nixos-bootstrap", "nixpi"];

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// A reader that goes away after the first write.
struct HungUp(bool);

impl Write for HungUp {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if std::mem::replace(&mut self.0, true) {
            Err(io::ErrorKind::BrokenPipe.into())
        } else {
            Ok(bytes.len())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn host(name: &str) -> Host {
    Host {
        name: HostName::new(name).unwrap(),
        platform: Platform::Nixos,
        system: None,
        host_name: name.to_owned(),
        address: name.to_owned(),
        user: None,
        port: None,
        build_on: BuildOn::Target,
        build_limits: Default::default(),
        cache: None,
        driver: Default::default(),
        tags: [].into(),
        identity: Default::default(),
    }
}

fn pipeline() -> Pipeline {
    let step = |kind| Step { kind, each_host: false, timeout: None, span: Span::NONE };
    let target = Text::nowhere("https://ntfy.example.org/secret-topic");
    Pipeline {
        name: "apply-nixos".into(),
        taskfile: TaskfileId(0),
        span: Span::NONE,
        desc: None,
        summary: None,
        aliases: Vec::new(),
        hosts: Text::nowhere("*"),
        platform: None,
        base_dir: Vec::new(),
        vars: Variables::new(),
        check: vec![step(StepKind::Reachable), step(StepKind::Flake)],
        build: Some(Build::default()),
        deploy: Some(Deploy { on_failure: OnFailure::Continue, ..Deploy::new(Action::Switch, Span::NONE) }),
        check_at_once: None,
        around: Default::default(),
        notify: vec![Notification::new(Service::Ntfy, target, Span::NONE)],
    }
}

fn rehearse(faults: &[&str], id: &RunId, reporter: &mut dyn Reporter) -> RunReport {
    let faults: Vec<_> = faults.iter().map(|text| Fault::parse(text).unwrap()).collect();
    let fleet = Arc::new(Rehearsal::new(HOSTS.map(|name| HostName::new(name).unwrap()), faults));
    let drivers = Drivers::rehearsal(&fleet, Arc::<Rehearsal>::clone(&fleet), Arc::new(Yes));
    let plan =
        Arc::new(compile(&pipeline(), HOSTS.iter().map(|name| host(name)).collect(), &Limits::default()));
    let options = RunOptions {
        run: id.to_string(),
        started: "2026-11-23T09:15:00Z".to_owned(),
        rehearsal: true,
        dir: ".".into(),
        resumed: None,
        allow_older: false,
    };
    run(&plan, &drivers, &options, &Cancel::new(), reporter).unwrap()
}

#[test]
fn the_same_run_on_the_screen_as_json_and_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let id = RunId::new();
    let (plain, json) = (Written::default(), Written::default());
    let journal = Journal::create(dir.path(), &id).unwrap();
    let run_dir = journal.dir().to_owned();
    let others: Vec<Box<dyn Reporter>> = vec![
        Box::new(Plain::new(Sink::new(plain.clone()), Paint::new(false), Some(".fleet/runs/x".to_owned()))),
        Box::new(Json::new(Sink::new(json.clone()))),
    ];
    let report = rehearse(&["rydev:build"], &id, &mut Multi::new(Some(journal), others));
    assert_eq!(report.exit_code, 3);

    let plain = plain.text();
    assert!(plain.starts_with("REHEARSAL: no host was touched\napply-nixos: 4 hosts, "), "{plain}");
    let (lines, table) = plain.split_once("\n\n").unwrap();
    for line in lines.lines().skip(2) {
        let (mark, _) = line.split_once('|').expect(line);
        assert_eq!(mark.len(), "nixos-bootstrap ".len(), "{line}");
        assert!(mark.trim() == "*" || HOSTS.contains(&mark.trim()), "{line}");
    }
    for (name, result) in HOSTS.iter().zip(["succeeded", "failed (build)", "succeeded", "succeeded"]) {
        let row = table.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(row.contains(result), "{row}");
    }
    assert!(table.contains("\nrydev failed in build: "), "{table}");
    assert!(table.contains("ntfy: rendered, not sent"), "{table}");
    assert!(table.trim_end().ends_with("exit code 3 (REHEARSAL: no host was touched)"), "{table}");

    let json = json.text();
    let last: serde_json::Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
    let mut expected = serde_json::to_value(&report).unwrap();
    expected["at_ms"] = last["at_ms"].clone();
    expected["event"] = "run_finished".into();
    assert_eq!(last, expected);

    let journal = std::fs::read_to_string(run_dir.join("journal.jsonl")).unwrap();
    let without_output: Vec<_> = json.lines().filter(|line| !line.contains("\"event\":\"output\"")).collect();
    assert_eq!(journal.lines().collect::<Vec<_>>(), without_output);
    assert!(!plain.contains("secret-topic") && !json.contains("secret-topic"));
    let past = read_past(&run_dir).unwrap();
    assert_eq!((past.exit_code, past.unreadable, past.hosts.len()), (Some(3), 0, 4));
    assert_eq!(past.hosts["rydev"].result.as_deref(), Some("failed"));
    for host in HOSTS {
        let log = std::fs::read_to_string(run_dir.join(format!("hosts/{host}.log"))).unwrap();
        assert!(log.contains("[build] "), "{log}");
    }
    assert_eq!(find_unfinished(dir.path(), &RunId::new()).unwrap(), None);
}

#[test]
fn a_run_goes_on_when_its_reader_goes_away() {
    let sink = Sink::new(HungUp(false));
    let state = sink.state();
    let report = rehearse(&[], &RunId::new(), &mut Plain::new(sink, Paint::new(true), None));
    assert_eq!(report.exit_code, 0);
    assert!(state.is_closed() && state.error().is_none());
}

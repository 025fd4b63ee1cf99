//! The fault matrix: `matrix.tsv` says what is broken when and what must come of it; here it is done and looked at. Every
//! cell has a host of its own. `FLEET_MATRIX=copy,codes` makes only these runs, `FLEET_MATRIX=all` those as well that say the
//! same of a host that builds for itself.

use crate::Homelab;
use crate::aftermath::Aftermath;
use crate::told::Told;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

/// Times are short, and long enough for a machine that is busy. Systems are built here where `copy` is the moment.
const PIPELINES: &str = "
  matrix: &matrix
    platform: nixos
    deploy: {action: switch, confirm: false, timeout: 45s, watchdog: 20s}
  gated:
    <<: *matrix
    check: [{cmd: 'cat GATES/{{.HOST}}', each: host}]
  settling:
    <<: *matrix
    deploy: {action: switch, confirm: false, timeout: 45s, watchdog: 20s, settle: 4s}
";
/// How long a host may need to come to rest: its watchdog, and whatever had to end before.
const REST: Duration = Duration::from_secs(120);
/// What is left out unless it is asked for.
const LONG: [&str; 1] = ["build"];
const MOMENTS: [&str; 4] = ["probe", "copy", "activate", "verify"];
const FAULTS: [&str; 13] = [
    "down",
    "blackhole",
    "slow",
    "loss",
    "sshd-stop",
    "diskfull",
    "profile-ro",
    "hostkey",
    "drop",
    "activation-fails",
    "activation-hangs",
    "activation-slow",
    "kill",
];

/// One line of the table, and its host.
struct Cell {
    host: String,
    run: String,
    exit: i32,
    fault: Vec<String>,
    moment: String,
    result: String,
    /// What runs, the profile, and what boots.
    systems: [String; 3],
}

impl Cell {
    fn name(&self) -> String {
        format!("{} at {} ({}, {})", self.fault.join(" "), self.moment, self.run, self.host)
    }

    fn fault(&self) -> &str {
        &self.fault[0]
    }

    /// Whether the host breaks itself, as told before; or waits for it to be done by hand; or is broken from outside.
    fn way(&self) -> Way {
        match (self.moment.as_str(), self.fault()) {
            (_, "kill") => Way::Kill,
            ("activate" | "verify", "slow" | "loss") => Way::Held,
            ("activate", fault) if fault.starts_with("activation-") => Way::Before,
            ("activate" | "verify", _) => Way::Itself,
            ("copy", _) => Way::Gate,
            _ => Way::Before,
        }
    }

    /// The line of the activation after which its moment has come.
    fn line(&self) -> &'static str {
        if self.moment == "verify" {
            "restarting the following units"
        } else {
            "activating the configuration"
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Before,
    Gate,
    Itself,
    Held,
    Kill,
}

fn table() -> Vec<Cell> {
    let text = std::fs::read_to_string(crate::homelab::repository().join("tests/e2e/matrix.tsv")).unwrap();
    let mut pairs = BTreeSet::new();
    let mut cells = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<String> = line.split('\t').map(str::to_owned).collect();
        let fault: Vec<String> = columns[2].split(' ').map(str::to_owned).collect();
        assert!(FAULTS.contains(&fault[0].as_str()) && MOMENTS.contains(&columns[3].as_str()), "{line}");
        pairs.insert((fault[0].clone(), columns[3].clone()));
        if columns[0] == "never" {
            assert!(columns.len() == 5 && !columns[4].is_empty(), "{line}");
            continue;
        }
        let [run, exit, _, moment, result, runs, profile, boots] = &columns[..] else { panic!("{line}") };
        cells.push(Cell {
            host: String::new(),
            run: run.clone(),
            exit: exit.parse().unwrap(),
            fault,
            moment: moment.clone(),
            result: result.clone(),
            systems: [runs.clone(), profile.clone(), boots.clone()],
        });
    }
    for fault in FAULTS {
        for moment in MOMENTS {
            assert!(
                pairs.contains(&(fault.to_owned(), moment.to_owned())),
                "no line for {fault} at {moment}"
            );
        }
    }
    cells
}

/// The cells that are asked for, by run, with a host for each.
fn runs() -> Vec<Vec<Cell>> {
    let only = std::env::var("FLEET_MATRIX").unwrap_or_default();
    let wanted = |run: &str| match only.as_str() {
        "" => !LONG.contains(&run),
        "all" => true,
        only => only.split(',').any(|name| name == run),
    };
    let mut runs: Vec<Vec<Cell>> = Vec::new();
    // nixos-bootstrap trusts nobody, and nixpi asks for a password.
    let hosts = ["luna".to_owned(), "rydev".to_owned()].into_iter().chain((5..).map(|n| format!("host{n}")));
    for (mut cell, host) in table().into_iter().filter(|cell| wanted(&cell.run)).zip(hosts) {
        cell.host = host;
        match runs.last_mut() {
            Some(run) if run[0].run == cell.run => run.push(cell),
            _ => runs.push(vec![cell]),
        }
    }
    assert!(!runs.is_empty(), "no run is named {only}");
    runs
}

#[test]
fn every_fault_at_every_moment_ends_as_written_down() {
    let runs = runs();
    let cells: Vec<&Cell> = runs.iter().flatten().collect();
    let Some(homelab) =
        Homelab::up_with(cells.len() + 2, "matrix::every_fault_at_every_moment_ends_as_written_down")
    else {
        return;
    };
    let gates = tempfile::tempdir().unwrap();
    write_fleetfile(&homelab, &cells, gates.path());
    let begun = Instant::now();
    let first = homelab.run(&["matrix", "host=*,!nixpi,!nixos-bootstrap"]);
    let all: Vec<String> = cells.iter().map(|cell| format!("{} succeeded", cell.host)).collect();
    first.assert_results(&all.iter().map(String::as_str).collect::<Vec<_>>());
    eprintln!("matrix: {} hosts were deployed in {:.0} s", cells.len(), begun.elapsed().as_secs_f64());

    for cell in &cells {
        homelab.write(&format!("hosts/{}/version", cell.host), "2");
        let fault: Vec<&str> = cell.fault.iter().map(String::as_str).collect();
        let host = cell.host.as_str();
        match cell.way() {
            Way::Before => homelab.fault(&[&[host], &fault[..]].concat()),
            Way::Itself => homelab.fault(&[&[host, "at", &cell.moment], &fault[..]].concat()),
            Way::Held => homelab.fault(&[host, "at", &cell.moment, "hold"]),
            // So that there is a moment to be killed in.
            Way::Kill if cell.moment == "activate" => homelab.fault(&[host, "activation-slow", "3"]),
            Way::Gate | Way::Kill => {}
        }
    }
    let before: BTreeMap<&str, Aftermath> =
        cells.iter().map(|cell| (cell.host.as_str(), Aftermath::of(&homelab, &cell.host))).collect();
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let mut running = Vec::new();
        for cells in &runs {
            let (homelab, before, gates) = (&homelab, &before, gates.path());
            let (busy, done) = channel();
            running.push(scope.spawn(move || deploy(homelab, cells, before, gates, busy)));
            // Not all at once: what takes the processor is over when each host is being activated, or has come to its end.
            while done.recv().is_ok() {}
        }
        running.into_iter().flat_map(|run| run.join().unwrap()).collect()
    });
    let left = homelab.processes_left();
    eprintln!("matrix: {} cells took {:.0} s", cells.len(), begun.elapsed().as_secs_f64());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n\n"));
    assert_eq!(left, Vec::<String>::new());
}

fn write_fleetfile(homelab: &Homelab, cells: &[&Cell], gates: &std::path::Path) {
    let local = |cell: &&&Cell| matches!(cell.run.as_str(), "copy" | "kill-copy");
    let hosts: String =
        cells.iter().filter(local).map(|cell| format!("    {}: {{build_on: local}}\n", cell.host)).collect();
    let text = std::fs::read_to_string(homelab.dir().join("Fleetfile.yaml")).unwrap();
    let (head, tail) = text.split_once("    luna:").unwrap();
    let pipelines = PIPELINES.replace("GATES", gates.to_str().unwrap());
    // luna and rydev have lines of their own.
    homelab.write("Fleetfile.yaml", &format!("{head}{hosts}    luna:{tail}{pipelines}"));
    for cell in cells.iter().filter(|cell| cell.way() == Way::Gate) {
        rustix::fs::mknodat(
            rustix::fs::CWD,
            gates.join(&cell.host),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RWXU,
            0,
        )
        .unwrap();
    }
}

/// Deploys one run and tells what is not as written down. `busy` is dropped when no host has much to compute any more.
fn deploy(
    homelab: &Homelab,
    cells: &[Cell],
    before: &BTreeMap<&str, Aftermath>,
    gates: &std::path::Path,
    busy: Sender<()>,
) -> Vec<String> {
    let pipeline = match cells[0] {
        ref cell if cell.way() == Way::Gate => "gated",
        ref cell if cell.way() == Way::Kill && cell.moment == "verify" => "settling",
        _ => "matrix",
    };
    let selector = cells.iter().map(|cell| cell.host.as_str()).collect::<Vec<_>>().join(",");
    let mut told = Told::start(homelab.start(&["run", pipeline, &format!("host={selector}"), "--json"]));
    let mut busy = Some(busy);
    let mut working: BTreeSet<&str> = cells.iter().map(|cell| cell.host.as_str()).collect();
    let code = std::thread::scope(|scope| {
        told.listen(|event, fleet| {
            let host = event["host"].as_str().unwrap_or_default();
            let Some(cell) = cells.iter().find(|cell| cell.host == host) else { return };
            let starts = |step: &str| event["event"] == "node_started" && event["step"] == step;
            if event["event"] == "host_finished" || starts("activate") {
                working.remove(host);
                if working.is_empty() {
                    busy = None;
                }
            }
            let line = event["line"].as_str().unwrap_or_default();
            let comes = |line: &str| line.starts_with(cell.line());
            match (cell.way(), cell.moment.as_str()) {
                (Way::Gate, _) if starts("cmd") => {
                    let fault: Vec<&str> = cell.fault.iter().map(String::as_str).collect();
                    let gate = gates.join(host);
                    scope.spawn(move || {
                        homelab.fault(&[&[cell.host.as_str()], &fault[..]].concat());
                        std::fs::OpenOptions::new().write(true).open(gate).unwrap().write_all(b"\n").unwrap();
                    });
                }
                (Way::Held, _) if comes(line) => {
                    scope.spawn(move || hold(homelab, cell));
                }
                (Way::Kill, "probe" | "copy") if starts(&cell.moment) => fleet.kill().unwrap(),
                (Way::Kill, "activate") if comes(line) => fleet.kill().unwrap(),
                (Way::Kill, "verify") if comes(line) => {
                    // It settles, and is asked for its proof, as soon as the activation has an exit code.
                    let script = "until [ -s /run/fleet/fleet-switch-*/rc ]; do sleep 0.1; done";
                    homelab.testbed(&["exec", host, "timeout", "40", "sh", "-c", script]);
                    fleet.kill().unwrap();
                }
                _ => {}
            }
        })
    });
    drop(busy);
    let mut wrong = Vec::new();
    let mut say = |text: String| {
        eprintln!("{text}\n");
        wrong.push(text);
    };
    if code != cells[0].exit {
        say(format!("{}: exit code {code}, not {}: {}", cells[0].run, cells[0].exit, told.printed()));
    }
    if told.reported != (code != 137).then_some(i64::from(code)) {
        say(format!("{}: exit code {code}, and {:?} in the report", cells[0].run, told.reported));
    }
    for cell in cells {
        let (result, before) = (told.result(&cell.host), &before[cell.host.as_str()]);
        let new = new_system(homelab, &cell.host);
        let expects = |now: &Aftermath| {
            let systems = [&now.runs, &now.profile, &now.boots];
            let is = |system: &str, word: &str| match word {
                "before" => system == before.runs,
                "new" => system == new,
                _ => [&before.runs, &new].contains(&&now.runs) && system == now.runs,
            };
            now.left.is_empty()
                && systems.into_iter().zip(&cell.systems).all(|(system, word)| is(system, word))
        };
        // The host comes to rest by itself where nobody can speak with it; what was reported is the last word already.
        let rests = !matches!(result, "succeeded" | "degraded" | "rolled_back");
        let until = Instant::now() + if rests { REST } else { Duration::ZERO };
        let mut now = Aftermath::of(homelab, &cell.host);
        while !expects(&now) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(500));
            now = Aftermath::of(homelab, &cell.host);
        }
        let after = told.after(&cell.host);
        let is_true = matches!(result, "-" | "unknown") || after.is_none_or(|after| after == now.runs);
        if result != cell.result || !expects(&now) || !is_true {
            say(format!(
                "{}: {result}, not {}; {now:?}, not {:?} of {} and {new}; reported {after:?}: {}\n{}",
                cell.name(),
                cell.result,
                cell.systems,
                before.runs,
                told.reason(&cell.host),
                told.log(homelab, &cell.host),
            ));
        }
    }
    eprintln!("matrix: {} is done", cells[0].run);
    wrong
}

/// Waits until a host waits in the middle of its activation, breaks it from outside, and lets it go on.
fn hold(homelab: &Homelab, cell: &Cell) {
    let held = "/run/testbed/faults/held";
    let script = format!("until [ -e {held} ]; do sleep 0.05; done");
    homelab.testbed(&["exec", &cell.host, "timeout", "300", "sh", "-c", &script]);
    let fault: Vec<&str> = cell.fault.iter().map(String::as_str).collect();
    homelab.fault(&[&[cell.host.as_str()], &fault[..]].concat());
    homelab.testbed(&["exec", &cell.host, "rm", held]);
}

/// The system that the flake has for a host now.
fn new_system(homelab: &Homelab, host: &str) -> String {
    let version = std::fs::read_to_string(homelab.dir().join(format!("hosts/{host}/version"))).unwrap();
    let script = format!(
        "ls -d /nix/store/*-nixos-system-{host}-25.05.{} 2>/dev/null | head -n 1 || :",
        version.trim()
    );
    homelab.testbed(&["exec", host, "sh", "-c", &script]).trim().to_owned()
}

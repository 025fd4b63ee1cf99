//! The fault matrix: `matrix.tsv` says what is broken when and what must come of it; here it is done and looked at. The
//! hosts of a run are deployed together, each with a fault of its own.

use crate::Homelab;
use crate::run::Run;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Short, and long enough for the proof on a machine that is busy.
const PIPELINE: &str = "\n  matrix:\n    platform: nixos\n    \
    deploy: {action: switch, confirm: false, timeout: 20s, watchdog: 20s}\n";
/// As many as the longest run has. nixpi, which asks for a password, is not among them.
const HOSTS: [&str; 8] = ["luna", "rydev", "nixos-bootstrap", "host5", "host6", "host7", "host8", "host9"];
/// How long a host may need to come to rest: its watchdog, and whatever had to end before.
const REST: Duration = Duration::from_secs(90);

/// One line of the table.
struct Cell {
    run: String,
    exit: i32,
    fault: Vec<String>,
    moment: String,
    result: String,
    runs: String,
    boots: String,
}

fn table() -> Vec<Cell> {
    let text = std::fs::read_to_string(crate::homelab::repository().join("tests/e2e/matrix.tsv")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let cell = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [run, exit, fault, moment, result, runs, boots] = columns[..] else { panic!("{line}") };
        Cell {
            run: run.to_owned(),
            exit: exit.parse().unwrap(),
            fault: fault.split(' ').map(str::to_owned).collect(),
            moment: moment.to_owned(),
            result: result.to_owned(),
            runs: runs.to_owned(),
            boots: boots.to_owned(),
        }
    };
    lines.map(cell).collect()
}

#[test]
fn every_fault_at_every_moment_ends_as_written_down() {
    let Some(homelab) = Homelab::up_with(9, "matrix::every_fault_at_every_moment_ends_as_written_down")
    else {
        return;
    };
    let fleetfile = std::fs::read_to_string(homelab.dir().join("Fleetfile.yaml")).unwrap() + PIPELINE;
    homelab.write("Fleetfile.yaml", &fleetfile);
    let first = homelab.run(&["matrix", "host=*,!nixpi"]);
    assert_eq!(first.code, 0, "{}", first.printed);

    let mut runs: Vec<Vec<Cell>> = Vec::new();
    for cell in table() {
        match runs.last_mut() {
            Some(run) if run[0].run == cell.run => run.push(cell),
            _ => runs.push(vec![cell]),
        }
    }
    let mut wrong = Vec::new();
    // `FLEET_MATRIX=codes,lasting` makes only these runs.
    let only = std::env::var("FLEET_MATRIX").unwrap_or_default();
    let wanted = |run: &str| only.is_empty() || only.split(',').any(|name| name == run);
    for (number, cells) in runs.iter().enumerate().filter(|(_, cells)| wanted(&cells[0].run)) {
        let begun = Instant::now();
        let found = deploy(&homelab, number + 2, cells);
        eprintln!("matrix: {} took {:.0} s", cells[0].run, begun.elapsed().as_secs_f64());
        found.iter().for_each(|text| eprintln!("{text}\n"));
        wrong.extend(found);
    }
    assert!(runs.iter().any(|cells| wanted(&cells[0].run)), "no run is named {only}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Deploys one run and tells what is not as written down.
fn deploy(homelab: &Homelab, version: usize, cells: &[Cell]) -> Vec<String> {
    let hosts: Vec<(&str, &Cell)> = HOSTS.into_iter().zip(cells).collect();
    let before: BTreeMap<&str, (String, String)> = hosts
        .iter()
        .map(|(host, _)| (*host, (homelab.current_system(host), homelab.profile(host))))
        .collect();
    for (host, cell) in &hosts {
        homelab.write(&format!("hosts/{host}/version"), &format!("{version}"));
        let fault: Vec<&str> = cell.fault.iter().map(String::as_str).collect();
        match (cell.moment.as_str(), fault[0]) {
            // So that there is a moment to be killed in.
            ("activate" | "verify", "kill") => homelab.fault(&[host, "activation-slow", "3"]),
            ("before", _) => homelab.fault(&[&[*host], &fault[..]].concat()),
            ("activate" | "verify", _) => homelab.fault(&[&[*host, "at", &cell.moment], &fault[..]].concat()),
            _ => {}
        }
    }
    let selector = hosts.iter().map(|(host, _)| *host).collect::<Vec<_>>().join(",");
    let printed = tempfile::NamedTempFile::new().unwrap();
    let mut fleet = homelab
        .start(&["run", "matrix", &format!("host={selector}"), "--json"])
        .stdout(Stdio::piped())
        .stderr(printed.reopen().unwrap())
        .spawn()
        .unwrap();
    let events = events(&mut fleet);
    let mut killed = false;
    for event in &events {
        let began = event["event"] == "node_started";
        for (host, cell) in &hosts {
            let is = |step: &str| began && event["step"] == step && event["host"] == *host;
            let kills = cell.fault[0] == "kill";
            let due = match cell.moment.as_str() {
                "probe" | "build" => is(&cell.moment),
                "activate" => {
                    event["event"] == "output" && event["line"] == "activating the configuration..."
                }
                // The unit's last line before the operator hears its exit code.
                "verify" => {
                    event["event"] == "output"
                        && event["line"]
                            .as_str()
                            .is_some_and(|line| line.starts_with("restarting the following units"))
                }
                _ => false,
            };
            if kills && due && !killed {
                killed = true;
                fleet.kill().unwrap();
            }
        }
    }
    let status = fleet.wait().unwrap();
    let printed = std::fs::read_to_string(printed.path()).unwrap();
    let run = Run::read(
        homelab.dir(),
        &std::process::Output { status, stdout: Vec::new(), stderr: printed.into() },
    );
    let mut wrong = Vec::new();
    let code = status.code().or(status.signal().map(|signal| 128 + signal));
    if code != Some(cells[0].exit) {
        wrong.push(format!("{}: exit code {code:?}, not {}", cells[0].run, cells[0].exit));
    }
    for (host, cell) in &hosts {
        let name = format!("{} at {} ({host})", cell.fault.join(" "), cell.moment);
        let (result, reason) = if cell.result == "-" {
            let ended = run.journal.iter().any(|event| event["event"] == "run_finished");
            ((if ended { "reported" } else { "-" }).to_owned(), String::new())
        } else {
            (run.host(host)["result"].as_str().unwrap().to_owned(), run.reason(host))
        };
        let (was_running, was_booting) = &before[host];
        let path = |word: &str, before: &String| match word {
            "before" => before.clone(),
            _ => new_system(homelab, host),
        };
        let expected = (cell.result.clone(), path(&cell.runs, was_running), path(&cell.boots, was_booting));
        let seen = || (result.clone(), homelab.current_system(host), homelab.profile(host));
        let until = Instant::now() + REST;
        // The host comes to rest by itself; what was reported is the last word already.
        while (seen() != expected || !left(homelab, host).is_empty())
            && Instant::now() < until
            && cell.settles()
        {
            std::thread::sleep(Duration::from_millis(500));
        }
        let (seen, left) = (seen(), left(homelab, host));
        if seen != expected || !left.is_empty() {
            wrong.push(format!(
                "{name}: {seen:?}, not {expected:?}; left: {left}; reason: {reason}\n{}",
                run.logs
                    .get(*host)
                    .map(|log| log.lines().rev().take(12).collect::<Vec<_>>().join("\n"))
                    .unwrap_or_default()
            ));
        }
    }
    homelab.testbed(&["heal"]);
    wrong
}

impl Cell {
    /// Whether the host may need time of its own to get there.
    fn settles(&self) -> bool {
        matches!(self.result.as_str(), "-" | "unknown" | "unreachable" | "failed")
    }
}

/// What fleet has left on a host: its lock, units and processes.
fn left(homelab: &Homelab, host: &str) -> String {
    let script = "ls /run/fleet 2>/dev/null | grep '^lock' || :; \
        systemctl list-units --all --plain --no-legend 'fleet-*' | grep fleet- || :; \
        ps -eo args | grep -E 'fleet-(switch|watchdog)|MARK=fleet' | grep -v grep | cut -c1-80 || :";
    homelab.testbed(&["exec", host, "sh", "-c", script])
}

/// The system that the flake has for a host now.
fn new_system(homelab: &Homelab, host: &str) -> String {
    let version = std::fs::read_to_string(homelab.dir().join(format!("hosts/{host}/version"))).unwrap();
    let script =
        format!("ls -d /nix/store/*-nixos-system-{host}-25.05.{version} 2>/dev/null | head -n 1 || :");
    homelab.testbed(&["exec", host, "sh", "-c", &script]).trim().to_owned()
}

/// The events that a run prints, as they come.
fn events(fleet: &mut Child) -> Receiver<serde_json::Value> {
    let (sender, events) = channel();
    let lines = BufReader::new(fleet.stdout.take().unwrap()).lines();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if let Ok(event) = serde_json::from_str(&line)
                && sender.send(event).is_err()
            {
                break;
            }
        }
    });
    events
}

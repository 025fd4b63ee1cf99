//! A run of fleet that is listened to while it goes on.

use crate::Homelab;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};

/// What a run tells by `--json`, as it comes, and in the end.
pub(crate) struct Told {
    fleet: Child,
    printed: tempfile::NamedTempFile,
    /// Its id.
    pub(crate) run: String,
    /// The last word on each host.
    pub(crate) hosts: BTreeMap<String, Json>,
    /// The exit code that stands in the report; none when there is no report.
    pub(crate) reported: Option<i64>,
}

impl Told {
    /// Starts it.
    pub(crate) fn start(mut command: Command) -> Self {
        let printed = tempfile::NamedTempFile::new().unwrap();
        let fleet = command.stdout(Stdio::piped()).stderr(printed.reopen().unwrap()).spawn().unwrap();
        Self { fleet, printed, run: String::new(), hosts: BTreeMap::new(), reported: None }
    }

    /// Listens until it ends; `heard` gets each event. Returns the exit code, that of a shell for a signal.
    pub(crate) fn listen(&mut self, mut heard: impl FnMut(&Json, &mut Child)) -> i32 {
        let output = self.fleet.stdout.take().unwrap();
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // The last line of one that was killed may be half.
            let Ok(event) = serde_json::from_str::<Json>(&line) else { continue };
            match event["event"].as_str().unwrap() {
                "run_started" => event["run"].as_str().unwrap().clone_into(&mut self.run),
                "host_finished" => {
                    self.hosts.insert(event["host"].as_str().unwrap().to_owned(), event.clone());
                }
                "run_finished" => self.reported = event["exit_code"].as_i64(),
                _ => {}
            }
            heard(&event, &mut self.fleet);
        }
        let status = self.fleet.wait().unwrap();
        status.code().or(status.signal().map(|signal| 128 + signal)).unwrap()
    }

    /// What it printed beside the events.
    pub(crate) fn printed(&self) -> String {
        std::fs::read_to_string(self.printed.path()).unwrap()
    }

    /// The result of a host, `-` when nothing was told of it.
    pub(crate) fn result(&self, host: &str) -> &str {
        self.hosts.get(host).map_or("-", |report| report["result"].as_str().unwrap())
    }

    /// The system that it is reported to run.
    pub(crate) fn after(&self, host: &str) -> Option<&str> {
        self.hosts.get(host)?["after"]["path"].as_str()
    }

    /// The last lines of a host's log.
    pub(crate) fn log(&self, homelab: &Homelab, host: &str) -> String {
        let file = homelab.dir().join(format!(".fleet/runs/{}/hosts/{host}.log", self.run));
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    /// Why; empty where all is well.
    pub(crate) fn reason(&self, host: &str) -> &str {
        self.hosts.get(host).and_then(|report| report["reason"].as_str()).unwrap_or_default()
    }
}

//! Reads journals of earlier runs, also of runs that were killed: a line that is cut or of a later version is counted,
//! never an error. Knows no output.

use super::{JOURNAL, log_path};
use crate::model::HostName;
use crate::reporter::RunId;
use indexmap::IndexMap;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt;
use std::fs::{File, TryLockError};
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};

/// What a journal tells about a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// The journal.
    pub path: PathBuf,
    /// The run's id; empty when the run ended before it had begun.
    pub run: String,
    /// What was asked for.
    pub name: String,
    /// Start, RFC 3339.
    pub started: String,
    /// No host was touched.
    pub rehearsal: bool,
    /// The selected hosts, in order.
    pub hosts: IndexMap<String, PastHost>,
    /// Revision of the flake, where it was known.
    pub revision: Option<String>,
    /// Number of nodes of its plan.
    pub nodes: u64,
    /// Checks for the run as a whole that held, by node.
    pub passed: BTreeSet<u32>,
    /// The exit code, if the run came to its end.
    pub exit_code: Option<u64>,
    /// Milliseconds from the start of the run to its last event.
    pub last_ms: u64,
    /// A process still writes it.
    pub running: bool,
    /// Lines that could not be read; the last line of a run that was killed may be cut.
    pub unreadable: usize,
}

/// What a journal tells about a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PastHost {
    /// Its result, if it was reported.
    pub result: Option<String>,
    /// Why, where the result is not good.
    pub reason: Option<String>,
    /// What it had before the run.
    pub before: Option<PastSystem>,
    /// What it had after it.
    pub after: Option<PastSystem>,
    /// The last step that began: stage and step.
    pub step: Option<(String, String)>,
    /// How that step ended, if it did.
    pub ended: Option<String>,
}

/// A system of a host, as a report tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastSystem {
    /// Number of the generation, where it had one.
    pub number: Option<u64>,
    /// Store path.
    pub path: String,
}

/// Names of all runs in a `.fleet` directory, the newest first. Whatever else lies there is left out.
///
/// # Errors
/// The directory is there and cannot be read.
pub fn runs(fleet_dir: &Path) -> io::Result<Vec<RunId>> {
    let entries = match std::fs::read_dir(fleet_dir.join("runs")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut runs: Vec<RunId> =
        entries.filter_map(|entry| RunId::parse(entry.ok()?.file_name().to_str()?)).collect();
    // Names do not tell which of two runs of the same second is newer.
    let changed = |run: &RunId| {
        let journal = fleet_dir.join("runs").join(run.as_str()).join(JOURNAL);
        journal.metadata().and_then(|metadata| metadata.modified()).ok()
    };
    runs.sort_by(|a, b| {
        b.second().cmp(a.second()).then_with(|| changed(b).cmp(&changed(a))).then_with(|| b.cmp(a))
    });
    Ok(runs)
}

/// The run before `current`, if its journal does not tell of its end and it did more than a rehearsal does.
///
/// # Errors
/// The journal is there and cannot be read.
pub fn find_unfinished(fleet_dir: &Path, current: &RunId) -> io::Result<Option<Past>> {
    let Some(run) = runs(fleet_dir)?.into_iter().find(|run| run != current) else { return Ok(None) };
    let past = match read_past(&fleet_dir.join("runs").join(run.as_str())) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        past => past?,
    };
    let begun = !past.run.is_empty() && !past.rehearsal;
    Ok(Some(past).filter(|past| begun && past.exit_code.is_none()))
}

/// Reads the journal in a run's directory.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn read_past(run_dir: &Path) -> io::Result<Past> {
    let path = run_dir.join(JOURNAL);
    let file = File::open(&path)?;
    let running = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    let mut past = Past { path, running, ..Past::default() };
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        let whole = line.ends_with(b"\n");
        match serde_json::from_slice::<Value>(&line) {
            Ok(event) if whole => past.event(&event),
            _ if line.trim_ascii().is_empty() => {}
            _ => past.unreadable += 1,
        }
        line.clear();
    }
    Ok(past)
}

impl Past {
    fn event(&mut self, event: &Value) {
        let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        self.last_ms = event.get("at_ms").and_then(Value::as_u64).unwrap_or(self.last_ms);
        match event.get("event").and_then(Value::as_str).unwrap_or_default() {
            "run_started" => {
                self.revision = event.get("revision").and_then(Value::as_str).map(str::to_owned);
                self.run = text("run");
                self.name = text("name");
                self.started = text("started");
                self.nodes = event.get("nodes").and_then(Value::as_u64).unwrap_or_default();
                self.rehearsal = event.get("rehearsal").and_then(Value::as_bool).unwrap_or_default();
                let hosts = event.get("hosts").and_then(Value::as_array).into_iter().flatten();
                self.hosts = hosts
                    .filter_map(Value::as_str)
                    .map(|host| (host.to_owned(), PastHost::default()))
                    .collect();
            }
            "node_started" => {
                if let Some(host) = self.host(event) {
                    host.step = Some((text("stage"), text("step")));
                    host.ended = None;
                }
            }
            "node_finished" => {
                let step = Some((text("stage"), text("step")));
                if let Some(host) = self.host(event).filter(|host| host.step == step) {
                    host.ended = Some(text("status"));
                }
                let number =
                    event.get("node").and_then(Value::as_u64).and_then(|node| u32::try_from(node).ok());
                if event.get("host").is_none() && text("stage") == "check" && text("status") == "succeeded" {
                    self.passed.extend(number);
                }
            }
            "host_finished" => {
                if let Some(host) = self.host(event) {
                    host.result = Some(text("result"));
                    (host.before, host.after) = (system(event.get("before")), system(event.get("after")));
                    host.reason = event.get("reason").and_then(Value::as_str).map(str::to_owned);
                }
            }
            "run_finished" => self.exit_code = event.get("exit_code").and_then(Value::as_u64),
            _ => {}
        }
    }

    fn host(&mut self, event: &Value) -> Option<&mut PastHost> {
        Some(self.hosts.entry(event.get("host")?.as_str()?.to_owned()).or_default())
    }

    /// The log of one of its hosts; `None` names the log of what was done once for the run.
    #[must_use]
    pub fn log(&self, host: Option<&HostName>) -> PathBuf {
        self.path.with_file_name(log_path(host))
    }
}

/// Several lines on a run that did not come to its end: what each host was reported to be.
impl fmt::Display for Past {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.running { "is still running" } else { "did not come to its end" };
        writeln!(f, "run {} of {}, begun {}, {state}:", self.run, self.name, self.started)?;
        for (host, known) in &self.hosts {
            write!(f, "  {host}: ")?;
            match known {
                PastHost { result: Some(result), .. } => writeln!(f, "{result}")?,
                PastHost { step: None, .. } => writeln!(f, "nothing had begun")?,
                PastHost { step: Some((stage, step)), ended: None, .. } => {
                    writeln!(f, "{stage}: {step} had begun, its end is not known")?;
                }
                PastHost { step: Some((stage, step)), ended: Some(status), .. } => {
                    writeln!(f, "{stage}: {step} had {status}", status = past_tense(status))?;
                }
            }
        }
        write!(f, "  its journal: {}", self.path.display())
    }
}

fn system(value: Option<&Value>) -> Option<PastSystem> {
    let path = value?.get("path")?.as_str()?.to_owned();
    Some(PastSystem { number: value?.get("number").and_then(Value::as_u64), path })
}

fn past_tense(status: &str) -> &str {
    match status {
        "skipped" => "been skipped",
        "cancelled" => "been cancelled",
        status => status,
    }
}

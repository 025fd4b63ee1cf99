//! What a run of a pipeline came to: its exit code, what it printed, and its journal.

use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;

pub(crate) struct Run {
    /// Exit code.
    pub(crate) code: i32,
    /// Standard output and standard error.
    pub(crate) printed: String,
    /// The events, in order.
    pub(crate) journal: Vec<Json>,
    /// What each host's commands printed.
    pub(crate) logs: BTreeMap<String, String>,
}

/// A node that ended: which, and when it ran, in milliseconds since the start of the run.
#[derive(Debug)]
pub(crate) struct Span {
    pub(crate) host: String,
    pub(crate) from: u64,
    pub(crate) to: u64,
}

impl Run {
    /// Reads the newest run below a project; there may be none, when it ended before it began.
    pub(crate) fn read(project: &Path, output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut run = Self {
            code: output.status.code().unwrap_or(-1),
            printed: text(&output.stdout) + &text(&output.stderr),
            journal: Vec::new(),
            logs: BTreeMap::new(),
        };
        let Some(dir) = newest(&project.join(".fleet/runs")) else { return run };
        let journal = fs::read_to_string(dir.join("journal.jsonl")).unwrap();
        run.journal = journal.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for log in fs::read_dir(dir.join("hosts")).into_iter().flatten() {
            let path = log.unwrap().path();
            let host = path.file_stem().unwrap().to_str().unwrap().to_owned();
            run.logs.insert(host, fs::read_to_string(&path).unwrap());
        }
        run
    }

    /// The report: the last event of the journal.
    pub(crate) fn report(&self) -> &Json {
        let last = self.journal.last().unwrap_or_else(|| panic!("no journal: {}", self.printed));
        assert_eq!(last["event"], "run_finished", "the journal has no end: {}", self.printed);
        last
    }

    /// The report of one host.
    pub(crate) fn host(&self, name: &str) -> &Json {
        let hosts = self.report()["hosts"].as_array().unwrap();
        hosts
            .iter()
            .find(|host| host["host"] == name)
            .unwrap_or_else(|| panic!("no {name}: {}", self.printed))
    }

    /// The result of each host, such as `luna succeeded`, in the order of the names.
    pub(crate) fn results(&self) -> Vec<String> {
        let hosts = self.report()["hosts"].as_array().unwrap();
        let mut results: Vec<String> = hosts
            .iter()
            .map(|host| format!("{} {}", host["host"].as_str().unwrap(), host["result"].as_str().unwrap()))
            .collect();
        results.sort();
        results
    }

    /// Asserts the result of each host. The message has all that was printed.
    #[track_caller]
    pub(crate) fn assert_results(&self, expected: &[&str]) {
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(self.results(), expected, "{}", self.printed);
    }

    /// The reason that the report gives for a host's result.
    pub(crate) fn reason(&self, host: &str) -> String {
        self.host(host)["reason"].as_str().unwrap_or_default().to_owned()
    }

    /// The nodes of a kind that ran.
    pub(crate) fn spans(&self, step: &str) -> Vec<Span> {
        let mut started = BTreeMap::new();
        let mut spans = Vec::new();
        for event in &self.journal {
            let at = event["at_ms"].as_u64().unwrap();
            if event["step"] != step {
                continue;
            }
            let node = event["node"].as_u64().unwrap();
            let host = event["host"].as_str().unwrap_or_default().to_owned();
            if event["event"] == "node_started" {
                started.insert(node, at);
            } else if event["event"] == "node_finished"
                && let Some(from) = started.remove(&node)
            {
                spans.push(Span { host, from, to: at });
            }
        }
        spans
    }

    /// Whether two nodes of a kind ran at the same time.
    pub(crate) fn overlap(&self, step: &str) -> bool {
        let spans = self.spans(step);
        spans.iter().enumerate().any(|(i, a)| spans[i + 1..].iter().any(|b| a.from < b.to && b.from < a.to))
    }
}

fn newest(runs: &Path) -> Option<std::path::PathBuf> {
    let entries = fs::read_dir(runs).ok()?.map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.join("journal.jsonl").exists())
        .max_by_key(|path| fs::metadata(path).unwrap().modified().unwrap())
}

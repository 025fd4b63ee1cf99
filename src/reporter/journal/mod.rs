//! The record of a run on disk: `.fleet/runs/<id>/journal.jsonl`, and the full output of each host beside it. Each
//! event is written when it is met, in one piece, so that a run that is killed loses nothing that was reported.
//!
//! It holds what the events hold: never an environment, a password or the address of a notification. Output is kept
//! as the tools wrote it, so all files are for their owner alone.

mod error;
mod past;
mod request;

pub use error::JournalError;
pub use past::{Past, PastHost, PastSystem, find_unfinished, read_past, runs};
pub use request::RunRequest;

use super::json::json_line;
use super::state::label;
use super::{Reporter, RunId};
use crate::executor::duration;
use crate::executor::event::{Event, NodeRef, NodeStatus, Stamped};
use crate::model::HostName;
use crate::process::Stream;
use std::collections::HashMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The journal's file in a run's directory.
const JOURNAL: &str = "journal.jsonl";
/// Logs that are open at the same time; a fleet may have more hosts than a process may have files.
const OPEN_LOGS: usize = 64;
/// Room that there must be before a run starts, in bytes: more than the journal of a run over 200 hosts.
const ROOM: usize = 512 * 1024;

/// Writes the journal and the logs of a run.
#[derive(Debug)]
pub struct Journal {
    dir: PathBuf,
    file: File,
    logs: HashMap<Option<HostName>, File>,
    state: JournalState,
    warned: bool,
    /// The last write ended in the middle of a line.
    torn: bool,
}

/// What became of a [`Journal`], for whoever decides on the exit code.
#[derive(Debug, Clone, Default)]
pub struct JournalState {
    failed: Arc<OnceLock<String>>,
}

impl JournalState {
    /// Why the journal or a log is incomplete; `None` if all was written.
    #[must_use]
    pub fn incomplete(&self) -> Option<&str> {
        self.failed.get().map(String::as_str)
    }
}

impl Journal {
    /// Makes the run's directory in the project's `.fleet` directory, which is made where there is none.
    ///
    /// # Errors
    /// It cannot be written, or there is no room: found out here, before any host is touched.
    pub fn create(fleet_dir: &Path, run: &RunId) -> Result<Self, JournalError> {
        let dir = fleet_dir.join("runs").join(run.as_str());
        let file = prepare(fleet_dir, &dir).map_err(|source| JournalError::new(fleet_dir, source))?;
        // Tells later runs that this one is alive. A file system without locks has runs that look dead.
        let _ = file.try_lock();
        let logs = HashMap::new();
        Ok(Self { dir, file, logs, state: JournalState::default(), warned: false, torn: false })
    }

    /// The run's directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A handle that tells what became of it.
    #[must_use]
    pub fn state(&self) -> JournalState {
        self.state.clone()
    }

    /// The warning that something could not be written; given once.
    pub fn take_warning(&mut self) -> Option<String> {
        let text = self.state.incomplete().filter(|_| !self.warned)?.to_owned();
        self.warned = true;
        Some(text)
    }

    fn record(&mut self, event: &Stamped) {
        let Some(mut line) = json_line(event) else { return };
        if self.torn {
            line.insert(0, '\n');
        }
        let result = self.file.write_all(line.as_bytes());
        self.torn = result.is_err();
        self.note(result);
    }

    fn log(&mut self, node: &NodeRef, at_ms: u64, mark: &str, text: &str) {
        let mut out = String::new();
        for line in text.split('\n') {
            let seconds = format!("{}.{:03}", at_ms / 1000, at_ms % 1000);
            out.push_str(&format!("{seconds:>9}s [{}] {mark}{line}\n", label(node)));
        }
        let result = self.log_file(node.host.as_ref()).and_then(|file| file.write_all(out.as_bytes()));
        self.note(result);
    }

    fn log_file(&mut self, host: Option<&HostName>) -> io::Result<&mut File> {
        if self.logs.len() >= OPEN_LOGS && !self.logs.contains_key(&host.cloned()) {
            self.logs.clear();
        }
        match self.logs.entry(host.cloned()) {
            std::collections::hash_map::Entry::Occupied(file) => Ok(file.into_mut()),
            std::collections::hash_map::Entry::Vacant(place) => {
                let path = self.dir.join(log_path(host));
                let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
                Ok(place.insert(file))
            }
        }
    }

    fn note(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            let text = format!("the journal in {} is incomplete: {error}", self.dir.display());
            let _ = self.state.failed.set(text);
        }
    }
}

/// Where a host's log is, from the run's directory; `None` names the log of what is done once for the run.
#[must_use]
pub(super) fn log_path(host: Option<&HostName>) -> String {
    match host {
        None => "run.log".to_owned(),
        Some(host) if host.as_str().len() <= 240 => format!("hosts/{host}.log"),
        // A file's name ends at 255 bytes, a host's at 253.
        Some(host) => {
            let hash = xxhash_rust::xxh3::xxh3_64(host.as_str().as_bytes());
            format!("hosts/{}-{hash:016x}.log", &host.as_str()[..200])
        }
    }
}

fn prepare(fleet_dir: &Path, dir: &Path) -> io::Result<File> {
    let directory = |path: &Path| DirBuilder::new().recursive(true).mode(0o700).create(path);
    directory(fleet_dir)?;
    let ignore = fleet_dir.join(".gitignore");
    if !ignore.exists() {
        std::fs::write(ignore, "*\n")?;
    }
    directory(&fleet_dir.join("runs"))?;
    DirBuilder::new().mode(0o700).create(dir)?;
    let made = directory(&dir.join("hosts")).and_then(|()| {
        let room = dir.join("room");
        std::fs::write(&room, vec![b'\n'; ROOM])?;
        std::fs::remove_file(room)?;
        OpenOptions::new().append(true).create_new(true).mode(0o600).open(dir.join(JOURNAL))
    });
    if made.is_err() {
        // Nothing of a run that never was is left behind; what else could be done about it?
        let _ = std::fs::remove_dir_all(dir);
    }
    made
}

impl Reporter for Journal {
    fn event(&mut self, event: &Stamped) {
        let at = event.at_ms;
        match &event.event {
            Event::Output { node, stream, line } => {
                let mark = if *stream == Stream::Stderr { "! " } else { "| " };
                self.log(node, at, mark, line);
                return;
            }
            Event::NodeStarted(node) => self.log(node, at, "", "started"),
            Event::NodeFinished { node, status, took_ms, message } => {
                let word = match status {
                    NodeStatus::Succeeded => "succeeded",
                    NodeStatus::Failed => "failed",
                    NodeStatus::Skipped => "skipped",
                    NodeStatus::Cancelled => "cancelled",
                };
                let message = message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
                self.log(node, at, "", &format!("{word} in {}{message}", duration(*took_ms)));
            }
            _ => {}
        }
        self.record(event);
    }
}

#[cfg(test)]
mod tests;

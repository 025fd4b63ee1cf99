//! Builds on this machine. Hosts that ask at about the same time share one nix: two of them would meet at derivations
//! that their systems share, and the second would look only every five seconds whether the first is done
//! (nix `build-poll-interval`). Each host is told as soon as its own system is there.

use super::command::{Nix, broke_off, broken, is_disk_full, last_lines};
use super::log::{Event, Log, derivations};
use crate::driver::tool::{Broken, Ended, Limits};
use crate::driver::{Derivation, DriverError, ErrorKind, Io, StorePath};
use crate::process::{Cancel, Stream};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the first host waits for others to join.
const GATHER: Duration = Duration::from_millis(20);
/// How long hosts that come later wait for builds that run already: short ones are over sooner than the second nix would
/// look again at what they share.
const YIELD: Duration = Duration::from_secs(3);
/// How often the request to stop is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How many lines are kept for an error.
const KEPT: usize = 60;

/// How much a build does at once; what is absent is as nix is set to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Jobs {
    /// `--max-jobs`
    pub(crate) max_jobs: Option<u64>,
    /// `--cores`
    pub(crate) cores: Option<u32>,
}

impl Jobs {
    fn options(self) -> Vec<String> {
        let option = |name: &str, value: Option<u64>| value.map(|value| [name.to_owned(), value.to_string()]);
        let options = [option("--max-jobs", self.max_jobs), option("--cores", self.cores.map(u64::from))];
        options.into_iter().flatten().flatten().collect()
    }
}

/// The builds of a run.
pub(crate) struct LocalBuilds {
    nix: Arc<Nix>,
    /// Hosts that may share a nix: those that are built with the same options.
    gathering: Mutex<HashMap<Jobs, Batch>>,
    running: Arc<Running>,
}

/// How many builds run, and a bell for each end.
#[derive(Default)]
struct Running {
    count: Mutex<usize>,
    ended: Condvar,
}

/// Hosts that are built by one nix.
struct Batch {
    wanted: Vec<(String, Sender<News>)>,
    cancel: Arc<Cancel>,
    /// How many hosts wait for it.
    waiting: Arc<AtomicUsize>,
}

/// One host that waits for a batch.
struct Waiter {
    cancel: Arc<Cancel>,
    waiting: Arc<AtomicUsize>,
    /// Whether it was the last, once it has left.
    left: Option<bool>,
}

impl Waiter {
    /// Leaves; tells whether nobody else was left.
    fn is_last(&mut self) -> bool {
        *self.left.get_or_insert_with(|| self.waiting.fetch_sub(1, Ordering::SeqCst) == 1)
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.is_last();
    }
}

enum News {
    Line(String),
    /// The output may be there.
    Look,
    /// Nix has ended.
    End(Result<Ended, DriverError>),
}

impl LocalBuilds {
    pub(crate) fn new(nix: Arc<Nix>) -> Self {
        Self { nix, gathering: Mutex::default(), running: Arc::default() }
    }

    /// Builds a derivation whose output path is known.
    ///
    /// # Errors
    /// It does not build; what nix said about it is kept.
    pub(crate) fn build(
        &self,
        derivation: &Derivation,
        output: &StorePath,
        jobs: Jobs,
        io: Io<'_>,
    ) -> Result<(), DriverError> {
        if self.is_there(output, io)? {
            return Ok(());
        }
        let (sender, news) = channel();
        let (first, cancel, waiting) = self.join(derivation, jobs, sender);
        if first {
            std::thread::sleep(GATHER);
            self.running.give_way(io.cancel);
            self.start(jobs)?;
        }
        let waiter = Waiter { cancel, waiting, left: None };
        self.wait(output, &news, waiter, io)
    }

    fn join(
        &self,
        derivation: &Derivation,
        jobs: Jobs,
        sender: Sender<News>,
    ) -> (bool, Arc<Cancel>, Arc<AtomicUsize>) {
        let mut gathering = self.gathering.lock().unwrap_or_else(PoisonError::into_inner);
        let first = !gathering.contains_key(&jobs);
        let batch = gathering.entry(jobs).or_insert_with(|| Batch {
            wanted: Vec::new(),
            cancel: Arc::default(),
            waiting: Arc::default(),
        });
        batch.waiting.fetch_add(1, Ordering::SeqCst);
        batch.wanted.push((derivation.as_str().to_owned(), sender));
        (first, batch.cancel.clone(), batch.waiting.clone())
    }

    /// Starts nix for the hosts that have gathered. It goes on when the host that started it has what it wanted.
    fn start(&self, jobs: Jobs) -> Result<(), DriverError> {
        let batch = self.gathering.lock().unwrap_or_else(PoisonError::into_inner).remove(&jobs);
        let Some(Batch { wanted, cancel, .. }) = batch else { return Ok(()) };
        let mut asked = HashSet::new();
        let derivations = wanted.iter().map(|(derivation, _)| derivation.as_str());
        let tool = self
            .nix
            .store()?
            .args(["--no-gc-warning", "--log-format", "internal-json", "--keep-going"])
            .args(jobs.options())
            .arg("--realise")
            .args(derivations.filter(|derivation| asked.insert(*derivation)));
        let running = self.running.clone();
        running.begin();
        std::thread::spawn(move || {
            let mut router = Router::new(&wanted);
            let ended = tool.lines(Limits::new(&cancel), &mut |stream, line| {
                if stream == Stream::Stderr {
                    router.read(line);
                }
            });
            let ended = match ended {
                Ok(ended) => Ok(ended),
                Err(Broken::Start(error)) => Err(broken(&tool, Broken::Start(error))),
                Err(_) => Err(DriverError::new(ErrorKind::Cancelled, "stopped")),
            };
            running.end();
            for (_, sender) in &wanted {
                // A host that has its system does not listen any more.
                let _ = sender.send(News::End(ended.clone()));
            }
        });
        Ok(())
    }

    fn wait(
        &self,
        output: &StorePath,
        news: &Receiver<News>,
        mut waiter: Waiter,
        io: Io<'_>,
    ) -> Result<(), DriverError> {
        let mut said = Vec::new();
        loop {
            match news.recv_timeout(LOOK) {
                Ok(News::Line(line)) => {
                    io.output.line(Stream::Stderr, &line);
                    if said.len() == 2 * KEPT {
                        said.drain(..KEPT);
                    }
                    said.push(line);
                }
                Ok(News::Look) => {
                    if self.is_there(output, io)? {
                        return Ok(());
                    }
                }
                Ok(News::End(ended)) => {
                    let code = ended?.code;
                    if code == 0 || self.is_there(output, io)? {
                        return Ok(());
                    }
                    if let Some(error) = broke_off(code, &said) {
                        return Err(error);
                    }
                    let full = is_disk_full(&said);
                    let kind = if full { ErrorKind::DiskFull } else { ErrorKind::Build };
                    let message =
                        if full { "no space is left in the store here" } else { "it does not build" };
                    return Err(DriverError::new(kind, message).said(last_lines(&said)));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(DriverError::new(ErrorKind::Other, "the build was not started"));
                }
            }
            if let Some(stop) = io.cancel.requested() {
                // Nix is stopped when nobody waits for it, by the last one, who sees it end.
                if !waiter.is_last() {
                    return Err(DriverError::new(ErrorKind::Cancelled, "stopped"));
                }
                waiter.cancel.stop(stop);
            }
        }
    }

    fn is_there(&self, output: &StorePath, io: Io<'_>) -> Result<bool, DriverError> {
        if !Path::new(output.as_str()).exists() {
            return Ok(false);
        }
        let tool = self.nix.store()?.args(["--check-validity", output.as_str()]);
        let ended = tool.lines(Limits::new(io.cancel), &mut |_, _| ());
        let ended = ended.map_err(|error| broken(&tool, error))?;
        Ok(ended.code == 0)
    }
}

impl Running {
    fn count(&self) -> MutexGuard<'_, usize> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) {
        *self.count() += 1;
    }

    fn end(&self) {
        *self.count() -= 1;
        self.ended.notify_all();
    }

    /// Waits until nothing runs, but not long.
    fn give_way(&self, cancel: &Cancel) {
        let until = Instant::now() + YIELD;
        let mut count = self.count();
        while *count > 0 && Instant::now() < until && !cancel.is_requested() {
            count = self.ended.wait_timeout(count, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Gives each host the lines that are about its own system.
struct Router<'a> {
    log: Log,
    wanted: &'a [(String, Sender<News>)],
    planned: HashSet<String>,
    /// Which hosts need a derivation; found when the first build begins.
    needed_by: Option<HashMap<String, Vec<usize>>>,
    /// Hosts whose own derivation is being built.
    begun: HashSet<usize>,
}

impl<'a> Router<'a> {
    fn new(wanted: &'a [(String, Sender<News>)]) -> Self {
        let log = Log::default();
        Self { log, wanted, planned: HashSet::new(), needed_by: None, begun: HashSet::new() }
    }

    fn read(&mut self, line: &str) {
        for event in self.log.read(line) {
            match event {
                Event::Line { text, about } => self.tell(&text, about.as_deref()),
                Event::Planned(derivation) => {
                    self.planned.insert(derivation);
                }
                Event::Started(derivation) => {
                    let hosts =
                        self.wanted.iter().enumerate().filter(|(_, (wanted, _))| *wanted == derivation);
                    self.begun.extend(hosts.map(|(index, _)| index));
                }
                Event::Progress => {
                    for (_, sender) in self.begun.iter().filter_map(|index| self.wanted.get(*index)) {
                        // A host that has its system does not listen any more.
                        let _ = sender.send(News::Look);
                    }
                }
            }
        }
    }

    fn tell(&mut self, text: &str, about: Option<&str>) {
        let send = |sender: &Sender<News>| {
            // As above.
            let _ = sender.send(News::Line(text.to_owned()));
        };
        let (wanted, planned) = (self.wanted, &self.planned);
        let hosts = match about.filter(|_| wanted.len() > 1) {
            Some(about) => self.needed_by.get_or_insert_with(|| needed_by(wanted, planned)).get(about),
            None => None,
        };
        match hosts {
            Some(hosts) => {
                hosts.iter().filter_map(|index| wanted.get(*index)).for_each(|(_, sender)| send(sender));
            }
            None => wanted.iter().for_each(|(_, sender)| send(sender)),
        }
    }
}

/// Which hosts need each planned derivation, by the derivations' own files.
fn needed_by(wanted: &[(String, Sender<News>)], planned: &HashSet<String>) -> HashMap<String, Vec<usize>> {
    let mut inputs: HashMap<&str, Vec<&str>> = HashMap::new();
    for derivation in planned {
        let text = fs::read_to_string(derivation).unwrap_or_default();
        let found: Vec<&str> =
            derivations(&text).filter_map(|path| planned.get(path)).map(String::as_str).collect();
        inputs.insert(derivation, found);
    }
    let mut needed_by: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, (derivation, _)) in wanted.iter().enumerate() {
        let mut seen = HashSet::from([derivation.as_str()]);
        let mut open = vec![derivation.as_str()];
        while let Some(next) = open.pop() {
            needed_by.entry(next.to_owned()).or_default().push(index);
            open.extend(inputs.get(next).into_iter().flatten().copied().filter(|input| seen.insert(input)));
        }
    }
    needed_by
}

#[cfg(test)]
mod tests {
    use super::Jobs;

    #[test]
    fn only_what_is_limited_is_an_option() {
        assert!(Jobs::default().options().is_empty());
        let jobs = Jobs { max_jobs: Some(3), cores: Some(2) };
        assert_eq!(jobs.options(), ["--max-jobs", "3", "--cores", "2"]);
    }
}

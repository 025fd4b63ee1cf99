//! The flake by way of nix: discovery, evaluation, checks. Works with Nix 2.8 and later, and asks nix nothing that
//! depends on its version. Knows no host.

mod budget;
mod build;
mod cache;
mod check;
mod command;
mod eval_jobs;
mod evaluation;
mod expression;
mod log;
mod named_secrets;
mod settings;
mod tree;

pub(super) use build::{Jobs, LocalBuilds};
pub(super) use command::{Nix, advice, broke_off, is_disk_full, is_unsigned, last_lines, log};
pub(super) use settings::{Means, Settings};

use super::tool::Limits;
use super::{
    CheckOutcome, Derivation, Discovered, DriverError, ErrorKind, Evaluated, Expect, Flake, FlakeCheck,
    Guard, Io, StorePath,
};
use crate::model::{Host, Platform};
use crate::secrets::Named;
use cache::Cache;
use evaluation::System;
use std::collections::{BTreeMap, HashMap};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tree::Tree;

/// What evaluating hosts gave, by platform and name.
type Found = HashMap<(Platform, String), Result<System, DriverError>>;

/// A flake.
pub(super) struct NixFlake {
    pub(super) nix: Arc<Nix>,
    /// Where relative references start.
    directory: PathBuf,
    /// The flake's reference, without a fragment.
    reference: String,
    caches: PathBuf,
    tree: OnceLock<Option<Tree>>,
    /// Whether the tree is older than revisions that were asked about.
    behind: Mutex<HashMap<String, bool>>,
    /// Where derivations of this run build to.
    outputs: Mutex<HashMap<String, StorePath>>,
    /// Systems that were evaluated with the discovery.
    early: Mutex<Systems>,
    /// Whether somebody will ask what hosts name, and what was told of it with the discovery.
    asks_secrets: bool,
    /// Memory that evaluations may take together, where somebody has said, MiB.
    memory_mib: Option<u64>,
    /// nix-eval-jobs, where there is one that can be used.
    eval_jobs: OnceLock<Option<PathBuf>>,
    named: Mutex<HashMap<Platform, serde_json::Value>>,
}

/// Systems by output and name of the host, with how long their evaluation took.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
struct Systems {
    systems: BTreeMap<String, System>,
    evaluated_in_ms: u64,
}

/// An evaluation that took longer is not made together with the discovery, which others wait for.
const SHORT: Duration = Duration::from_secs(3);

impl NixFlake {
    /// A flake; nothing is asked yet.
    ///
    /// # Errors
    /// The reference is an option or has a fragment.
    pub(super) fn new(
        nix: Arc<Nix>,
        directory: &Path,
        reference: &str,
        state: &Path,
    ) -> Result<Self, DriverError> {
        if reference.is_empty() || reference.starts_with('-') || reference.contains(['#', '\0']) {
            let message = format!("`{}` is not a reference to a flake", reference.escape_debug());
            return Err(DriverError::new(ErrorKind::Refusal, message).help(
                "`flake` is a directory such as `.`, or a URL such as github:OWNER/REPOSITORY, without `#`",
            ));
        }
        Ok(Self {
            nix,
            directory: directory.to_owned(),
            reference: reference.to_owned(),
            caches: state.join("cache"),
            tree: OnceLock::new(),
            behind: Mutex::default(),
            outputs: Mutex::default(),
            early: Mutex::default(),
            asks_secrets: false,
            memory_mib: None,
            eval_jobs: OnceLock::new(),
            named: Mutex::default(),
        })
    }

    /// Evaluates within so much memory.
    pub(super) fn within(self, memory_mib: Option<u64>) -> Self {
        Self { memory_mib, ..self }
    }

    /// Has what hosts name told together with the discovery.
    pub(super) fn asking_secrets(self, asks: bool) -> Self {
        Self { asks_secrets: asks, ..self }
    }

    /// Where relative references start, and the reference.
    pub(super) fn place(&self) -> (&Path, &str) {
        (&self.directory, &self.reference)
    }

    /// The flake's own file, where the reference names its directory plainly.
    pub(super) fn file(&self) -> Option<PathBuf> {
        let file = tree::directory(&self.directory, &self.reference)?.join("flake.nix");
        file.is_file().then_some(file)
    }

    /// Sends the flake's source to a store, and gives its path there.
    ///
    /// # Errors
    /// It could not be sent.
    pub(super) fn send(&self, store: &str, ssh_options: &str, io: Io<'_>) -> Result<StorePath, DriverError> {
        let tool = self
            .nix
            .tool()?
            .args(["flake", "archive", "--json", "--to", store, &self.reference])
            .env("NIX_SSHOPTS", ssh_options)
            .directory(&self.directory);
        let (ended, text) = command::answer(&tool, Limits::new(io.cancel), io)?;
        let path = serde_json::from_str::<serde_json::Value>(&text).ok();
        let path = path.as_ref().and_then(|json| json.get("path")?.as_str());
        match path.map(StorePath::new) {
            Some(Ok(path)) if ended.code == 0 => Ok(path),
            _ => Err(DriverError::new(ErrorKind::Copy, "the flake could not be sent")
                .said(last_lines(&ended.said))),
        }
    }

    fn installable(&self, attribute: &str) -> String {
        format!("{}#{attribute}", self.reference)
    }

    fn read_tree(&self) -> Option<Tree> {
        let flake = tree::directory(&self.directory, &self.reference)?;
        // Without a flake.nix there, nix looks further up; then this is not the tree that it sees.
        let root = self.tree.get().and_then(|tree| tree.as_ref()).map(|tree| tree.root.as_path());
        if flake.join("flake.nix").is_file() { Tree::of(&flake, root) } else { None }
    }

    fn tree(&self) -> Option<&Tree> {
        self.tree.get_or_init(|| self.read_tree()).as_ref()
    }

    /// What a cached answer depends on: the flake's content, where it is and the nix that was asked.
    fn key(&self, tree: Option<&Tree>) -> Option<String> {
        let content = tree?.content.as_ref()?;
        let nix = which::which("nix").and_then(|nix| nix.canonicalize().or(Ok(nix))).ok()?;
        let metadata = nix.metadata().ok()?;
        Some(format!(
            "1 {content} {} {} {}:{}:{};",
            self.reference,
            self.directory.display(),
            nix.display(),
            metadata.size(),
            metadata.mtime()
        ))
    }

    /// Keeps an answer unless the tree changed while it was made.
    fn keep<T: serde::Serialize>(&self, cache: &Cache, key: &str, answer: &T) {
        if self.key(self.read_tree().as_ref()).is_some_and(|now| key.starts_with(&now)) {
            // A cache that cannot be written, on a read-only disk for instance, only costs time.
            let _ = cache.put(key, answer);
        }
    }

    fn find(&self, hosts: &[Host], io: Io<'_>) -> Result<Found, DriverError> {
        let mut found = HashMap::new();
        for platform in [Platform::Nixos, Platform::Darwin] {
            let names: Vec<&str> = hosts
                .iter()
                .filter(|host| host.platform == platform)
                .map(|host| host.name.as_str())
                .collect();
            if names.is_empty() {
                continue;
            }
            let systems = self.systems(platform, &names, io)?;
            found.extend(names.iter().map(|name| (platform, (*name).to_owned())).zip(systems));
        }
        Ok(found)
    }

    /// Where a derivation that [`Flake::evaluate`] returned builds to.
    pub(super) fn output(&self, derivation: &Derivation) -> Option<StorePath> {
        self.outputs.lock().unwrap_or_else(PoisonError::into_inner).get(derivation.as_str()).cloned()
    }
}

/// The hosts that were found the last time, whether or not the flake is still the same; `state` is the directory for what
/// fleet keeps.
#[must_use]
pub fn last_discovered(state: &Path) -> Vec<Discovered> {
    Cache::new(state.join("cache/discovery.json")).peek().unwrap_or_default()
}

impl NixFlake {
    /// All hosts. Those that are expected to be evaluated next are so in the same evaluation, if that was short the last
    /// time: what is not expected is evaluated when it is asked for.
    pub(super) fn discover_expecting(
        &self,
        platforms: &[Platform],
        expect: Expect<'_>,
        io: Io<'_>,
    ) -> Result<Vec<Discovered>, DriverError> {
        let key = self.key(self.tree()).map(|key| format!("{key} {platforms:?}"));
        let cache = Cache::new(self.caches.join("discovery.json"));
        let last: Option<(String, Vec<Discovered>)> = cache.last(io);
        if let Some((known, hosts)) = &last
            && Some(known) == key.as_ref()
        {
            return Ok(hosts.clone());
        }
        let short = self
            .systems_cache()
            .last::<Systems>(io)
            .is_some_and(|(_, last)| Duration::from_millis(last.evaluated_in_ms) < SHORT);
        let expected = last.filter(|_| short).map(|(_, hosts)| expect(&hosts)).unwrap_or_default();
        let begun = Instant::now();
        let describe = |platform: Platform| {
            let names: Vec<String> =
                expected.iter().filter(|(of, _)| *of == platform).map(|(_, name)| name.clone()).collect();
            let described = self.describe(platform, &names, self.asks_secrets, io)?;
            if let Some(named) = described.named {
                self.named.lock().unwrap_or_else(PoisonError::into_inner).insert(platform, named);
            }
            let mut early = self.early.lock().unwrap_or_else(PoisonError::into_inner);
            early.evaluated_in_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            early.systems.extend(
                described.systems.into_iter().map(|(name, system)| (attribute(platform, &name), system)),
            );
            Ok(described.hosts)
        };
        let mut results: Vec<Result<Vec<Discovered>, DriverError>> = Vec::new();
        if let [first, rest @ ..] = platforms {
            std::thread::scope(|scope| {
                let others: Vec<_> =
                    rest.iter().map(|platform| scope.spawn(|| describe(*platform))).collect();
                results.push(describe(*first));
                let stopped = |_| Err(DriverError::new(ErrorKind::Other, "the evaluation stopped"));
                results.extend(others.into_iter().map(|other| other.join().unwrap_or_else(stopped)));
            });
        }
        let hosts: Vec<Discovered> =
            results.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        let whole = hosts.iter().all(|host| host.system.is_some());
        if let Some(key) = key.filter(|_| whole) {
            self.keep(&cache, &key, &hosts);
        }
        Ok(hosts)
    }

    fn systems_cache(&self) -> Cache {
        Cache::new(self.caches.join("systems.json"))
    }
}

/// A host's place in the flake.
fn attribute(platform: Platform, name: &str) -> String {
    format!("{}.{name}", evaluation::output(platform))
}

impl Flake for NixFlake {
    fn discover(&self, platforms: &[Platform], io: Io<'_>) -> Result<Vec<Discovered>, DriverError> {
        self.discover_expecting(platforms, &|_| Vec::new(), io)
    }

    fn evaluate(&self, hosts: &[Host], io: Io<'_>) -> Result<Vec<Evaluated>, DriverError> {
        let key = self.key(self.tree());
        let cache = self.systems_cache();
        let name = |host: &Host| attribute(host.platform, host.name.as_str());
        let Systems { systems: mut known, mut evaluated_in_ms } =
            key.as_ref().and_then(|key| cache.get(key, io)).unwrap_or_default();
        let early = std::mem::take(&mut *self.early.lock().unwrap_or_else(PoisonError::into_inner));
        let mut fresh = !early.systems.is_empty();
        if fresh {
            evaluated_in_ms = early.evaluated_in_ms;
            known.extend(early.systems);
        }
        // The garbage collector may have taken a derivation since.
        known.retain(|_, system| Path::new(&system.derivation).exists());
        let missing: Vec<Host> =
            hosts.iter().filter(|host| !known.contains_key(&name(host))).cloned().collect();
        let begun = Instant::now();
        let mut found = self.find(&missing, io)?;
        if !missing.is_empty() {
            evaluated_in_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        }
        let mut evaluated = Vec::with_capacity(hosts.len());
        for host in hosts {
            let system = match known.get(&name(host)) {
                Some(system) => Ok(system.clone()),
                None => found.remove(&(host.platform, host.name.as_str().to_owned())).unwrap_or_else(|| {
                    Err(DriverError::new(ErrorKind::Evaluation, format!("{} was not evaluated", host.name)))
                }),
            };
            if let Ok(system) = &system {
                fresh |= known.insert(name(host), system.clone()).is_none();
            }
            evaluated.push((host.name.clone(), system.and_then(|system| self.derivation(&system))));
        }
        if let Some(key) = key.filter(|_| fresh) {
            self.keep(&cache, &key, &Systems { systems: known, evaluated_in_ms });
        }
        Ok(evaluated)
    }

    fn check(&self, io: Io<'_>) -> Result<FlakeCheck, DriverError> {
        self.flake_check(io)
    }

    fn build_check(
        &self,
        name: &str,
        guard: Option<Guard<'_>>,
        io: Io<'_>,
    ) -> Result<CheckOutcome, DriverError> {
        self.named_check(name, guard, io)
    }

    fn check_names(&self, io: Io<'_>) -> Result<Vec<(String, bool, Vec<String>)>, DriverError> {
        self.names_of_checks(io)
    }

    fn secrets(&self, root: &Path, io: Io<'_>) -> Result<Named, DriverError> {
        self.named_secrets(root, io)
    }

    fn revision(&self) -> Option<String> {
        self.tree()?.revision.clone()
    }

    fn is_behind(&self, revision: &str) -> bool {
        let Some(tree) = self.tree() else { return false };
        let mut known = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(behind) = known.get(revision) {
            return *behind;
        }
        let behind = tree.is_behind(revision);
        known.insert(revision.to_owned(), behind);
        behind
    }
}

impl NixFlake {
    fn derivation(&self, system: &System) -> Result<Derivation, DriverError> {
        let wrong = |error: super::StorePathError| DriverError::new(ErrorKind::Evaluation, error.to_string());
        let derivation = Derivation::new(&system.derivation).map_err(wrong)?;
        let output = StorePath::new(&system.output).map_err(wrong)?;
        let mut outputs = self.outputs.lock().unwrap_or_else(PoisonError::into_inner);
        outputs.insert(derivation.as_str().to_owned(), output);
        Ok(derivation)
    }
}

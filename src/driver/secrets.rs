//! The fence around secrets as a step of a run: the files of the project's directory, looked at once and not again until
//! one of them changes.

use super::{DriverError, ErrorKind, Flake, Io, WorkTree};
use crate::diagnostic::{Diagnostic, Severity};
use crate::frontend::fleetfile::sops_root;
use crate::model::SecretsPolicy;
use crate::process::{Cancel, Stream};
use crate::secrets::{Access, Checked, Named, TestSources, check_with};
use crate::source::SourceMap;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// States that are remembered: work goes to and fro between a few.
const REMEMBERED: usize = 16;
/// Files of one source of a test that are looked at, and bytes of one.
const MOST_FILES: usize = 10_000;
const SOURCE_LIMIT: u64 = 1 << 20;
/// Columns of findings in the log of a step.
const WIDTH: usize = 100;
/// Findings that an error repeats.
const MANY: usize = 20;

/// A fence that holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Held {
    /// What was looked at, in words.
    pub said: Option<String>,
    /// What hosts have to open; nothing where the flake was not asked.
    pub access: Access,
}

/// Looks whether the fence holds.
pub trait Secrets: Send + Sync {
    /// What it looked at. The flake is asked which files its hosts and tests name.
    ///
    /// # Errors
    /// Each breach with its place.
    fn check(&self, flake: &dyn Flake, io: Io<'_>) -> Result<Held, DriverError>;

    /// Whether tests are looked at before they are built.
    fn guards_tests(&self) -> bool {
        false
    }

    /// Looks at what a test would be built from.
    ///
    /// # Errors
    /// What it must not have.
    fn guard_test(&self, _name: &str, _sources: &[PathBuf], _cancel: &Cancel) -> Result<(), DriverError> {
        Ok(())
    }
}

/// A state of all files in which the fence held.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Remembered {
    state: String,
    held: Held,
}

/// The fence of a project.
#[derive(Debug, Clone)]
pub struct Fence {
    /// The directory that is looked at.
    pub root: PathBuf,
    /// The project's directory below it; empty where it is the same.
    pub prefix: String,
    /// What the project says.
    pub policy: SecretsPolicy,
    /// The files of the project, for the places of what it says.
    pub sources: SourceMap,
    /// Where states that are well are remembered.
    pub cache: Option<PathBuf>,
    /// Whether the flake is asked which files hosts and tests name.
    pub asks_flake: bool,
}

impl Fence {
    /// The fence of the project in a directory: from the `.sops.yaml` that is for it, where one is above.
    #[must_use]
    pub fn new(dir: &Path, policy: SecretsPolicy, sources: SourceMap) -> Self {
        let root = sops_root(dir).unwrap_or(dir).to_owned();
        let prefix = dir.strip_prefix(&root).ok().and_then(Path::to_str).unwrap_or_default().to_owned();
        Self { root, prefix, policy, sources, cache: None, asks_flake: false }
    }

    /// Remembers states that are well in a directory.
    #[must_use]
    pub fn remembering(self, dir: &Path) -> Self {
        Self { cache: Some(dir.join("cache").join("secrets")), ..self }
    }

    /// Asks the flake as well, where the project says anything of its secrets.
    #[must_use]
    pub fn asking_flake(self, asks: bool) -> Self {
        Self { asks_flake: asks && self.policy.span.is_some(), ..self }
    }

    /// Looks at all files, and gives the sources of the findings.
    ///
    /// # Errors
    /// The files cannot be listed.
    pub fn look(
        &self,
        more: &[String],
        named: &Named,
        cancel: &Cancel,
    ) -> Result<(Checked, SourceMap), DriverError> {
        let mut tree = WorkTree::open(&self.root, cancel)?;
        more.iter().for_each(|path| tree.add(path));
        Ok(self.look_at(&tree, named))
    }

    fn look_at(&self, tree: &WorkTree, named: &Named) -> (Checked, SourceMap) {
        let mut sources = self.sources.clone();
        let checked = check_with(tree, &self.root, &self.prefix, &self.policy, named, &mut sources);
        (checked, sources)
    }

    /// A number for the files, what is asked of them, and the program that asks.
    fn state(&self, tree: &WorkTree) -> Option<u128> {
        let program = std::env::current_exe().and_then(fs::metadata).ok()?;
        let rest = format!(
            "{} {} {} {} {:?}",
            program.mtime(),
            program.size(),
            self.asks_flake,
            self.prefix,
            self.policy
        );
        let files = tree.state()?;
        Some(xxh3_128_with_seed(rest.as_bytes(), files as u64) ^ files)
    }
}

impl Secrets for Fence {
    fn check(&self, flake: &dyn Flake, io: Io<'_>) -> Result<Held, DriverError> {
        let tree = WorkTree::open(&self.root, io.cancel)?;
        let state = self.cache.as_ref().and_then(|_| self.state(&tree)).map(|state| format!("{state:032x}"));
        let remembered = self.cache.as_deref().map(recall).unwrap_or_default();
        let known = |state: &String| remembered.iter().find(|known| known.state == *state);
        if let Some(known) = state.as_ref().and_then(known) {
            return Ok(known.held.clone());
        }
        let named = self.asks_flake.then(|| flake.secrets(&self.root, io)).transpose();
        // What does not evaluate is told by the evaluation of hosts, which says more.
        let whole = named.is_ok();
        if named.as_ref().is_err_and(|error| error.kind == ErrorKind::Cancelled) {
            return Err(DriverError::new(ErrorKind::Cancelled, "stopped"));
        }
        if !whole {
            let line = "warning: which files hosts and tests name is not known: the flake does not evaluate";
            io.output.line(Stream::Stderr, line);
        }
        let (checked, sources) = self.look_at(&tree, &named.ok().flatten().unwrap_or_default());
        for line in checked.findings.render(&sources, false, WIDTH).lines() {
            io.output.line(Stream::Stderr, line);
        }
        for path in &checked.too_large {
            io.output.line(Stream::Stderr, &format!("warning: {path} is too large and was not looked at"));
        }
        let errors: Vec<&Diagnostic> =
            checked.findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
        if !errors.is_empty() {
            return Err(breach(&errors, &sources, &self.root));
        }
        let held = Held { said: Some(told(&checked)), access: checked.access };
        if let (Some(cache), Some(state)) = (&self.cache, state)
            && checked.findings.is_empty()
            && checked.too_large.is_empty()
            && whole
        {
            remember(cache, Remembered { state, held: held.clone() }, remembered);
        }
        Ok(held)
    }

    fn guards_tests(&self) -> bool {
        !self.policy.test_paths.is_empty()
    }

    fn guard_test(&self, name: &str, sources: &[PathBuf], cancel: &Cancel) -> Result<(), DriverError> {
        let tree = WorkTree::open(&self.root, cancel)?;
        let known = TestSources::of(&tree, &self.root, &self.prefix, &self.policy);
        let mut said = Vec::new();
        for path in sources.iter().flat_map(|source| files_of(source)) {
            if cancel.is_requested() {
                return Err(DriverError::new(ErrorKind::Cancelled, "stopped"));
            }
            // A file of the store is called by its hash and its name.
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let refused = fs::read(&path).ok().and_then(|bytes| known.refuses(name, &bytes));
            said.extend(refused.map(|what| format!("{}: {what}", path.display())));
        }
        if said.is_empty() {
            return Ok(());
        }
        said.truncate(MANY);
        let message = format!("the test `{name}` would be built with what is not for tests");
        Err(DriverError::new(ErrorKind::Refusal, message).said(said).help(
            "nothing was built; let the test name files below `test_paths`, which are for test keys alone",
        ))
    }
}

/// All files of a source. A whole flake is left out: it has everything, and what of it is used is not known.
fn files_of(source: &Path) -> Vec<PathBuf> {
    let is_small =
        |path: &Path| fs::symlink_metadata(path).is_ok_and(|of| of.is_file() && of.len() <= SOURCE_LIMIT);
    if source.join("flake.nix").exists() {
        return Vec::new();
    }
    let walk = ignore::WalkBuilder::new(source).standard_filters(false).follow_links(false).build();
    let paths = walk.flatten().map(ignore::DirEntry::into_path);
    paths.take(MOST_FILES).filter(|path| is_small(path)).collect()
}

fn told(checked: &Checked) -> String {
    let warnings = checked.findings.iter().count();
    let files = if checked.files == 1 { "1 file".to_owned() } else { format!("{} files", checked.files) };
    match warnings {
        0 => format!("{files} of sops"),
        1 => format!("{files} of sops, 1 warning"),
        warnings => format!("{files} of sops, {warnings} warnings"),
    }
}

/// Each finding in two lines, with its place.
fn breach(errors: &[&Diagnostic], sources: &SourceMap, root: &Path) -> DriverError {
    let mut said: Vec<String> =
        errors.iter().take(MANY).flat_map(|finding| lines(finding, sources, root)).collect();
    if errors.len() > MANY {
        said.push(format!("and {} more: `fleet secrets check` tells all", errors.len() - MANY));
    }
    let message = match errors {
        [_] => "the fence around secrets is broken".to_owned(),
        errors => format!("the fence around secrets is broken in {} places", errors.len()),
    };
    DriverError::new(ErrorKind::Refusal, message)
        .said(said)
        .help("nothing was built; `fleet secrets check` shows each place")
}

fn lines(finding: &Diagnostic, sources: &SourceMap, root: &Path) -> Vec<String> {
    let place = finding.labels.first().and_then(|(span, _)| {
        let path = sources.path(*span)?;
        let at = sources.line_column(*span)?;
        let path = path.strip_prefix(root).unwrap_or(path);
        Some(format!("{}:{}:{}: ", path.display(), at.line, at.column))
    });
    let mut lines = vec![format!("{}{}", place.unwrap_or_default(), finding.message)];
    lines.extend(finding.help.as_ref().map(|help| format!("  help: {help}")));
    lines
}

/// Lines of an older form are passed over.
fn recall(cache: &Path) -> Vec<Remembered> {
    let text = fs::read_to_string(cache).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Who cannot write remembers nothing.
fn remember(cache: &Path, now: Remembered, before: Vec<Remembered>) {
    let Some(dir) = cache.parent() else { return };
    let states = std::iter::once(now).chain(before).take(REMEMBERED);
    let lines = states.filter_map(|state| serde_json::to_string(&state).ok());
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    let written = fs::create_dir_all(dir).and_then(|()| {
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(text.as_bytes())?;
        file.persist(cache).map_err(std::io::Error::from)
    });
    drop(written);
}

//! All that rules look at, read once: configurations, encrypted files, private keys. Decides nothing.

use super::files::{FileName, Files};
use super::key::{PrivateKey, PrivateKeys};
use super::named::Named;
use super::policy::Policy;
use super::recipient::Recipient;
use super::sops::{self, BrokenFile, Format, Read, SopsConfig, SopsFile};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{SourceId, SourceMap, Span, Spanned};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The name of a configuration.
const CONFIG: &str = ".sops.yaml";

/// What was read.
pub(super) struct Repository<'p> {
    pub(super) policy: &'p Policy,
    /// What the flake says.
    pub(super) named: &'p Named,
    /// All paths, once each.
    pub(super) paths: Vec<String>,
    pub(super) configs: Vec<SopsConfig>,
    pub(super) files: Vec<SopsFile>,
    pub(super) broken: Vec<BrokenFile>,
    /// Files that a rule wants encrypted and that are not.
    pub(super) plain: Vec<PlainFile>,
    pub(super) keys: Vec<FoundKey>,
    /// What comments call the public key of the identities in a file: path, key, place.
    pub(super) comments: Vec<(String, String, Span)>,
    /// Nix files that speak of files with secrets.
    pub(super) nix: Vec<NixFile>,
    pub(super) test: TestKeys,
    /// Texts that are staged and not in the work tree.
    pub(super) staged: HashSet<SourceId>,
    /// Files that are too long to be looked at.
    pub(super) too_large: Vec<String>,
}

/// A file that a rule wants encrypted and that is not.
pub(super) struct PlainFile {
    pub(super) path: String,
    /// Its beginning.
    pub(super) span: Span,
}

/// A private key and where it is.
pub(super) struct FoundKey {
    pub(super) path: String,
    pub(super) span: Span,
    pub(super) key: PrivateKey,
}

/// A Nix file and its text.
pub(super) struct NixFile {
    pub(super) path: String,
    pub(super) source: SourceId,
    pub(super) text: String,
}

/// The keys that are for tests.
#[derive(Default)]
pub(super) struct TestKeys {
    /// Whom files of tests are encrypted for, and where the policy says so.
    pub(super) recipients: HashMap<Recipient, Span>,
    /// What opens them.
    pub(super) identities: Vec<PrivateKey>,
    /// The files that hold the identities.
    pub(super) files: Vec<String>,
}

impl TestKeys {
    pub(super) fn contains(&self, recipient: &Recipient) -> bool {
        self.recipients.contains_key(recipient)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.recipients.is_empty()
    }
}

impl<'p> Repository<'p> {
    /// Reads all files. `root` is where they stand, for showing them.
    pub(super) fn read(
        files: &dyn Files,
        root: &Path,
        policy: &'p Policy,
        named: &'p Named,
        sources: &mut SourceMap,
        findings: &mut Diagnostics,
    ) -> Self {
        let mut paths: Vec<String> = files.names().iter().map(|name| name.path.clone()).collect();
        paths.sort_unstable();
        paths.dedup();
        let mut repository = Self {
            policy,
            named,
            paths,
            configs: Vec::new(),
            files: Vec::new(),
            broken: Vec::new(),
            plain: Vec::new(),
            keys: Vec::new(),
            comments: Vec::new(),
            nix: Vec::new(),
            test: TestKeys::default(),
            staged: HashSet::new(),
            too_large: Vec::new(),
        };
        // What is expected of a file depends on the rules.
        for (index, name) in files.names().iter().enumerate() {
            if is_config(&name.path)
                && let Some(bytes) = repository.bytes(files, index, findings)
            {
                let before = sources.files().count();
                let config = SopsConfig::read(sources, root, &name.path, bytes, findings);
                repository.configs.push(SopsConfig { staged: name.staged, ..config });
                repository.mark_staged(sources, before, name.staged);
            }
        }
        let finder = PrivateKeys::default();
        repository.test = test_keys(files, policy, &finder, findings);
        for (index, name) in files.names().iter().enumerate() {
            if is_config(&name.path) {
                continue;
            }
            if let Some(bytes) = repository.bytes(files, index, findings) {
                let before = sources.files().count();
                repository.take(sources, &root.join(&name.path), name, &bytes, &finder);
                repository.mark_staged(sources, before, name.staged);
            }
        }
        repository
    }

    /// Remembers that the sources from a number on are what is staged, not what is there.
    fn mark_staged(&mut self, sources: &SourceMap, from: usize, staged: bool) {
        if staged {
            self.staged.extend(sources.ids().skip(from));
        }
    }

    fn bytes(&mut self, files: &dyn Files, index: usize, findings: &mut Diagnostics) -> Option<Vec<u8>> {
        let path = &files.names().get(index)?.path;
        match files.read(index) {
            Ok(Some(bytes)) => Some(bytes),
            Ok(None) => {
                self.too_large.push(path.clone());
                None
            }
            Err(error) => {
                findings.push(
                    Diagnostic::error("fleet::secrets::file", format!("`{path}` cannot be read: {error}"))
                        .help(
                            "what cannot be read cannot be checked: make it readable, or let git ignore it",
                        ),
                );
                None
            }
        }
    }

    fn take(
        &mut self,
        sources: &mut SourceMap,
        at: &Path,
        name: &FileName,
        bytes: &[u8],
        finder: &PrivateKeys,
    ) {
        let path = name.path.as_str();
        self.take_keys(sources, at, path, bytes, finder.find(bytes));
        if path.ends_with(".nix") {
            let text = String::from_utf8_lossy(bytes).into_owned();
            let source = sources.add(at, text.as_str());
            self.nix.push(NixFile { path: path.to_owned(), source, text });
            return;
        }
        if let Some(format) = Format::detect(path, bytes) {
            match SopsFile::read(sources, at, path, bytes, format) {
                Read::Sops(mut file) => {
                    file.staged = name.staged;
                    return self.files.push(*file);
                }
                Read::Broken(file) => return self.broken.push(file),
                Read::Other => {}
            }
        }
        if self.wants_encryption(path, name.staged) && !bytes.is_empty() {
            let text = sops::mask_all(&String::from_utf8_lossy(bytes));
            let first = text.lines().next().unwrap_or_default();
            let end = first.find([':', '=']).unwrap_or(first.len()).max(1);
            let source = sources.add(at, text);
            let span = Span { source, start: 0, end: end as u32 };
            self.plain.push(PlainFile { path: path.to_owned(), span });
        }
    }

    fn take_keys(
        &mut self,
        sources: &mut SourceMap,
        at: &Path,
        path: &str,
        bytes: &[u8],
        keys: Vec<PrivateKey>,
    ) {
        if keys.is_empty() {
            return;
        }
        let text = String::from_utf8_lossy(bytes);
        // In a file that is no text places are lost.
        let is_text = text.len() == bytes.len();
        let comments = comments(&text);
        let marks = keys.iter().map(|key| key.range.start..key.range.start + MARK.min(key.range.len()));
        let public = marks.chain(comments.iter().cloned()).collect();
        let source = sources.add(at, if is_text { sops::mask_but(&text, public) } else { String::new() });
        if is_text && self.test.files.iter().any(|file| file == path) {
            for range in comments {
                let span = Span { source, start: range.start as u32, end: range.end as u32 };
                self.comments.push((path.to_owned(), text[range].to_owned(), span));
            }
        }
        for key in keys {
            let start = key.range.start as u32;
            let end = start + MARK.min(key.range.len()) as u32;
            let span = if is_text { Span { source, start, end } } else { Span { source, start: 0, end: 0 } };
            self.keys.push(FoundKey { path: path.to_owned(), span, key });
        }
    }

    /// The configuration for a path: the nearest upward; for what is staged as it is staged, else as it is there.
    pub(super) fn config_of(&self, path: &str, staged: bool) -> Option<&SopsConfig> {
        let above = self.configs.iter().filter(|config| path.starts_with(&config.dir));
        above.max_by_key(|config| (config.dir.len(), config.staged == staged))
    }

    /// Whether a file that is not encrypted should be: its name says so, or a rule that is not for all files of its kind.
    fn wants_encryption(&self, path: &str, staged: bool) -> bool {
        let Some(config) = self.config_of(path, staged) else { return false };
        let Some(relative) = config.relative(path) else { return false };
        let Some(rule) = config.rule(relative) else { return false };
        let name = path.rsplit('/').next().unwrap_or(path);
        let says_so = [".sops.", ".enc."].iter().any(|mark| name.contains(mark))
            || [".sops", ".enc"].iter().any(|end| name.ends_with(end));
        if says_so {
            return true;
        }
        let has_data = Format::of_name(path) != Format::Binary;
        let extension = name.rsplit('.').next().unwrap_or_default();
        let is_broad = rule.matches(&format!("zq/zq.{extension}"));
        has_data && !is_broad && !rule.partial && !self.policy.is_test(path)
    }

    /// A recipient with what an anchor calls it.
    pub(super) fn name(&self, file: &SopsFile, recipient: &Recipient) -> String {
        match self.config_of(&file.path, file.staged) {
            Some(config) => config.name(recipient),
            None => format!("`{recipient}`"),
        }
    }
}

/// Letters of a private key that are shown.
const MARK: usize = 15;

fn is_config(path: &str) -> bool {
    path == CONFIG || path.ends_with("/.sops.yaml")
}

/// Where comments name public keys, as `age-keygen` writes them.
fn comments(text: &str) -> Vec<Range<usize>> {
    let mark = "# public key: ";
    let found = text.match_indices(mark).map(|(at, _)| {
        let start = at + mark.len();
        let length = text[start..].find(|letter: char| !letter.is_ascii_alphanumeric());
        start..start + length.unwrap_or(text.len() - start)
    });
    found.collect()
}

/// The keys that the policy names, derived from the identities themselves.
fn test_keys(
    files: &dyn Files,
    policy: &Policy,
    finder: &PrivateKeys,
    findings: &mut Diagnostics,
) -> TestKeys {
    let mut keys = TestKeys::default();
    for named in &policy.test_keys {
        if named.starts_with("age1") || named.starts_with("ssh-") {
            let recipient = Recipient::age(named);
            if let Some(age) = super::key::to_age(&recipient) {
                keys.recipients.insert(age, named.span);
            }
            keys.recipients.insert(recipient, named.span);
            continue;
        }
        match identities(files, named, finder) {
            Ok(found) => {
                for key in found {
                    keys.recipients
                        .extend(key.recipients.iter().map(|recipient| (recipient.clone(), named.span)));
                    keys.identities.push(key);
                }
                keys.files.push(named.value.clone());
            }
            Err((message, help)) => {
                findings.push(
                    Diagnostic::error("fleet::secrets::test_key", message)
                        .at(named.span, "this test key")
                        .help(help),
                );
            }
        }
    }
    keys
}

fn identities(
    files: &dyn Files,
    path: &Spanned<String>,
    finder: &PrivateKeys,
) -> Result<Vec<PrivateKey>, (String, &'static str)> {
    let index = files.names().iter().position(|name| name.path == **path);
    let bytes = match index {
        Some(index) => files.read(index).ok().flatten(),
        None => files.read_other(path),
    };
    let Some(bytes) = bytes else {
        let message = format!("the test key `{}` is not there", path.value);
        return Err((message, "`fleet secrets init` writes one; or correct the path"));
    };
    let found = finder.find(&bytes);
    if found.is_empty() {
        let message = format!("`{}` holds no private key", path.value);
        return Err((
            message,
            "name a file that `age-keygen` or `ssh-keygen` wrote, or a recipient (`age1...`) itself",
        ));
    }
    Ok(found)
}

/// The path of a finding's first place, from the root of what is checked.
pub(super) fn path_of(finding: &Diagnostic, root: &Path, sources: &SourceMap) -> Option<String> {
    let (span, _) = finding.labels.first()?;
    let path: PathBuf = sources.path(*span)?.to_owned();
    Some(path.strip_prefix(root).ok()?.to_str()?.to_owned())
}

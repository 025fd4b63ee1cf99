//! The fence around secrets in a commit. Where what is staged has to do with sops, all files of the commit are looked at;
//! else the staged ones alone, for private keys and for files that should be encrypted.

use super::{Judged, failure};
use crate::cli::args::Arguments;
use crate::cli::{Failure, project};
use crate::diagnostic::{Diagnostics, Severity};
use crate::driver::git::{Content, Entry, EntryKind};
use crate::executor::outcome::exit_code;
use crate::frontend::fleetfile;
use crate::model::SecretsPolicy;
use crate::process::Outlet;
use crate::secrets::{FileName, Files, check};
use crate::source::SourceMap;
use memchr::memmem::find;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// sops' own configuration.
const CONFIG: &str = ".sops.yaml";

/// Files of a commit. Those that git ignores are as they are in the work tree.
struct Committed<'a> {
    top: &'a Path,
    names: Vec<FileName>,
    contents: Vec<Option<Vec<u8>>>,
}

impl Committed<'_> {
    /// Whether one of them is encrypted by sops, or may name files that are.
    fn speak_of_sops(&self) -> bool {
        let files = self.names.iter().zip(&self.contents).filter(|(name, _)| name.path != CONFIG);
        files.filter_map(|(_, content)| content.as_ref()).any(|content| is_sops(content))
    }
}

impl Files for Committed<'_> {
    fn names(&self) -> &[FileName] {
        &self.names
    }

    fn read(&self, index: usize) -> io::Result<Option<Vec<u8>>> {
        Ok(self.contents.get(index).cloned().flatten())
    }

    fn read_other(&self, path: &str) -> Option<Vec<u8>> {
        let known = self.names.iter().position(|name| name.path == path);
        match known.and_then(|index| self.contents.get(index)) {
            Some(content) => content.clone(),
            None => std::fs::read(self.top.join(path)).ok(),
        }
    }
}

/// Looks whether the fence holds in the commit.
pub(super) fn run(arguments: &Arguments, judged: &Judged<'_>) -> Result<u8, Failure> {
    let top = judged.repository.top();
    let new = |change: &crate::driver::git::Change| change.new.clone();
    let mut staged: Vec<Entry> = judged.changes.iter().filter_map(new).collect();
    if staged.is_empty() {
        return Ok(exit_code::GOOD);
    }
    // Asked for by its name with the rest: another call of git costs more than all that is done here.
    let config = PathBuf::from(CONFIG);
    staged.push(Entry { path: config, kind: EntryKind::File, object: judged.snapshot.name(CONFIG) });
    let mut files = judged.committed(staged)?;
    let changed: BTreeSet<PathBuf> = judged.changes.iter().map(|change| change.path.clone()).collect();
    let concerned = changed.iter().any(|path| is_fence(path)) || files.speak_of_sops();
    if concerned {
        let all = judged.repository.entries(&judged.snapshot, &[]).map_err(|error| failure(&error))?;
        files = judged.committed(all)?;
    }
    let (policy, prefix, mut sources) = policy(arguments, judged)?;
    let checked = check(&files, top, &prefix, &policy, &mut sources);
    let is_ours = |path: Option<&Path>| {
        let below = path.and_then(|path| path.strip_prefix(top).ok());
        concerned || below.is_none_or(|path| changed.contains(path))
    };
    let findings: Diagnostics = checked
        .findings
        .iter()
        .filter(|finding| finding.severity != Severity::Hint)
        .filter(|finding| is_ours(finding.labels.first().and_then(|(span, _)| sources.path(*span))))
        .cloned()
        .collect();
    let mut text = project::render(&findings, &sources, arguments);
    for path in &checked.too_large {
        text.push_str(&format!("warning: {path} is too large and was not looked at\n"));
    }
    let _ = Outlet::stderr().write(text.as_bytes());
    Ok(if findings.has_errors() { exit_code::FAILED } else { exit_code::GOOD })
}

/// What the Fleetfile of the commit says of secrets, and its directory below the top.
fn policy(arguments: &Arguments, judged: &Judged<'_>) -> Result<(SecretsPolicy, String, SourceMap), Failure> {
    let top = judged.repository.top();
    let here = std::env::current_dir().unwrap_or_else(|_| top.to_owned());
    let dirs = here.ancestors().take_while(|dir| dir.starts_with(top));
    let mut candidates = dirs.flat_map(|dir| fleetfile::FILE_NAMES.iter().map(move |name| dir.join(name)));
    let Some(root) = candidates.find(|path| path.exists()) else {
        return Ok((SecretsPolicy::default(), String::new(), SourceMap::default()));
    };
    let mut sources = judged.sources()?;
    let (project, _) = project::read_file(&mut sources, arguments, &root).map_err(|error| {
        Failure::Text(project::render(&error.diagnostics, &sources, arguments), error.exit_code)
    })?;
    let Some(fleet) = project.fleet else {
        return Ok((SecretsPolicy::default(), String::new(), sources));
    };
    let prefix = fleet.dir.strip_prefix(top).ok().and_then(Path::to_str).unwrap_or_default().to_owned();
    Ok((fleet.secrets, prefix, sources))
}

/// Whether a file decides what others have to be like.
fn is_fence(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name == CONFIG || fleetfile::FILE_NAMES.contains(&name)
}

/// Whether a file is encrypted by sops, or may name files that are.
fn is_sops(text: &[u8]) -> bool {
    find(text, b"sops").is_some() || find(text, b"ENC[AES256_GCM").is_some()
}

impl<'a> Judged<'a> {
    /// The content of files; those that are not there are left out.
    fn committed(&self, mut entries: Vec<Entry>) -> Result<Committed<'a>, Failure> {
        entries.retain(|entry| entry.kind == EntryKind::File && !entry.object.is_empty());
        let objects: Vec<&str> = entries.iter().map(|entry| entry.object.as_str()).collect();
        let mut files = Committed { top: self.repository.top(), names: Vec::new(), contents: Vec::new() };
        let mut take = |number: usize, content| {
            let content = match content {
                Content::Missing => return,
                Content::TooLarge => None,
                Content::Bytes(bytes) => Some(bytes),
            };
            let Some(entry) = entries.get(number) else { return };
            files.names.push(FileName { path: entry.path.to_string_lossy().into_owned(), staged: false });
            files.contents.push(content);
        };
        self.repository.contents(&objects, &mut take).map_err(|error| failure(&error))?;
        Ok(files)
    }
}

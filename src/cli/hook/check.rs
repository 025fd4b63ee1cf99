//! The projects that a commit changes, checked as they are in it: what differs in the work tree, is untracked or is left
//! out there does not count.

use super::{Judged, failure};
use crate::cli::args::Arguments;
use crate::cli::{Failure, project};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::driver::git::{Content, Entry, EntryKind};
use crate::executor::outcome::exit_code;
use crate::frontend::{self, fleetfile};
use crate::process::Outlet;
use crate::source::SourceMap;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Checks each project that a changed file belongs to.
pub(super) fn run(arguments: &Arguments, judged: &Judged<'_>) -> Result<u8, Failure> {
    let top = judged.repository.top();
    let changed: Vec<&Path> =
        judged.changes.iter().map(|change| change.path.as_path()).filter(|path| is_yaml(path)).collect();
    if changed.is_empty() {
        return Ok(exit_code::GOOD);
    }
    let sources = judged.sources()?;
    let mut read: BTreeSet<PathBuf> = BTreeSet::new();
    let mut code = exit_code::GOOD;
    for root in roots(top, &changed, &sources) {
        if read.contains(&root) {
            continue;
        }
        let mut sources = sources.clone();
        let (mut findings, failed) = match project::read_file(&mut sources, arguments, &root) {
            Ok((project, mut findings)) => {
                findings.extend(fleetfile::check(&project));
                let is_set = |name: &str| std::env::var_os(name).is_some();
                let lint = frontend::lint::lint(&project, &sources, &is_set);
                // A commit is no time for hints.
                findings
                    .extend(lint.iter().filter(|found| found.severity != Severity::Hint).cloned().collect());
                findings.sort();
                let failed = findings.has_errors().then_some(exit_code::FAILED);
                (findings, failed)
            }
            Err(error) => (error.diagnostics, Some(error.exit_code)),
        };
        let files: Vec<&Path> = sources.files().map(|file| file.path.as_path()).collect();
        let concerned = changed.iter().any(|path| {
            let path = top.join(path);
            is_root(&path) || !sources.exists(&path) || files.contains(&path.as_path())
        });
        if !concerned {
            continue;
        }
        let missing = judged.untracked(&files)?;
        let failed = failed.or((!missing.is_empty()).then_some(exit_code::FAILED));
        findings.extend(missing);
        let text = project::render(&findings, &sources, arguments);
        let _ = Outlet::stderr().write(text.as_bytes());
        if let Some(failed) = failed
            && code == exit_code::GOOD
        {
            code = failed;
        }
        read.extend(files.into_iter().map(Path::to_owned));
    }
    Ok(code)
}

/// The root files of all directories from the top down to the changed files, those of outer directories first: they may
/// include the inner ones.
fn roots(top: &Path, changed: &[&Path], sources: &SourceMap) -> Vec<PathBuf> {
    let dirs: BTreeSet<&Path> = changed.iter().flat_map(|path| path.ancestors().skip(1)).collect();
    let mut dirs: Vec<&Path> = dirs.into_iter().collect();
    dirs.sort_by_key(|dir| dir.components().count());
    let names = frontend::root_names();
    let root =
        |dir: &Path| names.iter().map(|name| top.join(dir).join(name)).find(|path| sources.exists(path));
    dirs.into_iter().filter_map(root).collect()
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

fn is_root(path: &Path) -> bool {
    path.file_name().is_some_and(|name| frontend::root_names().iter().any(|known| name == *known))
}

impl Judged<'_> {
    /// Files of the snapshot that the work tree does not have, or not so.
    pub(super) fn sources(&self) -> Result<SourceMap, Failure> {
        let differences = self.repository.differences(&self.snapshot).map_err(|error| failure(&error))?;
        let left_out = self.repository.left_out(&self.snapshot).map_err(|error| failure(&error))?;
        let mut entries: Vec<Entry> = differences.into_iter().filter_map(|change| change.old).collect();
        entries.extend(left_out);
        entries.retain(|entry| entry.kind == EntryKind::File && is_yaml(&entry.path));
        let objects: Vec<&str> = entries.iter().map(|entry| entry.object.as_str()).collect();
        let mut sources = SourceMap::default();
        let mut take = |number: usize, content| {
            if let (Some(entry), Content::Bytes(bytes)) = (entries.get(number), content) {
                sources.set_instead(self.repository.top().join(&entry.path), bytes);
            }
        };
        self.repository.contents(&objects, &mut take).map_err(|error| failure(&error))?;
        Ok(sources)
    }

    /// Files that were read and are not in the snapshot.
    fn untracked(&self, files: &[&Path]) -> Result<Diagnostics, Failure> {
        let top = self.repository.top();
        let paths: Vec<&str> =
            files.iter().filter_map(|file| file.strip_prefix(top).ok()?.to_str()).collect();
        if paths.is_empty() {
            return Ok(Diagnostics::default());
        }
        let known = self.repository.entries(&self.snapshot, &paths).map_err(|error| failure(&error))?;
        let is_missing = |path: &&&str| !known.iter().any(|entry| entry.path == Path::new(path));
        let missing = paths.iter().filter(is_missing).map(|path| {
            Diagnostic::error("fleet::hook::untracked", format!("{path} is used, but not in the commit"))
                .help(format!("`git add {path}`"))
        });
        Ok(missing.collect())
    }
}

//! One project from both front ends: the tasks of all files, then what their Fleetfile keys say. Knows nothing of
//! running.

use super::fleetfile::{self, Part, Place};
use super::lint;
use super::taskfile::remote::Remote;
use super::taskfile::{self, Entry, GoText, LoadError, LoadOptions, TASKFILE_NAMES};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::model::Project;
use crate::source::{SourceId, SourceMap, Span};
use crate::template::{Lookup, Map, Value};
use crate::yaml::{self, Decoder, Document};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// go-task's exit code for a file that does not decode.
const DECODE: u8 = 102;

/// The file that `fleet` reads when it is started in a directory: the nearest Fleetfile here or above, else what go-task
/// would find.
///
/// # Errors
/// There is none.
pub fn find(start: &Path) -> Result<PathBuf, LoadError> {
    taskfile::find(start, &fleetfile::FILE_NAMES)
        .or_else(|_| taskfile::find(start, TASKFILE_NAMES))
        .map_err(with_fleetfile)
}

/// The file that was named, or the one in a directory that was named.
///
/// # Errors
/// There is none.
pub fn find_named(path: &Path) -> Result<PathBuf, LoadError> {
    taskfile::find_named(path, &root_names()).map_err(with_fleetfile)
}

/// The names of root files, the stronger first.
#[must_use]
pub fn root_names() -> Vec<&'static str> {
    fleetfile::FILE_NAMES.iter().chain(TASKFILE_NAMES).copied().collect()
}

/// The same failure in the words of `fleet`, which looks for more than go-task does.
fn with_fleetfile(mut error: LoadError) -> LoadError {
    let name = |mut finding: Diagnostic| {
        finding.message = finding.message.replace("Taskfile.yml", "Fleetfile.yaml or Taskfile.yml");
        finding
    };
    error.diagnostics = error.diagnostics.iter().cloned().map(name).collect();
    error
}

/// Loads a project from its root file, a Fleetfile or a Taskfile, with what is probably not meant in it. Paths in messages
/// are relative to the working directory; paths of includes may use the process environment.
///
/// In a Fleetfile an unknown key and a name that is written twice are errors; in a Taskfile they are warnings, since
/// go-task ignores them.
///
/// # Errors
/// Everything that is wrong in all files, in the order of the files.
pub fn load(
    sources: &mut SourceMap,
    root: &Path,
    remote: Option<&Remote<'_>>,
) -> Result<(Project, Diagnostics), LoadError> {
    let working_dir = std::env::current_dir().unwrap_or_default();
    let variable = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?.into(), Value::string(value.into_string().ok()?)))
    };
    let environment: Map = std::env::vars_os().filter_map(variable).collect();
    load_within(sources, root, &working_dir, &environment, remote)
}

/// [`load`] with working directory and environment of the caller's choice.
///
/// # Errors
/// As [`load`].
pub fn load_within(
    sources: &mut SourceMap,
    root: &Path,
    working_dir: &Path,
    environment: &dyn Lookup,
    remote: Option<&Remote<'_>>,
) -> Result<(Project, Diagnostics), LoadError> {
    let names = root_names();
    let extra: Vec<&'static str> = fleetfile::ROOT_KEYS.iter().map(|key| key.name).collect();
    let options = LoadOptions {
        dir: None,
        working_dir,
        environment,
        names: &names,
        extra_root_keys: &extra,
        queries: true,
        remote,
    };
    let loaded = taskfile::load(sources, &Entry::File(root.to_owned()), &options);
    let mut decoder = Decoder::new();
    let (project, found) = match loaded {
        Ok(loaded) => {
            let mut project = loaded.project;
            let parts = parts(&project, &loaded.documents, sources, &mut decoder);
            let mut found = loaded.warnings;
            found.extend(std::mem::take(&mut decoder.diagnostics));
            found.extend(fleetfile::assemble(&mut project, parts, sources));
            found.extend(lint::siblings(&project));
            (project, found)
        }
        Err(error) => {
            // The Taskfile part stands in the way, but what is wrong in the rest is told with it.
            for (source, text) in texts(sources) {
                if let Ok(document) = yaml::parse(source, &text) {
                    decoder.text = text;
                    fleetfile::decode(&mut decoder, &document.root);
                }
            }
            let mut found = error.diagnostics;
            found.extend(decoder.diagnostics);
            return Err(LoadError { diagnostics: in_order(&found, sources), ..error });
        }
    };
    let found = in_order(&found, sources);
    if !found.has_errors() {
        return Ok((project, found));
    }
    let first = found.iter().find(|finding| finding.severity == Severity::Error);
    let go = GoText::Plain(first.map(|finding| finding.message.clone()).unwrap_or_default());
    Err(LoadError { diagnostics: found, exit_code: DECODE, go })
}

/// All texts, copied: they are shared.
fn texts(sources: &SourceMap) -> Vec<(SourceId, Arc<str>)> {
    sources.ids().filter_map(|id| Some((id, Arc::clone(&sources.get(id)?.text)))).collect()
}

/// What the files of a project say of fleet and pipelines, once for each way in which a file is included.
fn parts(project: &Project, documents: &[Document], sources: &SourceMap, decoder: &mut Decoder) -> Vec<Part> {
    let mut parts = Vec::new();
    let matters = matters(project, documents);
    let mut told = vec![false; documents.len()];
    let mut pending = vec![Place::root()];
    while let Some(place) = pending.pop() {
        let index = place.taskfile.0 as usize;
        let (Some(file), Some(document)) = (project.taskfiles.get(index), documents.get(index)) else {
            continue;
        };
        for include in file.includes.iter().rev() {
            let Some(target) = include.taskfile.filter(|target| matters[target.0 as usize]) else { continue };
            pending.push(place.within(include, target));
        }
        // Decoded again for each way in, but what is wrong is told once.
        let mut again = Decoder::new();
        let decoder = if std::mem::replace(&mut told[index], true) { &mut again } else { &mut *decoder };
        decoder.text =
            sources.get(document.root.span.source).map(|file| Arc::clone(&file.text)).unwrap_or_default();
        let fleetfile = fleetfile::decode(decoder, &document.root);
        let dir = file.path.parent().unwrap_or(Path::new("/")).to_owned();
        parts.push(Part { fleetfile, place, dir });
    }
    parts
}

/// Which files have such keys, or include one that has: the others need not be looked at for each way in.
fn matters(project: &Project, documents: &[Document]) -> Vec<bool> {
    let has_keys =
        |document: &Document| fleetfile::ROOT_KEYS.iter().any(|key| document.root.get(key.name).is_some());
    let mut matters: Vec<bool> = documents.iter().map(has_keys).collect();
    matters.resize(project.taskfiles.len(), false);
    let mut included_by: Vec<Vec<usize>> = vec![Vec::new(); matters.len()];
    for (index, file) in project.taskfiles.iter().enumerate() {
        for target in file.includes.iter().filter_map(|include| include.taskfile) {
            included_by[target.0 as usize].push(index);
        }
    }
    let mut pending: Vec<usize> = (0..matters.len()).filter(|index| matters[*index]).collect();
    while let Some(index) = pending.pop() {
        for parent in &included_by[index] {
            if !std::mem::replace(&mut matters[*parent], true) {
                pending.push(*parent);
            }
        }
    }
    matters
}

/// What go-task lets pass and nobody means: no Fleetfile depends on that.
const PASSED_BY_GO_TASK: &[&str] = &["fleet::yaml::unknown_key", "fleet::taskfile::overwritten"];

/// Findings in the order of their places, with those that only a Taskfile may have as errors of a Fleetfile.
fn in_order(found: &Diagnostics, sources: &SourceMap) -> Diagnostics {
    let place = |finding: &Diagnostic| finding.labels.first().map_or(Span::NONE, |(span, _)| *span);
    let is_fleetfile = |span: Span| {
        let name = sources.path(span).and_then(Path::file_name);
        name.is_some_and(|name| fleetfile::FILE_NAMES.iter().any(|known| name == *known))
    };
    let mut list: Vec<Diagnostic> = found.iter().cloned().collect();
    for finding in &mut list {
        if PASSED_BY_GO_TASK.contains(&finding.code) && is_fleetfile(place(finding)) {
            finding.severity = Severity::Error;
        }
    }
    let mut found: Diagnostics = list.into_iter().collect();
    found.sort();
    found
}

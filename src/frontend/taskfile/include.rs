//! The include graph: every file read once, decoded, with its includes resolved; cycles found. Merges nothing.

use super::ast::{Include, Taskfile};
use super::decode::{Context, decode_taskfile};
use super::expand::expand;
use super::find::file_or_directory;
use super::go_text::{GoText, code};
use super::load_error::Findings;
use super::path::{clean, relative, smart_join};
use super::remote::is_remote;
use super::scope::IncludeScope;
use super::{Entry, LoadOptions};
use crate::diagnostic::Diagnostic;
use crate::model::{TaskfileId, Text};
use crate::source::{SourceId, SourceMap, Span};
use crate::template::TemplateError;
use crate::yaml::{self, Document};
use indexmap::IndexMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// go-task's location of standard input.
pub(super) const STDIN: &str = "__stdin__";

/// A file of the graph.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) source: SourceId,
    pub(super) taskfile: Taskfile,
    pub(super) document: Document,
    pub(super) edges: Vec<Edge>,
}

/// An include with its path found.
#[derive(Debug)]
pub(super) struct Edge {
    pub(super) namespace: Arc<str>,
    pub(super) include: Include,
    /// Absolute directory that the included tasks run in, if the include is a mapping.
    pub(super) dir: PathBuf,
    /// `None` for an optional file that is not there.
    pub(super) target: Option<TaskfileId>,
}

/// Files by their index, the root first, then in the order they are met.
pub(super) struct Graph {
    pub(super) files: Vec<File>,
}

/// Reads the root and all that it includes.
pub(super) fn read(
    sources: &mut SourceMap,
    entry: &Entry,
    options: &LoadOptions<'_>,
    findings: &mut Findings,
) -> Graph {
    let mut reader = Reader {
        sources,
        options,
        findings,
        stdin_dir: PathBuf::new(),
        known: IndexMap::new(),
        files: Vec::new(),
        pending: Vec::new(),
    };
    match entry {
        Entry::File(path) => {
            reader.demand(path.clone(), None);
        }
        Entry::Stdin { text, dir } => {
            let path = PathBuf::from(STDIN);
            reader.known.insert(path.clone(), None);
            reader.stdin_dir.clone_from(dir);
            reader.decode(path, text.clone(), None);
        }
    }
    while let Some((from, index)) = reader.pending.pop() {
        reader.resolve(from, index);
    }
    Graph { files: reader.files }
}

struct Reader<'r> {
    sources: &'r mut SourceMap,
    options: &'r LoadOptions<'r>,
    findings: &'r mut Findings,
    /// Directory of a root that is read from standard input.
    stdin_dir: PathBuf,
    /// Files by location; `None` for those that cannot be used.
    known: IndexMap<PathBuf, Option<TaskfileId>>,
    files: Vec<File>,
    /// Includes to resolve: file and index, the next one last.
    pending: Vec<(TaskfileId, usize)>,
}

impl Reader<'_> {
    /// The file of a location, read if it was not yet.
    fn demand(&mut self, path: PathBuf, edge: Option<&Edge>) -> Option<TaskfileId> {
        if let Some(known) = self.known.get(&path) {
            return *known;
        }
        self.known.insert(path.clone(), None);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let go = format!("{} {}: {}", verb(&error), path.display(), io_text(&error));
                let message = format!("cannot read {}: {}", path.display(), io_text(&error));
                let at = edge.map_or(Span::NONE, |edge| edge.include.taskfile.span());
                let diagnostic = Diagnostic::error("fleet::taskfile::read", message)
                    .at(at, "included here")
                    .help(how_to_read(&error, edge.is_some()));
                self.findings.fail(code::UNKNOWN, GoText::Plain(go), diagnostic);
                return None;
            }
        };
        self.decode(path, bytes, edge)
    }

    fn decode(&mut self, path: PathBuf, bytes: Vec<u8>, edge: Option<&Edge>) -> Option<TaskfileId> {
        let checksum = edge.and_then(|edge| edge.include.checksum.as_ref());
        if let Some(wanted) = checksum {
            let got = sha256(&bytes);
            if got != *wanted.value {
                let shown = path.display();
                let go = format!(
                    "task: The checksum of the Taskfile at {:?} does not match!\ngot: {got:?}\nwant: {:?}",
                    shown.to_string(),
                    &*wanted.value
                );
                let message = format!("{shown} is not the file that `checksum` names");
                let diagnostic = Diagnostic::error("fleet::taskfile::checksum", message)
                    .at(wanted.span, "the checksum that was expected")
                    .help(format!("if the change is meant, write `checksum: {got}`"));
                self.findings.fail(code::CHECKSUM, GoText::Plain(go), diagnostic);
                return None;
            }
        }
        let shown = if path.is_absolute() { relative(self.options.working_dir, &path) } else { path.clone() };
        let invalid = |go: &str| GoText::Plain(format!("task: Failed to parse {}:\n{go}", shown.display()));
        let text: Arc<str> = match yaml::decode_bytes(bytes) {
            Ok(text) => Arc::from(text),
            Err(error) => {
                let go = invalid(error.go_message());
                let message = format!("{}: {}", shown.display(), error.diagnostic.message);
                let mut diagnostic = Diagnostic { message, ..error.diagnostic };
                if let Some((text, at)) = error.nearly {
                    let start = u32::try_from(at).unwrap_or(u32::MAX);
                    let end = start.saturating_add(char::REPLACEMENT_CHARACTER.len_utf8() as u32);
                    let source = self.sources.add(&path, text);
                    diagnostic = diagnostic.at(Span { source, start, end }, "this byte");
                }
                self.findings.fail(code::INVALID, go, diagnostic);
                return None;
            }
        };
        let source = self.sources.add(&path, Arc::clone(&text));
        let document = match yaml::parse(source, &text) {
            Ok(document) => document,
            Err(error) => {
                let go = invalid(error.go_message());
                self.findings.fail(code::INVALID, go, error.diagnostic);
                return None;
            }
        };
        let id = TaskfileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        let mut context = Context::new(id, &text);
        context.extra_root_keys = self.options.extra_root_keys;
        let taskfile = decode_taskfile(&mut context, &document.root);
        let (mut diagnostics, failure) = context.finish();
        if let Some(span) = document.ignored {
            diagnostics.push(
                Diagnostic::warning(
                    "fleet::taskfile::documents",
                    "only the first document of a file is read",
                )
                .at(span, "this and what follows is ignored"),
            );
        }
        let usable = failure.is_none();
        self.findings.extend(diagnostics, failure.map(|failure| (code::DECODE, failure)));
        if usable && taskfile.version.is_none() {
            let path = path.display();
            let go = format!("task: Missing schema version in Taskfile {:?}", path.to_string());
            let shown = shown.display();
            let (message, help) = if document.root.is_null() {
                (format!("{shown} is empty"), "begin with `version: \"3\"`, then `tasks:`")
            } else {
                (format!("{shown} has no `version`"), "write `version: \"3\"` in its first line")
            };
            let diagnostic = Diagnostic::error("fleet::taskfile::version", message)
                .at(Span { source, start: 0, end: 0 }, "")
                .help(help);
            self.findings.fail(code::VERSION, GoText::Plain(go), diagnostic);
        }
        self.known.insert(path.clone(), Some(id));
        // Pushed in reverse, so that the first include is read first, with all of its own.
        self.pending.extend((0..taskfile.includes.len()).rev().map(|index| (id, index)));
        self.files.push(File { path, source, taskfile, document, edges: Vec::new() });
        Some(id)
    }

    /// Finds and reads the file of one include.
    fn resolve(&mut self, from: TaskfileId, index: usize) {
        let Some(file) = self.files.get(from.0 as usize) else { return };
        let Some((namespace, include)) = file.taskfile.includes.get_index(index) else { return };
        let scope = IncludeScope { vars: &file.taskfile.vars, environment: self.options.environment };
        let variable = |name: &str| {
            let value = self.options.environment.get(name)?;
            value.as_str().map(ToOwned::to_owned)
        };
        // The location of standard input has no directory, and go-task's messages show none.
        let shown_dir = file.path.parent().unwrap_or(Path::new("/"));
        let file_dir = self.stdin_dir.join(shown_dir);
        let rendered = |text: &Text| {
            let template = text.template().map_err(Stop::from)?;
            let raw = template.render(&scope).map_err(Stop::Template)?;
            if is_remote(&raw) {
                return Ok(raw);
            }
            expand(&raw, variable).map_err(Stop::Shell)
        };
        let place = |text: &Text, result: Result<String, Stop>| result.map_err(|stop| (text.clone(), stop));
        let path = place(&include.taskfile, rendered(&include.taskfile));
        let dir = match &include.dir {
            None => Ok(file_dir.clone()),
            Some(dir) => place(dir, rendered(dir)).map(|dir| smart_join(&file_dir, &dir)),
        };
        let (path, dir) = match (path, dir) {
            (Ok(path), Ok(dir)) => (path, dir),
            (Err((text, stop)), _) | (_, Err((text, stop))) => {
                let (go, diagnostic) = stop.report(self.sources, &text);
                self.findings.fail(code::UNKNOWN, GoText::Plain(go), diagnostic);
                return;
            }
        };
        let mut edge = Edge { namespace: Arc::clone(namespace), include: include.clone(), dir, target: None };
        if is_remote(&path) {
            self.refuse_remote(&edge, &path);
        } else {
            let location = smart_join(shown_dir, &path);
            match file_or_directory(&clean(&file_dir.join(&location)), self.options.names) {
                Some(found) => edge.target = self.demand(found, Some(&edge)),
                None if edge.include.optional => {}
                None => self.not_found(&edge, &location),
            }
        }
        if let Some(file) = self.files.get_mut(from.0 as usize) {
            file.edges.push(edge);
        }
    }

    fn not_found(&mut self, edge: &Edge, location: &Path) {
        let shown = location.display();
        let go = format!("task: No Taskfile found at {:?}", shown.to_string());
        let (what, label, help) = if location.is_dir() {
            let name = self.options.names.first().copied().unwrap_or_default();
            (
                "is a directory without a Taskfile",
                "no Taskfile in it",
                format!("put a {name} there, or name a file"),
            )
        } else {
            let help = "correct the path, or write `optional: true` if it need not exist";
            ("does not exist", "no such file", help.to_owned())
        };
        let message = format!("the include `{}` names {shown}, which {what}", edge.namespace);
        let diagnostic = Diagnostic::error("fleet::taskfile::include_not_found", message)
            .at(edge.include.taskfile.span(), label)
            .help(help);
        self.findings.fail(code::NOT_FOUND, GoText::Plain(go), diagnostic);
    }

    fn refuse_remote(&mut self, edge: &Edge, url: &str) {
        let go = format!("task: Download of {url:?} failed: remote Taskfiles are not supported yet");
        let diagnostic =
            Diagnostic::error("fleet::taskfile::remote", "remote Taskfiles are not supported yet")
                .at(edge.include.taskfile.span(), "this is on the network")
                .help("copy the file into the project and include its path");
        self.findings.fail(code::FETCH_FAILED, GoText::Plain(go), diagnostic);
    }
}

/// Why a path cannot be computed.
enum Stop {
    Template(TemplateError),
    Shell(String),
}

impl From<&TemplateError> for Stop {
    fn from(error: &TemplateError) -> Self {
        Self::Template(error.clone())
    }
}

impl Stop {
    /// go-task's text, and ours with the place inside the string.
    fn report(self, sources: &SourceMap, text: &Text) -> (String, Diagnostic) {
        let (go, range) = match self {
            Self::Template(error) => (error.message, error.range),
            Self::Shell(message) => (message, None),
        };
        let at = range.map_or(text.span(), |range| yaml::locate(sources, text.span(), range));
        let diagnostic =
            Diagnostic::error("fleet::taskfile::include_path", "the path of an include cannot be computed")
                .at(at, go.clone());
        (go, diagnostic)
    }
}

/// What to do about a file that is there and cannot be read.
fn how_to_read(error: &std::io::Error, included: bool) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::IsADirectory if included => "name a file in it",
        std::io::ErrorKind::IsADirectory => {
            "this name is for a file: rename the directory, or name another file by `--file`"
        }
        std::io::ErrorKind::PermissionDenied => "let yourself read it: chmod u+r",
        _ => "look at the file with other programs",
    }
}

/// The system call that Go names.
fn verb(error: &std::io::Error) -> &'static str {
    if error.kind() == std::io::ErrorKind::IsADirectory { "read" } else { "open" }
}

/// An error of the system in Go's words: without its number, lower case.
fn io_text(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

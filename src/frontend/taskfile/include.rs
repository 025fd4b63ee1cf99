//! The include graph: every file read once, decoded, with its includes resolved; cycles found. Merges nothing.

use super::ast::{Include, Taskfile};
use super::decode::{Context, decode_taskfile};
use super::expand::expand;
use super::find::file_or_directory;
use super::go_io;
use super::go_text::{GoText, code};
use super::load_error::Findings;
use super::path::{clean, relative, smart_join};
use super::remote::{Library, Location, RemoteError, is_remote, sha256};
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
    /// Where on the network it is, if it is there.
    pub(super) remote: Option<Location>,
    /// The directory that it was first included with; the project's for the root. Empty for a remote root.
    dir: PathBuf,
    /// The file that first includes it.
    parent: Option<TaskfileId>,
}

/// A file that is about to be read.
struct Origin<'e> {
    path: PathBuf,
    remote: Option<Location>,
    /// The file and the include that name it; none for the root.
    from: Option<(TaskfileId, &'e Edge)>,
}

impl<'e> Origin<'e> {
    fn edge(&self) -> Option<&'e Edge> {
        self.from.map(|(_, edge)| edge)
    }

    /// Where it is named.
    fn span(&self) -> Span {
        self.edge().map_or(Span::NONE, |edge| edge.include.taskfile.span())
    }
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
        library: options.remote.map(Library::new),
        root_dir: options.dir.map(Path::to_owned).unwrap_or_default(),
        root_shown: String::new(),
        stdin_dir: PathBuf::new(),
        known: IndexMap::new(),
        files: Vec::new(),
        pending: Vec::new(),
    };
    let root = |path: PathBuf| Origin { path, remote: None, from: None };
    match entry {
        Entry::File(path) => {
            if options.dir.is_none() {
                reader.root_dir = path.parent().unwrap_or(Path::new("/")).to_owned();
            }
            reader.root_shown = path.display().to_string();
            reader.demand(root(path.clone()));
        }
        Entry::Stdin { text, dir } => {
            let path = PathBuf::from(STDIN);
            reader.known.insert(path.clone(), None);
            reader.stdin_dir.clone_from(dir);
            if options.dir.is_none() {
                reader.root_dir.clone_from(dir);
            }
            STDIN.clone_into(&mut reader.root_shown);
            reader.decode(root(path), text.clone());
        }
        Entry::Remote { url, .. } => {
            reader.demand_remote(url, None);
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
    library: Option<Library<'r>>,
    /// The directory of the project; empty for a remote root.
    root_dir: PathBuf,
    /// The root as messages show it.
    root_shown: String,
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
    fn demand(&mut self, origin: Origin<'_>) -> Option<TaskfileId> {
        if let Some(known) = self.known.get(&origin.path) {
            return *known;
        }
        self.known.insert(origin.path.clone(), None);
        match self.sources.read(&origin.path) {
            Ok(bytes) => self.decode(origin, bytes),
            Err(error) => {
                let go = go_io::error(go_io::reading(&error), &origin.path, &error);
                let message = format!("cannot read {}: {}", origin.path.display(), go_io::text(&error));
                let diagnostic = Diagnostic::error("fleet::taskfile::read", message)
                    .at(origin.span(), "included here")
                    .help(how_to_read(&error, origin.from.is_some()));
                self.findings.fail(code::UNKNOWN, GoText::Plain(go), diagnostic);
                None
            }
        }
    }

    /// The remote file of an entry point, read if it was not yet.
    fn demand_remote(&mut self, entrypoint: &str, from: Option<(TaskfileId, &Edge)>) -> Option<TaskfileId> {
        let location = match Location::parse(entrypoint) {
            Ok(location) => location,
            Err(go) => {
                let at = from.map_or(Span::NONE, |(_, edge)| edge.include.taskfile.span());
                self.not_a_url(go, at);
                return None;
            }
        };
        let path = PathBuf::from(location.shown());
        if let Some(known) = self.known.get(&path) {
            return *known;
        }
        self.known.insert(path.clone(), None);
        if from.is_none() {
            location.shown().clone_into(&mut self.root_shown);
        }
        let pin = from.and_then(|(_, edge)| edge.include.checksum.as_ref()).map(|pin| &*pin.value);
        let origin = Origin { path, remote: None, from };
        let read = match &mut self.library {
            Some(library) => library.read(&location, pin),
            None => Err(RemoteError::unavailable()),
        };
        match read {
            Ok(bytes) => self.decode(Origin { remote: Some(location), ..origin }, bytes),
            Err(error) => {
                let is_optional = from.is_some_and(|(_, edge)| edge.include.optional);
                if !(is_optional && error.is_excused()) {
                    let timeout =
                        self.options.remote.map(|remote| remote.options.timeout).unwrap_or_default();
                    let go = error.go(location.shown(), &self.root_shown, timeout);
                    let diagnostic = error.diagnostic(location.shown(), origin.span(), timeout);
                    self.findings.fail(error.exit_code(), GoText::Plain(go), diagnostic);
                }
                None
            }
        }
    }

    fn decode(&mut self, origin: Origin<'_>, bytes: Vec<u8>) -> Option<TaskfileId> {
        let path = origin.path.clone();
        let checksum = origin.edge().and_then(|edge| edge.include.checksum.as_ref());
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
        context.queries = self.options.queries;
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
        let dir = origin.edge().map_or_else(|| self.root_dir.clone(), |edge| edge.dir.clone());
        let parent = origin.from.map(|(parent, _)| parent);
        let remote = origin.remote;
        self.files.push(File { path, source, taskfile, document, edges: Vec::new(), remote, dir, parent });
        Some(id)
    }

    /// The entry point of an include, as it is written in a file: its template rendered, and what the shell would make
    /// of a path.
    fn entrypoint(&self, file: &File, include: &Include) -> Result<String, Stop> {
        let raw = self.rendered(file, &include.taskfile)?;
        match &file.remote {
            Some(location) => location.include(&raw).map_err(Stop::Url),
            None if is_remote(&raw) => Ok(raw),
            None => self.expanded(&raw),
        }
    }

    /// The directory of an include.
    fn include_dir(&self, file: &File, include: &Include) -> Result<PathBuf, Stop> {
        let written = match &include.dir {
            Some(dir) => self.expanded(&self.rendered(file, dir)?)?,
            None => String::new(),
        };
        Ok(match &file.remote {
            Some(location) => {
                let parent = file.parent.and_then(|parent| self.files.get(parent.0 as usize));
                smart_join(location.include_base(&file.dir, parent.map(|parent| &*parent.dir)), &written)
            }
            None if include.dir.is_none() => self.dir_of(file),
            None => smart_join(&self.dir_of(file), &written),
        })
    }

    /// The directory that a local file is in.
    fn dir_of(&self, file: &File) -> PathBuf {
        // The location of standard input has no directory.
        self.stdin_dir.join(file.path.parent().unwrap_or(Path::new("/")))
    }

    fn rendered(&self, file: &File, text: &Text) -> Result<String, Stop> {
        let scope = IncludeScope { vars: &file.taskfile.vars, environment: self.options.environment };
        text.template().map_err(Stop::from)?.render(&scope).map_err(Stop::Template)
    }

    fn expanded(&self, text: &str) -> Result<String, Stop> {
        let variable = |name: &str| {
            let value = self.options.environment.get(name)?;
            value.as_str().map(ToOwned::to_owned)
        };
        expand(text, variable).map_err(Stop::Shell)
    }

    /// Fetches the remote files that a file includes, side by side, before the first of them is asked for.
    fn fetch_includes(&mut self, from: TaskfileId) {
        let Some(file) = self.files.get(from.0 as usize) else { return };
        let may_be_remote = |include: &&Include| {
            let written = include.taskfile.raw();
            file.remote.is_some() || written.contains(':') || written.contains("{{")
        };
        let entrypoints = file.taskfile.includes.values().filter(may_be_remote);
        let entrypoints = entrypoints.filter_map(|include| self.entrypoint(file, include).ok());
        let locations: Vec<Location> = entrypoints
            .filter(|entrypoint| is_remote(entrypoint))
            .filter_map(|entrypoint| Location::parse(&entrypoint).ok())
            .filter(|location| !self.known.contains_key(Path::new(location.shown())))
            .collect();
        if let Some(library) = &mut self.library
            && !locations.is_empty()
        {
            library.fetch(&locations);
        }
    }

    /// Finds and reads the file of one include.
    fn resolve(&mut self, from: TaskfileId, index: usize) {
        if index == 0 && self.library.is_some() {
            self.fetch_includes(from);
        }
        let Some(file) = self.files.get(from.0 as usize) else { return };
        let Some((namespace, include)) = file.taskfile.includes.get_index(index) else { return };
        let place = |text: &Text, stop| (text.clone(), stop);
        let path = self.entrypoint(file, include).map_err(|stop| place(&include.taskfile, stop));
        let dir = self
            .include_dir(file, include)
            .map_err(|stop| place(include.dir.as_ref().unwrap_or(&include.taskfile), stop));
        let (path, dir) = match (path, dir) {
            (Ok(path), Ok(dir)) => (path, dir),
            (Err((text, stop)), _) | (_, Err((text, stop))) => {
                if let Stop::Url(go) = stop {
                    self.not_a_url(go, text.span());
                    return;
                }
                let (go, diagnostic) = stop.report(self.sources, &text);
                self.findings.fail(code::UNKNOWN, GoText::Plain(go), diagnostic);
                return;
            }
        };
        let mut edge = Edge { namespace: Arc::clone(namespace), include: include.clone(), dir, target: None };
        if is_remote(&path) {
            edge.target = self.demand_remote(&path, Some((from, &edge)));
        } else {
            // go-task's messages show no directory where standard input includes a file.
            let shown_dir = match file.path.parent() {
                Some(none) if none.as_os_str().is_empty() => self.options.dir.unwrap_or(none),
                dir => dir.unwrap_or(Path::new("/")),
            };
            let (location, found) = if file.remote.is_some() {
                (PathBuf::from(&path), self.options.working_dir.join(&path))
            } else {
                let location = smart_join(shown_dir, &path);
                let found = self.dir_of(file).join(&location);
                (location, found)
            };
            match file_or_directory(&clean(&found), self.options.names, |path| self.sources.exists(path)) {
                Some(path) => {
                    edge.target = self.demand(Origin { path, remote: None, from: Some((from, &edge)) });
                }
                None if edge.include.optional => {}
                None => self.not_found(&edge, &location),
            }
        }
        if let Some(file) = self.files.get_mut(from.0 as usize) {
            file.edges.push(edge);
        }
    }

    fn not_a_url(&mut self, go: String, at: Span) {
        let diagnostic = Diagnostic::error("fleet::taskfile::remote", "this is no URL").at(at, go.clone());
        self.findings.fail(code::UNKNOWN, GoText::Plain(go), diagnostic);
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
}

/// Why a path cannot be computed.
enum Stop {
    Template(TemplateError),
    Shell(String),
    /// It is no URL; Go's text.
    Url(String),
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
            Self::Shell(message) | Self::Url(message) => (message, None),
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

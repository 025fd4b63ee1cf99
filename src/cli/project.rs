//! The project that a command works on.

use super::Failure;
use super::args::{Arguments, Command, When};
use super::remote::{Access, Reader, RemoteSettings};
use super::{options, scripts};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::driver::Fence;
use crate::executor::event::TaskEvent;
use crate::executor::outcome::exit_code;
use crate::executor::runtime;
use crate::executor::task::{Answer, Console, Runner, TaskOptions, World};
use crate::frontend;
use crate::frontend::taskfile::LoadError;
use crate::model::{Project, TagPool};
use crate::process::{Cancel, Outlet, terminal_width};
use crate::reporter::{ColourRequest, TaskPaint};
use crate::source::SourceMap;
use crate::template::{Lookup as _, Map};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Columns of a diagnostic where the terminal does not say.
const WIDTH: usize = 100;

/// A project as it was read.
#[derive(Clone)]
pub(super) struct Loaded {
    pub(super) project: Arc<Project>,
    pub(super) sources: Arc<SourceMap>,
}

/// Finds and reads the project; prints warnings.
pub(super) fn load(arguments: &Arguments) -> Result<Loaded, Failure> {
    let (loaded, warnings) = load_silently(arguments)?;
    let text = render(&warnings, &loaded.sources, arguments);
    let _ = Outlet::stderr().write(text.as_bytes());
    Ok(loaded)
}

/// Finds and reads the project; gives warnings back.
pub(super) fn load_silently(arguments: &Arguments) -> Result<(Loaded, Diagnostics), Failure> {
    let mut sources = SourceMap::default();
    match read(&mut sources, arguments) {
        Ok((project, warnings)) => Ok((Loaded::new(project, sources), warnings)),
        Err(error) => Err(Failure::Text(render(&error.diagnostics, &sources, arguments), error.exit_code)),
    }
}

/// Finds and reads the project; gives warnings back.
pub(super) fn read(
    sources: &mut SourceMap,
    arguments: &Arguments,
) -> Result<(Project, Diagnostics), LoadError> {
    let here = std::env::current_dir().map_err(|error| {
        let message = format!("the working directory cannot be found: {error}");
        let diagnostic = Diagnostic::error("fleet::run::directory", message)
            .help("it may have been removed: `cd` to one that is there");
        LoadError::new(exit_code::FAILED, "", diagnostic)
    })?;
    let entry = match &arguments.file {
        Some(file) => frontend::find_named(&here.join(file))?,
        None => frontend::find(&here)?,
    };
    read_file(sources, arguments, &entry)
}

/// Reads the project of a root file; gives warnings back.
pub(super) fn read_file(
    sources: &mut SourceMap,
    arguments: &Arguments,
    entry: &Path,
) -> Result<(Project, Diagnostics), LoadError> {
    let reader = Reader {
        stdout: Outlet::stderr(),
        paint: task_paint(arguments),
        yes: matches!(&arguments.command, Command::Run(run) if run.flags.yes),
        verbose: false,
    };
    let root_dir = entry.parent().unwrap_or(Path::new("."));
    let access = Access::new(RemoteSettings::from_environment(), root_dir, reader);
    frontend::load(sources, entry, Some(&access.remote()))
}

/// Findings as standard error shows them.
pub(super) fn render(diagnostics: &Diagnostics, sources: &SourceMap, arguments: &Arguments) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let colour = colour(arguments, std::io::stderr().is_terminal());
    diagnostics.render(sources, colour, terminal_width().unwrap_or(WIDTH))
}

/// Whether to colour a stream.
pub(super) fn colour(arguments: &Arguments, terminal: bool) -> bool {
    let flag = match arguments.color {
        When::Auto => None,
        When::Always => Some(true),
        When::Never => Some(false),
    };
    ColourRequest { flag, config: None, terminal }.as_fleet(|name| std::env::var(name).ok())
}

/// go-task's colours for standard output.
pub(super) fn task_paint(arguments: &Arguments) -> TaskPaint {
    TaskPaint::new(colour(arguments, std::io::stdout().is_terminal()))
}

impl Loaded {
    /// A project with the files it was read from.
    pub(super) fn new(project: Project, sources: SourceMap) -> Self {
        Self { project: Arc::new(project), sources: Arc::new(sources) }
    }

    /// The fence around its secrets.
    pub(super) fn fence(&self) -> Fence {
        let fleet = self.project.fleet.as_ref();
        let policy = fleet.map(|fleet| fleet.secrets.clone()).unwrap_or_default();
        let dir = fleet.map_or(&self.project.root_dir, |fleet| &fleet.dir);
        Fence::new(dir, policy, SourceMap::clone(&self.sources))
    }

    /// Limits over hosts of a tag.
    pub(super) fn tag_pools(&self) -> Vec<TagPool> {
        self.project.fleet.as_ref().map(|fleet| fleet.pools.clone()).unwrap_or_default()
    }

    /// The directory for what fleet keeps.
    pub(super) fn state_dir(&self) -> PathBuf {
        self.project.root_dir.join(".fleet")
    }

    /// Global variables, for what is not about a run; what their commands print goes to `stdout`.
    pub(super) fn variables(
        &self,
        program: &str,
        globals: &[(String, String)],
        stdout: &Outlet,
        arguments: &Arguments,
    ) -> Result<Map, Failure> {
        let shims = self.project.shims();
        let scripts = scripts::new(shims, stdout.clone(), task_paint(arguments));
        self.global_variables(options::plain(shims, program, globals), scripts)
    }

    /// The same with options and a runner of scripts that serve for more.
    pub(super) fn global_variables(
        &self,
        options: TaskOptions,
        scripts: crate::driver::LocalScripts,
    ) -> Result<Map, Failure> {
        let world = World {
            scripts: Arc::new(scripts),
            console: Arc::new(Nobody),
            pipelines: None,
            events: Arc::new(|_: TaskEvent| {}),
        };
        let project = Arc::clone(&self.project);
        let scope = runtime::block_on(|runtime| async move {
            Runner::new(project, options, world, runtime, Cancel::new()).global_variables().await
        });
        Ok(scope.map_err(Failure::error)?.all())
    }
}

struct Nobody;

impl Console for Nobody {
    fn confirm(&self, _question: &str) -> Answer {
        Answer::NoTerminal
    }
}

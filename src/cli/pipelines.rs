//! Runs pipelines for `fleet run`: hosts, plan, drivers, reporters, journal.

use super::args::{Arguments, Flags};
use super::confirm::Ask;
use super::fleet::{self, Engine, Wish};
use super::project::{self, Loaded};
use super::resume::Resume;
use super::{Failure, preflight};
use crate::diagnostic::{Diagnostic, Severity};
use crate::driver::rehearsal::Fault;
use crate::driver::{
    CommandEnvironment, Confirm, DriverError, Fence, LocalShell, Notifier, PluginRunner, ScriptRunner, Yes,
};
use crate::executor::drivers::Drivers;
use crate::executor::outcome::exit_code;
use crate::executor::pipeline::{self, RunOptions};
use crate::executor::render::Renderer;
use crate::executor::task::{Pipelines, TaskOptions, TaskSteps, directory};
use crate::model::{Action, Around, Confirmation, Deploy, Host, Pipeline, Text};
use crate::plan::{self, Limits};
use crate::process::{Cancel, Outlet, Signals};
use crate::reporter::{
    Journal, Json, Live, Multi, Paint, Pause, Plain, Reporter, RunId, RunRequest, Sink, SinkState,
    find_unfinished,
};
use crate::template::Map;
use std::borrow::Cow;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the systems come from that hosts get.
#[derive(Debug, Clone)]
pub(super) enum Systems {
    /// The flake has them.
    Flake,
    /// The flake has them, and they are only compared with what hosts run.
    Preview {
        /// Which hosts; those of the pipeline when absent.
        selector: Option<String>,
    },
    /// The hosts have had them.
    Generation {
        /// Which; the one before the current one when absent.
        number: Option<u64>,
        /// Which hosts, whatever the pipeline says.
        selector: String,
    },
}

/// What all pipelines of one command share.
pub(super) struct PipelineRuns {
    systems: Systems,
    resumed: Option<Resume>,
    loaded: Loaded,
    options: TaskOptions,
    scripts: Arc<dyn ScriptRunner>,
    signals: Option<Arc<Signals>>,
    yes: bool,
    json: bool,
    faults: Option<Vec<Fault>>,
    at_once: Option<usize>,
    allow_dirty: bool,
    allow_older: bool,
    diff: bool,
    colour: bool,
    /// For rendering diagnostics.
    arguments: Arguments,
    /// What commands of pipelines run with.
    commands: CommandEnvironment,
}

impl PipelineRuns {
    /// Takes what was asked for.
    pub(super) fn new(
        arguments: &Arguments,
        flags: &Flags,
        systems: Systems,
        loaded: &Loaded,
        options: TaskOptions,
        scripts: Arc<dyn ScriptRunner>,
        signals: Option<Arc<Signals>>,
    ) -> Result<Self, Failure> {
        let faults = if flags.rehearse { Some(fleet::faults(&flags.fail)?) } else { None };
        Ok(Self {
            systems,
            resumed: None,
            loaded: loaded.clone(),
            commands: CommandEnvironment::new(loaded.project.shims()),
            options,
            scripts,
            signals,
            yes: flags.yes,
            json: flags.json,
            faults,
            at_once: Some(flags.at_once).filter(|limit| *limit > 0),
            allow_dirty: flags.allow_dirty,
            allow_older: flags.allow_older,
            diff: flags.diff,
            colour: project::colour(arguments, std::io::stdout().is_terminal()),
            arguments: arguments.clone(),
        })
    }

    /// Goes on with an earlier run.
    pub(super) fn resuming(mut self, resumed: Resume) -> Self {
        self.resumed = Some(resumed);
        self
    }

    fn try_run(&self, pipeline: &Pipeline, variables: Map, cancel: &Cancel) -> Result<u8, Failure> {
        if let Some(signals) = &self.signals {
            // The coordinator of a pipeline does not read signals itself.
            let _ = signals.in_thread();
        }
        let confirm = self.confirm();
        self.check(pipeline, &*confirm)?;
        let variables = Arc::new(variables);
        let pause = Pause::default();
        let run = RunId::new();
        let render = Arc::new(Renderer { variables: Arc::clone(&variables) });
        let expects = |hosts: Vec<Host>| self.expected(pipeline, hosts, &*render);
        let wish = Wish::to_run(run.as_str(), self.faults.as_deref(), cancel, &pause).expecting(&expects);
        let engine = fleet::engine(&self.loaded, &variables, &wish, &self.arguments)?;
        self.refuse_dirty(pipeline, &engine)?;
        let hosts = match &self.resumed {
            Some(resumed) => resumed.hosts(&engine.hosts)?,
            None => self.select(pipeline, &engine, &*render)?,
        };
        self.check_drivers(pipeline, &hosts)?;
        let limits = Limits {
            check: self.at_once,
            vm: super::memory::tests_at_once(),
            tags: self.loaded.tag_pools(),
            ..Limits::default()
        };
        let plan = Arc::new(match &self.systems {
            Systems::Flake => plan::compile(&self.planned(pipeline), hosts, &limits),
            Systems::Preview { .. } => plan::compile_preview(&self.planned(pipeline), hosts, &limits),
            Systems::Generation { number, .. } => {
                plan::compile_rollback(&self.planned(pipeline), hosts, *number, &limits)
            }
        });
        let state = self.loaded.state_dir();
        let journal = Journal::create(&state, &run)
            .map_err(|error| Failure::helped(&error, error.help(), exit_code::FAILED))?;
        if self.resumed.is_none() {
            Self::tell_unfinished(&state, &run);
        }
        if matches!(self.systems, Systems::Flake) {
            let globals = self.options.globals.iter().map(|(name, value)| (name.to_string(), value.clone()));
            // Without it the run cannot be gone on with, which is said when that is wanted.
            let _ = RunRequest::new(&pipeline.name, globals).keep(journal.dir());
        }
        let journal_state = journal.state();
        let logs = journal.dir().display().to_string();
        let (reporter, sink) = self.reporter(logs, &pause);
        let mut reporter = Multi::new(Some(journal), vec![reporter]);
        let dir = self.directory(pipeline, &variables)?;
        let drivers = self.drivers(&engine, variables, render, confirm, &dir);
        let options = RunOptions {
            run: run.as_str().to_owned(),
            started: jiff::Timestamp::now().to_string(),
            rehearsal: self.faults.is_some(),
            allow_older: self.allow_older,
            resumed: self
                .resumed
                .as_ref()
                .map(|resumed| resumed.proven(&plan, drivers.flake.revision().as_deref()))
                .transpose()?,
            dir,
        };
        let report = pipeline::run(&plan, &drivers, &options, cancel, &mut reporter)
            .map_err(|error| self.refused(&error, pipeline))?;
        engine.finish();
        if report.exit_code != exit_code::GOOD {
            return Ok(report.exit_code);
        }
        // All went well, but what tells of it is not all there.
        if let Some(why) = sink.error() {
            return Err(Failure::error(format!("the report could not be written: {why}")));
        }
        Ok(if journal_state.incomplete().is_some() { exit_code::FAILED } else { exit_code::GOOD })
    }

    fn confirm(&self) -> Arc<dyn Confirm> {
        let asks = !self.yes && self.faults.is_none();
        if asks { Arc::new(Ask) } else { Arc::new(Yes) }
    }

    /// What this machine lacks for the pipeline; a rehearsal needs nothing, but tells of plugins.
    fn check(&self, pipeline: &Pipeline, confirm: &dyn Confirm) -> Result<(), Failure> {
        let sources = &self.loaded.sources;
        if self.faults.is_some() {
            let missing = preflight::plugins(pipeline, Severity::Warning);
            let _ = Outlet::stderr().write(project::render(&missing, sources, &self.arguments).as_bytes());
            return Ok(());
        }
        let missing = preflight::check(pipeline, confirm);
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failure::findings(&missing, sources, &self.arguments))
    }

    /// Programs that are to deploy these hosts; a roll-back is fleet's own.
    fn check_drivers(&self, pipeline: &Pipeline, hosts: &[Host]) -> Result<(), Failure> {
        let Some(fleet) = self.loaded.project.fleet.as_ref() else { return Ok(()) };
        if pipeline.deploy.is_none() || self.faults.is_some() || !matches!(self.systems, Systems::Flake) {
            return Ok(());
        }
        let missing = preflight::drivers(fleet, Some(hosts));
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failure::findings(&missing, &self.loaded.sources, &self.arguments))
    }

    /// A tree with uncommitted changes, where the pipeline wants a clean one.
    fn refuse_dirty(&self, pipeline: &Pipeline, engine: &Engine) -> Result<(), Failure> {
        let wants_clean = |deploy: &&Deploy| deploy.clean_tree && deploy.action != Action::DryActivate;
        let Some(deploy) = pipeline.deploy.as_ref().filter(wants_clean).filter(|_| !self.allow_dirty) else {
            return Ok(());
        };
        let (flake, ..) = engine.capabilities();
        if !matches!(self.systems, Systems::Flake)
            || !flake.revision().is_some_and(|it| it.ends_with("-dirty"))
        {
            return Ok(());
        }
        let diagnostic = Diagnostic::error("fleet::run::dirty", "the tree has uncommitted changes")
            .at(deploy.span, "wants a clean tree (`clean_tree`)")
            .help("commit them, or deploy them all the same with `--allow-dirty`");
        Err(Failure::finding(diagnostic, &self.loaded.sources, &self.arguments))
    }

    /// Where the commands of a pipeline run: in the directory that its include gives it, as tasks do.
    fn directory(&self, pipeline: &Pipeline, variables: &Map) -> Result<PathBuf, Failure> {
        directory(&self.loaded.project.root_dir, &pipeline.base_dir, variables).map_err(Failure::error)
    }

    fn refused(&self, error: &DriverError, pipeline: &Pipeline) -> Failure {
        let place = (pipeline.span, "this pipeline");
        Failure::driver(error, place, &self.loaded.sources, &self.arguments)
    }

    /// The hosts that the pipeline's selector means.
    fn select(
        &self,
        pipeline: &Pipeline,
        engine: &Engine,
        render: &dyn crate::driver::Render,
    ) -> Result<Vec<Host>, Failure> {
        let text = render.render(&pipeline.hosts, None).map_err(|error| self.refused(&error, pipeline))?;
        pipeline.select(&text, engine.hosts.clone(), pipeline.hosts.span()).map_err(|mut diagnostic| {
            if pipeline.hosts.raw() != text {
                // The words that are wrong were typed, or come from a variable.
                for (_, label) in &mut diagnostic.labels {
                    *label = format!("this is `{}`", text.escape_debug());
                }
            }
            Failure::finding(*diagnostic, &self.loaded.sources, &self.arguments)
        })
    }

    /// The pipeline as it is run: where the answer is known to be yes, no host waits for the question; what changes is
    /// shown where that is asked for.
    fn planned<'a>(&self, pipeline: &'a Pipeline) -> Cow<'a, Pipeline> {
        let mut planned = Cow::Borrowed(pipeline);
        let Some(deploy) = &pipeline.deploy else { return planned };
        if self.yes && self.faults.is_none() && deploy.confirm != Confirmation::Never {
            planned.to_mut().deploy.iter_mut().for_each(|deploy| deploy.confirm = Confirmation::Never);
        }
        if self.diff && !deploy.diff {
            planned.to_mut().deploy.iter_mut().for_each(|deploy| deploy.diff = true);
        }
        planned
    }

    /// The hosts whose systems the pipeline will ask for, as far as can be told before it runs.
    fn expected(
        &self,
        pipeline: &Pipeline,
        hosts: Vec<Host>,
        render: &dyn crate::driver::Render,
    ) -> Vec<Host> {
        let builds = pipeline.build.is_some() || pipeline.deploy.is_some();
        if !builds || self.resumed.is_some() || !matches!(self.systems, Systems::Flake) {
            return Vec::new();
        }
        let Ok(text) = render.render(&pipeline.hosts, None) else { return Vec::new() };
        pipeline.select(&text, hosts, pipeline.hosts.span()).unwrap_or_default()
    }

    fn reporter(&self, logs: String, pause: &Pause) -> (Box<dyn Reporter>, SinkState) {
        let paint = Paint::new(self.colour);
        if !self.json
            && let Some(live) = Live::on_stdout(paint, Some(logs.clone()))
        {
            let state = live.sink_state();
            return (Box::new(live.with_pause(pause.clone())), state);
        }
        let sink = Sink::stdout();
        let state = sink.state();
        if self.json {
            return (Box::new(Json::new(sink)), state);
        }
        (Box::new(Plain::new(sink, paint, Some(logs))), state)
    }

    /// What an earlier run left unfinished; the new run does not depend on it.
    fn tell_unfinished(state: &Path, run: &RunId) {
        if let Ok(Some(past)) = find_unfinished(state, run) {
            let resumable = past.path.parent().is_some_and(|dir| RunRequest::read(dir).is_some());
            let help = if resumable && !past.running {
                format!("  help: `fleet resume {}` goes on with it\n", past.run)
            } else {
                String::new()
            };
            let _ = Outlet::stderr().write(format!("note: {past}\n{help}").as_bytes());
        }
    }

    fn drivers(
        &self,
        engine: &Engine,
        variables: Arc<Map>,
        render: Arc<Renderer>,
        confirm: Arc<dyn Confirm>,
        dir: &Path,
    ) -> Drivers {
        let tasks = TaskSteps {
            project: Arc::clone(&self.loaded.project),
            options: self.options.clone(),
            scripts: Arc::clone(&self.scripts),
            variables,
        };
        let (flake, build, target) = engine.capabilities();
        let secrets = self.fence();
        match &engine.rehearsal {
            // It touches no host: a rehearsal does it as it is.
            Some(rehearsal) => Drivers { secrets, ..Drivers::rehearsal(rehearsal, render, confirm) },
            None => Drivers {
                secrets,
                shell: Arc::new(LocalShell::new(self.commands.clone())),
                plugin: Arc::new(PluginRunner::new(dir.to_owned(), self.commands.clone())),
                notify: Arc::new(Notifier::new(dir.to_owned(), self.commands.clone())),
                tasks: Arc::new(tasks),
                flake,
                build,
                target,
                render,
                confirm,
            },
        }
    }
}

impl PipelineRuns {
    fn fence(&self) -> Arc<Fence> {
        let fence = self.loaded.fence();
        Arc::new(fence.remembering(&self.loaded.state_dir()).asking_flake(self.faults.is_none()))
    }
}

/// What is left of a pipeline when its hosts go back: who goes, how and who is told.
fn rollback_of(pipeline: &Pipeline, selector: &str) -> Pipeline {
    let mut rollback = pipeline.clone();
    rollback.name = "rollback".into();
    rollback.hosts = Text::nowhere(selector);
    rollback.check.clear();
    // Nothing is checked and nothing is built.
    rollback.around = Around { notify: rollback.around.notify, ..Around::default() };
    rollback
}

/// A pipeline that is only looked at, under a name that no history mistakes for it.
fn preview_of(pipeline: &Pipeline, selector: Option<&str>) -> Pipeline {
    let mut preview = pipeline.clone();
    preview.name = format!("plan {}", pipeline.name).into();
    if let Some(selector) = selector {
        preview.hosts = Text::nowhere(selector);
    }
    preview
}

impl Pipelines for PipelineRuns {
    fn run(&self, pipeline: &Pipeline, variables: Map, cancel: &Cancel) -> u8 {
        let result = match &self.systems {
            Systems::Flake => self.try_run(pipeline, variables, cancel),
            Systems::Preview { selector } => {
                self.try_run(&preview_of(pipeline, selector.as_deref()), variables, cancel)
            }
            Systems::Generation { selector, .. } => {
                self.try_run(&rollback_of(pipeline, selector), variables, cancel)
            }
        };
        match result {
            Ok(code) => code,
            Err(Failure::Closed) => exit_code::GOOD,
            Err(Failure::Text(text, code)) => {
                let _ = Outlet::stderr().write(text.as_bytes());
                code
            }
        }
    }
}

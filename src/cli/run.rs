//! `fleet run`: tasks and pipelines by name.

use super::args::{Arguments, Run};
use super::pipelines::{PipelineRuns, Systems};
use super::project::{self, Loaded};
use super::task_failure::render;
use super::{Failure, console, options, scripts};
use crate::driver::{CommandEnvironment, Lines, LocalScripts};
use crate::executor::event::{Event, Stamped, TaskEvent};
use crate::executor::outcome::exit_code;
use crate::executor::runtime;
use crate::executor::task::{Request, Runner, TaskError, TaskOptions, World};
use crate::process::{Cancel, Outlet, Signals, Stream, escalate};
use crate::reporter::TaskLines;
use crate::source::Span;
use crate::template::Value;
use crate::watch::Rounds;
use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// What a git hook adds to a run.
#[derive(Default)]
pub(super) struct Staged<'a> {
    /// The files that are staged, absolute.
    pub(super) files: Vec<PathBuf>,
    /// The hook has told of the files of a project that are staged.
    pub(super) checked: bool,
    /// Variables of the environment that all commands get.
    pub(super) environment: &'a [(OsString, OsString)],
}

impl Staged<'_> {
    /// `STAGED`, words for a shell, and `STAGED_LIST`: the files below the directory of the project, relative to it.
    fn variables(&self, root: &Path) -> Vec<(Arc<str>, Value)> {
        let relative = self.files.iter().filter_map(|file| file.strip_prefix(root).ok());
        let files: Vec<String> = relative.map(|file| file.to_string_lossy().into_owned()).collect();
        let words: Vec<String> = files.iter().map(|file| options::shell_quote(file)).collect();
        vec![
            (Arc::from("STAGED"), Value::from(words.join(" "))),
            (Arc::from("STAGED_LIST"), Value::strings(files.iter().map(String::as_str))),
        ]
    }
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, run: &Run, program: &str) -> Result<u8, Failure> {
    run_on(arguments, run, program, None)
}

/// Runs the command on what is staged.
pub(super) fn run_on(
    arguments: &Arguments,
    run: &Run,
    program: &str,
    staged: Option<&Staged<'_>>,
) -> Result<u8, Failure> {
    let loaded = match staged {
        Some(Staged { checked: true, .. }) => project::load_silently(arguments)?.0,
        _ => project::load(arguments)?,
    };
    // With `--json` standard output holds nothing but JSON.
    let stderr = Outlet::stderr();
    let stdout = if run.flags.json { stderr.clone() } else { Outlet::stdout() };
    let paint = project::task_paint(arguments);
    let (names, _) = options::split(&run.words);
    if names.is_empty() {
        let sentence = "no task or pipeline is named";
        return Err(Failure::helped(sentence, "`fleet list` shows them", exit_code::USAGE));
    }
    if run.watch
        && let Some(name) = names.iter().find(|name| loaded.project.pipeline(name).is_some())
    {
        let sentence = format!("`{name}` is a pipeline, which has no sources to watch");
        return Err(Failure::helped(sentence, "`--watch` takes tasks alone", exit_code::USAGE));
    }
    let mut task_options = options::of_run(program, run, &loaded.project);
    // `--yes` and `--json` are for where nobody answers, and a hook is not the place.
    let is_attended = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    task_options.interactive = is_attended && staged.is_none() && !run.flags.json && !run.flags.yes;
    if run.flags.json {
        let stderr = stderr.clone();
        let line = move |_: Stream, line: &str| drop(stderr.write(format!("{line}\n").as_bytes()));
        task_options.lines = Some(Lines(Arc::new(line)));
    }
    let added = staged.map_or(&[][..], |staged| staged.environment);
    if let Some(staged) = staged {
        task_options.cli_vars.extend(staged.variables(&loaded.project.root_dir));
    }
    let environment = std::env::vars_os().chain(added.iter().cloned()).collect();
    let commands = CommandEnvironment::over(Arc::new(environment), loaded.project.shims());
    let scripts = Arc::new(scripts::with(commands, stdout.clone(), paint));
    let cancel = Cancel::new();
    let signals = Signals::listen(&cancel, escalate).ok();
    let pipelines = PipelineRuns::new(
        arguments,
        &run.flags,
        Systems::Flake,
        &loaded,
        task_options.clone(),
        Arc::clone(&scripts) as _,
        signals,
    )?;
    let (json, started) = (run.flags.json, Instant::now());
    let lines = TaskLines::new(stdout.clone(), stderr, paint);
    let world = World {
        scripts,
        console: Arc::new(console::Terminal::new(stdout, paint, cancel.clone())),
        pipelines: Some(Arc::new(pipelines)),
        events: Arc::new(move |event| match event {
            TaskEvent::Explained(_) if json => print_json(event, started),
            event => lines.task_event(&event),
        }),
    };
    let requests: Vec<Request> = names.iter().map(|name| Request::named(name, Span::NONE)).collect();
    run_requests(&loaded, task_options, world, cancel, requests, arguments)
}

/// What one pipeline is run with by way of the tasks, so that it has its variables.
pub(super) fn world_of(
    pipelines: PipelineRuns,
    scripts: Arc<LocalScripts>,
    stdout: Outlet,
    cancel: &Cancel,
    arguments: &Arguments,
) -> World {
    let paint = project::task_paint(arguments);
    let lines = TaskLines::new(stdout.clone(), Outlet::stderr(), paint);
    World {
        scripts,
        console: Arc::new(console::Terminal::new(stdout, paint, cancel.clone())),
        pipelines: Some(Arc::new(pipelines)),
        events: Arc::new(move |event| lines.task_event(&event)),
    }
}

/// Runs tasks and pipelines to their end.
pub(super) fn run_requests(
    loaded: &Loaded,
    options: TaskOptions,
    world: World,
    cancel: Cancel,
    requests: Vec<Request>,
    arguments: &Arguments,
) -> Result<u8, Failure> {
    let shared = Arc::clone(&loaded.project);
    let shown = (loaded.clone(), arguments.clone());
    let result = runtime::block_on(|runtime| async move {
        let runner = Runner::new(shared, options, world, runtime, cancel);
        runner.only_for(&requests);
        let (watched, others): (Vec<Request>, Vec<Request>) =
            requests.into_iter().partition(|request| runner.is_watched(request));
        runner.check(&watched)?;
        if !others.is_empty() {
            runner.run(others).await?;
        }
        let failed = move |error: &TaskError| {
            let _ = Outlet::stderr().write(render(error, &shown.0, &shown.1).as_bytes());
        };
        let is_over = watched.is_empty();
        let rounds = || Rounds::after(&runner, watched, Box::new(failed));
        Ok((!is_over).then(rounds))
    });
    match result {
        Ok(None) => Ok(exit_code::GOOD),
        Ok(Some(rounds)) => match rounds.run() {
            Ok(()) => Ok(exit_code::GOOD),
            Err(error) => Err(Failure::error(format!("sources cannot be watched: {error}"))),
        },
        Err(TaskError::Pipeline { code, .. }) => Ok(code),
        Err(error) => Err(Failure::Text(render(&error, loaded, arguments), error.exit_code(false))),
    }
}

/// An event of a task as a JSON line on standard output.
fn print_json(event: TaskEvent, started: Instant) {
    let at_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    if let Ok(line) = serde_json::to_string(&Stamped { at_ms, event: Event::Task(event) }) {
        // With nobody to read it, the tasks go on.
        let _ = Outlet::stdout().write(format!("{line}\n").as_bytes());
    }
}

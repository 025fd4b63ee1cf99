//! Called as `task`: go-task's command line, in its order of steps (go-task 3.54 `cmd/task/task.go`).

mod columns;
mod completion;
mod config;
mod entry;
mod experiments;
mod flag;
mod flags;
mod init;
mod json;
mod list;
mod options;
mod remote;
mod report;
mod session;
mod settings;
mod summary;
mod usage;
mod watch;

use super::completion::{COMMAND, Shell, of_task};
use crate::driver::Dialect;
use crate::executor::runtime;
use crate::executor::task::{Request, Runner, TASK_VERSION, TaskError, World};
use crate::process::{Cancel, Outlet, Signals};
use crate::reporter::{ColourRequest, TaskColour, TaskLines, TaskPaint};
use crate::source::{SourceMap, Span};
use crate::watch::Rounds;
use clap::ValueEnum as _;
use session::{Failure, Session};
use settings::Settings;
use std::io::IsTerminal as _;
use std::sync::Arc;

/// Runs `task` with the words after the program name. Returns the exit code.
pub(super) fn run(program: &str, words: &[String]) -> u8 {
    let (stdout, stderr) = (Outlet::stdout(), Outlet::stderr());
    let mut settings = Settings::read(words);
    if words.first().is_some_and(|word| word == COMMAND) {
        return completion::answer(program, settings, &words[1..], &stdout);
    }
    if let Err(error) = settings.parse(words) {
        let _ = stderr.write(format!("{}{error}\n", usage::usage(&settings)).as_bytes());
        return 2;
    }
    let request = ColourRequest {
        flag: settings.typed("color"),
        config: settings.configured("color"),
        terminal: std::io::stdout().is_terminal(),
    };
    let paint = TaskPaint::new(request.as_task(|name| std::env::var(name).ok()));
    let mut sources = SourceMap::default();
    match call(program, &settings, paint, (&stdout, &stderr), &mut sources) {
        Ok(code) => code,
        Err(failure) => report::report(&failure, &settings, paint, (&stdout, &stderr), &sources),
    }
}

fn call(
    program: &str,
    settings: &Settings,
    paint: TaskPaint,
    (stdout, stderr): (&Outlet, &Outlet),
    sources: &mut SourceMap,
) -> Result<u8, Failure> {
    options::check(settings)?;
    if let Some(problem) = settings.experiments().problem() {
        let _ = stderr.write(paint.paint(TaskColour::Yellow, &format!("task: {problem}\n")).as_bytes());
    }
    if without_project(settings, paint, (stdout, stderr))? {
        return Ok(0);
    }
    let environment = super::options::environment();
    let (loaded, access) =
        entry::project(settings, sources, &environment, |dir| remote::access(settings, dir, stdout, paint))?;
    if settings.on("clear-cache") {
        access.clear().map_err(|error| Failure::plain(format!("task: {error}")))?;
        return Ok(0);
    }
    let (project, sources) = (Arc::new(loaded.project), Arc::new(sources.clone()));
    // Never taken apart: the system takes all of it back at once.
    std::mem::forget((Arc::clone(&project), loaded.documents));
    let task_options = options::task_options(program, settings, &project, Arc::clone(&environment))?;
    let lines = TaskLines::new(stdout.clone(), stderr.clone(), paint);
    let cancel = Cancel::new();
    let world = World {
        scripts: Arc::new(
            super::scripts::new(crate::model::Shims::default(), stdout.clone(), paint)
                .dialect(Dialect::GoTask),
        ),
        console: Arc::new(super::console::Terminal::new(stdout.clone(), paint, cancel.clone())),
        pipelines: None,
        events: Arc::new(move |event| lines.task_event(&event)),
    };
    let signal_lines = (stdout.clone(), stderr.clone());
    let watch = watch::Signalled::new(settings.on("watch"));
    let signalled = Arc::clone(&watch);
    // Children get the terminal's signals themselves; go-task swallows its own and counts them.
    let _signals = Signals::listen(&cancel, move |signal, count| {
        let by_task = || options::on_signal(signal, count, paint, &signal_lines.0, &signal_lines.1);
        signalled.react(signal, count, by_task)
    });
    let (stdout, stderr) = (stdout.clone(), stderr.clone());
    let end = runtime::block_on(|runtime| async move {
        let runner = Runner::new(Arc::clone(&project), task_options, world, runtime, cancel);
        let session = Session { project, sources, runner, paint, environment, stdout, stderr };
        work(&session, settings).await
    })?;
    match end {
        End::Code(code) => Ok(code),
        End::Watch(rounds) => watch.run(*rounds),
    }
}

/// What comes of a call.
enum End {
    /// This exit code.
    Code(u8),
    /// These tasks run until somebody stops them.
    Watch(Box<Rounds>),
}

/// What needs no Taskfile. Says whether it was asked for.
fn without_project(
    settings: &Settings,
    paint: TaskPaint,
    (stdout, stderr): (&Outlet, &Outlet),
) -> Result<bool, Failure> {
    let print = |text: &str| stdout.write(text.as_bytes()).map_err(|_| Failure::Closed);
    if settings.on("version") {
        print(&format!("{TASK_VERSION}\n"))?;
    } else if settings.on("help") {
        let _ = stderr.write(usage::usage(settings).as_bytes());
    } else if settings.on("experiments") {
        let width = settings.experiments().list().map(|(name, _)| name.len()).max().unwrap_or_default();
        for (name, state) in settings.experiments().list() {
            print(&paint.paint(TaskColour::Yellow, "* "))?;
            print(&paint.paint(TaskColour::Green, name))?;
            let padding = width - name.len() + 1;
            print(&paint.paint(TaskColour::Reset, &format!(":{:padding$}{state}\n", "")))?;
        }
    } else if settings.on("init") {
        init::write(settings, paint, stdout)?;
    } else if let Some(shell) = settings.text("completion") {
        let known = Shell::from_str(&shell, false);
        print(of_task(known.map_err(|_| Failure::plain(format!("unknown shell: {shell}")))?))?;
    } else {
        return Ok(false);
    }
    Ok(true)
}

async fn work(session: &Session, settings: &Settings) -> Result<End, Failure> {
    session.runner.prepare().await?;
    let sort = settings.text("sort");
    let sort = sort.as_deref();
    let (list, all) = (settings.on("list"), settings.on("list-all"));
    if list || all {
        if settings.on("silent") {
            session.list_names(all, sort)?;
        } else if settings.on("json") {
            let (nested, status) = (settings.on("nested"), !settings.on("no-status"));
            if !session.list_json(all, sort, nested, status).await? {
                return Ok(End::Code(1));
            }
        } else if !session.list(all, sort).await? {
            return Ok(End::Code(1));
        }
        return Ok(End::Code(0));
    }
    let named = settings.words().iter().filter(|word| !word.contains('='));
    let mut requests: Vec<Request> = named.map(|word| Request::named(word, Span::NONE)).collect();
    if requests.is_empty() {
        requests.push(Request::named("default", Span::NONE));
    }
    if settings.on("status") {
        session.runner.status(&requests).await?;
        return Ok(End::Code(0));
    }
    if let Err(error) = session.runner.check(&requests) {
        if matches!(error, TaskError::NotFound { .. }) {
            session.list(false, sort).await?;
        }
        return Err(error.into());
    }
    if settings.on("summary") {
        session.summary(&requests).await?;
        return Ok(End::Code(0));
    }
    let (watched, regular): (Vec<Request>, Vec<Request>) =
        requests.into_iter().partition(|request| session.runner.is_watched(request));
    session.runner.run(regular).await?;
    if watched.is_empty() {
        return Ok(End::Code(0));
    }
    Ok(End::Watch(Box::new(watch::rounds(session, watched))))
}

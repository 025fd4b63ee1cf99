//! Called as `task`: go-task's command line, in its order of steps (go-task 3.54 `cmd/task/task.go`).

mod entry;
mod flags;
mod json;
mod list;
mod options;
mod session;
mod summary;

use crate::executor::runtime;
use crate::executor::task::{Request, Runner, TASK_VERSION, TaskError, World};
use crate::process::{Cancel, Outlet, Signals};
use crate::reporter::{ColourRequest, TaskColour, TaskLines, TaskPaint};
use crate::source::{SourceMap, Span};
use flags::Flags;
use session::{Failure, Session};
use std::io::IsTerminal as _;
use std::sync::Arc;

/// Runs `task` with the words after the program name. Returns the exit code.
pub(super) fn run(program: &str, words: Vec<String>) -> u8 {
    let (stdout, stderr) = (Outlet::stdout(), Outlet::stderr());
    let flags = match Flags::parse(words) {
        Ok(flags) => flags,
        Err(error) => {
            let _ = stderr.write(format!("{}{error}\n", flags::usage()).as_bytes());
            return 2;
        }
    };
    let request = ColourRequest {
        flag: flags.boolean("color"),
        config: None,
        terminal: std::io::stdout().is_terminal(),
    };
    let paint = TaskPaint::new(request.as_task(|name| std::env::var(name).ok()));
    let mut sources = SourceMap::default();
    match call(program, &flags, paint, (&stdout, &stderr), &mut sources) {
        Ok(code) => code,
        Err(failure) => report(&failure, &flags, paint, (&stdout, &stderr), &sources),
    }
}

fn call(
    program: &str,
    flags: &Flags,
    paint: TaskPaint,
    (stdout, stderr): (&Outlet, &Outlet),
    sources: &mut SourceMap,
) -> Result<u8, Failure> {
    options::check(flags)?;
    if flags.on("version") {
        stdout.write(format!("{TASK_VERSION}\n").as_bytes()).map_err(|_| Failure::Closed)?;
        return Ok(0);
    }
    if flags.on("help") {
        let _ = stderr.write(flags::usage().as_bytes());
        return Ok(0);
    }
    for unsupported in ["init", "completion", "experiments", "watch", "clear-cache"] {
        if flags.text(unsupported).is_some_and(|value| value != "false") {
            return Err(Failure::plain(format!("task: --{unsupported} is not supported yet")));
        }
    }
    let environment = super::options::environment();
    let loaded = entry::project(flags, sources, &environment)?;
    let (project, sources) = (Arc::new(loaded.project), Arc::new(sources.clone()));
    let task_options = options::task_options(program, flags, &project, Arc::clone(&environment))?;
    let lines = TaskLines::new(stdout.clone(), stderr.clone(), paint);
    let cancel = Cancel::new();
    let world = World {
        scripts: Arc::new(super::scripts::new(stdout.clone(), paint)),
        console: Arc::new(super::console::Terminal::new(stdout.clone(), paint, cancel.clone())),
        pipelines: None,
        events: Arc::new(move |event| lines.task_event(&event)),
    };
    let signal_lines = (stdout.clone(), stderr.clone());
    // Children get the terminal's signals themselves; go-task swallows its own and counts them.
    let _signals = Signals::listen(&cancel, move |signal, count| {
        options::on_signal(signal, count, paint, &signal_lines.0, &signal_lines.1)
    });
    let stdout = stdout.clone();
    runtime::block_on(|runtime| async move {
        let runner = Runner::new(Arc::clone(&project), task_options, world, runtime, cancel);
        let session = Session { project, sources, runner, paint, environment, stdout };
        work(&session, flags).await
    })
}

async fn work(session: &Session, flags: &Flags) -> Result<u8, Failure> {
    let sort = flags.text("sort");
    let (list, all) = (flags.on("list"), flags.on("list-all"));
    if list || all {
        if flags.on("json") {
            session.list_json(all, sort, flags.on("nested"), !flags.on("no-status")).await?;
        } else if flags.on("silent") {
            session.list_names(all, sort).await?;
        } else if !session.list(all, sort).await? {
            return Ok(1);
        }
        return Ok(0);
    }
    let mut requests: Vec<Request> = flags
        .words
        .iter()
        .filter(|word| !word.contains('='))
        .map(|word| Request::named(word, Span::NONE))
        .collect();
    if requests.is_empty() {
        requests.push(Request::named("default", Span::NONE));
    }
    if let Err(error) = session.runner.check(&requests) {
        if matches!(error, TaskError::NotFound { .. }) {
            session.list(false, sort).await?;
        }
        return Err(error.into());
    }
    if flags.on("summary") {
        session.summary(&requests).await?;
        return Ok(0);
    }
    if flags.on("status") {
        session.runner.status(&requests).await?;
        return Ok(0);
    }
    session.runner.run(requests).await?;
    Ok(0)
}

/// Prints a failure as `task` does and gives its exit code.
fn report(
    failure: &Failure,
    flags: &Flags,
    paint: TaskPaint,
    (stdout, stderr): (&Outlet, &Outlet),
    sources: &SourceMap,
) -> u8 {
    let (text, code) = match failure {
        Failure::Closed => return 0,
        Failure::Plain(text, code) => (text.clone(), *code),
        Failure::Task(error) => (error.to_string(), error.exit_code(flags.on("exit-code"))),
        Failure::Load(error) => {
            let _ = stderr.write(format!("{}\n", error.go.render(sources, paint.is_on())).as_bytes());
            return error.exit_code;
        }
    };
    if std::env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true") {
        let title = match failure {
            Failure::Task(TaskError::Run { name, .. }) => format!("Task '{name}' failed"),
            _ => "Task failed".to_owned(),
        };
        let _ = stdout.write(format!("::error title={title}::{text}\n").as_bytes());
    }
    let _ = stderr.write(paint.paint(TaskColour::Red, &format!("{text}\n")).as_bytes());
    code
}

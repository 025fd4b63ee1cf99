//! From settings to what a run is asked to do (go-task 3.54 `internal/flags`, `cmd/task`).

use super::session::Failure;
use super::settings::Settings;
use crate::cli::options::cli_vars;
use crate::executor::task::TaskOptions;
use crate::model::{Output, Project, Text};
use crate::process::{Outlet, Reaction, Signal};
use crate::reporter::{TaskColour, TaskPaint};
use crate::template::{Map, Value};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Refuses settings that do not go together.
pub(super) fn check(settings: &Settings) -> Result<(), Failure> {
    let both = |a: &str, b: &str| settings.on(a) && settings.on(b);
    let listing = settings.on("list") || settings.on("list-all");
    let group = settings.text("output").as_deref() == Some("group");
    let set = |name: &str| settings.text(name).is_some();
    let problem = if both("download", "offline") {
        "You can't set both --download and --offline flags"
    } else if both("download", "clear-cache") {
        "You can't set both --download and --clear-cache flags"
    } else if settings.on("global") && set("dir") {
        "You can't set both --global and --dir"
    } else if !group && set("output-group-begin") {
        "You can't set --output-group-begin without --output=group"
    } else if !group && set("output-group-end") {
        "You can't set --output-group-end without --output=group"
    } else if !group && settings.on("output-group-error-only") {
        "You can't set --output-group-error-only without --output=group"
    } else if both("list", "list-all") {
        "cannot use --list and --list-all at the same time"
    } else if settings.on("json") && !listing {
        "--json only applies to --list or --list-all"
    } else if settings.on("no-status") && !settings.on("json") {
        "--no-status only applies to --json with --list or --list-all"
    } else if settings.on("nested") && !settings.on("json") {
        "--nested only applies to --json with --list or --list-all"
    } else if set("cert") != set("cert-key") {
        "--cert and --cert-key must be provided together"
    } else {
        return Ok(());
    };
    Err(Failure::plain(format!("task: {problem}")))
}

/// What the run is asked to do.
pub(super) fn task_options(
    program: &str,
    settings: &Settings,
    project: &Project,
    environment: Arc<Map>,
) -> Result<TaskOptions, Failure> {
    // Lists are made before go-task looks at what stands beside them.
    let lists = settings.on("list") || settings.on("list-all");
    let globals = settings.words().iter().filter(|_| !lists).filter_map(|word| word.split_once('='));
    let force = settings.on("force") || settings.on("force-all");
    let (silent, verbose, yes) = (settings.on("silent"), settings.on("verbose"), settings.on("yes"));
    let interval = settings.text("interval").as_deref().and_then(crate::yaml::parse_duration);
    let interval = interval.and_then(|nanoseconds| u64::try_from(nanoseconds).ok()).map(Duration::from_nanos);
    let mut cli_vars = cli_vars(settings.rest(), force, silent, verbose, yes);
    for (name, value) in &mut cli_vars {
        if &**name == "CLI_OFFLINE" {
            *value = Value::from(settings.on("offline"));
        }
    }
    if lists {
        cli_vars.clear();
    }
    Ok(TaskOptions {
        explain: false,
        keeps_contents: false,
        as_go_task: true,
        dry: settings.on("dry") || settings.on("status"),
        force: settings.on("force"),
        force_all: settings.on("force-all") || (settings.on("force") && !settings.gentle_force()),
        verbose,
        silent,
        assume_yes: yes,
        interactive: settings.on("interactive"),
        parallel: settings.on("parallel"),
        failfast: settings.on("failfast"),
        watch: settings.on("watch"),
        interval: interval.filter(|interval| !interval.is_zero()),
        disable_fuzzy: settings.on("disable-fuzzy"),
        concurrency: usize::try_from(settings.number("concurrency")).ok().filter(|limit| *limit > 0),
        output: output(settings, project)?,
        env_precedence: settings.experiments().on("ENV_PRECEDENCE"),
        environment,
        executable: program.to_owned(),
        user_working_dir: std::env::current_dir().unwrap_or_default(),
        temp_dir: settings.text("temp-dir").map(PathBuf::from),
        cli_vars,
        cache_dir: crate::cli::options::cache_dir(),
        lines: None,
        globals: globals.map(|(name, value)| (Arc::from(name), value.to_owned())).collect(),
        limit: None,
    })
}

/// The setting's style, else the file's.
fn output(settings: &Settings, project: &Project) -> Result<Option<Output>, Failure> {
    let style = match settings.text("output").as_deref() {
        None => project.output.clone(),
        Some("interleaved") => Some(Output::Interleaved),
        Some("prefixed") => Some(Output::Prefixed),
        Some("group") => Some(Output::Group {
            begin: settings.text("output-group-begin").map(Text::nowhere),
            end: settings.text("output-group-end").map(Text::nowhere),
            error_only: settings.on("output-group-error-only"),
        }),
        Some(other) => Some(Output::Invalid(other.to_owned())),
    };
    match style {
        Some(Output::Invalid(name)) => {
            Err(Failure::plain(format!("task: output style \"{name}\" not recognized")))
        }
        other => Ok(other),
    }
}

/// Two signals are only told; the third ends the program.
pub(super) fn on_signal(
    signal: Signal,
    count: u32,
    paint: TaskPaint,
    stdout: &Outlet,
    stderr: &Outlet,
) -> Reaction {
    let name = signal.name();
    if count < 3 {
        let text = paint.paint(TaskColour::Yellow, &format!("task: Signal received: \"{name}\"\n"));
        let _ = stdout.write(text.as_bytes());
        return Reaction::Ignore;
    }
    let text = format!("task: Signal received for the third time: \"{name}\". Forcing shutdown\n");
    let _ = stderr.write(paint.paint(TaskColour::Red, &text).as_bytes());
    Reaction::Exit(1)
}

//! From flags and environment to what a run is asked to do (go-task 3.54 `internal/flags`).

use super::flags::Flags;
use super::session::Failure;
use crate::cli::options::cli_vars;
use crate::executor::task::TaskOptions;
use crate::model::{Output, Project, Text};
use crate::process::{Outlet, Reaction, Signal};
use crate::reporter::{TaskColour, TaskPaint};
use crate::template::Map;
use std::path::PathBuf;
use std::sync::Arc;

/// Refuses flags that do not go together.
pub(super) fn check(flags: &Flags) -> Result<(), Failure> {
    let both = |a: &str, b: &str| flags.on(a) && flags.on(b);
    let refuse = |text: &str| Err(Failure::plain(format!("task: {text}")));
    let listing = flags.on("list") || flags.on("list-all");
    let group = flags.text("output") == Some("group");
    if both("download", "offline") {
        return refuse("You can't set both --download and --offline flags");
    }
    if both("download", "clear-cache") {
        return refuse("You can't set both --download and --clear-cache flags");
    }
    if flags.on("global") && flags.text("dir").is_some() {
        return refuse("You can't set both --global and --dir");
    }
    for name in ["output-group-begin", "output-group-end"] {
        if !group && flags.text(name).is_some_and(|value| !value.is_empty()) {
            return refuse(&format!("You can't set --{name} without --output=group"));
        }
    }
    if !group && flags.on("output-group-error-only") {
        return refuse("You can't set --output-group-error-only without --output=group");
    }
    if both("list", "list-all") {
        return refuse("cannot use --list and --list-all at the same time");
    }
    if flags.on("json") && !listing {
        return refuse("--json only applies to --list or --list-all");
    }
    if flags.on("no-status") && !flags.on("json") {
        return refuse("--no-status only applies to --json with --list or --list-all");
    }
    if flags.on("nested") && !flags.on("json") {
        return refuse("--nested only applies to --json with --list or --list-all");
    }
    Ok(())
}

/// What the run is asked to do.
pub(super) fn task_options(
    program: &str,
    flags: &Flags,
    project: &Project,
    environment: Arc<Map>,
) -> Result<TaskOptions, Failure> {
    let variable = |name: &str| std::env::var(format!("TASK_{name}")).ok();
    let on = |flag: &str, name: &str| {
        flags
            .boolean(flag)
            .or_else(|| variable(name).as_deref().and_then(super::flags::go_bool))
            .unwrap_or(false)
    };
    let concurrency = flags.text("concurrency").map(ToOwned::to_owned).or_else(|| variable("CONCURRENCY"));
    let globals = flags.words.iter().filter_map(|word| word.split_once('='));
    let rest = flags.rest.clone().unwrap_or_default();
    let options = TaskOptions {
        dry: on("dry", "DRY"),
        force: flags.on("force"),
        force_all: flags.on("force") && variable("X_GENTLE_FORCE").as_deref() != Some("1")
            || flags.on("force-all"),
        verbose: on("verbose", "VERBOSE"),
        silent: on("silent", "SILENT"),
        assume_yes: on("yes", "ASSUME_YES"),
        parallel: flags.on("parallel"),
        failfast: on("failfast", "FAILFAST"),
        watch: flags.on("watch"),
        concurrency: concurrency.and_then(|text| text.parse().ok()),
        output: output(flags, project)?,
        env_precedence: variable("X_ENV_PRECEDENCE").as_deref() == Some("1"),
        environment,
        executable: program.to_owned(),
        user_working_dir: std::env::current_dir().unwrap_or_default(),
        temp_dir: flags
            .text("temp-dir")
            .map(PathBuf::from)
            .or_else(|| variable("TEMP_DIR").map(PathBuf::from)),
        cli_vars: cli_vars(
            &rest,
            flags.on("force") || flags.on("force-all"),
            on("silent", "SILENT"),
            on("verbose", "VERBOSE"),
            on("yes", "ASSUME_YES"),
        ),
        cache_dir: crate::cli::options::cache_dir(),
        lines: None,
        globals: globals.map(|(name, value)| (Arc::from(name), value.to_owned())).collect(),
        limit: None,
    };
    Ok(options)
}

/// The flag's style, else the environment's, else the file's.
fn output(flags: &Flags, project: &Project) -> Result<Option<Output>, Failure> {
    let variable = |name: &str| std::env::var(format!("TASK_{name}")).ok().filter(|value| !value.is_empty());
    let named = flags.text("output").map(ToOwned::to_owned).filter(|name| !name.is_empty());
    let style = match named.or_else(|| variable("OUTPUT")).as_deref() {
        None => project.output.clone(),
        Some("interleaved") => Some(Output::Interleaved),
        Some("prefixed") => Some(Output::Prefixed),
        Some("group") => {
            let line = |flag: &str, name: &str| {
                flags.text(flag).map(ToOwned::to_owned).or_else(|| variable(name)).map(Text::nowhere)
            };
            let begin = line("output-group-begin", "OUTPUT_GROUP_BEGIN");
            let end = line("output-group-end", "OUTPUT_GROUP_END");
            let error_only = flags.on("output-group-error-only")
                || variable("OUTPUT_GROUP_ERROR_ONLY").as_deref().and_then(super::flags::go_bool)
                    == Some(true);
            Some(Output::Group { begin, end, error_only })
        }
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
        let _ = stdout.write(
            paint.paint(TaskColour::Yellow, &format!("task: Signal received: \"{name}\"\n")).as_bytes(),
        );
        return Reaction::Ignore;
    }
    let text = format!("task: Signal received for the third time: \"{name}\". Forcing shutdown\n");
    let _ = stderr.write(paint.paint(TaskColour::Red, &text).as_bytes());
    Reaction::Exit(1)
}

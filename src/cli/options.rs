//! From arguments to what a run of tasks is asked to do.

use super::args::Run;
use crate::executor::task::TaskOptions;
use crate::model::{Project, Shims};
use crate::template::{Map, Template, Value};
use std::path::PathBuf;
use std::sync::Arc;

/// The process environment as values.
pub(super) fn environment() -> Arc<Map> {
    let variables = std::env::vars_os();
    Arc::new(
        variables
            .filter_map(|(name, value)| {
                Some((Arc::from(name.to_str()?), Value::from(value.to_string_lossy().into_owned())))
            })
            .collect(),
    )
}

/// Options without any wish.
pub(super) fn plain(shims: Shims, program: &str, globals: &[(String, String)]) -> TaskOptions {
    TaskOptions {
        environment: environment(),
        executable: if shims.task { "task".to_owned() } else { format!("{program} task") },
        user_working_dir: std::env::current_dir().unwrap_or_default(),
        cli_vars: cli_vars(&[], false, false, false, false),
        cache_dir: cache_dir(),
        globals: globals.iter().map(|(name, value)| (Arc::from(name.as_str()), value.clone())).collect(),
        ..TaskOptions::default()
    }
}

/// The user's cache directory (XDG base directory specification).
pub(super) fn cache_dir() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("fleet"))
}

/// Options of `fleet run`.
pub(super) fn of_run(program: &str, run: &Run, project: &Project) -> TaskOptions {
    let (_, globals) = split(&run.words);
    TaskOptions {
        dry: run.dry,
        force: run.force,
        force_all: run.force,
        verbose: run.verbose,
        silent: run.silent,
        watch: run.watch,
        interval: run.interval,
        explain: run.explain,
        keeps_contents: true,
        as_go_task: false,
        assume_yes: run.flags.yes,
        concurrency: Some(run.flags.at_once),
        output: project.output.clone(),
        cli_vars: cli_vars(&run.rest, run.force, run.silent, run.verbose, run.flags.yes),
        ..plain(project.shims(), program, &globals)
    }
}

/// Names, and variables given as `NAME=VALUE`.
pub(super) fn split(words: &[String]) -> (Vec<String>, Vec<(String, String)>) {
    let mut names = Vec::new();
    let mut variables = Vec::new();
    for word in words {
        match word.split_once('=') {
            Some((name, value)) => variables.push((name.to_owned(), value.to_owned())),
            None => names.push(word.clone()),
        }
    }
    (names, variables)
}

/// As go-task quotes a word for its shell.
pub(super) fn shell_quote(word: &str) -> String {
    let variables = Map::from_iter([(Arc::from("WORD"), Value::from(word))]);
    Template::parse("{{shellQuote .WORD}}")
        .and_then(|quote| quote.render(&variables))
        .unwrap_or_else(|_| word.to_owned())
}

/// go-task's variables about the command line.
pub(super) fn cli_vars(
    rest: &[String],
    force: bool,
    silent: bool,
    verbose: bool,
    yes: bool,
) -> Vec<(Arc<str>, Value)> {
    let quoted: Vec<String> = rest.iter().map(|word| shell_quote(word)).collect();
    let pairs = [
        ("CLI_ARGS", Value::from(quoted.join(" "))),
        ("CLI_ARGS_LIST", Value::strings(rest.iter().map(String::as_str))),
        ("CLI_FORCE", Value::from(force)),
        ("CLI_SILENT", Value::from(silent)),
        ("CLI_VERBOSE", Value::from(verbose)),
        ("CLI_OFFLINE", Value::from(false)),
        ("CLI_ASSUME_YES", Value::from(yes)),
    ];
    pairs.into_iter().map(|(name, value)| (Arc::from(name), value)).collect()
}

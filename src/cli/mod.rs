//! From what was typed to what is done. Exit codes are decided here and in `docs/exit-codes.md`.

mod args;
mod check;
mod confirm;
mod console;
mod fleet;
mod hosts;
mod list;
mod options;
mod password;
mod pipelines;
mod plan;
mod project;
mod run;
mod scripts;
mod task;

use crate::process::Outlet;
use args::{Arguments, Command};
use clap::Parser as _;
use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::Path;

/// A command line that cannot be used, as clap has it.
const USAGE: u8 = 2;
/// Anything that has no code of its own.
const FAILED: u8 = 1;

/// Runs the program with its arguments, the first being how it was called. Called as `task` it is go-task.
#[must_use]
pub fn run(arguments: Vec<OsString>) -> u8 {
    let program = arguments.first().map(|program| program.to_string_lossy().into_owned()).unwrap_or_default();
    let words = || arguments.iter().skip(1).map(|word| word.to_string_lossy().into_owned());
    if Path::new(&program).file_stem().is_some_and(|name| name == "task") {
        return task::run(&program, words().collect());
    }
    // go-task's flags are not clap's: `fleet task --help` is `task --help`.
    if words().next().as_deref() == Some("task") {
        return task::run(&program, words().skip(1).collect());
    }
    let (stdout, stderr) = (Outlet::stdout(), Outlet::stderr());
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let text = error.render();
            let to_stderr = error.use_stderr();
            let (outlet, terminal) = if to_stderr {
                (&stderr, std::io::stderr().is_terminal())
            } else {
                (&stdout, std::io::stdout().is_terminal())
            };
            let text = if terminal { text.ansi().to_string() } else { text.to_string() };
            let _ = outlet.write(text.as_bytes());
            return if to_stderr { USAGE } else { 0 };
        }
    };
    if let Some(directory) = &arguments.directory
        && let Err(error) = std::env::set_current_dir(directory)
    {
        let _ = stderr.write(format!("error: {}: {error}\n", directory.display()).as_bytes());
        return FAILED;
    }
    let result = match &arguments.command {
        Command::Run(run) => run::run(&arguments, run, &program),
        Command::List(list) => list::run(&arguments, list, &program),
        Command::Hosts(hosts) => hosts::run(&arguments, hosts, &program),
        Command::Plan(plan) => plan::run(&arguments, plan, &program),
        Command::Check => check::run(&arguments),
        Command::Schema => print(&stdout, &crate::frontend::fleetfile::schema_text()).map(|()| 0),
        Command::Task { words } => return task::run(&program, words.clone()),
    };
    match result {
        Ok(code) => code,
        Err(Failure::Closed) => 0,
        Err(Failure::Text(text, code)) => {
            let _ = stderr.write(text.as_bytes());
            code
        }
    }
}

/// Why a command ends without success.
#[derive(Debug)]
enum Failure {
    /// Nobody reads what we print: as `head` wants it.
    Closed,
    /// What to print on standard error, with its line end, and the exit code.
    Text(String, u8),
}

impl Failure {
    /// An error in one sentence.
    fn error(sentence: impl std::fmt::Display) -> Self {
        Self::Text(format!("error: {sentence}\n"), FAILED)
    }
}

/// Writes to standard output.
fn print(stdout: &Outlet, text: &str) -> Result<(), Failure> {
    stdout.write(text.as_bytes()).map_err(|_| Failure::Closed)
}

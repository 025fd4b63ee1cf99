//! From what was typed to what is done. What ends a command decides on the exit code (`docs/exit-codes.md`).

mod args;
mod check;
mod columns;
mod complete;
mod completion;
mod confirm;
mod console;
mod evaluated;
mod exec;
mod fleet;
mod history;
mod hook;
mod hosts;
mod init;
mod jq;
mod keys;
mod line;
mod list;
mod logs;
mod memory;
mod notify;
mod options;
mod password;
mod pipelines;
mod plan;
mod preflight;
mod programs;
mod project;
mod refusal;
mod remote;
mod resume;
mod rollback;
mod run;
mod scripts;
mod secrets;
mod status;
mod task;
mod task_failure;
mod test;
mod unknown_command;
mod unlock;
mod value_prompt;

use crate::executor::outcome::exit_code;
use crate::process::Outlet;
use crate::reporter::ColourRequest;
use args::{Arguments, Command, Notify};
use clap::Parser as _;
use refusal::Failure;
use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::Path;

/// Runs the program with its arguments, the first being how it was called. Called as `task` it is go-task.
#[must_use]
pub fn run(arguments: &[OsString]) -> u8 {
    let program = arguments.first().map(|program| program.to_string_lossy().into_owned()).unwrap_or_default();
    let words = || arguments.iter().skip(1).map(|word| word.to_string_lossy().into_owned());
    if Path::new(&program).file_stem().is_some_and(|name| name == "task") {
        return task::run(&program, &words().collect::<Vec<_>>());
    }
    // go-task's flags are not clap's: `fleet task --help` is `task --help`.
    if words().next().as_deref() == Some("task") {
        return task::run("task", &words().skip(1).collect::<Vec<_>>());
    }
    if Path::new(&program).file_stem().is_some_and(|name| name == "jq") {
        return jq::run(&program, arguments.get(1..).unwrap_or_default());
    }
    if words().next().as_deref() == Some("jq") {
        return jq::run("jq", arguments.get(2..).unwrap_or_default());
    }
    let (stdout, stderr) = (Outlet::stdout(), Outlet::stderr());
    if words().next().as_deref() == Some(completion::COMMAND) {
        complete::answer(&words().skip(1).collect::<Vec<_>>(), &stdout);
        return exit_code::GOOD;
    }
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let error = unknown_command::advised(error, &words().collect::<Vec<_>>());
            let text = error.render();
            let to_stderr = error.use_stderr();
            let (outlet, terminal) = if to_stderr {
                (&stderr, std::io::stderr().is_terminal())
            } else {
                (&stdout, std::io::stdout().is_terminal())
            };
            let colour = ColourRequest { flag: None, config: None, terminal };
            let colour = colour.as_fleet(|name| std::env::var(name).ok());
            let text = if colour { text.ansi().to_string() } else { text.to_string() };
            let _ = outlet.write(text.as_bytes());
            return if to_stderr { exit_code::USAGE } else { exit_code::GOOD };
        }
    };
    if let Some(directory) = &arguments.directory
        && let Err(error) = std::env::set_current_dir(directory)
    {
        let text = format!(
            "error: there is no going to {}: {error}\n  help: correct what follows `-C`\n",
            directory.display()
        );
        let _ = stderr.write(text.as_bytes());
        return exit_code::FAILED;
    }
    let result = match &arguments.command {
        Command::Run(run) => run::run(&arguments, run, &program),
        Command::List(list) => list::run(&arguments, list, &program),
        Command::Hosts(hosts) => hosts::run(&arguments, hosts, &program),
        Command::Status(status) => status::run(&arguments, status, &program),
        Command::Exec(exec) => exec::run(&arguments, exec, &program),
        Command::Unlock(unlock) => unlock::run(&arguments, unlock, &program),
        Command::Rollback(rollback) => rollback::run(&arguments, rollback, &program),
        Command::Resume(resume) => resume::run(&arguments, resume, &program),
        Command::History(history) => history::run(&arguments, history),
        Command::Logs(logs) => logs::run(&arguments, logs),
        Command::Plan(plan) => plan::run(&arguments, plan, &program),
        Command::Check(check) => check::run(&arguments, check, &program),
        Command::Hook(hook) => hook::run(&arguments, hook, &program),
        Command::Secrets(secrets) => secrets::run(&arguments, secrets, &program),
        Command::Notify(Notify::Test(test)) => notify::test(&arguments, test, &program),
        Command::Test(test) => test::run(&arguments, test, &program),
        Command::Init => init::run(&arguments, &program),
        Command::Schema => print(&stdout, &crate::frontend::fleetfile::schema_text()).map(|()| 0),
        Command::Completion { shell } => print(&stdout, &completion::of_fleet(*shell)).map(|()| 0),
        Command::Task { words } => return task::run("task", words),
        Command::Jq { words } => return jq::run("jq", words),
    };
    match result {
        Ok(code) => code,
        Err(Failure::Closed) => exit_code::GOOD,
        Err(Failure::Text(text, code)) => {
            let _ = stderr.write(text.as_bytes());
            code
        }
    }
}

/// Writes to standard output.
fn print(stdout: &Outlet, text: &str) -> Result<(), Failure> {
    stdout.write(text.as_bytes()).map_err(|error| match error.kind() {
        std::io::ErrorKind::BrokenPipe => Failure::Closed,
        _ => Failure::error(format!("standard output cannot be written: {error}")),
    })
}

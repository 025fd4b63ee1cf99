//! `fleet exec`: a command on hosts, at the same time.

use super::args::{Arguments, Exec};
use super::{Failure, fleet, hosts, project};
use crate::driver::{DriverError, Execution, Inspect as _, Io, Output};
use crate::executor::each_host;
use crate::executor::outcome::exit_code;
use crate::model::Host;
use crate::process::{Outlet, Stream};
use crate::reporter::clean;
use std::io::IsTerminal as _;
use std::time::Duration;

/// Exit codes of a shell for a program that it did not find or could not run (POSIX, Shell Command Language 2.8.2).
const NOT_RUN: std::ops::RangeInclusive<i32> = 126..=127;

/// Runs the command.
pub(super) fn run(arguments: &Arguments, exec: &Exec, program: &str) -> Result<u8, Failure> {
    let loaded = project::load(arguments)?;
    let (stdout, stderr) = (Outlet::stdout(), Outlet::stderr());
    let variables = loaded.variables(program, &[], &stdout, arguments)?;
    let wish = fleet::Wish::to_look(None);
    let engine = fleet::engine(&loaded, &variables, &wish, arguments)?;
    let hosts = hosts::select(&engine.hosts, &exec.selector)
        .map_err(|diagnostic| Failure::finding(diagnostic, &loaded.sources, arguments))?;
    let execution = Execution {
        words: exec.command.clone(),
        as_root: exec.sudo,
        timeout: exec.timeout.map(Duration::from_secs),
    };
    let width = hosts.iter().map(|host| host.name.as_str().len()).max().unwrap_or_default();
    let colours = [std::io::stdout().is_terminal(), std::io::stderr().is_terminal()];
    let colours = colours.map(|terminal| project::colour(arguments, terminal));
    let inspect = engine.inspect()?;
    let ended = each_host(&hosts, exec.at_once.max(1), |host| {
        let lines = Lines { host, width, stdout: &stdout, stderr: &stderr, colours };
        inspect.execute(host, &execution, Io { output: &lines, cancel: &wish.cancel })
    });
    let stopped = wish.cancel.is_requested();
    engine.finish();
    let mut failed = 0;
    for (host, result) in hosts.iter().zip(&ended) {
        if let Some(why) = why(result, &exec.command) {
            failed += 1;
            let _ = stderr.write(format!("{}: {why}\n", host.name).as_bytes());
        }
    }
    if failed > 0 && hosts.len() > 1 {
        let _ = stderr.write(format!("{failed} of {} hosts failed\n", hosts.len()).as_bytes());
    }
    Ok(match failed {
        0 => exit_code::GOOD,
        _ if stopped => exit_code::STOPPED,
        _ => exit_code::HOSTS_FAILED,
    })
}

/// Why a host counts as failed.
fn why(result: &Result<i32, DriverError>, words: &[String]) -> Option<String> {
    match result {
        Ok(0) => None,
        Ok(code) => {
            let program = words.first().map(String::as_str).unwrap_or_default();
            let shell = NOT_RUN.contains(code) && program.contains(|letter: char| " ;|&$<>".contains(letter));
            let help =
                if shell { "\n  help: no shell reads the words; for its syntax: -- sh -c '...'" } else { "" };
            Some(format!("exit code {code}{help}"))
        }
        Err(error) => Some(error.to_string()),
    }
}

/// Prints each line with its host.
struct Lines<'a> {
    host: &'a Host,
    width: usize,
    stdout: &'a Outlet,
    stderr: &'a Outlet,
    colours: [bool; 2],
}

impl Output for Lines<'_> {
    fn line(&self, stream: Stream, line: &str) {
        let (outlet, colour) = match stream {
            Stream::Stdout => (self.stdout, self.colours[0]),
            Stream::Stderr => (self.stderr, self.colours[1]),
        };
        let text = format!("{:width$} | {}\n", self.host.name, clean(line, colour), width = self.width);
        // A reader that is gone changes nothing on the hosts.
        let _ = outlet.write(text.as_bytes());
    }
}

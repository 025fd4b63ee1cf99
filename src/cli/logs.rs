//! `fleet logs`: what the steps of a run printed.

use super::args::{Arguments, Logs};
use super::{Failure, history, print, project};
use crate::diagnostic::did_you_mean;
use crate::executor::outcome::exit_code;
use crate::model::HostName;
use crate::process::Outlet;
use crate::reporter::{Past, RunId, clean, runs};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _};
use std::path::Path;

/// Runs the command.
pub(super) fn run(arguments: &Arguments, logs: &Logs) -> Result<u8, Failure> {
    let loaded = project::load(arguments)?;
    let (_, past) = find(&loaded.state_dir(), &logs.run)?;
    let colour = project::colour(arguments, std::io::stdout().is_terminal());
    let stdout = Outlet::stdout();
    match &logs.host {
        Some(name) => show(&stdout, &past.log(Some(&host(&past, name)?)), colour)?,
        None => whole(&stdout, &past, colour)?,
    }
    Ok(exit_code::GOOD)
}

/// The run that a word names: its id, the beginning or the end of it, or `last`.
pub(super) fn find(state: &Path, word: &str) -> Result<(RunId, Past), Failure> {
    let all = runs(state)
        .map_err(|error| Failure::error(format!("{} cannot be read: {error}", state.display())))?;
    let matches = |run: &RunId| run.as_str().starts_with(word) || run.as_str().ends_with(word);
    let mut named: Vec<RunId> = match word {
        "" => Vec::new(),
        "last" => all.into_iter().take(1).collect(),
        _ => all.into_iter().filter(matches).collect(),
    };
    let help = "`fleet history` lists the runs; `last` is the newest one";
    let run = match (named.pop(), named.len()) {
        (Some(run), 0) => run,
        (Some(_), others) => {
            let sentence = format!("`{}` names {} runs", word.escape_debug(), others + 1);
            return Err(Failure::helped(sentence, help, exit_code::USAGE));
        }
        (None, _) => {
            let sentence = format!("there is no run `{}`", word.escape_debug());
            return Err(Failure::helped(sentence, help, exit_code::USAGE));
        }
    };
    match history::read(state, &run) {
        Some(past) => Ok((run, past)),
        None => {
            Err(Failure::helped(format!("the journal of {run} tells of no run"), help, exit_code::FAILED))
        }
    }
}

fn host(past: &Past, name: &str) -> Result<HostName, Failure> {
    let names = || past.hosts.keys().map(String::as_str);
    if let Some(host) = names().find(|known| *known == name).and_then(|known| HostName::new(known).ok()) {
        return Ok(host);
    }
    let sentence = format!("the host `{}` was not part of run {}", name.escape_debug(), past.run);
    let help = match did_you_mean(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("its hosts: {}", names().take(20).collect::<Vec<_>>().join(", ")),
    };
    Err(Failure::helped(sentence, help, exit_code::USAGE))
}

/// Prints one log as it is.
fn show(stdout: &Outlet, path: &Path, colour: bool) -> Result<(), Failure> {
    for line in lines(path)? {
        print(stdout, &format!("{}\n", clean(&line, colour)))?;
    }
    Ok(())
}

/// Prints all logs of a run in the order of time, each line with its host.
fn whole(stdout: &Outlet, past: &Past, colour: bool) -> Result<(), Failure> {
    let names = past.hosts.keys().filter_map(|name| HostName::new(name).ok());
    let mut all: Vec<(u64, String, String)> = Vec::new();
    for host in std::iter::once(None).chain(names.map(Some)) {
        let name = host.as_ref().map_or("*", HostName::as_str);
        let mut at = 0;
        for line in lines(&past.log(host.as_ref()))? {
            at = milliseconds(&line).unwrap_or(at);
            all.push((at, name.to_owned(), line));
        }
    }
    all.sort_by_key(|(at, ..)| *at);
    let width = all.iter().map(|(_, name, _)| name.len()).max().unwrap_or_default();
    for (_, name, line) in all {
        print(stdout, &format!("{name:width$} {}\n", clean(&line, colour)))?;
    }
    Ok(())
}

/// The lines of a log; none where there is no log, as for a host to which nothing was done.
fn lines(path: &Path) -> Result<Vec<String>, Failure> {
    let failed = |error: io::Error| Failure::error(format!("{} cannot be read: {error}", path.display()));
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        file => file.map_err(failed)?,
    };
    let lines = BufReader::new(file).split(b'\n');
    lines.map(|line| line.map(|line| String::from_utf8_lossy(&line).into_owned()).map_err(failed)).collect()
}

/// When a line of a log was written: it begins with the seconds since the start of the run.
fn milliseconds(line: &str) -> Option<u64> {
    let (seconds, _) = line.trim_start().split_once("s [")?;
    let (whole, thousandths) = seconds.split_once('.')?;
    whole.parse::<u64>().ok()?.checked_mul(1000)?.checked_add(thousandths.parse().ok()?)
}

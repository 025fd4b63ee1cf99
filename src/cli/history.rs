//! `fleet history`: the runs of this project, as their journals have them.

use super::args::{Arguments, History};
use super::columns::columns;
use super::{Failure, print, project};
use crate::executor::duration;
use crate::process::Outlet;
use crate::reporter::{Past, RunId, read_past, runs};
use indexmap::IndexMap;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Runs the command.
pub(super) fn run(arguments: &Arguments, history: &History) -> Result<u8, Failure> {
    let loaded = project::load(arguments)?;
    let state = loaded.state_dir();
    let pasts: Vec<(RunId, Option<Past>)> = runs(&state)
        .map_err(|error| Failure::error(format!("{} cannot be read: {error}", state.display())))?
        .into_iter()
        .take(history.number)
        .map(|run| (run.clone(), read(&state, &run)))
        .collect();
    let stdout = Outlet::stdout();
    if history.json {
        let entries: Vec<Entry<'_>> = pasts.iter().map(|(run, past)| entry(run, past.as_ref())).collect();
        let text = serde_json::to_string_pretty(&entries).map_err(Failure::error)?;
        print(&stdout, &format!("{text}\n"))?;
        return Ok(0);
    }
    if pasts.is_empty() {
        print(&stdout, "no run has been made yet\n")?;
        return Ok(0);
    }
    let rows: Vec<[String; 5]> = pasts.iter().map(|(run, past)| row(run, past.as_ref())).collect();
    print(&stdout, &columns(&rows))?;
    Ok(0)
}

/// What a journal tells; `None` where it tells of no run.
pub(super) fn read(state: &Path, run: &RunId) -> Option<Past> {
    read_past(&state.join("runs").join(run.as_str())).ok().filter(|past| !past.run.is_empty())
}

/// What `fleet history --json` prints for a run.
#[derive(Serialize)]
struct Entry<'a> {
    run: &'a str,
    name: Option<&'a str>,
    started: Option<&'a str>,
    rehearsal: bool,
    revision: Option<&'a str>,
    state: &'static str,
    exit_code: Option<u64>,
    took_ms: Option<u64>,
    hosts: IndexMap<&'a str, HostEntry<'a>>,
    unreadable_lines: usize,
}

#[derive(Serialize)]
struct HostEntry<'a> {
    result: Option<&'a str>,
    reason: Option<&'a str>,
    stage: Option<&'a str>,
    step: Option<&'a str>,
}

fn entry<'a>(run: &'a RunId, past: Option<&'a Past>) -> Entry<'a> {
    let hosts = past.iter().flat_map(|past| &past.hosts).map(|(name, host)| {
        let step = host.step.as_ref();
        let entry = HostEntry {
            result: host.result.as_deref(),
            reason: host.reason.as_deref(),
            stage: step.map(|(stage, _)| stage.as_str()),
            step: step.map(|(_, step)| step.as_str()),
        };
        (name.as_str(), entry)
    });
    Entry {
        run: run.as_str(),
        name: past.map(|past| past.name.as_str()),
        started: past.map(|past| past.started.as_str()),
        rehearsal: past.is_some_and(|past| past.rehearsal),
        revision: past.and_then(|past| past.revision.as_deref()),
        state: state(past),
        exit_code: past.and_then(|past| past.exit_code),
        took_ms: past.map(|past| past.last_ms),
        hosts: hosts.collect(),
        unreadable_lines: past.map(|past| past.unreadable).unwrap_or_default(),
    }
}

fn state(past: Option<&Past>) -> &'static str {
    match past {
        None => "unreadable",
        Some(past) if past.exit_code.is_some() => "finished",
        Some(past) if past.running => "running",
        Some(_) => "broken_off",
    }
}

fn row(run: &RunId, past: Option<&Past>) -> [String; 5] {
    let Some(past) = past else {
        let words = "its journal tells of no run".to_owned();
        return [run.to_string(), String::new(), String::new(), String::new(), words];
    };
    let rehearsal = if past.rehearsal { " (rehearsal)" } else { "" };
    let revision = past.revision.as_deref().map(short_revision).unwrap_or_default();
    let mut outcome = match state(Some(past)) {
        "finished" => String::new(),
        "running" => "still running: ".to_owned(),
        _ => "broke off: ".to_owned(),
    };
    outcome.push_str(&results(past));
    [run.to_string(), format!("{}{rehearsal}", past.name), revision, duration(past.last_ms), outcome]
}

/// A commit as people name it, with `-dirty` where it was.
pub(super) fn short_revision(revision: &str) -> String {
    const SHOWN: usize = 9;
    match revision.split_once('-') {
        Some((commit, rest)) => format!("{}-{rest}", commit.get(..SHOWN).unwrap_or(commit)),
        None => revision.get(..SHOWN).unwrap_or(revision).to_owned(),
    }
}

/// How many hosts have which result; those without one by what was being done to them.
fn results(past: &Past) -> String {
    if past.hosts.is_empty() {
        return "no hosts".to_owned();
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for host in past.hosts.values() {
        let word = match (&host.result, &host.step, &host.ended) {
            (Some(result), ..) => result.clone(),
            (None, None, _) => "not begun".to_owned(),
            (None, Some((_, step)), None) => format!("in {step}"),
            (None, Some((_, step)), Some(_)) => format!("after {step}"),
        };
        *counts.entry(word).or_default() += 1;
    }
    let words: Vec<String> = counts.into_iter().map(|(word, count)| format!("{count} {word}")).collect();
    words.join(", ")
}

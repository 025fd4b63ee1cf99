//! What may stand where the cursor is: commands, flags and values as clap knows them; tasks, pipelines, hosts, tags and
//! runs as the project has them. Nothing is evaluated and nothing is run for it.

use super::line::{Line, Place};
use crate::cli::args::{self, Arguments, When};
use crate::cli::completion::{Candidate, Directive};
use crate::cli::project::{self, Loaded};
use crate::driver::last_discovered;
use crate::model::Text;
use crate::reporter::runs;
use clap::{Arg, ValueHint};
use std::collections::BTreeSet;

/// Runs that are offered: older ones are seldom meant.
const RUNS: usize = 50;

/// Finds them.
pub(super) fn find(line: &Line, last: &str) -> (Vec<Candidate>, Directive) {
    match &line.place {
        Place::Rest => (Vec::new(), Directive::Files),
        Place::Flag => (flags(line), Directive::NoFiles),
        Place::Value { flag, inline } => value(line, flag, inline),
        Place::Word => word(line, last).unwrap_or_default(),
    }
}

fn flags(line: &Line) -> Vec<Candidate> {
    let mut found = Vec::new();
    for flag in line.command.get_arguments().filter(|arg| !arg.is_positional() && !arg.is_hide_set()) {
        let about = flag.get_help().map(ToString::to_string).unwrap_or_default();
        found.extend(flag.get_long().map(|long| (format!("--{long}"), about.clone())));
        found.extend(flag.get_short().map(|short| (format!("-{short}"), about)));
    }
    found.sort();
    found
}

/// Values of a flag or of a word of a command, where clap knows them.
fn named(arg: &Arg, before: &str) -> Vec<Candidate> {
    let values = arg.get_possible_values().into_iter().filter(|value| !value.is_hide_set());
    values
        .map(|value| {
            let about = value.get_help().map(ToString::to_string).unwrap_or_default();
            (format!("{before}{}", value.get_name()), about)
        })
        .collect()
}

fn value(line: &Line, flag: &Arg, inline: &str) -> (Vec<Candidate>, Directive) {
    let values = named(flag, inline);
    if !values.is_empty() {
        return (values, Directive::NoFiles);
    }
    match flag.get_id().as_str() {
        "directory" => (Vec::new(), Directive::Directories),
        "like" => (load(line).map(|loaded| pipelines(&loaded)).unwrap_or_default(), Directive::NoFiles),
        _ if flag.get_value_hint() == ValueHint::AnyPath => (Vec::new(), Directive::Files),
        _ => (Vec::new(), Directive::NoFiles),
    }
}

fn word(line: &Line, last: &str) -> Option<(Vec<Candidate>, Directive)> {
    let path: Vec<&str> = line.path.iter().map(String::as_str).collect();
    let at = line.words.len();
    let candidates = match path.as_slice() {
        ["run"] => return Some(run(&load(line)?, &line.words, last)),
        ["plan"] if at == 0 => names(&load(line)?),
        ["plan"] => selectors(&load(line)?, last),
        ["hook"] | ["hook", "run" | "install"] => {
            let mut candidates = subcommands(line);
            candidates.extend(load(line).map(|loaded| names(&loaded)).unwrap_or_default());
            candidates
        }
        ["hosts" | "status" | "exec" | "unlock" | "rollback"] if at == 0 => selectors(&load(line)?, last),
        ["logs" | "resume"] if at == 0 => past_runs(&load(line)?),
        ["logs"] if at == 1 => hosts(&load(line)?).into_iter().map(plain).collect(),
        ["notify", "test"] if at == 0 => notifications(&load(line)?),
        ["check"] | ["secrets", "check"] => return Some((Vec::new(), Directive::Files)),
        _ => subcommands(line),
    };
    let mut words = line.command.get_positionals();
    let of_word = words.nth(at).map(|arg| named(arg, "")).unwrap_or_default();
    Some((candidates.into_iter().chain(of_word).collect(), Directive::NoFiles))
}

fn plain(value: String) -> Candidate {
    (value, String::new())
}

fn subcommands(line: &Line) -> Vec<Candidate> {
    let inner = line.command.get_subcommands().filter(|inner| !inner.is_hide_set() && line.words.is_empty());
    inner
        .map(|inner| {
            let about = inner.get_about().map(ToString::to_string).unwrap_or_default();
            (inner.get_name().to_owned(), about)
        })
        .collect()
}

fn load(line: &Line) -> Option<Loaded> {
    if let Some(directory) = &line.directory {
        std::env::set_current_dir(directory).ok()?;
    }
    let arguments = Arguments {
        directory: None,
        file: line.file.clone(),
        color: When::Never,
        command: args::Command::Schema,
    };
    project::load_silently(&arguments).ok().map(|(loaded, _)| loaded)
}

/// Names for `fleet run`, or hosts for the variable that pipelines select them by.
fn run(loaded: &Loaded, words: &[String], last: &str) -> (Vec<Candidate>, Directive) {
    const HOST: &str = "host=";
    if let Some(selector) = last.strip_prefix(HOST) {
        let found = selectors(loaded, selector);
        let found = found.into_iter().map(|(value, about)| (format!("{HOST}{value}"), about));
        return (found.collect(), Directive::NoFiles);
    }
    let has_pipeline = words.iter().any(|word| loaded.project.pipeline(word).is_some());
    if has_pipeline && !last.is_empty() && HOST.starts_with(last) {
        return (vec![(HOST.to_owned(), "which hosts".to_owned())], Directive::NoSpace);
    }
    (names(loaded), Directive::NoFiles)
}

fn names(loaded: &Loaded) -> Vec<Candidate> {
    let mut found = pipelines(loaded);
    for task in loaded.project.tasks.values().filter(|task| !task.internal) {
        let about = said(task.desc.as_ref());
        for name in std::iter::once(&task.name).chain(&task.aliases) {
            // A pattern can be typed up to its first wildcard.
            let typed = name.split('*').next().unwrap_or(name);
            if !typed.is_empty() && loaded.project.pipeline(name).is_none() {
                found.push((typed.to_owned(), about.clone()));
            }
        }
    }
    found
}

fn pipelines(loaded: &Loaded) -> Vec<Candidate> {
    let mut found = Vec::new();
    for pipeline in loaded.project.pipelines.values() {
        let about = said(pipeline.desc.as_ref());
        for name in std::iter::once(&pipeline.name).chain(&pipeline.aliases) {
            found.push((name.to_string(), about.clone()));
        }
    }
    found
}

/// A description that needs no variable.
fn said(text: Option<&Text>) -> String {
    text.filter(|text| text.is_plain()).map(|text| text.raw().to_owned()).unwrap_or_default()
}

/// Hosts that the Fleetfile names and those that were in the flake the last time.
fn hosts(loaded: &Loaded) -> BTreeSet<String> {
    let named = loaded.project.fleet.iter().flat_map(|fleet| fleet.hosts.keys()).map(ToString::to_string);
    let last = last_discovered(&loaded.state_dir()).into_iter().map(|host| host.name);
    named.chain(last).collect()
}

/// Hosts and tags in place of the last term of a selector.
fn selectors(loaded: &Loaded, last: &str) -> Vec<Candidate> {
    let kept = last.rfind([',', '&', '!']).and_then(|at| last.get(..=at)).unwrap_or_default();
    let fleet = loaded.project.fleet.as_ref();
    let tags = fleet.into_iter().flat_map(|fleet| {
        let of_hosts = fleet.hosts.values().chain([&fleet.defaults]);
        of_hosts.flat_map(|host| &host.tags).map(|tag| format!("@{tag}"))
    });
    let tags: BTreeSet<String> = tags.collect();
    hosts(loaded).into_iter().chain(tags).map(|term| plain(format!("{kept}{term}"))).collect()
}

fn past_runs(loaded: &Loaded) -> Vec<Candidate> {
    let newest = runs(&loaded.state_dir()).unwrap_or_default().into_iter().take(RUNS);
    let last = ("last".to_owned(), "the newest run".to_owned());
    std::iter::once(last).chain(newest.map(|run| plain(run.to_string()))).collect()
}

fn notifications(loaded: &Loaded) -> Vec<Candidate> {
    let all = loaded.project.pipelines.values().flat_map(|pipeline| &pipeline.notify);
    let names: BTreeSet<String> = all.filter_map(|notification| notification.name.clone()).collect();
    names.into_iter().map(plain).collect()
}

//! `fleet status`: what hosts run and how they are.

use super::args::{Arguments, Status};
use super::columns::columns;
use super::history::short_revision;
use super::{Failure, fleet, hosts, print, project};
use crate::driver::{DriverError, HostStatus, Inspect as _, Io, Lock, Output, StorePath};
use crate::executor::each_host;
use crate::executor::outcome::exit_code;
use crate::model::Host;
use crate::process::{Outlet, Stream};
use serde::Serialize;
use std::time::Duration;

/// Hosts that are asked at once.
const AT_ONCE: usize = 64;

/// What is known of a host.
struct Known<'a> {
    host: &'a Host,
    status: Result<HostStatus, DriverError>,
    /// What the flake has for it, where that was asked.
    intended: Option<Result<StorePath, DriverError>>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, wanted: &Status, program: &str) -> Result<u8, Failure> {
    let loaded = project::load(arguments)?;
    let stdout = Outlet::stdout();
    let variables = loaded.variables(program, &[], &stdout, arguments)?;
    let wish = fleet::Wish::to_look(None);
    let engine = fleet::engine(&loaded, &variables, &wish, arguments)?;
    let hosts = hosts::select(&engine.hosts, wanted.selector.as_deref().unwrap_or("*"))
        .map_err(|diagnostic| Failure::finding(diagnostic, &loaded.sources, arguments))?;
    let inspect = engine.inspect()?;
    let io = Io { output: &Unheard, cancel: &wish.cancel };
    let (statuses, intended) = std::thread::scope(|scope| {
        let intended = wanted.drift.then(|| scope.spawn(|| inspect.intended(&hosts, io)));
        let statuses = each_host(&hosts, AT_ONCE, |host| inspect.status(host, io));
        (statuses, intended.map(|intended| intended.join()))
    });
    engine.finish();
    let intended = match intended {
        None => None,
        Some(Ok(Ok(intended))) => Some(intended),
        Some(Ok(Err(error))) => return Err(Failure::error(error)),
        Some(Err(_)) => return Err(Failure::error("the evaluation stopped")),
    };
    let mut intended = intended.into_iter().flatten().map(|(_, intended)| intended);
    let known: Vec<Known<'_>> = hosts
        .iter()
        .zip(statuses)
        .map(|(host, status)| Known { host, status, intended: intended.next() })
        .collect();
    if wanted.json {
        let entries: Vec<Entry<'_>> = known.iter().map(Known::entry).collect();
        let text = serde_json::to_string_pretty(&entries).map_err(Failure::error)?;
        print(&stdout, &format!("{text}\n"))?;
    } else {
        print(&stdout, &table(&known))?;
    }
    let stopped = wish.cancel.is_requested();
    let all_answered = known.iter().all(|known| known.status.is_ok());
    Ok(match all_answered {
        true => exit_code::GOOD,
        false if stopped => exit_code::STOPPED,
        false => exit_code::HOSTS_FAILED,
    })
}

/// What `fleet status --json` prints for a host.
#[derive(Serialize)]
struct Entry<'a> {
    host: &'a str,
    answers: bool,
    error: Option<String>,
    current: Option<&'a str>,
    profile: Option<&'a str>,
    booted: Option<&'a str>,
    generation: Option<u64>,
    age_s: Option<u64>,
    revision: Option<&'a str>,
    failed_units: &'a [String],
    needs_reboot: &'a [String],
    lock: Option<&'a Lock>,
    interrupted: &'a [String],
    went_back: Option<BackEntry<'a>>,
    intended: Option<&'a str>,
    drift: Option<bool>,
    evaluation_error: Option<String>,
}

/// A host that went back by itself.
#[derive(Serialize)]
struct BackEntry<'a> {
    from: &'a str,
    to: &'a str,
    code: Option<i32>,
    age_s: u64,
}

impl Known<'_> {
    fn entry(&self) -> Entry<'_> {
        let status = self.status.as_ref().ok();
        let intended = self.intended.as_ref();
        Entry {
            host: self.host.name.as_str(),
            answers: status.is_some(),
            error: self.status.as_ref().err().map(ToString::to_string),
            current: status.and_then(|status| status.state.current.as_ref()).map(StorePath::as_str),
            profile: status.and_then(|status| status.state.profile.as_ref()).map(StorePath::as_str),
            booted: status.and_then(|status| status.booted.as_ref()).map(StorePath::as_str),
            generation: status.and_then(|status| status.state.generation),
            age_s: status.and_then(|status| status.age).map(|age| age.as_secs()),
            revision: status.and_then(|status| status.revision.as_deref()),
            failed_units: status.map(|status| status.failed_units.as_slice()).unwrap_or_default(),
            needs_reboot: status.map(|status| status.needs_reboot.as_slice()).unwrap_or_default(),
            lock: status.and_then(|status| status.lock.as_ref()),
            interrupted: status.map(interrupted).unwrap_or_default(),
            went_back: status.and_then(|status| status.went_back.as_ref()).map(|back| BackEntry {
                from: back.from.as_str(),
                to: back.to.as_str(),
                code: back.code,
                age_s: back.age.as_secs(),
            }),
            intended: intended.and_then(|intended| intended.as_ref().ok()).map(StorePath::as_str),
            drift: self.drift(),
            evaluation_error: intended.and_then(|intended| intended.as_ref().err()).map(ToString::to_string),
        }
    }

    /// Whether the host runs something else than what the flake has for it, where both are known.
    fn drift(&self) -> Option<bool> {
        let intended = self.intended.as_ref()?.as_ref().ok()?;
        let status = self.status.as_ref().ok()?;
        Some(status.state.current.as_ref() != Some(intended))
    }

    /// What a person should know beyond what runs.
    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        match &self.status {
            Err(error) => remarks.push(error.message.clone()),
            Ok(status) => {
                let HostStatus { state, failed_units, needs_reboot, lock, went_back, .. } = status;
                if state.current.is_none() {
                    remarks.push("runs no NixOS or nix-darwin system yet".to_owned());
                }
                if let Some(profile) =
                    state.profile.as_ref().filter(|profile| state.current.as_ref() != Some(profile))
                {
                    remarks.push(format!("would boot another system: {}", profile.as_str()));
                }
                if let Some(lock) = lock {
                    let word = if lock.stale.is_some() { "stale lock" } else { "locked" };
                    remarks.push(format!("{word}: {lock}"));
                }
                if let [job, ..] = interrupted(status) {
                    remarks.push(format!("an activation was broken off and not cleared: {job}"));
                }
                if let Some(back) = went_back.as_ref().filter(|back| state.current.as_ref() == Some(&back.to))
                {
                    let ago = age(back.age).replacen("for ", "", 1);
                    remarks.push(format!(
                        "went back by itself {ago} ago: nobody had proven {}",
                        back.from.as_str()
                    ));
                }
                if !failed_units.is_empty() {
                    remarks.push(format!("failed: {}", failed_units.join(", ")));
                }
                if !needs_reboot.is_empty() {
                    remarks.push(format!("needs a reboot for {}", needs_reboot.join(", ")));
                }
            }
        }
        match &self.intended {
            Some(Err(error)) => remarks.push(error.message.clone()),
            Some(Ok(path)) if self.drift() == Some(true) => {
                remarks.push(format!("the flake has {}", path.as_str()));
            }
            _ => {}
        }
        remarks
    }
}

/// Jobs that nobody works at: the lock of a live one is fresh.
fn interrupted(status: &HostStatus) -> &[String] {
    let is_alive = status.lock.as_ref().is_some_and(|lock| lock.stale.is_none());
    if is_alive { &[] } else { &status.jobs }
}

fn table(known: &[Known<'_>]) -> String {
    let rows: Vec<[String; 6]> = known
        .iter()
        .map(|known| {
            let status = known.status.as_ref().ok();
            let remarks = known.remarks();
            let word = match (&known.status, known.drift(), remarks.is_empty()) {
                (Err(_), ..) => "no answer",
                (Ok(_), Some(true), _) => "drift",
                (Ok(_), _, true) => "ok",
                (Ok(_), ..) => "look",
            };
            let generation = status.and_then(|status| status.state.generation);
            let revision = status.and_then(|status| status.revision.as_deref());
            [
                known.host.name.to_string(),
                word.to_owned(),
                generation.map(|generation| format!("generation {generation}")).unwrap_or_default(),
                status.and_then(|status| status.age).map(age).unwrap_or_default(),
                revision.map(short_revision).unwrap_or_default(),
                remarks.join("; "),
            ]
        })
        .collect();
    columns(&rows)
}

/// For how long, in one unit: exact enough for a look.
fn age(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        0..60 => format!("for {seconds} s"),
        60..3600 => format!("for {} min", seconds / 60),
        3600..86_400 => format!("for {} h", seconds / 3600),
        _ => format!("for {} days", seconds / 86_400),
    }
}

/// What ssh and nix say beside their answers is in the error where there is one.
struct Unheard;

impl Output for Unheard {
    fn line(&self, _stream: Stream, _line: &str) {}
}

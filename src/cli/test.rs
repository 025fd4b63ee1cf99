//! `fleet test`: checks of the flake by name, as `vm:` steps run them.

use super::args::{Arguments, Test};
use super::fleet::{self, Wish};
use super::{Failure, memory, print, project};
use crate::driver::{CheckOutcome, DriverError, ErrorKind, Guard, Io, Output, Secrets as _};
use crate::executor::outcome::exit_code;
use crate::executor::{duration, each};
use crate::process::{Outlet, Stream};
use serde::Serialize;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Lines of a failing test's log that are kept.
const KEPT: usize = 200;

/// What became of a test.
#[derive(Serialize)]
struct Tested {
    name: String,
    /// `passed`, `cached`, `skipped` or `failed`.
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    took_ms: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    log: Vec<String>,
}

/// The log of one test.
#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Output for Log {
    fn line(&self, _: Stream, line: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == 2 * KEPT {
            lines.drain(..KEPT);
        }
        lines.push(line.to_owned());
    }
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, test: &Test, program: &str) -> Result<u8, Failure> {
    let loaded = project::load(arguments)?;
    let stdout = Outlet::stdout();
    let variables = loaded.variables(program, &[], &stdout, arguments)?;
    let wish = Wish::to_look(None);
    let engine = fleet::engine(&loaded, &variables, &wish, arguments)?;
    let (flake, _, _) = engine.capabilities();
    let (cancel, fence) = (&wish.cancel, loaded.fence());
    let mut left_out = Vec::new();
    let names = if test.names.is_empty() {
        let quiet = Log::default();
        let all = flake.check_names(Io { output: &quiet, cancel }).map_err(|error| Failure::error(&error))?;
        let mut names: Vec<String> = Vec::new();
        for (system, here, checks) in all {
            if here {
                names.extend(checks);
            } else {
                left_out.extend(checks.into_iter().map(|name| (name, system.clone())));
            }
        }
        names
    } else {
        test.names.clone()
    };
    left_out.retain(|(name, _)| !names.contains(name));
    let at_once = test.at_once.map(Into::into).or_else(memory::tests_at_once).unwrap_or(1);
    let mut tested = each(&names, at_once, |name| {
        let (log, start) = (Log::default(), Instant::now());
        let guard = |sources: &[PathBuf]| fence.guard_test(name, sources, cancel);
        let guard: Option<Guard<'_>> = fence.guards_tests().then_some(&guard);
        let result = flake.build_check(name, guard, Io { output: &log, cancel });
        let (result, reason) = match result {
            Ok(CheckOutcome::Passed) => ("passed", None),
            Ok(CheckOutcome::Cached) => ("cached", None),
            Ok(CheckOutcome::Skipped(reason)) => ("skipped", Some(reason)),
            Err(error) => ("failed", Some(with_help(&refusal(&error), error.help.as_deref()))),
        };
        let mut log = log.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        log.drain(..log.len().saturating_sub(if result == "failed" { KEPT } else { 0 }));
        let took_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let tested = Tested { name: name.clone(), result, reason, took_ms, log };
        if !test.json {
            let _ = stdout.write(text(&tested).as_bytes());
        }
        tested
    });
    for (name, system) in left_out {
        let reason = Some(format!("a check of {system}, which cannot run here"));
        let skipped = Tested { name, result: "skipped", reason, took_ms: 0, log: Vec::new() };
        if !test.json {
            let _ = stdout.write(text(&skipped).as_bytes());
        }
        tested.push(skipped);
    }
    let count = |result: &str| tested.iter().filter(|test| test.result == result).count();
    if test.json {
        print(&stdout, &format!("{}\n", serde_json::to_string_pretty(&tested).map_err(Failure::error)?))?;
    } else {
        let words = ["failed", "passed", "cached", "skipped"];
        let parts: Vec<String> = words
            .into_iter()
            .filter(|word| count(word) > 0)
            .map(|word| format!("{} {word}", count(word)))
            .collect();
        let sum = if parts.is_empty() { "the flake has no checks".to_owned() } else { parts.join(", ") };
        print(&stdout, &format!("{sum}\n"))?;
    }
    Ok(match (wish.cancel.is_requested(), count("failed")) {
        (true, _) => exit_code::STOPPED,
        (false, 0) => exit_code::GOOD,
        _ => exit_code::RUN_FAILED,
    })
}

fn with_help(message: &str, help: Option<&str>) -> String {
    help.map_or_else(|| message.to_owned(), |help| format!("{message} ({help})"))
}

/// The message; a guard's with what it found, since no log has that.
fn refusal(error: &DriverError) -> String {
    match error.kind {
        ErrorKind::Refusal => std::iter::once(&error.message)
            .chain(&error.said)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("\n  "),
        _ => error.message.clone(),
    }
}

/// The log of a failing test, then a line for each.
fn text(test: &Tested) -> String {
    let mut text: String = test.log.iter().map(|line| format!("{}| {line}\n", test.name)).collect();
    text.push_str(&format!("{}: {}", test.name, test.result));
    match &test.reason {
        Some(reason) => text.push_str(&format!(": {reason}")),
        None if test.result == "passed" => text.push_str(&format!(" in {}", duration(test.took_ms))),
        None => {}
    }
    text.push('\n');
    text
}

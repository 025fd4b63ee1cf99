//! `fleet resume`: goes on with a run that did not come to its end, and repeats nothing that it has proven.

use super::args::{Arguments, Resume as Wanted};
use super::pipelines::{PipelineRuns, Systems};
use super::run::{run_requests, world_of};
use super::{Failure, logs, options, project, scripts};
use crate::executor::event::{Generation, HostResult};
use crate::executor::outcome::exit_code;
use crate::executor::resumed::{DoneHost, Resumed};
use crate::executor::task::Request;
use crate::model::{Host, HostName};
use crate::plan::Plan;
use crate::process::{Cancel, Outlet, Signals, escalate};
use crate::reporter::{Past, PastHost, PastSystem, RunRequest};
use crate::source::Span;
use std::collections::HashMap;
use std::sync::Arc;

/// An earlier run that is gone on with.
pub(super) struct Resume {
    past: Past,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, resume: &Wanted, program: &str) -> Result<u8, Failure> {
    let loaded = project::load(arguments)?;
    let (_, past) = logs::find(&loaded.state_dir(), &resume.run)?;
    let request = past.path.parent().and_then(RunRequest::read);
    let request = refuse(&past, request, resume.flags.rehearse)?;
    let stderr = Outlet::stderr();
    let stdout = if resume.flags.json { stderr.clone() } else { Outlet::stdout() };
    let done = past.hosts.values().filter(|host| result(host).is_some()).count();
    let text =
        format!("note: going on with run {}: {done} of {} hosts are done\n", past.run, past.hosts.len());
    let _ = stderr.write(text.as_bytes());
    let paint = project::task_paint(arguments);
    let globals: Vec<(String, String)> = request.variables.into_iter().collect();
    let options = options::plain(loaded.project.shims(), program, &globals);
    let scripts = Arc::new(scripts::new(loaded.project.shims(), stdout.clone(), paint));
    let cancel = Cancel::new();
    let signals = Signals::listen(&cancel, escalate).ok();
    let pipelines = PipelineRuns::new(
        arguments,
        &resume.flags,
        Systems::Flake,
        &loaded,
        options.clone(),
        Arc::clone(&scripts) as _,
        signals,
    )?
    .resuming(Resume { past });
    let world = world_of(pipelines, scripts, stdout, &cancel, arguments);
    let requests = vec![Request::named(&request.pipeline, Span::NONE)];
    run_requests(&loaded, options, world, cancel, requests, arguments)
}

/// Why a run cannot be gone on with.
fn refuse(past: &Past, request: Option<RunRequest>, rehearse: bool) -> Result<RunRequest, Failure> {
    let run = &past.run;
    let refused = |sentence: String, help: &str| Err(Failure::helped(sentence, help, exit_code::FAILED));
    if past.running {
        return refused(format!("run {run} is still going on"), "wait until it has ended, or end it");
    }
    if past.exit_code == Some(u64::from(exit_code::GOOD)) {
        return refused(
            format!("run {run} came to its end, and all is well"),
            "there is nothing to go on with",
        );
    }
    if past.rehearsal != rehearse {
        return match rehearse {
            false => refused(format!("run {run} was a rehearsal"), "`--rehearse` goes on with it"),
            true => refused(format!("run {run} was no rehearsal"), "go on with it without `--rehearse`"),
        };
    }
    let Some(request) = request else {
        let help = "run it again: hosts that have their system already are left alone. \
                    A rollback names its generation then: `fleet rollback --to N`";
        return refused(format!("run {run} has not kept what it was asked for"), help);
    };
    Ok(request)
}

/// The result of a host that the run is done with.
fn result(host: &PastHost) -> Option<HostResult> {
    let good = [HostResult::Succeeded, HostResult::Unchanged];
    good.into_iter().find(|good| host.result.as_deref() == Some(good.word()))
}

impl Resume {
    /// The hosts of the run among those that there are, in the run's order: waves are dealt out as they were.
    pub(super) fn hosts(&self, all: &[Host]) -> Result<Vec<Host>, Failure> {
        let by_name: HashMap<&str, &Host> = all.iter().map(|host| (host.name.as_str(), host)).collect();
        let host = |name: &String| {
            by_name.get(name.as_str()).map(|host| (*host).clone()).ok_or_else(|| {
                let sentence = format!("run {} had the host `{name}`, which is gone", self.past.run);
                Failure::helped(sentence, "run the pipeline again", exit_code::FAILED)
            })
        };
        self.past.hosts.keys().map(host).collect()
    }

    /// What is not done again.
    ///
    /// # Errors
    /// The flake has another revision now: hosts would get different systems in one run.
    pub(super) fn proven(&self, plan: &Plan, revision: Option<&str>) -> Result<Resumed, Failure> {
        let past = &self.past;
        if past.revision.as_deref() != revision {
            let name = |revision: Option<&str>| revision.unwrap_or("no revision").to_owned();
            let sentence = format!(
                "run {} began with {} of the flake, and now it is {}",
                past.run,
                name(past.revision.as_deref()),
                name(revision)
            );
            let help = "check that revision out, or run the pipeline again for all hosts";
            return Err(Failure::helped(sentence, help, exit_code::FAILED));
        }
        let hosts = past.hosts.iter().filter_map(|(name, host)| {
            let done = DoneHost {
                result: result(host)?,
                before: host.before.as_ref().map(generation),
                after: host.after.as_ref().map(generation),
            };
            Some((HostName::new(name).ok()?, done))
        });
        // A dirty tree may be another one than then, and its checks may not hold.
        let is_same = revision.is_some_and(|revision| !revision.ends_with("-dirty"))
            && u64::try_from(plan.nodes.len()).is_ok_and(|nodes| nodes == past.nodes);
        let checks = if is_same { past.passed.iter().copied().collect() } else { Default::default() };
        Ok(Resumed { run: past.run.clone(), hosts: hosts.collect(), checks })
    }
}

fn generation(system: &PastSystem) -> Generation {
    Generation { number: system.number, path: system.path.clone() }
}

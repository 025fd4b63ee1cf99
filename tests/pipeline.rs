//! Pipelines over a fleet in memory: what each failure makes of its host, of the other hosts and of the exit code.

#![cfg(test)]

use fleet::driver::rehearsal::{Fault, FaultStage, Rehearsal};
use fleet::driver::{Confirm, DriverError, ErrorKind, Io, Question, Yes};
use fleet::executor::drivers::Drivers;
use fleet::executor::event::{Event, HostReport, HostResult, NodeRef, NodeStatus, RunReport, Stamped};
use fleet::executor::pipeline::{RunOptions, run};
use fleet::executor::reporter::Reporter;
use fleet::model::{
    Action, Build, BuildOn, Confirmation, Deploy, Health, HealthKind, Host, HostName, Notification,
    NotifyWhen, OnFailure, Pipeline, Platform, RebootPolicy, Selector, Service, Share, Step, StepKind,
    TagPool, TaskfileId, Text, Tolerance, Variables,
};
use fleet::plan::{Limits, NodeKind, Plan, compile};
use fleet::process::{Cancel, Stop};
use fleet::source::{Span, Spanned};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const HOSTS: [&str; 4] = ["luna", "rydev", "nixos-bootstrap", "nixpi"];

fn name(text: &str) -> HostName {
    HostName::new(text).unwrap()
}

fn host(text: &str) -> Host {
    Host {
        name: name(text),
        platform: Platform::Nixos,
        system: None,
        host_name: text.to_owned(),
        address: format!("{text}.example.net"),
        user: None,
        port: None,
        build_on: BuildOn::Target,
        build_limits: Default::default(),
        cache: None,
        driver: Default::default(),
        tags: if text == "luna" { ["canary".to_owned()].into() } else { [].into() },
        identity: Default::default(),
    }
}

fn step(kind: StepKind) -> Step {
    Step { kind, each_host: false, timeout: None, span: Span::NONE }
}

fn pipeline() -> Pipeline {
    Pipeline {
        name: "apply-nixos".into(),
        taskfile: TaskfileId(0),
        span: Span::NONE,
        desc: None,
        summary: None,
        aliases: Vec::new(),
        hosts: Text::nowhere("*"),
        platform: None,
        base_dir: Vec::new(),
        vars: Variables::new(),
        check: vec![
            step(StepKind::Reachable),
            step(StepKind::Disk { min_free_mib: 100 }),
            step(StepKind::Flake),
            step(StepKind::Vm("nginx-basic".into())),
            step(StepKind::Task { name: Text::nowhere("lint"), vars: Variables::new() }),
            Step { each_host: true, ..step(StepKind::Command(Text::nowhere("true"))) },
        ],
        build: Some(Build::default()),
        deploy: Some(Deploy {
            health: vec![Health {
                kind: HealthKind::Unit(Text::nowhere("nginx.service")),
                retries: 2,
                deadline: Duration::from_secs(30),
                span: Span::NONE,
            }],
            on_failure: OnFailure::Continue,
            confirm: Confirmation::Never,
            ..Deploy::new(Action::Switch, Span::NONE)
        }),
        check_at_once: None,
        around: Default::default(),
        notify: vec![
            notify(&[]),
            notify(&[NotifyWhen::Failed, NotifyWhen::Degraded, NotifyWhen::RolledBack]),
        ],
    }
}

fn notify(when: &[NotifyWhen]) -> Notification {
    let address = Text::nowhere("https://ntfy.example.org/secret-topic");
    Notification {
        when: when.iter().copied().collect(),
        ..Notification::new(Service::Ntfy, address, Span::NONE)
    }
}

fn deploys(change: impl FnOnce(&mut Deploy)) -> Pipeline {
    let mut pipeline = pipeline();
    change(pipeline.deploy.as_mut().unwrap());
    pipeline
}

/// Keeps every event; may ask to stop at one.
#[derive(Default)]
struct Kept {
    events: Vec<Event>,
    stop_at: Option<(&'static str, Cancel)>,
}

impl Reporter for Kept {
    fn event(&mut self, event: &Stamped) {
        if let (Event::NodeStarted(node), Some((step, cancel))) = (&event.event, &self.stop_at)
            && node.step == *step
        {
            cancel.stop(Stop::Interrupt);
        }
        self.events.push(event.event.clone());
    }
}

struct Outcome {
    report: RunReport,
    events: Vec<Event>,
    plan: Arc<Plan>,
    fleet: Arc<Rehearsal>,
}

struct Try {
    pipeline: Pipeline,
    hosts: Vec<Host>,
    faults: Vec<Fault>,
    slow: Vec<(FaultStage, u64)>,
    current: Vec<&'static str>,
    kernels: Vec<&'static str>,
    stop_at: Option<&'static str>,
    rehearsal: bool,
    confirm: Arc<dyn Confirm>,
    tags: Vec<TagPool>,
}

impl Try {
    fn new(pipeline: Pipeline) -> Self {
        Self {
            pipeline,
            hosts: HOSTS.iter().map(|name| host(name)).collect(),
            faults: Vec::new(),
            slow: Vec::new(),
            current: Vec::new(),
            kernels: Vec::new(),
            stop_at: None,
            rehearsal: true,
            confirm: Arc::new(Yes),
            tags: Vec::new(),
        }
    }

    fn fail(mut self, text: &str) -> Self {
        self.faults.push(Fault::parse(text).unwrap());
        self
    }

    fn run(self) -> Outcome {
        self.try_run().unwrap_or_else(|(error, _)| panic!("refused: {error}"))
    }

    fn try_run(self) -> Result<Outcome, (DriverError, Arc<Rehearsal>)> {
        let names = self.hosts.iter().map(|host| host.name.clone());
        let mut fleet = Rehearsal::new(names, self.faults).recorded();
        for (stage, ms) in self.slow {
            fleet = fleet.slow(stage, Duration::from_millis(ms));
        }
        for host in self.current {
            fleet.is_current(&name(host));
        }
        for host in self.kernels {
            fleet.gets_a_kernel(&name(host));
        }
        let fleet = Arc::new(fleet);
        let render = Arc::<Rehearsal>::clone(&fleet);
        let drivers = Drivers::rehearsal(&fleet, render, self.confirm);
        let plan =
            Arc::new(compile(&self.pipeline, self.hosts, &Limits { tags: self.tags, ..Limits::default() }));
        let cancel = Cancel::new();
        let mut kept = Kept { events: Vec::new(), stop_at: self.stop_at.map(|step| (step, cancel.clone())) };
        let options = RunOptions {
            run: "2026-01-01T00-00-00-abcd".into(),
            started: "2026-01-01T00:00:00Z".into(),
            rehearsal: self.rehearsal,
            dir: ".".into(),
            resumed: None,
            allow_older: false,
        };
        match run(&plan, &drivers, &options, &cancel, &mut kept) {
            Ok(report) => {
                let outcome = Outcome { report, events: kept.events, plan, fleet };
                outcome.assert_complete();
                Ok(outcome)
            }
            Err(error) => {
                assert!(kept.events.is_empty(), "a refused run has no events");
                Err((error, fleet))
            }
        }
    }
}

impl Outcome {
    /// What holds for every run: each node ends once and never before it began, each host has one result, the report
    /// is the last word and agrees with the events.
    fn assert_complete(&self) {
        assert!(matches!(self.events.first(), Some(Event::RunStarted(_))));
        assert!(matches!(self.events.last(), Some(Event::RunFinished(_))));
        let mut ends: BTreeMap<u32, Vec<NodeStatus>> = BTreeMap::new();
        let mut starts: BTreeMap<u32, usize> = BTreeMap::new();
        let mut hosts: Vec<HostReport> = Vec::new();
        let mut over = BTreeSet::new();
        for event in &self.events {
            match event {
                Event::NodeStarted(node) => *starts.entry(node.node).or_default() += 1,
                Event::Output { node, .. } => assert!(starts.contains_key(&node.node)),
                Event::NodeFinished { node, status, .. } => {
                    ends.entry(node.node).or_default().push(*status);
                    let is_over = node.host.as_ref().is_some_and(|host| over.contains(host));
                    assert!(!is_over, "{node:?} ended after its host");
                }
                Event::HostFinished(host) => {
                    assert!(over.insert(host.host.clone()), "{} was told twice", host.host);
                    hosts.push(host.clone());
                }
                _ => {}
            }
        }
        for id in self.plan.ids() {
            let ends = ends.get(&id.0).map(Vec::as_slice).unwrap_or_default();
            assert_eq!(ends.len(), 1, "{:?} ended {} times", self.plan.node(id), ends.len());
            let started = starts.get(&id.0).copied().unwrap_or_default();
            match ends[0] {
                NodeStatus::Succeeded | NodeStatus::Failed => assert_eq!(started, 1),
                NodeStatus::Skipped | NodeStatus::Cancelled => assert!(started <= 1),
            }
        }
        let by_name = |mut hosts: Vec<HostReport>| {
            hosts.sort_by(|a, b| a.host.cmp(&b.host));
            hosts.into_iter().map(|host| (host.host, host.result, host.reason)).collect::<Vec<_>>()
        };
        let reported = by_name(self.report.hosts.clone());
        assert_eq!(by_name(hosts), reported);
        assert_eq!(reported.len(), self.plan.hosts.len());
        let all_good = reported.iter().all(|(_, result, _)| result.is_good());
        if self.report.exit_code == 0 {
            assert!(all_good && self.report.failures.is_empty());
        }
    }

    fn of(&self, host: &str) -> &HostReport {
        self.report.hosts.iter().find(|report| report.host.as_str() == host).unwrap()
    }

    fn results(&self) -> Vec<HostResult> {
        self.report.hosts.iter().map(|host| host.result).collect()
    }

    fn reason(&self, host: &str) -> &str {
        self.of(host).reason.as_deref().unwrap_or_default()
    }

    /// Calls of a stage about a host.
    fn calls(&self, stage: FaultStage, host: &str) -> usize {
        let host = Some(name(host));
        self.fleet.calls().iter().filter(|call| call.stage == stage && call.host == host).count()
    }
}

#[test]
fn all_hosts_get_a_new_generation() {
    let outcome = Try::new(pipeline()).run();
    assert_eq!(outcome.results(), [HostResult::Succeeded; 4]);
    assert_eq!(outcome.report.exit_code, 0);
    let luna = outcome.of("luna");
    let (before, after) = (luna.before.as_ref().unwrap(), luna.after.as_ref().unwrap());
    assert_eq!((before.number, after.number), (Some(41), Some(42)));
    assert_ne!(before.path, after.path);
    assert_eq!(outcome.report.notifications.len(), 1, "the other one is for failures");
}

#[test]
fn a_host_that_has_the_system_is_left_alone() {
    let mut case = Try::new(pipeline());
    case.current = vec!["luna", "nixpi"];
    let outcome = case.run();
    use HostResult::{Succeeded, Unchanged};
    assert_eq!(outcome.results(), [Unchanged, Succeeded, Succeeded, Unchanged]);
    assert_eq!(outcome.report.exit_code, 0);
    for stage in [FaultStage::Copy, FaultStage::Activate] {
        assert_eq!((outcome.calls(stage, "luna"), outcome.calls(stage, "rydev")), (0, 1));
    }
    assert_eq!(outcome.of("luna").before, outcome.of("luna").after);
}

#[test]
fn an_unchanged_host_that_is_not_well_is_degraded() {
    let mut case = Try::new(pipeline()).fail("luna:health");
    case.current = vec!["luna"];
    let outcome = case.run();
    assert_eq!(outcome.of("luna").result, HostResult::Degraded);
    assert_eq!(outcome.report.exit_code, 4);
}

/// Each failure of one host, what becomes of it, a part of the reason, and the exit code.
#[test]
fn a_failure_is_its_hosts_alone() {
    use HostResult::{Degraded, Failed, Succeeded, Unknown, Unreachable};
    let cases = [
        ("luna:probe", Unreachable, "no answer", 3),
        ("luna:probe=dns", Unreachable, "does not resolve", 3),
        ("luna:probe=refused", Unreachable, "refused", 3),
        ("luna:probe=host_key", Unreachable, "key", 3),
        ("luna:probe=permission", Unreachable, "let us in", 3),
        ("luna:probe=sudo", Failed, "sudo needs a password", 3),
        ("luna:disk", Failed, "only 0 MiB are free", 3),
        ("luna:cmd", Failed, "ended with exit code 1", 3),
        ("luna:evaluate", Failed, "does not evaluate", 3),
        ("luna:build", Failed, "does not build", 3),
        ("luna:build=lost", Unreachable, "lost", 3),
        ("luna:build=disk_full", Failed, "disk is full", 3),
        ("luna:copy", Failed, "not accepted", 3),
        ("luna:copy=disk_full", Failed, "disk is full", 3),
        ("luna:copy=lost", Unreachable, "lost", 3),
        ("luna:activate", Failed, "still runs", 3),
        ("luna:activate=refusal", Failed, "refused", 3),
        ("luna:activate=activation", Failed, "still runs", 3),
        ("luna:activate=exit2", Degraded, "part of the activation script failed", 4),
        ("luna:activate=exit4", Degraded, "rehearsal.service has failed", 4),
        // The connection was lost, the host did it all the same, and says so.
        ("luna:activate=lost", Succeeded, "", 0),
        ("luna:verify", Failed, "still runs", 3),
        ("luna:verify=lost", Unknown, "cannot be asked", 3),
        ("luna:verify=unreachable", Unknown, "no answer", 3),
        ("luna:health", Degraded, "health check `unit nginx.service`", 4),
        ("luna:health=lost", Degraded, "", 4),
    ];
    for (fault, result, reason, exit_code) in cases {
        let outcome = Try::new(pipeline()).fail(fault).run();
        let luna = outcome.of("luna");
        assert_eq!(luna.result, result, "{fault}: {:?}", luna.reason);
        assert!(outcome.reason("luna").contains(reason), "{fault}: {:?}", luna.reason);
        assert_eq!(outcome.report.exit_code, exit_code, "{fault}");
        for other in &HOSTS[1..] {
            assert_eq!(outcome.of(other).result, Succeeded, "{fault}: {other}");
        }
        let failed = outcome.report.notifications.len();
        assert_eq!(failed, if exit_code == 0 { 1 } else { 2 }, "{fault}");
    }
}

#[test]
fn of_several_failures_the_first_of_the_plan_is_told() {
    let outcome = Try::new(pipeline()).fail("luna:disk").fail("luna:cmd").run();
    assert!(outcome.reason("luna").contains("only 0 MiB"), "{}", outcome.reason("luna"));
}

#[test]
fn health_is_tried_as_often_as_was_asked_for() {
    let outcome = Try::new(pipeline()).fail("luna:health").run();
    assert_eq!(outcome.calls(FaultStage::Health, "luna"), 3);
    assert_eq!(outcome.calls(FaultStage::Health, "rydev"), 1);
}

#[test]
fn a_failed_host_is_not_touched_further() {
    use FaultStage::{Activate, Build, Copy, Health, Probe};
    let order = [Probe, Build, Copy, Activate, Health];
    for (at, stage) in order.iter().enumerate() {
        let outcome = Try::new(pipeline()).fail(&format!("rydev:{}", stage.word())).run();
        for (later, other) in order.iter().enumerate() {
            let calls = outcome.calls(*other, "rydev");
            assert_eq!(calls > 0, later <= at, "{other:?} after {stage:?} has failed: {calls}");
        }
    }
}

#[test]
fn a_failure_of_the_run_touches_no_host() {
    for (fault, step) in
        [("flake", "flake"), ("vm", "vm nginx-basic"), ("task", "task lint"), ("evaluate", "evaluate")]
    {
        let outcome = Try::new(pipeline()).fail(fault).run();
        assert_eq!(outcome.results(), [HostResult::Skipped; 4], "{fault}");
        assert_eq!(outcome.report.exit_code, 5, "{fault}");
        assert_eq!(outcome.report.failures.len(), 1);
        assert_eq!(outcome.report.failures[0].step, step);
        assert!(
            outcome.reason("luna").starts_with(&format!("{step} failed: ")),
            "{}",
            outcome.reason("luna")
        );
        let calls = outcome.fleet.calls();
        let touched = |call: &&fleet::driver::rehearsal::Call| {
            matches!(call.stage, FaultStage::Build | FaultStage::Copy | FaultStage::Activate)
        };
        assert_eq!(calls.iter().find(touched), None, "{fault}");
    }
}

#[test]
fn a_notification_that_is_not_delivered_is_told() {
    let outcome = Try::new(pipeline()).fail("notify").run();
    assert_eq!(outcome.results(), [HostResult::Succeeded; 4]);
    assert_eq!(outcome.report.exit_code, 7);
    assert!(!outcome.report.notifications[0].delivered);
    let text = serde_json::to_string(&outcome.report).unwrap();
    assert!(!text.contains("secret-topic"), "an address is a secret");
}

#[test]
fn a_failed_canary_stops_the_waves() {
    let canary = || Share::Selector(Selector::parse("@canary").unwrap());
    let waves = |on_failure, max_failures: Option<usize>| {
        deploys(|deploy| {
            deploy.waves = vec![canary(), Share::Percent(50)];
            deploy.on_failure = on_failure;
            deploy.max_failures = max_failures.map(fleet::model::Tolerance::Count);
        })
    };
    use HostResult::{Failed, Skipped, Succeeded};
    for (on_failure, max_failures, goes_on) in [
        (OnFailure::Stop, None, false),
        (OnFailure::Stop, Some(1), true),
        (OnFailure::Continue, None, true),
        (OnFailure::Continue, Some(0), false),
    ] {
        let outcome = Try::new(waves(on_failure, max_failures)).fail("luna:activate").run();
        let others = if goes_on { Succeeded } else { Skipped };
        assert_eq!(outcome.results(), [Failed, others, others, others], "{on_failure:?} {max_failures:?}");
        assert_eq!(outcome.report.exit_code, 3);
        assert_eq!(outcome.calls(FaultStage::Activate, "nixpi"), usize::from(goes_on));
        if !goes_on {
            let reason = outcome.reason("nixpi");
            assert!(reason.contains("wave 1 failed") && reason.contains("luna"), "{reason}");
        }
    }
}

#[test]
fn waves_go_one_after_another() {
    let pipeline = deploys(|deploy| deploy.waves = vec![Share::Count(1), Share::Count(2)]);
    let mut case = Try::new(pipeline);
    case.slow = vec![(FaultStage::Activate, 20)];
    let outcome = case.run();
    let mut running: Vec<String> = Vec::new();
    let mut most = Vec::new();
    for event in &outcome.events {
        match event {
            Event::NodeStarted(node) if node.step == "activate" => {
                running.push(node.host.as_ref().unwrap().to_string());
                running.sort();
                most.push(running.clone());
            }
            Event::NodeFinished { node, .. } if node.step == "activate" => {
                running.retain(|host| *host != node.host.as_ref().unwrap().as_str());
            }
            _ => {}
        }
    }
    assert!(most.contains(&vec!["luna".to_owned()]) && most.contains(&vec!["nixpi".to_owned()]));
    assert!(most.iter().all(|hosts| hosts.len() == 1 || hosts == &["nixos-bootstrap", "rydev"]), "{most:?}");
}

#[test]
fn a_host_that_is_not_well_goes_back() {
    let pipeline = || deploys(|deploy| deploy.on_failure = OnFailure::RollBackHost);
    for fault in ["rydev:activate=exit4", "rydev:health"] {
        let outcome = Try::new(pipeline()).fail(fault).run();
        let rydev = outcome.of("rydev");
        assert_eq!(rydev.result, HostResult::RolledBack, "{fault}");
        assert_eq!(rydev.before, rydev.after, "{fault}");
        assert_eq!(outcome.report.exit_code, 4);
        assert_eq!(outcome.of("luna").result, HostResult::Succeeded);
    }
    let stuck = Try::new(pipeline()).fail("rydev:health").fail("rydev:roll_back").run();
    assert_eq!(stuck.of("rydev").result, HostResult::Degraded);
    assert!(stuck.reason("rydev").contains("the roll-back failed"), "{}", stuck.reason("rydev"));
    let lost = Try::new(pipeline()).fail("rydev:health").fail("rydev:roll_back=lost").run();
    assert_eq!(lost.of("rydev").result, HostResult::Unknown);
    // Nothing was activated, so that there is nothing to go back from.
    let unchanged = Try::new(pipeline()).fail("rydev:activate=exit1").run();
    assert_eq!(unchanged.of("rydev").result, HostResult::Failed);
    assert_eq!(unchanged.calls(FaultStage::RollBack, "rydev"), 0);
}

#[test]
fn what_is_not_well_is_not_made_lasting() {
    let outcome = Try::new(pipeline()).fail("rydev:health").run();
    let state = outcome.fleet.state_of(&name("rydev"));
    assert_eq!(outcome.of("rydev").result, HostResult::Degraded);
    assert_ne!(state.current, state.profile);
    let reason = outcome.reason("rydev");
    assert!(reason.starts_with("health check `unit nginx.service`: "), "{reason}");
    assert!(reason.contains("runs the new system, but will boot"), "{reason}");
    let state = outcome.fleet.state_of(&name("luna"));
    assert_eq!(state.current, state.profile);
}

#[test]
fn a_wave_goes_back_together() {
    let pipeline = deploys(|deploy| {
        deploy.on_failure = OnFailure::RollBackWave;
        deploy.waves = vec![Share::Count(2)];
    });
    use HostResult::{RolledBack, Skipped};
    let outcome = Try::new(pipeline.clone()).fail("rydev:health").run();
    assert_eq!(outcome.results(), [RolledBack, RolledBack, Skipped, Skipped]);
    assert!(outcome.reason("luna").contains("wave 1 failed: rydev"), "{}", outcome.reason("luna"));
    assert_eq!(outcome.of("luna").before, outcome.of("luna").after);
    assert_eq!(Try::new(pipeline).run().results(), [HostResult::Succeeded; 4]);
}

/// Of the hosts of a tag, whatever is done to them: what is rebooted counts as what is activated.
#[test]
fn hosts_of_a_tag_are_away_so_many_at_once() {
    let mut case = Try::new(deploys(|deploy| deploy.reboot.when = RebootPolicy::Always));
    case.hosts = (0..8).map(|index| host(&format!("h{index}"))).collect();
    for (index, host) in case.hosts.iter_mut().enumerate() {
        host.tags = [if index < 6 { "quorum" } else { "edge" }.to_owned()].into();
    }
    case.tags = vec![TagPool { tag: Spanned::new("quorum".to_owned(), Span::NONE), limit: 2 }];
    case.slow = vec![(FaultStage::Activate, 5), (FaultStage::Reboot, 5)];
    case.rehearsal = false;
    let outcome = case.fail("h1:activate").run();
    assert_eq!(outcome.report.exit_code, 3);
    let mut away = BTreeSet::new();
    let mut most = 0;
    for event in &outcome.events {
        let is_change = |node: &NodeRef| matches!(&*node.step, "activate" | "reboot");
        match event {
            Event::NodeStarted(node) if is_change(node) => {
                let number = node.host.as_ref().unwrap().as_str()[1..].parse::<usize>().unwrap();
                if number < 6 {
                    away.insert(node.node);
                }
            }
            Event::NodeFinished { node, .. } => drop(away.remove(&node.node)),
            _ => {}
        }
        most = most.max(away.len());
    }
    assert_eq!(most, 2);
}

#[test]
fn limits_hold() {
    let mut pipeline = deploys(|deploy| deploy.at_once = Some(2));
    pipeline.build = Some(Build { at_once: Some(3), copy_at_once: Some(1), span: None });
    let mut case = Try::new(pipeline);
    case.hosts = (0..9).map(|index| host(&format!("h{index}"))).collect();
    use FaultStage::{Activate, Build as Builds, Copy, Probe};
    case.slow = vec![(Builds, 20), (Copy, 20), (Activate, 20), (Probe, 200)];
    case.rehearsal = false;
    let outcome = case.run();
    assert_eq!(outcome.report.exit_code, 0);
    let most = |stage| outcome.fleet.most_at_once(stage);
    assert!(most(Builds) <= 3 && most(Copy) == 1 && most(Activate) <= 2);
    assert!(most(Probe) > 3, "hosts without a limit go side by side");
}

struct Nobody;

impl Confirm for Nobody {
    fn is_possible(&self) -> Result<(), DriverError> {
        Err(DriverError::new(ErrorKind::Refusal, "there is no terminal to ask on").help("give --yes"))
    }

    fn ask(&self, _: &Question, _: Io<'_>) -> Result<bool, DriverError> {
        panic!("asked though it is not possible")
    }
}

struct No(AtomicBool);

impl Confirm for No {
    fn is_possible(&self) -> Result<(), DriverError> {
        Ok(())
    }

    fn ask(&self, question: &Question, _: Io<'_>) -> Result<bool, DriverError> {
        assert_eq!(question.changes.len(), 2);
        assert_eq!((question.unchanged, question.failed.len()), (1, 1));
        self.0.store(true, Ordering::SeqCst);
        Ok(false)
    }
}

#[test]
fn without_anybody_to_ask_nothing_is_touched() {
    let mut case = Try::new(deploys(|deploy| deploy.confirm = Confirmation::Once));
    case.confirm = Arc::new(Nobody);
    let (error, fleet) = case.try_run().err().unwrap();
    assert_eq!(error.kind, ErrorKind::Refusal);
    assert!(fleet.calls().is_empty());
}

#[test]
fn no_means_no() {
    let no = Arc::new(No(AtomicBool::new(false)));
    let mut case = Try::new(deploys(|deploy| deploy.confirm = Confirmation::Once)).fail("rydev:build");
    case.confirm = Arc::<No>::clone(&no);
    case.current = vec!["luna"];
    let outcome = case.run();
    assert!(no.0.load(Ordering::SeqCst));
    use HostResult::{Cancelled, Failed};
    assert_eq!(outcome.results(), [Cancelled, Failed, Cancelled, Cancelled]);
    assert_eq!(outcome.calls(FaultStage::Copy, "nixpi") + outcome.calls(FaultStage::Activate, "nixpi"), 0);
    assert_eq!(outcome.report.exit_code, 3, "a host failed, too");
}

/// Answers each question in turn and keeps what was asked.
struct Answers {
    answers: Vec<bool>,
    asked: Mutex<Vec<Question>>,
}

impl Confirm for Answers {
    fn is_possible(&self) -> Result<(), DriverError> {
        Ok(())
    }

    fn ask(&self, question: &Question, _: Io<'_>) -> Result<bool, DriverError> {
        let mut asked = self.asked.lock().unwrap();
        asked.push(question.clone());
        Ok(self.answers[asked.len() - 1])
    }
}

fn answers(answers: &[bool]) -> Arc<Answers> {
    Arc::new(Answers { answers: answers.to_vec(), asked: Mutex::default() })
}

#[test]
fn what_changes_is_shown_before_anybody_is_asked() {
    let no = answers(&[false]);
    let mut case = Try::new(deploys(|deploy| {
        deploy.confirm = Confirmation::Once;
        deploy.diff = true;
    }))
    .fail("rydev:diff");
    case.confirm = Arc::<Answers>::clone(&no);
    case.current = vec!["luna"];
    let outcome = case.run();
    let place = |wanted: &dyn Fn(&Event) -> bool| outcome.events.iter().position(wanted);
    let shown = |name: &str| {
        place(
            &|event| matches!(event, Event::Diff(diff) if diff.host.as_str() == name && !diff.diff.packages.is_empty()),
        )
    };
    let asked = place(&|event| matches!(event, Event::NodeStarted(node) if node.step == "confirm"));
    for host in ["nixos-bootstrap", "nixpi"] {
        assert!(shown(host).is_some() && shown(host) < asked, "{host} was not shown in time");
    }
    assert_eq!((shown("luna"), shown("rydev")), (None, None), "one has it, the other cannot be asked");
    let questions = no.asked.lock().unwrap();
    assert_eq!(questions.len(), 1);
    let units: Vec<&str> = questions[0]
        .changes
        .iter()
        .flat_map(|change| change.diff.as_ref().unwrap().carriers())
        .map(|unit| unit.unit.as_str())
        .collect();
    assert_eq!(units, ["sshd.service"; 2]);
    assert_eq!((questions[0].unchanged, questions[0].failed.len()), (1, 1));
    use HostResult::{Cancelled, Unreachable};
    assert_eq!(outcome.results(), [Cancelled, Unreachable, Cancelled, Cancelled]);
    assert_eq!(HOSTS.map(|host| outcome.calls(FaultStage::Activate, host)), [0; 4]);
}

#[test]
fn hosts_are_rebooted_by_policy() {
    let reboots = |when, action| {
        let mut case = Try::new(deploys(|deploy| {
            deploy.action = action;
            deploy.reboot.when = when;
        }));
        case.current = vec!["luna"];
        case.kernels = vec!["rydev"];
        let outcome = case.run();
        let calls = HOSTS.map(|host| outcome.calls(FaultStage::Reboot, host));
        let waiting: Vec<String> = outcome
            .report
            .hosts
            .iter()
            .filter(|host| !host.needs_reboot.is_empty())
            .map(|host| host.host.to_string())
            .collect();
        (calls, waiting, outcome.results())
    };
    use HostResult::{Succeeded, Unchanged};
    let all = vec![Unchanged, Succeeded, Succeeded, Succeeded];
    let rydev = vec!["rydev".to_owned()];
    let switch = Action::Switch;
    assert_eq!(reboots(RebootPolicy::Never, switch), ([0; 4], rydev, all.clone()));
    assert_eq!(reboots(RebootPolicy::IfNeeded, switch), ([0, 1, 0, 0], vec![], all.clone()));
    assert_eq!(reboots(RebootPolicy::Always, switch), ([0, 1, 1, 1], vec![], all.clone()));
    // What was only made the boot default is brought into use by nothing else.
    assert_eq!(reboots(RebootPolicy::IfNeeded, Action::Boot), ([0, 1, 1, 1], vec![], all));
}

#[test]
fn a_reboot_that_fails_stops_the_waves_and_is_told() {
    let mut pipeline = deploys(|deploy| {
        deploy.reboot.when = RebootPolicy::Always;
        deploy.waves = vec![Share::Count(2)];
        deploy.max_failures = Some(Tolerance::Count(0));
        deploy.on_failure = OnFailure::Stop;
    });
    pipeline.notify.clear();
    use HostResult::{Failed, Skipped, Succeeded, Unknown};
    let lost = Try::new(pipeline.clone()).fail("luna:reboot").run();
    assert_eq!(lost.results(), [Unknown, Succeeded, Skipped, Skipped]);
    assert_eq!(lost.report.exit_code, 3);
    let wrong = Try::new(pipeline.clone()).fail("luna:reboot=wrong").run();
    assert_eq!(wrong.results(), [Failed, Succeeded, Skipped, Skipped]);
    assert!(wrong.reason("luna").contains("it booted"), "{}", wrong.reason("luna"));
    let not_asked = Try::new(pipeline.clone()).fail("luna:reboot=refusal").run();
    assert_eq!(not_asked.results(), [HostResult::Degraded, Succeeded, Skipped, Skipped]);
    assert!(not_asked.reason("luna").starts_with("not rebooted: "), "{}", not_asked.reason("luna"));
    // A host whose activation failed is left alone, and counted once.
    pipeline.deploy.as_mut().unwrap().max_failures = Some(Tolerance::Count(1));
    let failed = Try::new(pipeline).fail("luna:activate").run();
    assert_eq!(failed.calls(FaultStage::Reboot, "luna"), 0);
    assert_eq!(failed.results(), [Failed, Succeeded, Succeeded, Succeeded]);
}

#[test]
fn each_wave_is_asked_for() {
    let yes_no = answers(&[true, false]);
    let mut case = Try::new(deploys(|deploy| {
        deploy.confirm = Confirmation::EachWave;
        deploy.waves = vec![Share::Count(2), Share::Count(1)];
    }));
    case.confirm = Arc::<Answers>::clone(&yes_no);
    let outcome = case.run();
    use HostResult::{Cancelled, Succeeded};
    assert_eq!(outcome.results(), [Succeeded, Succeeded, Cancelled, Cancelled]);
    assert_eq!(outcome.report.exit_code, 6);
    let asked = yes_no.asked.lock().unwrap();
    let asked: Vec<_> = asked.iter().map(|question| (question.wave, question.changes.len())).collect();
    assert_eq!(asked, [(Some(0), 2), (Some(1), 1)], "no third wave after a no");
    assert_eq!(HOSTS.map(|host| outcome.calls(FaultStage::Copy, host)), [1, 1, 0, 0]);
}

#[test]
fn nothing_to_change_is_not_asked_about() {
    let mut case = Try::new(deploys(|deploy| deploy.confirm = Confirmation::Once));
    case.current = HOSTS.to_vec();
    case.confirm = Arc::new(No(AtomicBool::new(false)));
    let outcome = case.run();
    assert_eq!(outcome.results(), [HostResult::Unchanged; 4]);
}

#[test]
fn a_stopped_run_tells_the_truth() {
    // While systems are built: no host was changed.
    let mut case = Try::new(pipeline());
    case.stop_at = Some("build");
    let outcome = case.run();
    assert_eq!(outcome.results(), [HostResult::Cancelled; 4]);
    assert_eq!(outcome.report.exit_code, 6);
    let told = &outcome.report.notifications;
    assert!(told.len() == 1 && told[0].reason.is_none(), "it is told all the same: {told:?}");
    assert_eq!(outcome.calls(FaultStage::Activate, "luna"), 0);

    // Between waves: what was activated stays told as such.
    let mut case = Try::new(deploys(|deploy| deploy.waves = vec![Share::Count(1)]));
    case.stop_at = Some("wave");
    let outcome = case.run();
    use HostResult::{Cancelled, Succeeded};
    assert_eq!(outcome.results(), [Succeeded, Cancelled, Cancelled, Cancelled]);
    assert_eq!(outcome.report.exit_code, 6);
}

#[test]
fn a_step_that_takes_too_long_is_stopped() {
    let mut pipeline = pipeline();
    pipeline.check = vec![Step { timeout: Some(Duration::from_millis(1)), ..step(StepKind::Flake) }];
    let mut case = Try::new(pipeline);
    // Far longer than anybody waits: it ends because it is stopped.
    case.slow = vec![(FaultStage::Flake, 3_600_000)];
    let outcome = case.run();
    assert_eq!(outcome.report.exit_code, 5);
    assert!(outcome.report.failures[0].reason.contains("took longer than 0.001 s"));
}

#[test]
fn the_fence_around_secrets_is_looked_at_once() {
    let mut pipeline = pipeline();
    pipeline.check = vec![step(StepKind::Secrets)];
    let outcome = Try::new(pipeline).run();
    assert_eq!((outcome.report.exit_code, outcome.report.skipped.len()), (0, 0));
    let passed = outcome.events.iter().filter(|event| {
        matches!(event, Event::NodeFinished { node, status: NodeStatus::Succeeded, .. } if node.step == "secrets")
    });
    assert_eq!(passed.count(), 1);
}

#[test]
fn pipelines_may_lack_stages() {
    let without = |change: &dyn Fn(&mut Pipeline)| {
        let mut pipeline = pipeline();
        change(&mut pipeline);
        pipeline
    };
    let built = Try::new(without(&|pipeline| pipeline.deploy = None)).run();
    assert_eq!(built.results(), [HostResult::Succeeded; 4]);
    assert_eq!(built.calls(FaultStage::Copy, "luna"), 0);
    let local = without(&|pipeline| {
        pipeline.deploy = None;
        pipeline.check.clear();
    });
    let mut case = Try::new(local);
    case.hosts.iter_mut().for_each(|host| host.build_on = BuildOn::Local);
    assert_eq!(case.run().calls(FaultStage::Probe, "luna"), 0, "a local build needs no connection");
    let checks = without(&|pipeline| (pipeline.build, pipeline.deploy) = (None, None));
    assert_eq!(Try::new(checks.clone()).run().report.exit_code, 0);
    let outcome = Try::new(checks).fail("flake").run();
    assert_eq!(outcome.report.exit_code, 5);
    assert_eq!(outcome.fleet.calls().iter().filter(|call| call.stage == FaultStage::Evaluate).count(), 0);
    let nothing = without(&|pipeline| {
        pipeline.check = vec![step(StepKind::Flake)];
        (pipeline.build, pipeline.deploy) = (None, None);
    });
    assert_eq!(Try::new(nothing.clone()).run().report.exit_code, 0);
    assert_eq!(Try::new(nothing).fail("flake").run().results(), [HostResult::Skipped; 4]);
}

#[test]
fn a_boot_does_not_touch_what_runs() {
    let outcome = Try::new(deploys(|deploy| deploy.action = Action::Boot)).run();
    assert_eq!(outcome.results(), [HostResult::Succeeded; 4]);
    let state = outcome.fleet.state_of(&name("luna"));
    assert_ne!(state.current, state.profile);
    assert_eq!(outcome.of("luna").after.as_ref().unwrap().number, Some(42));
    let dry = Try::new(deploys(|deploy| deploy.action = Action::DryActivate)).run();
    assert_eq!(dry.results(), [HostResult::Succeeded; 4]);
    assert_eq!(dry.of("luna").before, dry.of("luna").after);
}

#[test]
fn ten_thousand_hosts() {
    let mut case = Try::new(deploys(|deploy| deploy.waves = vec![Share::Count(1), Share::Percent(25)]));
    case.hosts = (0..10_000).map(|index| host(&format!("h{index}"))).collect();
    let outcome = case.fail("h77:build").run();
    assert_eq!(outcome.of("h77").result, HostResult::Failed);
    assert_eq!(outcome.results().iter().filter(|result| **result == HostResult::Succeeded).count(), 9_999);
}

fn fault() -> impl Strategy<Value = String> {
    let stage = prop::sample::select(vec![
        "probe",
        "probe=sudo",
        "disk",
        "cmd",
        "evaluate",
        "build",
        "copy",
        "copy=lost",
        "activate",
        "activate=exit4",
        "activate=lost",
        "verify",
        "verify=lost",
        "health",
        "roll_back",
        "roll_back=lost",
    ]);
    let run = prop::sample::select(vec!["flake", "vm", "task", "evaluate", "notify"]);
    prop_oneof![
        9 => (0_usize..8, stage).prop_map(|(host, stage)| format!("h{host}:{stage}")),
        1 => run.prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever fails: the report accounts for every node and host (see `assert_complete`), says good of no host that
    /// does not have its system, and hosts without a fault only suffer from the run or its waves.
    #[test]
    fn any_failures(
        faults in prop::collection::vec(fault(), 0..5),
        waves in prop::collection::vec(1_usize..4, 0..3),
        on_failure in prop::sample::select(vec![
            OnFailure::Continue, OnFailure::Stop, OnFailure::RollBackHost, OnFailure::RollBackWave,
        ]),
        at_once in prop::option::of(1_usize..3),
        stop_at in prop::option::weighted(0.2, prop::sample::select(vec!["probe", "build", "copy", "activate"])),
    ) {
        let mut case = Try::new(deploys(|deploy| {
            deploy.waves = waves.iter().copied().map(Share::Count).collect();
            (deploy.on_failure, deploy.at_once) = (on_failure, at_once);
        }));
        case.hosts = (0..8).map(|index| host(&format!("h{index}"))).collect();
        case.stop_at = stop_at;
        for fault in &faults {
            case = case.fail(fault);
        }
        let outcome = case.run();
        let pristine = Rehearsal::new((0..8).map(|index| name(&format!("h{index}"))), []);
        for report in &outcome.report.hosts {
            let state = outcome.fleet.state_of(&report.host);
            let old = pristine.state_of(&report.host);
            match report.result {
                HostResult::Succeeded => {
                    prop_assert!(state.current != old.current && state.profile == state.current);
                }
                // What is not proven does not boot.
                HostResult::Degraded => prop_assert!(
                    state.current != old.current && [&state.current, &old.profile].contains(&&state.profile)
                ),
                HostResult::Unknown => {}
                _ => prop_assert_eq!(state.current, old.current),
            }
            let own = faults.iter().any(|fault| fault.starts_with(&format!("{}:", report.host)));
            let of_run = faults.iter().any(|fault| !fault.contains(':'));
            let by_wave = matches!(report.result, HostResult::Skipped | HostResult::RolledBack);
            if !own && !of_run && stop_at.is_none() && !by_wave {
                prop_assert_eq!(report.result, HostResult::Succeeded);
            }
        }
        let reports = outcome.plan.nodes.iter().filter(|node| matches!(node.kind, NodeKind::Report));
        prop_assert_eq!(reports.count(), 1);
    }
}

/// Delivers nothing by one service.
struct Without(fleet::model::Service, std::sync::Mutex<Vec<&'static str>>);

impl fleet::driver::Notify for Without {
    fn send(
        &self,
        channel: &fleet::driver::Channel,
        _: &fleet::driver::Message,
        _: fleet::driver::Io<'_>,
    ) -> Result<(), fleet::driver::DriverError> {
        self.1.lock().unwrap().push(channel.service.word());
        if channel.service == self.0 {
            let kind = fleet::driver::ErrorKind::NoAnswer;
            return Err(fleet::driver::DriverError::new(kind, "its host cannot be reached"));
        }
        Ok(())
    }
}

struct Plain;

impl fleet::driver::Render for Plain {
    fn render(&self, text: &Text, _: Option<&Host>) -> Result<String, fleet::driver::DriverError> {
        Ok(text.raw().to_owned())
    }
}

struct Deaf;

impl fleet::driver::Output for Deaf {
    fn line(&self, _: fleet::process::Stream, _: &str) {}
}

#[test]
fn a_fallback_is_tried_only_where_the_first_is_not_delivered() {
    let of = |service| Notification::new(service, Text::nowhere("x"), Span::NONE);
    let named = Notification { name: Some("ops".to_owned()), ..of(Service::Slack) };
    let both = Notification { fallback: Some(Box::new(named)), ..of(Service::Ntfy) };
    let message = fleet::driver::Message {
        title: String::new(),
        text: String::new(),
        urgent: false,
        report: serde_json::Value::Null,
    };
    let deliver = |without, notification: &Notification| {
        let notify = Without(without, std::sync::Mutex::default());
        let cancel = Cancel::new();
        let io = fleet::driver::Io { output: &Deaf, cancel: &cancel };
        let result = fleet::executor::channel::deliver(notification, &message, (&Plain, &notify), io);
        (result.map_err(|error| error.message), notify.1.into_inner().unwrap())
    };
    assert_eq!(deliver(Service::Gotify, &both), (Ok(None), vec!["ntfy"]));
    let by = "by slack ops, since ntfy: its host cannot be reached".to_owned();
    assert_eq!(deliver(Service::Ntfy, &both), (Ok(Some(by)), vec!["ntfy", "slack"]));
    let again = Notification { fallback: Some(Box::new(of(Service::Ntfy))), ..of(Service::Ntfy) };
    let neither = "ntfy: its host cannot be reached; ntfy: its host cannot be reached".to_owned();
    assert_eq!(deliver(Service::Ntfy, &again), (Err(neither), vec!["ntfy", "ntfy"]));
}

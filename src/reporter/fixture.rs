//! Events of a run over three hosts, for the tests of several reporters.

use super::{Reporter, Sink};
use crate::driver::{Carrier, Guarded, Watchdog};
use crate::executor::event::{
    Delivery, Event, Failure, Generation, HostReport, HostResult, NodeRef, NodeStatus, RunReport, RunStarted,
    Stamped,
};
use crate::model::HostName;
use crate::plan::Stage;
use crate::process::Stream;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// A sink's other end.
#[derive(Clone, Default)]
pub(super) struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    pub(super) fn sink(&self) -> Sink {
        Sink::new(self.clone())
    }

    /// What was written since the last call.
    pub(super) fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

pub(super) fn host(name: &str) -> HostName {
    HostName::new(name).unwrap()
}

pub(super) fn node(number: u32, stage: Stage, step: &str, name: &str) -> NodeRef {
    let host = (!name.is_empty()).then(|| host(name));
    NodeRef { node: number, stage, step: step.to_owned(), host }
}

pub(super) fn feed(reporter: &mut dyn Reporter, events: impl IntoIterator<Item = (u64, Event)>) {
    events.into_iter().for_each(|(at_ms, event)| reporter.event(&Stamped { at_ms, event }));
}

pub(super) fn run_started(rehearsal: bool, hosts: &[&str]) -> Event {
    Event::RunStarted(RunStarted {
        version: 1,
        run: "20261123T091500Z-abc123".to_owned(),
        name: "apply-nixos".to_owned(),
        started: "2026-11-23T09:15:00Z".to_owned(),
        rehearsal,
        hosts: hosts.iter().map(|name| host(name)).collect(),
        nodes: 9,
        revision: Some("1a2b3c-dirty".to_owned()),
    })
}

pub(super) fn output(node: &NodeRef, line: &str) -> Event {
    Event::Output { node: node.clone(), stream: Stream::Stderr, line: line.to_owned() }
}

pub(super) fn finished(node: &NodeRef, status: NodeStatus, took_ms: u64, message: Option<&str>) -> Event {
    Event::NodeFinished { node: node.clone(), status, took_ms, message: message.map(str::to_owned) }
}

pub(super) fn host_report(name: &str, result: HostResult, before: u64, after: Option<u64>) -> HostReport {
    let generation =
        |number| Generation { number: Some(number), path: format!("/nix/store/{number:032}-nixos-system") };
    HostReport {
        host: host(name),
        result,
        stage: if result == HostResult::Failed { Stage::Build } else { Stage::Deploy },
        reason: (result == HostResult::Failed).then(|| "the system does not build".to_owned()),
        before: Some(generation(before)),
        after: after.map(generation),
        needs_reboot: Vec::new(),
        built_on: None,
        guarded: (result == HostResult::Succeeded)
            .then_some(Guarded { activation: Carrier::Unit, watchdog: Watchdog::Timer }),
        took_ms: 14_230,
    }
}

pub(super) fn report(rehearsal: bool, hosts: Vec<HostReport>) -> RunReport {
    RunReport {
        version: 1,
        run: "20261123T091500Z-abc123".to_owned(),
        name: "apply-nixos".to_owned(),
        rehearsal,
        exit_code: u8::from(hosts.iter().any(|host| !host.result.is_good())),
        hosts,
        failures: Vec::new(),
        skipped: Vec::new(),
        notifications: Vec::new(),
        took_ms: 42_000,
    }
}

/// A run in which one host gets a new system, one has it, and one does not build.
pub(super) fn mixed_run(rehearsal: bool) -> Vec<(u64, Event)> {
    let flake = node(0, Stage::Check, "flake", "");
    let derivation = node(1, Stage::Build, "derivation", "rydev");
    let build = node(2, Stage::Build, "build", "rydev");
    let copy = node(3, Stage::Deploy, "copy", "luna");
    let skipped = node(4, Stage::Deploy, "copy", "rydev");
    let hosts = vec![
        host_report("luna", HostResult::Succeeded, 41, Some(42)),
        host_report("rydev", HostResult::Failed, 7, None),
        host_report("nixpi", HostResult::Unchanged, 17, Some(17)),
    ];
    let delivery = Delivery { target: "ntfy".to_owned(), delivered: !rehearsal, rehearsal, reason: None };
    let mut last = report(rehearsal, hosts.clone());
    last.skipped.push(Failure {
        step: "flake".to_owned(),
        reason: "checks of aarch64-linux: no builder for that system".to_owned(),
    });
    last.notifications.push(delivery.clone());
    let mut events = vec![
        (0, run_started(rehearsal, &["luna", "rydev", "nixpi"])),
        (10, Event::NodeStarted(flake.clone())),
        (20, output(&flake, "checking flake...")),
        (900, finished(&flake, NodeStatus::Succeeded, 890, None)),
        (901, Event::NodeStarted(derivation.clone())),
        (902, finished(&derivation, NodeStatus::Succeeded, 1, None)),
        (903, Event::NodeStarted(build.clone())),
        (904, Event::NodeStarted(copy.clone())),
        (905, output(&build, "building '/nix/store/0c1d-broken.drv'...")),
        (906, output(&copy, "\x1b[1mcopying\x1b[0m 3 paths\r")),
        (907, output(&build, "\x1b[31merror:\x1b[0m builder for '/nix/store/0c1d-broken.drv' failed")),
        (2_000, finished(&build, NodeStatus::Failed, 1_097, Some("the system does not build"))),
        (2_001, finished(&skipped, NodeStatus::Skipped, 0, Some("`build` failed"))),
        (3_000, finished(&copy, NodeStatus::Succeeded, 2_096, None)),
    ];
    events.extend(hosts.into_iter().map(|host| (3_100, Event::HostFinished(host))));
    events.push((3_200, Event::Notified(delivery)));
    events.push((42_000, Event::RunFinished(last)));
    events
}

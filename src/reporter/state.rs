//! What the events so far say about each host: what runs, since when, and its last lines. Knows no output.

use crate::executor::event::{Event, HostReport, NodeRef, NodeStatus, RunStarted, Stamped, TaskEvent};
use crate::model::HostName;
use indexmap::IndexMap;
use std::collections::VecDeque;

/// Lines of a tool's own words that are kept for the report.
const TAIL: usize = 12;

/// Steps that take no time and say nothing of their own.
const BOOKKEEPING: [&str; 3] = ["derivation", "wave", "report"];

/// Whether a step is worth a line when all is well.
pub(super) fn is_bookkeeping(node: &NodeRef) -> bool {
    BOOKKEEPING.contains(&node.step.as_str())
}

/// What a node is called: its stage, and its step where that says more.
pub(super) fn label(node: &NodeRef) -> String {
    let stage = node.stage.word();
    if stage == node.step { stage.to_owned() } else { format!("{stage}: {}", node.step) }
}

/// The state of a run.
#[derive(Debug, Default)]
pub(super) struct RunState {
    pub(super) started: Option<RunStarted>,
    pub(super) hosts: IndexMap<HostName, Lane>,
    /// What is done once for the run.
    pub(super) whole: Lane,
    pub(super) nodes_finished: usize,
    pub(super) warnings: Vec<String>,
}

/// One host's nodes, or those of the run as a whole.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub(super) running: Vec<Running>,
    /// Its last line of output.
    pub(super) last: String,
    pub(super) report: Option<HostReport>,
    /// The last lines of the node that failed first, oldest first.
    pub(super) failed: Option<Vec<String>>,
    /// What ended last.
    pub(super) ended: Option<(String, NodeStatus)>,
}

#[derive(Debug)]
pub(super) struct Running {
    pub(super) node: u32,
    pub(super) label: String,
    pub(super) since_ms: u64,
    tail: VecDeque<String>,
}

impl RunState {
    pub(super) fn event(&mut self, event: &Stamped) {
        match &event.event {
            Event::RunStarted(started) => {
                self.hosts = started.hosts.iter().map(|host| (host.clone(), Lane::default())).collect();
                self.started = Some(started.clone());
            }
            Event::NodeStarted(node) => self.lane(node).start(node, event.at_ms),
            Event::Output { node, line, .. } => self.lane(node).output(node.node, line),
            Event::NodeFinished { node, status, .. } => {
                self.nodes_finished += 1;
                self.lane(node).finish(node, *status);
            }
            Event::HostFinished(report) => {
                self.hosts.entry(report.host.clone()).or_default().report = Some(report.clone());
            }
            Event::Task(TaskEvent::Warning { text }) => self.warnings.push(text.clone()),
            Event::Diff(_) | Event::Notified(_) | Event::RunFinished(_) | Event::Task(_) => {}
        }
    }

    pub(super) fn rehearsal(&self) -> bool {
        self.started.as_ref().is_some_and(|started| started.rehearsal)
    }

    fn lane(&mut self, node: &NodeRef) -> &mut Lane {
        match &node.host {
            Some(host) => self.hosts.entry(host.clone()).or_default(),
            None => &mut self.whole,
        }
    }
}

impl Lane {
    fn start(&mut self, node: &NodeRef, at_ms: u64) {
        self.last.clear();
        let tail = VecDeque::new();
        self.running.push(Running { node: node.node, label: label(node), since_ms: at_ms, tail });
    }

    fn output(&mut self, node: u32, line: &str) {
        if !line.trim().is_empty() {
            self.last.clear();
            self.last.push_str(line);
        }
        let Some(running) = self.running.iter_mut().find(|running| running.node == node) else { return };
        // The oldest line's memory serves the newest: a build may print a million of them.
        let mut kept =
            if running.tail.len() == TAIL { running.tail.pop_front() } else { None }.unwrap_or_default();
        kept.clear();
        kept.push_str(line);
        running.tail.push_back(kept);
    }

    fn finish(&mut self, node: &NodeRef, status: NodeStatus) {
        self.ended = Some((label(node), status));
        let Some(at) = self.running.iter().position(|running| running.node == node.node) else { return };
        let ended = self.running.remove(at);
        if status == NodeStatus::Failed && self.failed.is_none() {
            self.failed = Some(ended.tail.into());
        }
    }
}

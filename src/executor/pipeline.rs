//! Runs the plan of a pipeline. One loop on the caller's thread owns all state: it starts what the schedule allows,
//! hands driver calls to workers, takes their messages and tells reporters. It never waits for one node.

use super::answer::timed_out;
use super::begin::Next;
use super::drivers::Drivers;
use super::event::RunReport;
use super::node::{self, Answer, Input, Shared};
use super::reporter::Reporter;
use super::resumed::Resumed;
use super::run_state::RunState;
use super::schedule::Schedule;
use super::workers::Workers;
use crate::driver::{DriverError, Output};
use crate::model::Action;
use crate::plan::{NodeId, NodeKind, Plan};
use crate::process::{Cancel, Stop, Stream};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// Nodes that run at once, whatever pools allow: each may hold a thread, a process and its pipes.
const AT_ONCE: usize = 512;
/// A rehearsal waits for nothing, so that more would only take turns.
const AT_ONCE_IN_REHEARSAL: usize = 4;
/// Messages that workers may be ahead of the coordinator: a chatty one waits rather than fill the memory.
const MESSAGES: usize = 4096;
/// How often the coordinator looks up when nothing happens.
const TICK: Duration = Duration::from_millis(100);
/// How long a step whose time is over has to end before it is asked harder.
const GRACE: Duration = Duration::from_secs(5);

/// What a run is told by its caller.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The run's id.
    pub run: String,
    /// Start, RFC 3339.
    pub started: String,
    /// No host is touched.
    pub rehearsal: bool,
    /// Where `cmd:` steps run.
    pub dir: PathBuf,
    /// Hosts that run a newer revision than the flake's are deployed to as well.
    pub allow_older: bool,
    /// What an earlier run has proven, where this one goes on with it.
    pub resumed: Option<Resumed>,
}

/// Runs a plan to its end and gives the report that reporters got, too.
///
/// `cancel` at [`Stop::Interrupt`] starts nothing new and asks what runs to end; what was done is verified, reported
/// and notified all the same. [`Stop::Terminate`] gives that up as well.
///
/// # Errors
/// The run was refused before it began: it must be confirmed and there is nobody to ask. No event was sent.
pub fn run(
    plan: &Arc<Plan>,
    drivers: &Drivers,
    options: &RunOptions,
    cancel: &Cancel,
    reporter: &mut dyn Reporter,
) -> Result<RunReport, DriverError> {
    if plan.nodes.iter().any(|node| matches!(node.kind, NodeKind::Confirm { .. })) {
        drivers.confirm.is_possible()?;
    }
    // What hosts had before comes from another revision than the tree's.
    let is_rollback = plan.nodes.iter().any(|node| matches!(node.kind, NodeKind::Generation(_)));
    let revision = drivers.flake.revision().filter(|_| !is_rollback);
    let shared = Arc::new(Shared {
        plan: Arc::clone(plan),
        drivers: drivers.clone(),
        run: options.run.clone(),
        dir: options.dir.clone(),
        refuses_older: !options.allow_older && changes_hosts(plan),
        copies: plan.nodes.iter().any(|node| matches!(node.kind, NodeKind::Copy)),
        pauses: !options.rehearsal,
        insist: Cancel::new(),
    });
    let at_once = if options.rehearsal { AT_ONCE_IN_REHEARSAL } else { AT_ONCE };
    let (sender, messages) = sync_channel(MESSAGES);
    let mut coordinator = Coordinator {
        schedule: Schedule::new(plan, at_once),
        state: RunState::new(plan, options, reporter),
        shared,
        workers: Workers::default(),
        running: HashMap::new(),
        deadlines: BinaryHeap::new(),
        cancel,
        cancelled: None,
        sender,
    };
    coordinator.state.begin(revision);
    coordinator.run(&messages);
    Ok(coordinator.state.end())
}

/// Whether hosts get a system of the flake.
fn changes_hosts(plan: &Plan) -> bool {
    let kinds = || plan.nodes.iter().map(|node| &node.kind);
    kinds().any(|kind| matches!(kind, NodeKind::Evaluate))
        && kinds()
            .any(|kind| matches!(kind, NodeKind::Activate { action, .. } if *action != Action::DryActivate))
}

/// What a worker says.
enum Message {
    Line { node: NodeId, stream: Stream, line: String },
    Ended { node: NodeId, result: Result<Answer, DriverError> },
}

struct Running {
    since: Instant,
    cancel: Cancel,
    timeout: Option<Duration>,
    timed_out: bool,
}

struct Coordinator<'p> {
    schedule: Schedule<'p>,
    state: RunState<'p>,
    shared: Arc<Shared>,
    workers: Workers,
    running: HashMap<NodeId, Running>,
    /// When steps have to be asked to end, and how hard.
    deadlines: BinaryHeap<Reverse<(Instant, NodeId, u8)>>,
    cancel: &'p Cancel,
    cancelled: Option<Stop>,
    sender: SyncSender<Message>,
}

impl Coordinator<'_> {
    fn run(&mut self, messages: &Receiver<Message>) {
        let mut tick = Instant::now() + TICK;
        loop {
            self.follow_cancel();
            self.start();
            if self.schedule.is_done() || self.schedule.running() == 0 {
                return;
            }
            let now = Instant::now();
            if now >= tick {
                tick = now + TICK;
                self.state.tick();
            }
            let wait = self.next_deadline().map_or(tick, |deadline| deadline.min(tick));
            match messages.recv_timeout(wait.saturating_duration_since(now)) {
                Ok(message) => {
                    self.take(message);
                    for message in messages.try_iter().take(MESSAGES) {
                        self.take(message);
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
            self.enforce_deadlines();
        }
    }

    /// Starts all that may start, and tells what was decided without being started.
    fn start(&mut self) {
        loop {
            while let Some((id, unstarted)) = self.schedule.next_unstarted() {
                self.state.never_started(id, unstarted);
            }
            let Some(id) = self.schedule.start() else {
                return;
            };
            match self.state.start(id) {
                Next::Ended(result) => {
                    let ended = self.state.finish(id, *result, Duration::ZERO);
                    self.schedule.finish(id, ended);
                }
                Next::Work(input) => self.spawn(id, *input),
            }
        }
    }

    fn spawn(&mut self, id: NodeId, input: Input) {
        let node = self.shared.plan.node(id);
        // What tells of the run, and what brings a host back, is carried out after a first Ctrl-C, too.
        let insists = node.is_some_and(|node| {
            node.kind.outlives_cancel()
                || matches!(node.kind, NodeKind::RollBack { .. } | NodeKind::Reboot { .. })
        });
        let cancel = if insists { self.shared.insist.child() } else { self.cancel.child() };
        let timeout = node.and_then(|node| match &node.kind {
            NodeKind::Check(step) => step.timeout,
            // Those of hosts are timed by what runs them.
            NodeKind::Hook { hook, .. } if node.host.is_none() => Some(hook.timeout),
            _ => None,
        });
        let since = Instant::now();
        if let Some(at) = timeout.and_then(|timeout| since.checked_add(timeout)) {
            self.deadlines.push(Reverse((at, id, 0)));
        }
        self.running.insert(id, Running { since, cancel: cancel.clone(), timeout, timed_out: false });
        let (shared, sender) = (Arc::clone(&self.shared), self.sender.clone());
        self.workers.run(move || {
            let lines = Lines { node: id, sender: sender.clone() };
            let result = node::run(&shared, id, input, &lines, &cancel);
            // The coordinator is gone only after every node has ended.
            let _ = sender.send(Message::Ended { node: id, result });
        });
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Line { node, stream, line } => self.state.line(node, stream, line),
            Message::Ended { node, result } => {
                let running = self.running.remove(&node);
                let took = running.as_ref().map(|running| running.since.elapsed()).unwrap_or_default();
                let result = match (result, running) {
                    (Err(error), Some(Running { timed_out: true, timeout: Some(timeout), .. })) => {
                        Err(timed_out(error, timeout))
                    }
                    (result, _) => result,
                };
                let ended = self.state.finish(node, result, took);
                self.schedule.finish(node, ended);
            }
        }
    }

    fn follow_cancel(&mut self) {
        let requested = self.cancel.requested();
        if requested <= self.cancelled {
            return;
        }
        if self.cancelled.is_none() {
            self.state.stop();
            self.schedule.cancel();
        }
        if let Some(stop @ (Stop::Terminate | Stop::Kill)) = requested {
            self.shared.insist.stop(stop);
        }
        self.cancelled = requested;
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.peek().map(|Reverse((at, ..))| *at)
    }

    fn enforce_deadlines(&mut self) {
        let now = Instant::now();
        while self.next_deadline().is_some_and(|at| at <= now) {
            let Some(Reverse((_, id, level))) = self.deadlines.pop() else { return };
            let Some(running) = self.running.get_mut(&id) else { continue };
            running.timed_out = true;
            running.cancel.stop(match level {
                0 => Stop::Interrupt,
                1 => Stop::Terminate,
                _ => Stop::Kill,
            });
            if level < 2 {
                self.deadlines.push(Reverse((now + GRACE, id, level + 1)));
            }
        }
    }
}

/// Sends a node's lines to the coordinator.
struct Lines {
    node: NodeId,
    sender: SyncSender<Message>,
}

impl Output for Lines {
    fn line(&self, stream: Stream, line: &str) {
        let _ = self.sender.send(Message::Line { node: self.node, stream, line: line.to_owned() });
    }
}

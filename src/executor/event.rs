//! The one public vocabulary of what happens in a run. Reporters and the journal consume it; nothing else tells them
//! anything. The JSON form is versioned by [`VERSION`]; fields are only ever added within a version.

use super::explanation::Explanation;
use crate::driver::{Guarded, SystemDiff};
use crate::model::HostName;
use crate::plan::Stage;
use crate::process::Stream;
use serde::Serialize;

/// Version of the JSON form.
pub const VERSION: u32 = 1;

/// An event and when it was met.
#[derive(Debug, Clone, Serialize)]
pub struct Stamped {
    /// Milliseconds since the start of the run.
    pub at_ms: u64,
    /// The event.
    #[serde(flatten)]
    pub event: Event,
}

/// Something that happened.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A pipeline run begins. The first event.
    RunStarted(RunStarted),
    /// A node begins.
    NodeStarted(NodeRef),
    /// A line of a node's output, without its line end. Kept in the host's log, not in the journal.
    Output {
        /// The node.
        #[serde(flatten)]
        node: NodeRef,
        /// Where it was written.
        stream: Stream,
        /// The text.
        line: String,
    },
    /// A node has ended; each node of a plan ends exactly once.
    NodeFinished {
        /// The node.
        #[serde(flatten)]
        node: NodeRef,
        /// How.
        status: NodeStatus,
        /// How long it ran, in milliseconds.
        took_ms: u64,
        /// Why it failed or was skipped, or what it found.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// What a host would get, before anybody is asked (`--diff`); not for a host that has the system already.
    Diff(HostDiff),
    /// A host's result is known; once for each selected host.
    HostFinished(HostReport),
    /// A notification was sent, or not.
    Notified(Delivery),
    /// The run is over. The last event.
    RunFinished(RunReport),
    /// Something that `task` prints about a task.
    Task(TaskEvent),
}

/// How a run begins.
#[derive(Debug, Clone, Serialize)]
pub struct RunStarted {
    /// [`VERSION`].
    pub version: u32,
    /// The run's id, also the name of its directory under `.fleet/runs`.
    pub run: String,
    /// What was asked for.
    pub name: String,
    /// Start, RFC 3339.
    pub started: String,
    /// No host is touched.
    pub rehearsal: bool,
    /// The selected hosts.
    pub hosts: Vec<HostName>,
    /// Number of nodes of the plan.
    pub nodes: usize,
    /// Revision of the flake, with `-dirty` where the tree was; absent where there is none.
    pub revision: Option<String>,
}

/// Which node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeRef {
    /// Its id in the plan.
    pub node: u32,
    /// Its stage.
    pub stage: Stage,
    /// What it does, in one word.
    pub step: String,
    /// Its host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<HostName>,
}

/// How a node ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeStatus {
    /// It did what it should.
    Succeeded,
    /// It did not.
    Failed,
    /// It was not run, because of what came before it or because it does not apply.
    Skipped,
    /// It was stopped, or not started, because the run was.
    Cancelled,
}

/// What became of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HostResult {
    /// Proven to run (or boot, or hold) the intended system.
    Succeeded,
    /// It did already; nothing was done.
    Unchanged,
    /// The new system is active, but not all of it works.
    Degraded,
    /// Back on the old system, proven.
    RolledBack,
    /// Not deployed; still on the old system, as far as is known.
    Failed,
    /// Not tried, because of something that is not the host's fault.
    Skipped,
    /// No connection before anything was changed.
    Unreachable,
    /// The run was stopped before the host was changed.
    Cancelled,
    /// It was touched and cannot be asked what it runs now.
    Unknown,
}

impl HostResult {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Unchanged => "unchanged",
            Self::Degraded => "degraded",
            Self::RolledBack => "rolled_back",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Unreachable => "unreachable",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the host is as the run wanted it.
    #[must_use]
    pub fn is_good(self) -> bool {
        matches!(self, Self::Succeeded | Self::Unchanged)
    }
}

/// A system that a host runs or will boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Generation {
    /// Number of the profile's generation, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// Store path.
    pub path: String,
}

/// What a host would get.
#[derive(Debug, Clone, Serialize)]
pub struct HostDiff {
    /// The host.
    pub host: HostName,
    /// What it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What it would get.
    pub after: String,
    /// The difference.
    #[serde(flatten)]
    pub diff: SystemDiff,
}

/// The last word on a host.
#[derive(Debug, Clone, Serialize)]
pub struct HostReport {
    /// The host.
    pub host: HostName,
    /// The result.
    pub result: HostResult,
    /// The stage it got to.
    pub stage: Stage,
    /// Why, where it is not good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What ran before; with the action `boot`, what would have booted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Generation>,
    /// What runs now (with `boot`: what will), as the host itself says; absent where it was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Generation>,
    /// Parts of what runs that only a reboot brings into use: `kernel`, `initrd`, `kernel-modules`, `systemd`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs_reboot: Vec<String>,
    /// Where its system was built: `target` (the host itself), `local`, or a builder; absent where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub built_on: Option<String>,
    /// How its activation was guarded; absent where nothing was activated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guarded: Option<Guarded>,
    /// Time spent on its nodes, in milliseconds.
    pub took_ms: u64,
}

/// What became of a notification.
#[derive(Debug, Clone, Serialize)]
pub struct Delivery {
    /// The service, such as `ntfy`, and the notification's name; never an address, which may hold a secret.
    pub target: String,
    /// Whether the other side took it.
    pub delivered: bool,
    /// Rendered only, because the run is a rehearsal.
    pub rehearsal: bool,
    /// The error, where it was not delivered; where its fallback was, which one and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The whole result of a run.
#[derive(Debug, Clone, Serialize)]
pub struct RunReport {
    /// [`VERSION`].
    pub version: u32,
    /// The run's id.
    pub run: String,
    /// What was asked for.
    pub name: String,
    /// No host was touched.
    pub rehearsal: bool,
    /// The exit code of the program.
    pub exit_code: u8,
    /// Every selected host.
    pub hosts: Vec<HostReport>,
    /// Every node that failed and is not about one host; notifications have a list of their own.
    pub failures: Vec<Failure>,
    /// Checks that were not made, with the reason: never counted as passed.
    pub skipped: Vec<Failure>,
    /// Every notification.
    pub notifications: Vec<Delivery>,
    /// How long the run took, in milliseconds.
    pub took_ms: u64,
}

/// A failed or skipped step that is about the whole run.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// The step.
    pub step: String,
    /// Why.
    pub reason: String,
}

/// Colour and stream of a line that only `--verbose` shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Magenta on standard error: something starts or ends, a dynamic variable has its value.
    Progress,
    /// Yellow on standard output: a condition, a status command, a signal.
    Note,
    /// Yellow on standard error: an error that is ignored.
    Ignored,
    /// Red on standard error: a task failed.
    Failed,
    /// Green on standard output: a directory is watched from now on.
    Watched,
}

/// What `task` prints about tasks, in the order it happens (go-task 3.54).
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "task_event", rename_all = "snake_case")]
pub enum TaskEvent {
    /// `task: [NAME] COMMAND`
    Command {
        /// Label or name.
        task: String,
        /// The rendered command, secrets masked.
        command: String,
    },
    /// `task: Task "NAME" is up to date`
    UpToDate {
        /// Label or name; the prefix in prefixed output.
        task: String,
    },
    /// `task: MESSAGE` of a precondition that does not hold.
    PreconditionFailed {
        /// The task.
        task: String,
        /// Its message.
        message: String,
    },
    /// Why a task runs or does not (`--explain`), before it does.
    Explained(Explanation),
    /// A line that only `--verbose` shows, as `task` words it, without the leading `task: `.
    Verbose {
        /// Its colour and stream.
        tone: Tone,
        /// The text.
        text: String,
    },
    /// `task: Started watching for tasks: NAMES`
    Watching {
        /// As called.
        tasks: Vec<String>,
    },
    /// `task: task "NAME" finished running`, which only `--watch` says.
    Finished {
        /// As called.
        task: String,
    },
    /// A prompt and how it was answered without asking.
    Assumed {
        /// The question.
        question: String,
    },
    /// Something that went wrong and stops nothing.
    Warning {
        /// The text.
        text: String,
    },
}

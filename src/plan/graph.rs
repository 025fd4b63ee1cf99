//! The plan's data: nodes, edges in compressed rows, pools. Knows no executor.

use crate::model::{
    Action, Health, Hook, Host, Notification, OnFailure, Proof, Quiesce, Reboot, Step, StepKind,
};
use serde::Serialize;
use std::sync::Arc;

/// Index of a node in [`Plan::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct NodeId(pub u32);

/// Index of a host in [`Plan::hosts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct HostId(pub u32);

/// Index of a pool in [`Plan::pools`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct PoolId(pub u32);

/// The stage a node belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Everything before the build.
    Check,
    /// Evaluation and build.
    Build,
    /// Confirmation, copy, activation, verification.
    Deploy,
    /// Notifications.
    Notify,
    /// Plain tasks outside of pipelines.
    Task,
}

impl Stage {
    /// Its name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Build => "build",
            Self::Deploy => "deploy",
            Self::Notify => "notify",
            Self::Task => "task",
        }
    }
}

/// One unit of work. It runs at most once.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it does.
    pub kind: NodeKind,
    /// Where it belongs.
    pub stage: Stage,
    /// The host it is about; `None` for what is done once for the run.
    pub host: Option<HostId>,
    /// The pool of its stage, whose limit it counts against.
    pub pool: Option<PoolId>,
    /// Pools of tags of its host. It runs only while it has a place in each of them and in `pool`.
    pub tag_pools: Arc<[PoolId]>,
}

impl Node {
    /// All pools whose limits it counts against.
    pub fn pools(&self) -> impl Iterator<Item = PoolId> {
        self.pool.into_iter().chain(self.tag_pools.iter().copied())
    }
}

/// What a node does.
#[derive(Debug, Clone)]
pub enum NodeKind {
    /// Connects and asks the host what it is: system, free space, current system, privileges. The first node of each
    /// host; a wrong or missing sudo password is found here.
    Probe,
    /// Every host has been asked how to become root there: what is after it is not begun while a password may be missing.
    Access,
    /// A step of the check stage.
    Check(Arc<Step>),
    /// A command around a stage other than `deploy`.
    Hook {
        /// The command.
        hook: Arc<Hook>,
        /// The stage that it is around.
        stage: Stage,
        /// After the stage instead of before it.
        after: bool,
    },
    /// Evaluates the derivation paths of all hosts at once; a host that does not evaluate fails alone.
    Evaluate,
    /// Takes this host's part of the evaluation's result; fails when the host did not evaluate.
    Derivation,
    /// Finds the system of a generation that the host has: of that number, or without one the one before its current
    /// one.
    Generation(Option<u64>),
    /// Builds the host's system.
    Build,
    /// Finds what the system that was copied would change on the host.
    Diff {
        /// The verb.
        action: Action,
    },
    /// Asks before hosts are touched.
    Confirm {
        /// Number of the wave that is asked for, from 0; all hosts when absent.
        wave: Option<usize>,
    },
    /// Copies the closure to the host and protects it by a GC root.
    Copy,
    /// Activates, then proves the result.
    Activate {
        /// The verb.
        action: Action,
        /// Run before.
        before: Arc<[Hook]>,
        /// Health checks afterwards.
        health: Arc<[Health]>,
        /// Run after it, when the host is well.
        after: Arc<[Hook]>,
        /// Held by the host until the result is known.
        quiesce: Option<Arc<Quiesce>>,
        /// What a failure means.
        on_failure: OnFailure,
        /// How it is followed and proven.
        proof: Arc<Proof>,
        /// Number of the wave, from 0.
        wave: usize,
    },
    /// Reboots the host, if that is the policy, and proves that it is back with its new system.
    Reboot {
        /// The verb that was used.
        action: Action,
        /// When, and for how long it is waited for.
        reboot: Reboot,
        /// Health checks afterwards.
        health: Arc<[Health]>,
        /// How units are judged.
        proof: Arc<Proof>,
        /// Held by the host until it goes down.
        quiesce: Option<Arc<Quiesce>>,
        /// Number of the wave, from 0.
        wave: usize,
    },
    /// Ends a wave: fails when more hosts have failed than the pipeline allows.
    Wave {
        /// Number, from 0.
        number: usize,
        /// Failed hosts that are allowed; no limit when absent.
        max_failures: Option<usize>,
    },
    /// Goes back to the host's old system when its wave has failed and the host was changed; else there is nothing to
    /// do.
    RollBack {
        /// The verb that was used.
        action: Action,
        /// Held by the host meanwhile.
        quiesce: Option<Arc<Quiesce>>,
        /// Number of the wave, from 0.
        wave: usize,
    },
    /// Gathers the results of all hosts.
    Report,
    /// Sends one notification.
    Notify(Arc<Notification>),
    /// Runs a task of the project; what it does is found when it is reached.
    Task {
        /// Full name.
        name: String,
    },
    /// Runs a pipeline that a task calls, by a plan of its own.
    Pipeline {
        /// Full name.
        name: String,
    },
}

impl NodeKind {
    /// The word for it in plans, events and logs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Probe => "probe",
            Self::Access => "access",
            Self::Check(step) => step.kind.word(),
            Self::Hook { .. } => "hook",
            Self::Evaluate => "evaluate",
            Self::Derivation => "derivation",
            Self::Generation(_) => "generation",
            Self::Build => "build",
            Self::Diff { .. } => "diff",
            Self::Confirm { .. } => "confirm",
            Self::Copy => "copy",
            Self::Activate { .. } => "activate",
            Self::Reboot { .. } => "reboot",
            Self::Wave { .. } => "wave",
            Self::RollBack { .. } => "roll_back",
            Self::Report => "report",
            Self::Notify(_) => "notify",
            Self::Task { .. } => "task",
            Self::Pipeline { .. } => "pipeline",
        }
    }
}

impl NodeKind {
    /// The word and what tells it from others of its kind, in one line of at most about 60 characters.
    #[must_use]
    pub fn label(&self) -> String {
        let detail = match self {
            Self::Check(step) => match &step.kind {
                StepKind::Reachable | StepKind::Flake | StepKind::Secrets => String::new(),
                StepKind::Disk { min_free_mib } => format!("{min_free_mib} MiB"),
                StepKind::Vm(name) | StepKind::Plugin { name, .. } => name.clone(),
                StepKind::Task { name, .. } => name.raw().to_owned(),
                StepKind::Command(script) => script.raw().to_owned(),
            },
            Self::Hook { hook, after, .. } => {
                format!("{} {}", if *after { "after" } else { "before" }, hook.script.raw())
            }
            Self::Activate { action, .. } => action.verb().to_owned(),
            Self::Generation(number) => {
                number.map_or_else(|| "before".to_owned(), |number| number.to_string())
            }
            Self::Wave { number, .. } | Self::Confirm { wave: Some(number) } => (number + 1).to_string(),
            Self::Notify(notification) => notification.label(),
            Self::Task { name } | Self::Pipeline { name } => name.clone(),
            Self::Probe
            | Self::Access
            | Self::Evaluate
            | Self::Derivation
            | Self::Build
            | Self::Confirm { wave: None }
            | Self::Diff { .. }
            | Self::Copy
            | Self::Reboot { .. }
            | Self::RollBack { .. }
            | Self::Report => String::new(),
        };
        let mut label = self.word().to_owned();
        for part in detail.split_whitespace() {
            label.push(' ');
            if label.chars().count() + part.chars().count() > LABEL_LENGTH {
                let room = LABEL_LENGTH.saturating_sub(label.chars().count());
                label.extend(part.chars().filter(|c| !c.is_control()).take(room));
                label.push('…');
                break;
            }
            label.extend(part.chars().filter(|c| !c.is_control()));
        }
        label
    }

    /// Whether it runs after the run was stopped, too: what happened must be told in any case.
    #[must_use]
    pub fn outlives_cancel(&self) -> bool {
        matches!(self, Self::Report | Self::Notify(_) | Self::Hook { stage: Stage::Notify, .. })
    }
}

/// Longest label, in characters.
const LABEL_LENGTH: usize = 60;

/// What an edge asks of the node before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EdgeKind {
    /// It must have succeeded, else the node after is skipped.
    Success,
    /// It must have ended, in whatever way.
    End,
}

/// An edge seen from the node before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// The node after.
    pub to: NodeId,
    /// What is asked.
    pub kind: EdgeKind,
}

/// A limit on how many of its nodes run at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pool {
    /// Its name, such as `build`, or `@TAG`.
    pub name: String,
    /// At most so many at once; no limit when absent.
    pub limit: Option<usize>,
}

/// A DAG of nodes. Nodes stand in a topological order: each edge goes from a lower to a higher id.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// What was asked for.
    pub name: String,
    /// The selected hosts.
    pub hosts: Vec<Host>,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The pools.
    pub pools: Vec<Pool>,
    /// Row starts into `edges`; one more than there are nodes.
    rows: Vec<u32>,
    edges: Vec<Edge>,
}

impl Plan {
    /// A node.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    /// A host.
    #[must_use]
    pub fn host(&self, id: HostId) -> Option<&Host> {
        self.hosts.get(id.0 as usize)
    }

    /// The host of a node.
    #[must_use]
    pub fn host_of(&self, id: NodeId) -> Option<&Host> {
        self.host(self.node(id)?.host?)
    }

    /// All ids in order.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(NodeId)
    }

    /// The edges that leave a node.
    #[must_use]
    pub fn edges(&self, id: NodeId) -> &[Edge] {
        let at = id.0 as usize;
        match (self.rows.get(at), self.rows.get(at + 1)) {
            (Some(start), Some(end)) => self.edges.get(*start as usize..*end as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// How many edges there are.
    #[must_use]
    pub fn edge_count(&self) -> usize {
        self.edges.len()
    }

    /// How many edges enter each node.
    #[must_use]
    pub fn indegrees(&self) -> Vec<u32> {
        let mut degrees = vec![0; self.nodes.len()];
        for edge in &self.edges {
            if let Some(degree) = degrees.get_mut(edge.to.0 as usize) {
                *degree += 1;
            }
        }
        degrees
    }
}

/// Collects nodes and edges. A node can only depend on nodes added before it, so no cycle can be built.
#[derive(Debug, Default)]
pub struct PlanBuilder {
    plan: Plan,
    /// (from, to, kind)
    edges: Vec<(NodeId, NodeId, EdgeKind)>,
}

impl PlanBuilder {
    /// An empty plan for a request.
    #[must_use]
    pub fn new(name: impl Into<String>, hosts: Vec<Host>) -> Self {
        Self { plan: Plan { name: name.into(), hosts, ..Plan::default() }, edges: Vec::new() }
    }

    /// The hosts of the plan.
    #[must_use]
    pub fn hosts(&self) -> &[Host] {
        &self.plan.hosts
    }

    /// Adds a pool.
    pub fn pool(&mut self, name: impl Into<String>, limit: Option<usize>) -> PoolId {
        let id = PoolId(u32::try_from(self.plan.pools.len()).unwrap_or(u32::MAX));
        self.plan.pools.push(Pool { name: name.into(), limit });
        id
    }

    /// Adds a node that comes after `before`. Edges from unknown or later nodes are dropped.
    pub fn node(&mut self, node: Node, before: impl IntoIterator<Item = (NodeId, EdgeKind)>) -> NodeId {
        let id = NodeId(u32::try_from(self.plan.nodes.len()).unwrap_or(u32::MAX));
        self.plan.nodes.push(node);
        self.edges
            .extend(before.into_iter().filter(|(from, _)| *from < id).map(|(from, kind)| (from, id, kind)));
        id
    }

    /// Sorts the edges into rows. Of two edges between the same nodes, the stricter one stays.
    #[must_use]
    pub fn finish(mut self) -> Plan {
        self.edges.sort_unstable();
        self.edges.dedup_by_key(|(from, to, _)| (*from, *to));
        let mut rows = vec![0_u32; self.plan.nodes.len() + 1];
        for (from, _, _) in &self.edges {
            if let Some(row) = rows.get_mut(from.0 as usize + 1) {
                *row += 1;
            }
        }
        for index in 1..rows.len() {
            rows[index] += rows[index - 1];
        }
        self.plan.rows = rows;
        self.plan.edges = self.edges.into_iter().map(|(_, to, kind)| Edge { to, kind }).collect();
        self.plan
    }
}

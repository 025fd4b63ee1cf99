//! Steps of the `check` stage, and health checks.

use super::{Text, Variables};
use crate::source::Span;
use serde_json::Value as Json;
use std::time::Duration;

/// One step of a check stage.
#[derive(Debug, Clone)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// Runs for each host (`each: host`) instead of once for the run.
    pub each_host: bool,
    /// Longest time it may take.
    pub timeout: Option<Duration>,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of steps.
#[derive(Debug, Clone)]
pub enum StepKind {
    /// Every selected host answers over ssh; for each host.
    Reachable,
    /// Every selected host has room for a system; for each host.
    Disk {
        /// Least free space in the store, in MiB.
        min_free_mib: u64,
    },
    /// `nix flake check`, once.
    Flake,
    /// The fence between test keys and real secrets holds; once.
    Secrets,
    /// The named `checks.<system>.NAME` of the flake builds; once.
    Vm(String),
    /// A task of the project succeeds.
    Task {
        /// Its full name.
        name: Text,
        /// Variables given to it.
        vars: Variables,
    },
    /// A shell command exits 0.
    Command(Text),
    /// The plugin `fleet-NAME` found on PATH says so.
    Plugin {
        /// NAME.
        name: String,
        /// Options passed through to it.
        options: Json,
    },
}

impl StepKind {
    /// The word for it in a plan.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Reachable => "reachable",
            Self::Disk { .. } => "disk",
            Self::Flake => "flake",
            Self::Secrets => "secrets",
            Self::Vm(_) => "vm",
            Self::Task { .. } => "task",
            Self::Command(_) => "cmd",
            Self::Plugin { .. } => "uses",
        }
    }
}

/// A health check after activation.
#[derive(Debug, Clone)]
pub struct Health {
    /// What is looked at.
    pub kind: HealthKind,
    /// How often it is tried again before it counts as failed.
    pub retries: u32,
    /// Longest time for all tries.
    pub deadline: Duration,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of health checks.
#[derive(Debug, Clone)]
pub enum HealthKind {
    /// A systemd unit on the host is active.
    Unit(Text),
    /// A URL answers 2xx or 3xx to the operator.
    Http(Text),
    /// `HOST:PORT` accepts a connection from the operator.
    Tcp(Text),
    /// A command exits 0.
    Command {
        /// The command.
        script: Text,
        /// On the host instead of here.
        on_host: bool,
    },
}

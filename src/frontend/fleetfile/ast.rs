//! What a Fleetfile says beyond its tasks, as written: names without a namespace, nothing filled in. What is here is
//! well-formed by itself; whether it fits the rest of the project is not known.

use crate::model::{
    Action, Around, BuildLimits, BuildOn, Confirmation, DeployDriver, Health, Hook, HostName, Identity,
    JqShim, Notification, OnFailure, Platform, Quiesce, RebootPolicy, SecretsPolicy, Share, Step, StoreUrl,
    TagPool, Text, Tolerance, Variables,
};
use crate::source::{Span, Spanned};
use indexmap::IndexMap;
use std::collections::BTreeSet;
use std::time::Duration;

/// `fleet:` and `pipelines:` of one file.
#[derive(Debug, Default)]
pub struct Fleetfile {
    /// `fleet:`
    pub fleet: Option<Fleet>,
    /// `pipelines:`, by local name.
    pub pipelines: Vec<Pipeline>,
}

/// `fleet:`
#[derive(Debug)]
pub struct Fleet {
    /// Where the key stands.
    pub span: Span,
    /// `flake`
    pub flake: Option<Text>,
    /// `discover`
    pub discover: Option<Vec<Platform>>,
    /// `eval_memory`, in MiB
    pub eval_memory_mib: Option<u64>,
    /// `defaults`
    pub defaults: HostSettings,
    /// `hosts`
    pub hosts: IndexMap<HostName, HostSettings>,
    /// `secrets`
    pub secrets: SecretsPolicy,
    /// `pools`
    pub pools: Vec<TagPool>,
    /// `shims.task`
    pub shim_task: Option<bool>,
    /// `shims.jq`
    pub shim_jq: Option<JqShim>,
}

/// `fleet.defaults` or one of `fleet.hosts`.
#[derive(Debug, Default)]
pub struct HostSettings {
    /// Where the host is named; `None` for the defaults.
    pub span: Option<Span>,
    /// `user`
    pub user: Option<Text>,
    /// `address`
    pub address: Option<Text>,
    /// `port`
    pub port: Option<u16>,
    /// `build_on`
    pub build_on: Option<BuildOn>,
    /// `max_jobs`, `cores` and `job_memory`
    pub build_limits: BuildLimits,
    /// `driver`
    pub driver: Option<Spanned<DeployDriver>>,
    /// `push_to`
    pub push_to: Option<StoreUrl>,
    /// `pull_from`
    pub pull_from: Option<StoreUrl>,
    /// `platform`
    pub platform: Option<Platform>,
    /// `tags`
    pub tags: BTreeSet<String>,
    /// `host_name` and `machine_id`
    pub identity: Identity,
}

/// One of `pipelines`.
#[derive(Debug)]
pub struct Pipeline {
    /// Its name.
    pub name: Spanned<String>,
    /// `desc`
    pub desc: Option<Text>,
    /// `summary`
    pub summary: Option<Text>,
    /// `aliases`
    pub aliases: Vec<Spanned<String>>,
    /// `hosts`
    pub hosts: Option<Text>,
    /// `platform`
    pub platform: Option<Platform>,
    /// `vars`
    pub vars: Variables,
    /// `check`
    pub check: Vec<Step>,
    /// `build`
    pub build: Option<Build>,
    /// `deploy`
    pub deploy: Option<Deploy>,
    /// `notify`
    pub notify: Vec<Notification>,
    /// `check.at_once`
    pub check_at_once: Option<usize>,
    /// `before` and `after` of `check`, `build` and `notify`
    pub around: Around,
}

/// `build:`
#[derive(Debug)]
pub struct Build {
    /// Where the key stands.
    pub span: Span,
    /// `at_once`
    pub at_once: Option<usize>,
    /// `copy_at_once`
    pub copy_at_once: Option<usize>,
}

/// `deploy:`
#[derive(Debug)]
pub struct Deploy {
    /// `clean_tree`
    pub clean_tree: Option<bool>,
    /// Where the key stands.
    pub span: Span,
    /// `action`
    pub action: Option<Action>,
    /// `at_once`
    pub at_once: Option<usize>,
    /// `waves`
    pub waves: Vec<Share>,
    /// `max_failures`
    pub max_failures: Option<Tolerance>,
    /// `before`
    pub before: Vec<Hook>,
    /// `after`
    pub after: Vec<Hook>,
    /// `quiesce`
    pub quiesce: Option<Quiesce>,
    /// `health`
    pub health: Vec<Health>,
    /// `reboot.when`
    pub reboot: Option<RebootPolicy>,
    /// `reboot.timeout`
    pub reboot_timeout: Option<Duration>,
    /// `on_failure`
    pub on_failure: Option<OnFailure>,
    /// `confirm`
    pub confirm: Option<Confirmation>,
    /// `diff`
    pub diff: Option<bool>,
    /// `timeout`
    pub timeout: Option<Duration>,
    /// `watchdog`
    pub watchdog: Option<Duration>,
    /// `settle`
    pub settle: Option<Duration>,
    /// `ignore_units`
    pub ignore_units: Vec<String>,
}

//! Pipelines: check, build, deploy and notify over selected hosts.

use super::{
    Around, Health, Hook, Host, Notification, Platform, Quiesce, Selector, Step, TaskfileId, Text, Variables,
};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use std::sync::Arc;
use std::time::Duration;

/// A pipeline. It is listed and called like a task.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Full name.
    pub name: Arc<str>,
    /// The file it stands in.
    pub taskfile: TaskfileId,
    /// Where its name stands.
    pub span: Span,
    /// One line for lists.
    pub desc: Option<Text>,
    /// Long text.
    pub summary: Option<Text>,
    /// Further full names.
    pub aliases: Vec<Arc<str>>,
    /// `dir` of the includes on the way to it, outermost first, as for tasks: where its commands run, relative to the
    /// root directory.
    pub base_dir: Vec<Text>,
    /// Which hosts: a selector, rendered with the variables of the run.
    pub hosts: Text,
    /// Only hosts of this platform can be selected; any when absent.
    pub platform: Option<Platform>,
    /// Variables of the pipeline.
    pub vars: Variables,
    /// What must hold before anything is built.
    pub check: Vec<Step>,
    /// How it is built; `None` when the pipeline has no such stage.
    pub build: Option<Build>,
    /// How it is activated; `None` when the pipeline has no such stage.
    pub deploy: Option<Deploy>,
    /// Who is told.
    pub notify: Vec<Notification>,
    /// Probes and checks at once; no limit of ours when absent.
    pub check_at_once: Option<usize>,
    /// Commands around the stages other than `deploy`.
    pub around: Around,
}

impl Pipeline {
    /// Takes the hosts that a rendered selector means among those that the pipeline is for, in the order of `hosts`.
    ///
    /// # Errors
    /// The selector is none, or selects no host; `span` is where it was written, [`Span::NONE`] for the command line.
    pub fn select(&self, selector: &str, hosts: Vec<Host>, span: Span) -> Result<Vec<Host>, Box<Diagnostic>> {
        let selector = Selector::parse(selector).map_err(|error| Box::new(error.diagnostic(span)))?;
        let is_for = |host: &Host| self.platform.is_none_or(|platform| platform == host.platform);
        let all_match = selector.matching(&hosts);
        let (candidates, others): (Vec<Host>, Vec<Host>) = hosts.into_iter().partition(is_for);
        let error = match selector.select(&candidates) {
            Ok(indices) => {
                let mut selected = indices.into_iter().peekable();
                let hosts = candidates.into_iter().enumerate();
                return Ok(hosts
                    .filter(|(index, _)| selected.next_if_eq(index).is_some())
                    .map(|(_, host)| host)
                    .collect());
            }
            Err(error) => error,
        };
        // That a host exists but is not for this pipeline says more than that there is no such host.
        let Some(platform) = self.platform.filter(|_| !all_match.is_empty()) else {
            return Err(Box::new(error.diagnostic(span)));
        };
        let names: Vec<String> = selector
            .matching(&others)
            .into_iter()
            .take(12)
            .map(|index| format!("`{}`", others[index].name))
            .collect();
        if names.is_empty() {
            return Err(Box::new(error.diagnostic(span)));
        }
        let message = format!(
            "the pipeline `{}` is for {} hosts, and the selector `{}` names others: {}",
            self.name,
            platform.word(),
            selector.text().escape_debug(),
            names.join(", ")
        );
        Err(Box::new(
            Diagnostic::error("fleet::selector::platform", message)
                .at(span, "names hosts of another platform")
                .help("`fleet hosts` shows the platform of each host"),
        ))
    }
}

/// The build stage.
#[derive(Debug, Clone, Default)]
pub struct Build {
    /// Hosts built at once; no limit of ours when absent.
    pub at_once: Option<usize>,
    /// Hosts copied to at once; no limit of ours when absent.
    pub copy_at_once: Option<usize>,
    /// Where it stands.
    pub span: Option<Span>,
}

/// The deploy stage.
#[derive(Debug, Clone)]
pub struct Deploy {
    /// What is done with the built system.
    pub action: Action,
    /// Hosts activated at once; no limit of ours when absent.
    pub at_once: Option<usize>,
    /// Groups of hosts that go one after another; one group when empty. A host goes with the first group it is in,
    /// and with a last one after all others when it is in none.
    pub waves: Vec<Share>,
    /// Failed hosts that the run survives before later waves are skipped; no limit when absent. A Fleetfile that
    /// gives none has 0 with [`OnFailure::Stop`] and [`OnFailure::RollBackWave`], else no limit.
    pub max_failures: Option<Tolerance>,
    /// Run for each host before its activation; where one fails, the host is left as it is.
    pub before: Vec<Hook>,
    /// Run for each host after its activation, when it is well.
    pub after: Vec<Hook>,
    /// Held by each host while it is activated, rebooted or rolled back.
    pub quiesce: Option<Arc<Quiesce>>,
    /// Looked at after activation.
    pub health: Vec<Health>,
    /// When hosts are rebooted.
    pub reboot: Reboot,
    /// What a failed host means for the others.
    pub on_failure: OnFailure,
    /// What is asked before hosts are touched.
    pub confirm: Confirmation,
    /// Show what each host would get before anybody is asked.
    pub diff: bool,
    /// Refuse a tree with uncommitted changes.
    pub clean_tree: bool,
    /// How activations are followed and proven.
    pub proof: Proof,
    /// Where it stands.
    pub span: Span,
}

impl Deploy {
    /// A stage of which no more is said than this.
    #[must_use]
    pub fn new(action: Action, span: Span) -> Self {
        Self {
            action,
            at_once: None,
            waves: Vec::new(),
            max_failures: None,
            before: Vec::new(),
            after: Vec::new(),
            quiesce: None,
            health: Vec::new(),
            reboot: Reboot::default(),
            on_failure: OnFailure::Stop,
            // A dry activation touches nothing.
            confirm: if action == Action::DryActivate { Confirmation::Never } else { Confirmation::Once },
            diff: false,
            clean_tree: false,
            proof: Proof::default(),
            span,
        }
    }
}

/// What is asked before hosts are touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// Nothing.
    Never,
    /// One question, before the first host.
    Once,
    /// One question before each wave.
    EachWave,
}

/// When and how hosts are rebooted after they have got their system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reboot {
    /// When.
    pub when: RebootPolicy,
    /// How long a host may take to come back.
    pub timeout: Duration,
}

impl Default for Reboot {
    fn default() -> Self {
        Self { when: RebootPolicy::Never, timeout: Duration::from_secs(600) }
    }
}

/// When a host is rebooted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RebootPolicy {
    /// Never; the report says where it is needed.
    Never,
    /// Where the kernel, the initrd, kernel modules or systemd are others than those that were booted.
    IfNeeded,
    /// Wherever the system has changed.
    Always,
}

/// How many hosts may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tolerance {
    /// That many.
    Count(usize),
    /// That many percent of all selected hosts, rounded down.
    Percent(u8),
}

impl Tolerance {
    /// How many of so many hosts.
    #[must_use]
    pub fn of(self, hosts: usize) -> usize {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => hosts.saturating_mul(usize::from(percent)) / 100,
        }
    }
}

/// How an activation is followed and proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Longest time for one activation.
    pub timeout: Duration,
    /// For how long a host waits for its proof after an activation before it goes back by itself.
    pub watchdog: Duration,
    /// How long the new system runs before its units are looked at.
    pub settle: Duration,
    /// Regular expressions of units whose failure says nothing of the new system.
    pub ignore_units: Vec<String>,
}

impl Default for Proof {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(600),
            watchdog: Duration::from_secs(120),
            settle: Duration::ZERO,
            ignore_units: Vec::new(),
        }
    }
}

/// What is done with a built system (`switch-to-configuration`'s verbs, nixpkgs
/// `nixos/modules/system/activation/switchable-system.nix`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Activate and make it the boot default.
    Switch,
    /// Make it the boot default only.
    Boot,
    /// Activate only.
    Test,
    /// Tell what activation would do.
    DryActivate,
}

impl Action {
    /// The verb.
    #[must_use]
    pub fn verb(self) -> &'static str {
        match self {
            Self::Switch => "switch",
            Self::Boot => "boot",
            Self::Test => "test",
            Self::DryActivate => "dry-activate",
        }
    }

    /// Whether the system profile points to the new system afterwards.
    #[must_use]
    pub fn sets_profile(self) -> bool {
        matches!(self, Self::Switch | Self::Boot)
    }

    /// Whether the running system is the new one afterwards.
    #[must_use]
    pub fn activates(self) -> bool {
        matches!(self, Self::Switch | Self::Test)
    }
}

/// A part of the selected hosts.
#[derive(Debug, Clone, PartialEq)]
pub enum Share {
    /// A selector among the selected hosts. Unlike `hosts`, it may match none ([`Selector::matching`]).
    Selector(Selector),
    /// That many percent of all selected hosts, at least one.
    Percent(u8),
    /// That many hosts.
    Count(usize),
}

/// What a failed host means for the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// Later waves go on.
    Continue,
    /// Later waves are skipped once more than `max_failures` have failed.
    Stop,
    /// The failed host goes back to its old system, later waves go on within `max_failures`.
    RollBackHost,
    /// All hosts of the wave go back, later waves are skipped.
    RollBackWave,
}

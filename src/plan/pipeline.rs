//! From a pipeline and its selected hosts to a plan. Knows no project and no run.

use super::waves::waves;
use super::{EdgeKind, HostId, Node, NodeId, NodeKind, Plan, PlanBuilder, PoolId, Stage};
use crate::model::{
    Action, Around, BuildOn, Confirmation, DeployDriver, Hook, Hooks, Host, Pipeline, Step, StepKind, TagPool,
};
use std::sync::Arc;

/// Limits that no pipeline sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Probes and checks at once; no limit when absent.
    pub check: Option<usize>,
    /// Evaluations of the flake at once, `nix flake check` among them: each may need some GiB of memory.
    pub evaluate: Option<usize>,
    /// `vm:` steps at once: each may start several machines.
    pub vm: Option<usize>,
    /// Hosts of a tag that are changed at once.
    pub tags: Vec<TagPool>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { check: None, evaluate: Some(2), vm: None, tags: Vec::new() }
    }
}

/// Plans a pipeline over hosts. Every host's nodes follow each other by success edges, so that a host that fails stops
/// its own later nodes only; steps that are done once for the run gate every host.
///
/// The evaluation runs beside the checks, whose result it does not need; what it gives is used only when they all
/// succeeded.
#[must_use]
pub fn compile(pipeline: &Pipeline, hosts: Vec<Host>, limits: &Limits) -> Plan {
    plan(pipeline, hosts, limits, Systems::Flake)
}

/// Plans a pipeline whose systems are not built but taken from the generations that the hosts have: that number, or
/// without one the generation before the current one.
#[must_use]
pub fn compile_rollback(
    pipeline: &Pipeline,
    mut hosts: Vec<Host>,
    number: Option<u64>,
    limits: &Limits,
) -> Plan {
    // What a host has is not brought from anywhere.
    for host in &mut hosts {
        host.build_on = BuildOn::Target;
        host.driver = DeployDriver::Native;
    }
    plan(pipeline, hosts, limits, Systems::Generation(number))
}

/// Plans what a pipeline would change on its hosts, up to where it would begin to change them: each system is built, copied
/// and compared with what the host runs. Of the checks those are left that say whether that can be done.
#[must_use]
pub fn compile_preview(pipeline: &Pipeline, hosts: Vec<Host>, limits: &Limits) -> Plan {
    let mut pipeline = pipeline.clone();
    pipeline
        .check
        .retain(|step| matches!(step.kind, StepKind::Reachable | StepKind::Disk { .. } | StepKind::Secrets));
    pipeline.notify.clear();
    pipeline.around = Around::default();
    if let Some(deploy) = &mut pipeline.deploy {
        deploy.confirm = Confirmation::Never;
        deploy.diff = true;
    }
    plan(&pipeline, hosts, limits, Systems::Preview)
}

/// Where the systems come from.
#[derive(Clone, Copy)]
enum Systems {
    Flake,
    /// From the flake, to be looked at.
    Preview,
    Generation(Option<u64>),
}

fn plan(pipeline: &Pipeline, hosts: Vec<Host>, limits: &Limits, systems: Systems) -> Plan {
    let groups = match &pipeline.deploy {
        Some(_) if matches!(systems, Systems::Preview) => Vec::new(),
        Some(deploy) => waves(&deploy.waves, &hosts),
        None => Vec::new(),
    };
    let mut builder = PlanBuilder::new(pipeline.name.as_ref(), hosts);
    let build = pipeline.build.clone().unwrap_or_default();
    let pools = Pools {
        check: builder.pool("check", pipeline.check_at_once.or(limits.check)),
        evaluate: builder.pool("evaluate", limits.evaluate),
        vm: pipeline
            .check
            .iter()
            .any(|step| matches!(step.kind, StepKind::Vm(_)) && limits.vm.is_some())
            .then(|| builder.pool("vm", limits.vm)),
        build: builder.pool("build", build.at_once),
        copy: builder.pool("copy", build.copy_at_once),
        activate: builder.pool("activate", pipeline.deploy.as_ref().and_then(|deploy| deploy.at_once)),
    };
    let tag_pools = match &pipeline.deploy {
        Some(_) => tag_pools(&mut builder, &limits.tags),
        None => Vec::new(),
    };
    let mut compiler = Compiler { builder, pools, tag_pools, leaves: Vec::new(), probes: Vec::new() };
    compiler.pipeline(pipeline, &groups, systems);
    compiler.builder.finish()
}

/// The pools of tags that each host is in. A tag that no selected host has makes none.
fn tag_pools(builder: &mut PlanBuilder, limits: &[TagPool]) -> Vec<Arc<[PoolId]>> {
    let mut of_hosts: Vec<Vec<PoolId>> = vec![Vec::new(); builder.hosts().len()];
    for TagPool { tag, limit } in limits {
        let has: Vec<bool> = builder.hosts().iter().map(|host| host.tags.contains(tag.as_str())).collect();
        if !has.contains(&true) {
            continue;
        }
        let pool = builder.pool(format!("@{}", **tag), Some(*limit));
        of_hosts.iter_mut().zip(has).filter(|(_, has)| *has).for_each(|(pools, _)| pools.push(pool));
    }
    of_hosts.into_iter().map(Arc::from).collect()
}

pub(super) struct Pools {
    pub(super) check: PoolId,
    evaluate: PoolId,
    /// Where their number is limited.
    vm: Option<PoolId>,
    build: PoolId,
    pub(super) copy: PoolId,
    pub(super) activate: PoolId,
}

pub(super) struct Compiler {
    pub(super) builder: PlanBuilder,
    pub(super) pools: Pools,
    /// By host; empty where nothing is deployed.
    tag_pools: Vec<Arc<[PoolId]>>,
    /// Nodes that nothing but the report follows.
    pub(super) leaves: Vec<NodeId>,
    probes: Vec<NodeId>,
}

/// Whether a step is made once for each host.
fn is_for_each_host(step: &Step) -> bool {
    match step.kind {
        StepKind::Reachable | StepKind::Disk { .. } => true,
        StepKind::Flake | StepKind::Secrets | StepKind::Vm(_) => false,
        StepKind::Task { .. } | StepKind::Command(_) | StepKind::Plugin { .. } => step.each_host,
    }
}

pub(super) fn success(id: NodeId) -> (NodeId, EdgeKind) {
    (id, EdgeKind::Success)
}

pub(super) fn end(id: NodeId) -> (NodeId, EdgeKind) {
    (id, EdgeKind::End)
}

impl Compiler {
    pub(super) fn add(
        &mut self,
        kind: NodeKind,
        stage: Stage,
        host: Option<HostId>,
        pool: Option<PoolId>,
        before: impl IntoIterator<Item = (NodeId, EdgeKind)>,
    ) -> NodeId {
        // What changes a host, or takes it away for a while.
        let changes = match kind {
            NodeKind::Activate { action, .. } => action != Action::DryActivate,
            NodeKind::Reboot { .. } | NodeKind::RollBack { .. } => true,
            _ => false,
        };
        let own = host.filter(|_| changes).and_then(|host| self.tag_pools.get(host.0 as usize));
        let tag_pools = own.cloned().unwrap_or_default();
        self.builder.node(Node { kind, stage, host, pool, tag_pools }, before)
    }

    fn pipeline(&mut self, pipeline: &Pipeline, groups: &[Vec<HostId>], systems: Systems) {
        let builds = pipeline.build.is_some() || pipeline.deploy.is_some();
        let mut gates = self.run_checks(pipeline);
        let evaluate = (builds && !matches!(systems, Systems::Generation(_))).then(|| {
            self.add(NodeKind::Evaluate, Stage::Build, None, Some(self.pools.evaluate), std::iter::empty())
        });
        let checked = self.host_checks(pipeline);
        if pipeline.deploy.is_some() {
            gates.extend(self.access());
        }
        let built = match (systems, evaluate) {
            (Systems::Generation(number), _) => Some(self.generations(&checked, &gates, number)),
            (Systems::Flake | Systems::Preview, Some(evaluate)) => {
                Some(self.builds(&pipeline.around.build, &checked, &gates, evaluate))
            }
            (Systems::Flake | Systems::Preview, None) => None,
        };
        match (built, &pipeline.deploy) {
            (Some(built), Some(deploy)) => self.deploys(deploy, &built, groups),
            (Some(built), None) => self.leaves.extend(built),
            (None, _) => self.leaves.extend(checked.into_iter().flatten()),
        }
        // Without a host nothing follows them.
        self.leaves.extend(gates.into_iter().chain(evaluate));
        let leaves = std::mem::take(&mut self.leaves);
        let report = self.add(NodeKind::Report, Stage::Notify, None, None, leaves.into_iter().map(end));
        // What happened is told in any case.
        let around = &pipeline.around.notify;
        let mut last = report;
        for hook in &around.before {
            last = self.hook(hook, Stage::Notify, false, None, [end(last)]);
        }
        let mut told = vec![last];
        for notification in &pipeline.notify {
            let kind = NodeKind::Notify(Arc::new(notification.clone()));
            told.push(self.add(kind, Stage::Notify, None, None, [end(last)]));
        }
        for hook in &around.after {
            told = vec![self.hook(hook, Stage::Notify, true, None, told.into_iter().map(end))];
        }
    }

    fn hook(
        &mut self,
        hook: &Hook,
        stage: Stage,
        after: bool,
        host: Option<HostId>,
        before: impl IntoIterator<Item = (NodeId, EdgeKind)>,
    ) -> NodeId {
        let pool = match stage {
            Stage::Check => Some(self.pools.check),
            Stage::Build => Some(self.pools.build),
            _ => None,
        };
        self.add(NodeKind::Hook { hook: Arc::new(hook.clone()), stage, after }, stage, host, pool, before)
    }

    /// Hooks of a host one after another, behind all of `before`; what follows waits for the nodes that come out.
    fn hooks(
        &mut self,
        hooks: &[Hook],
        stage: Stage,
        after: bool,
        host: HostId,
        mut before: Vec<NodeId>,
    ) -> Vec<NodeId> {
        for hook in hooks {
            before = vec![self.hook(hook, stage, after, Some(host), before.into_iter().map(success))];
        }
        before
    }

    /// The checks that are made once for the run. What builds anything waits for the fence around secrets.
    fn run_checks(&mut self, pipeline: &Pipeline) -> Vec<NodeId> {
        let steps = pipeline.check.iter().filter(|step| !is_for_each_host(step));
        let (fences, others): (Vec<&Step>, Vec<&Step>) =
            steps.partition(|step| matches!(step.kind, StepKind::Secrets));
        let mut ids: Vec<NodeId> =
            fences.into_iter().map(|step| self.run_check(step, self.pools.check, &[])).collect();
        let fences = ids.clone();
        for step in others {
            ids.push(match step.kind {
                StepKind::Flake => self.run_check(step, self.pools.evaluate, &fences),
                StepKind::Vm(_) => self.run_check(step, self.pools.vm.unwrap_or(self.pools.check), &fences),
                _ => self.run_check(step, self.pools.check, &[]),
            });
        }
        ids
    }

    fn run_check(&mut self, step: &Step, pool: PoolId, after: &[NodeId]) -> NodeId {
        let kind = NodeKind::Check(Arc::new(step.clone()));
        self.add(kind, Stage::Check, None, Some(pool), after.iter().copied().map(success))
    }

    /// Waits for all probes where one of several may find that a password is wanted: none is asked for while others build.
    fn access(&mut self) -> Option<NodeId> {
        let asks = self.builder.hosts().iter().any(|host| host.user.as_deref() != Some("root"));
        if !asks || self.probes.len() < 2 {
            return None;
        }
        let probes = std::mem::take(&mut self.probes);
        Some(self.add(NodeKind::Access, Stage::Check, None, None, probes.into_iter().map(end)))
    }

    /// Probe and checks of each host; for each host the nodes that what follows has to wait for.
    fn host_checks(&mut self, pipeline: &Pipeline) -> Vec<Vec<NodeId>> {
        let steps: Vec<Arc<Step>> = pipeline
            .check
            .iter()
            .filter(|step| is_for_each_host(step))
            .map(|step| Arc::new(step.clone()))
            .collect();
        let connects = pipeline.deploy.is_some()
            || steps.iter().any(|step| matches!(step.kind, StepKind::Reachable | StepKind::Disk { .. }));
        let around = &pipeline.around;
        // No command is given to a host that has not said who it is.
        let connects = connects || around.check.iter().chain(around.build.iter()).any(|hook| hook.on_host);
        let (here, there) =
            around.check.before.split_at(around.check.before.iter().take_while(|hook| !hook.on_host).count());
        let builds_there = |host: &Host| pipeline.build.is_some() && host.build_on == BuildOn::Target;
        let probes: Vec<bool> =
            self.builder.hosts().iter().map(|host| connects || builds_there(host)).collect();
        let check = Some(self.pools.check);
        probes
            .into_iter()
            .zip(0..)
            .map(|(probed, index)| {
                let (host, stage) = (HostId(index), Stage::Check);
                let mut ready = self.hooks(here, stage, false, host, Vec::new());
                if probed {
                    let before = ready.iter().copied().map(success).collect::<Vec<_>>();
                    let probe = self.add(NodeKind::Probe, stage, Some(host), check, before);
                    self.probes.push(probe);
                    ready = vec![probe];
                }
                let ready = self.hooks(there, stage, false, host, ready);
                let checks: Vec<NodeId> = steps
                    .iter()
                    .map(|step| {
                        let kind = NodeKind::Check(Arc::clone(step));
                        self.add(kind, stage, Some(host), check, ready.iter().copied().map(success))
                    })
                    .collect();
                let checked = if checks.is_empty() { ready } else { checks };
                self.hooks(&around.check.after, stage, true, host, checked)
            })
            .collect()
    }

    /// Derivation and build of each host; the build nodes.
    fn builds(
        &mut self,
        hooks: &Hooks,
        checked: &[Vec<NodeId>],
        gates: &[NodeId],
        evaluate: NodeId,
    ) -> Vec<NodeId> {
        checked
            .iter()
            .zip(0..)
            .map(|(own, index)| {
                let (host, stage) = (HostId(index), Stage::Build);
                let before =
                    gates.iter().chain(own).copied().chain([evaluate]).map(success).collect::<Vec<_>>();
                let mut last = self.add(NodeKind::Derivation, stage, Some(host), None, before);
                for hook in &hooks.before {
                    last = self.hook(hook, stage, false, Some(host), [success(last)]);
                }
                let pool = Some(self.pools.build);
                last = self.add(NodeKind::Build, stage, Some(host), pool, [success(last)]);
                for hook in &hooks.after {
                    last = self.hook(hook, stage, true, Some(host), [success(last)]);
                }
                last
            })
            .collect()
    }

    /// The search for a generation on each host.
    fn generations(&mut self, checked: &[Vec<NodeId>], gates: &[NodeId], number: Option<u64>) -> Vec<NodeId> {
        checked
            .iter()
            .zip(0..)
            .map(|(own, index)| {
                let before = gates.iter().chain(own).copied().map(success).collect::<Vec<_>>();
                let kind = NodeKind::Generation(number);
                self.add(kind, Stage::Build, Some(HostId(index)), Some(self.pools.check), before)
            })
            .collect()
    }
}

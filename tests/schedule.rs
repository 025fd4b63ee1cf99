//! Properties of the scheduler over random graphs and over plans of random pipelines: whatever fails and in whatever
//! order nodes end, each node ends once, never before those it waits for, within its pool's limit, and a failure stops
//! exactly what depends on it.

#![cfg(test)]

use fleet::executor::schedule::{Ended, Schedule, Unstarted};
use fleet::model::{
    Action, Around, Build, BuildOn, Confirmation, Deploy, Hook, Hooks, Host, HostName, OnFailure, Pipeline,
    Platform, Reboot, RebootPolicy, Selector, Share, Step, StepKind, TagPool, TaskfileId, Text, Variables,
};
use fleet::plan::{EdgeKind, Limits, Node, NodeId, NodeKind, Plan, PlanBuilder, PoolId, Stage, compile};
use fleet::source::{Span, Spanned};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// How a node is to end, and when: of the running nodes, the one at this position ends next.
#[derive(Debug, Clone, Copy)]
struct Fate {
    ended: Ended,
    position: usize,
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let ended = prop_oneof![
        6 => Just(Ended::Succeeded),
        1 => Just(Ended::NotApplicable),
        2 => Just(Ended::Failed),
        1 => Just(Ended::Cancelled),
    ];
    let fate = (ended, any::<prop::sample::Index>())
        .prop_map(|(ended, index)| Fate { ended, position: index.index(usize::MAX) });
    prop::collection::vec(fate, 200)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Ran(Ended),
    Never(Unstarted),
}

impl End {
    fn is_good(self) -> bool {
        matches!(self, Self::Ran(Ended::Succeeded | Ended::NotApplicable))
    }
}

/// Edges by the node they enter.
fn predecessors(plan: &Plan) -> BTreeMap<NodeId, Vec<(NodeId, EdgeKind)>> {
    let mut map: BTreeMap<NodeId, Vec<(NodeId, EdgeKind)>> = BTreeMap::new();
    for id in plan.ids() {
        for edge in plan.edges(id) {
            map.entry(edge.to).or_default().push((id, edge.kind));
        }
    }
    map
}

/// Runs a plan to its end, looks at every step, and gives every node's end. Cancels when `cancel_after` nodes were
/// started.
fn simulate(plan: &Plan, fates: &[Fate], at_once: usize, cancel_after: Option<usize>) -> Vec<End> {
    let before = predecessors(plan);
    let fate = |id: NodeId| fates[id.0 as usize % fates.len()];
    let mut ends: Vec<Option<End>> = vec![None; plan.nodes.len()];
    let mut running: Vec<NodeId> = Vec::new();
    let mut started = 0;
    let mut cancelled = false;
    let mut schedule = Schedule::new(plan, at_once);
    loop {
        while let Some((id, unstarted)) = schedule.next_unstarted() {
            let end = &mut ends[id.0 as usize];
            assert_eq!(*end, None, "{id:?} ended twice");
            *end = Some(End::Never(unstarted));
            if unstarted != Unstarted::Cancelled {
                for (from, _) in before.get(&id).into_iter().flatten() {
                    assert!(ends[from.0 as usize].is_some(), "{id:?} was skipped before {from:?} ended");
                }
            }
        }
        while let Some(id) = schedule.start() {
            assert!(ends[id.0 as usize].is_none() && !running.contains(&id), "{id:?} started twice");
            for (from, kind) in before.get(&id).into_iter().flatten() {
                let end = ends[from.0 as usize].expect("started before a predecessor ended");
                assert!(*kind == EdgeKind::End || end.is_good(), "{id:?} started though {from:?} {end:?}");
            }
            let outlives = plan.node(id).unwrap().kind.outlives_cancel();
            assert!(!cancelled || outlives, "{id:?} started after the cancel");
            if cancelled {
                let told = |id: &NodeId| plan.node(*id).unwrap().kind.outlives_cancel();
                assert!(running.iter().all(told), "{id:?} tells of nodes that still run");
            }
            running.push(id);
            started += 1;
            assert!(running.len() <= at_once.max(1));
            for (index, pool) in plan.pools.iter().enumerate() {
                let pool_id = PoolId(u32::try_from(index).unwrap());
                let counts = |id: &&NodeId| plan.node(**id).unwrap().pools().any(|pool| pool == pool_id);
                let used = running.iter().filter(counts).count();
                assert!(pool.limit.is_none_or(|limit| used <= limit.max(1)), "too many in {pool:?}");
            }
            if !cancelled && cancel_after.is_some_and(|after| started > after) {
                cancelled = true;
                schedule.cancel();
                break;
            }
        }
        assert_eq!(schedule.running(), running.len());
        if schedule.is_done() && running.is_empty() {
            assert_eq!(schedule.next_unstarted(), None);
            break;
        }
        assert!(!running.is_empty(), "nothing runs and it is not over");
        let position = fate(running[0]).position % running.len();
        let id = running.swap_remove(position);
        assert!(ends[id.0 as usize].replace(End::Ran(fate(id).ended)).is_none());
        schedule.finish(id, fate(id).ended);
    }
    ends.into_iter().map(|end| end.expect("a node that never ended")).collect()
}

/// What must come out without a cancel, from the definition: a node runs unless one that must succeed did not.
fn expected(plan: &Plan, fates: &[Fate]) -> Vec<End> {
    let before = predecessors(plan);
    let mut ends: Vec<End> = Vec::new();
    for id in plan.ids() {
        let bad = before.get(&id).into_iter().flatten().filter(|(_, kind)| *kind == EdgeKind::Success);
        let causes = bad.filter_map(|(from, _)| match ends[from.0 as usize] {
            End::Never(Unstarted::Skipped { because }) => Some(because),
            end if end.is_good() => None,
            _ => Some(*from),
        });
        ends.push(match causes.min() {
            Some(because) => End::Never(Unstarted::Skipped { because }),
            None => End::Ran(fates[id.0 as usize % fates.len()].ended),
        });
    }
    ends
}

prop_compose! {
    /// Any graph of up to 60 nodes with up to 4 pools.
    fn graph()(size in 1_usize..60, pools in prop::collection::vec(prop::option::of(0_usize..4), 0..4))
        (edges in prop::collection::vec((0..size, 0..size, any::<bool>()), 0..size * 3),
         members in prop::collection::vec(0..=pools.len(), size),
         further in prop::collection::vec(prop::collection::vec(0..=pools.len(), 0..3), size),
         tells in prop::collection::vec(prop::bool::weighted(0.1), size),
         pools in Just(pools))
        -> Plan
    {
        let mut builder = PlanBuilder::new("random", Vec::new());
        let pools: Vec<PoolId> = pools.into_iter().map(|limit| builder.pool("pool", limit)).collect();
        for (index, member) in members.iter().enumerate() {
            let before: Vec<_> = edges
                .iter()
                .filter(|(from, to, _)| *to == index && from < to)
                .map(|(from, _, must)| {
                    let kind = if *must { EdgeKind::Success } else { EdgeKind::End };
                    (NodeId(u32::try_from(*from).unwrap()), kind)
                })
                .collect();
            let kind = if tells[index] { NodeKind::Report } else { NodeKind::Task { name: index.to_string() } };
            let pool = pools.get(*member).copied();
            let tag_pools = further[index].iter().filter_map(|member| pools.get(*member).copied()).collect();
            builder.node(Node { kind, stage: Stage::Task, host: None, pool, tag_pools }, before);
        }
        builder.finish()
    }
}

fn step(kind: StepKind, each_host: bool) -> Step {
    Step { kind, each_host, timeout: None, span: Span::NONE }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let kind = prop_oneof![
        Just(step(StepKind::Reachable, true)),
        Just(step(StepKind::Disk { min_free_mib: 1 }, true)),
        Just(step(StepKind::Flake, false)),
        Just(step(StepKind::Vm("nginx".into()), false)),
        any::<bool>().prop_map(|each| step(StepKind::Command(Text::nowhere("true")), each)),
    ];
    prop::collection::vec(kind, 0..4)
}

fn share() -> impl Strategy<Value = Share> {
    prop_oneof![
        prop::sample::select(vec!["@canary", "*", "h1", "@nobody", "@edge&!h2"])
            .prop_map(|text| Share::Selector(Selector::parse(text).unwrap())),
        (1_u8..=100).prop_map(Share::Percent),
        (0_usize..5).prop_map(Share::Count),
    ]
}

fn limit() -> impl Strategy<Value = Option<usize>> {
    prop::option::of(1_usize..4)
}

prop_compose! {
    fn deploy()(waves in prop::collection::vec(share(), 0..4), at_once in limit(),
        max_failures in prop::option::of(0_usize..3), diff in any::<bool>(),
        reboot in prop::sample::select(vec![RebootPolicy::Never, RebootPolicy::IfNeeded, RebootPolicy::Always]),
        confirm in prop::sample::select(vec![Confirmation::Never, Confirmation::Once, Confirmation::EachWave]),
        on_failure in prop::sample::select(vec![
            OnFailure::Continue, OnFailure::Stop, OnFailure::RollBackHost, OnFailure::RollBackWave,
        ])) -> Deploy
    {
        let reboot = Reboot { when: reboot, ..Reboot::default() };
        Deploy {
            at_once,
            waves,
            max_failures: max_failures.map(fleet::model::Tolerance::Count),
            on_failure,
            confirm,
            diff,
            reboot,
            ..Deploy::new(Action::Switch, Span::NONE)
        }
    }
}

/// Limits over tags of which a host has two, and over one that nobody has.
fn tag_pools() -> impl Strategy<Value = Vec<TagPool>> {
    let tags = prop::sample::subsequence(vec!["canary", "edge", "a", "b", "nobody"], 0..=5);
    let pool = |tag: &str, limit| TagPool { tag: Spanned::new(tag.to_owned(), Span::NONE), limit };
    (tags, prop::collection::vec(1_usize..4, 5)).prop_map(move |(tags, limits)| {
        tags.into_iter().zip(limits).map(|(tag, limit)| pool(tag, limit)).collect()
    })
}

/// Hooks of every stage, some of them on hosts.
fn around() -> impl Strategy<Value = Around> {
    let hook = any::<bool>().prop_map(|on_host| Hook {
        script: Text::nowhere("true"),
        on_host,
        timeout: std::time::Duration::from_secs(1),
        span: Span::NONE,
    });
    let list = || prop::collection::vec(hook.clone(), 0..3);
    let hooks = (list(), list()).prop_map(|(before, after)| Hooks { before, after });
    prop::array::uniform3(hooks).prop_map(|[check, build, notify]| Around { check, build, notify })
}

prop_compose! {
    /// The plan of any pipeline over up to 12 hosts.
    fn pipeline()(check in steps(), builds in any::<bool>(), build_at_once in limit(), copy_at_once in limit(),
        deploy in prop::option::of(deploy()), tags in tag_pools(), around in around(), size in 0_usize..12) -> Plan
    {
        let pipeline = Pipeline {
            name: "p".into(),
            taskfile: TaskfileId(0),
            base_dir: Vec::new(),
            platform: None,
            span: Span::NONE,
            desc: None,
            summary: None,
            aliases: Vec::new(),
            hosts: Text::nowhere("*"),
            vars: Variables::new(),
            check,
            build: builds.then_some(Build { at_once: build_at_once, copy_at_once, span: None }),
            deploy,
            notify: Vec::new(),
            check_at_once: copy_at_once,
            around,
        };
        let host = |index: usize| Host {
            name: HostName::new(&format!("h{index}")).unwrap(),
            platform: Platform::Nixos,
            system: None,
            host_name: format!("h{index}"),
            address: format!("h{index}"),
            user: None,
            port: None,
            build_on: if index.is_multiple_of(2) { BuildOn::Local } else { BuildOn::Target },
            build_limits: Default::default(),
            cache: None,
            driver: Default::default(),
            tags: [if index.is_multiple_of(3) { "canary" } else { "edge" }, ["a", "b"][index % 2]].map(str::to_owned).into(),
            identity: Default::default(),
        };
        compile(&pipeline, (0..size).map(host).collect(), &Limits { tags, ..Limits::default() })
    }
}

/// After a cancel only this is certain beyond what `simulate` looks at: what tells of the run is told.
fn assert_told(plan: &Plan, ends: &[End]) {
    for (node, end) in plan.nodes.iter().zip(ends) {
        if node.kind.outlives_cancel() {
            assert_ne!(*end, End::Never(Unstarted::Cancelled));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_graph(plan in graph(), fates in fates(), at_once in 1_usize..20) {
        prop_assert_eq!(simulate(&plan, &fates, at_once, None), expected(&plan, &fates));
    }

    #[test]
    fn any_graph_that_is_cancelled(plan in graph(), fates in fates(), at_once in 1_usize..20, after in 0_usize..20) {
        let ends = simulate(&plan, &fates, at_once, Some(after));
        assert_told(&plan, &ends);
    }

    #[test]
    fn any_pipeline(plan in pipeline(), fates in fates(), at_once in 1_usize..20) {
        prop_assert_eq!(simulate(&plan, &fates, at_once, None), expected(&plan, &fates));
    }

    #[test]
    fn any_pipeline_that_is_cancelled(
        plan in pipeline(), fates in fates(), at_once in 1_usize..20, after in 0_usize..20,
    ) {
        let ends = simulate(&plan, &fates, at_once, Some(after));
        assert_told(&plan, &ends);
        // The report is the one node that nothing can take away.
        let reports = plan.nodes.iter().zip(&ends).filter(|(node, _)| matches!(node.kind, NodeKind::Report));
        prop_assert_eq!(reports.filter(|(_, end)| matches!(end, End::Ran(_))).count(), 1);
    }

    /// A host's failure takes no node from another host, except through the barrier of a wave.
    #[test]
    fn a_failing_host_is_alone(plan in pipeline(), victim in 0_u32..12) {
        let ended = |id: NodeId| match plan.node(id).unwrap().host {
            Some(host) if host.0 == victim => Ended::Failed,
            _ => Ended::Succeeded,
        };
        let fates: Vec<Fate> =
            plan.ids().map(|id| Fate { ended: ended(id), position: 0 }).collect();
        let ends = simulate(&plan, &fates, 8, None);
        for (node, end) in plan.nodes.iter().zip(ends) {
            if node.host.is_none_or(|host| host.0 != victim) {
                prop_assert_eq!(end, End::Ran(Ended::Succeeded));
            }
        }
    }
}

fn node<const N: usize>(kind: NodeKind, pool: Option<PoolId>, tag_pools: [PoolId; N]) -> Node {
    Node { kind, stage: Stage::Task, host: None, pool, tag_pools: tag_pools.into() }
}

#[test]
fn a_node_that_waits_for_one_pool_holds_no_place_of_another() {
    let mut builder = PlanBuilder::new("pools", Vec::new());
    let [stage, rack, power] = ["stage", "@rack", "@power"].map(|name| builder.pool(name, Some(1)));
    let both = builder.pool("both", Some(2));
    let mut add = |name: &str, pool, tags: &[PoolId]| {
        let kind = NodeKind::Task { name: name.to_owned() };
        builder.node(Node { tag_pools: tags.into(), ..node(kind, Some(pool), []) }, [])
    };
    let first = add("first", both, &[rack]);
    let waits = add("waits", stage, &[rack, power]);
    let goes = add("goes", both, &[power]);
    let last = add("last", stage, &[]);
    let plan = builder.finish();
    let mut schedule = Schedule::new(&plan, 10);
    // `waits` has neither of its places: `goes` has the power, and `last` the stage.
    let running: Vec<NodeId> = std::iter::from_fn(|| schedule.start()).collect();
    assert_eq!(running, [first, goes, last]);
    for id in [first, last] {
        schedule.finish(id, Ended::Succeeded);
        assert_eq!(schedule.start(), None, "it needs all of its places");
    }
    schedule.finish(goes, Ended::Failed);
    assert_eq!(schedule.start(), Some(waits));
}

#[test]
fn parked_nodes_start_in_the_order_in_which_they_were_ready() {
    let mut builder = PlanBuilder::new("fair", Vec::new());
    let pool = builder.pool("one", Some(1));
    for index in 0..5 {
        let kind = NodeKind::Task { name: index.to_string() };
        builder.node(node(kind, Some(pool), []), []);
    }
    let plan = builder.finish();
    let mut schedule = Schedule::new(&plan, 10);
    let mut order = Vec::new();
    while let Some(id) = schedule.start() {
        assert_eq!(schedule.start(), None);
        order.push(id.0);
        schedule.finish(id, Ended::Succeeded);
    }
    assert_eq!(order, [0, 1, 2, 3, 4]);
}

#[test]
fn a_chain_of_300_000_skipped_nodes_needs_no_stack() {
    let mut builder = PlanBuilder::new("long", Vec::new());
    let mut last = None;
    for index in 0..300_000 {
        let kind = NodeKind::Task { name: index.to_string() };
        let node = node(kind, None, []);
        last = Some(builder.node(node, last.map(|last| (last, EdgeKind::Success))));
    }
    let plan = builder.finish();
    let mut schedule = Schedule::new(&plan, 1);
    let first = schedule.start().unwrap();
    schedule.finish(first, Ended::Failed);
    assert!(schedule.is_done());
    assert_eq!(std::iter::from_fn(|| schedule.next_unstarted()).count(), 299_999);
}

//! The plan for programs.

use super::{EdgeKind, HostId, NodeKind, Plan, Pool, PoolId, Stage};
use crate::model::Host;
use serde::Serialize;

/// Version of the JSON form; fields are only ever added within a version.
const VERSION: u32 = 1;

/// What `fleet plan --format json` prints.
#[derive(Debug, Serialize)]
pub struct PlanJson<'a> {
    /// Version of this form.
    pub version: u32,
    /// What was asked for.
    pub name: &'a str,
    /// The selected hosts; `nodes[].host` counts into this list, from 0.
    pub hosts: &'a [Host],
    /// The limits; `nodes[].pool` counts into this list, from 0. A `limit` of `null` is none.
    pub pools: &'a [Pool],
    /// The nodes in a topological order: each edge goes from a lower to a higher id.
    pub nodes: Vec<NodeJson<'a>>,
    /// The edges, sorted.
    pub edges: Vec<EdgeJson>,
}

/// A node.
#[derive(Debug, Serialize)]
pub struct NodeJson<'a> {
    /// Its place in the list, from 0; the `node` of the run's events.
    pub id: u32,
    /// The kind, in one word; the `step` of the run's events.
    pub step: &'static str,
    /// The kind and what tells it from others of its kind, for people.
    pub label: String,
    /// `check`, `build`, `deploy`, `notify` or `task`.
    pub stage: Stage,
    /// Which host; `null` for what is done once for the run.
    pub host: Option<HostId>,
    /// Which limit it counts against, if any.
    pub pool: Option<PoolId>,
    /// Limits over hosts of a tag that it counts against as well; only where there are any.
    #[serde(skip_serializing_if = "<[PoolId]>::is_empty")]
    pub tag_pools: &'a [PoolId],
    /// Number of its wave, from 1; only on nodes that belong to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wave: Option<usize>,
}

/// An edge.
#[derive(Debug, Serialize)]
pub struct EdgeJson {
    /// The node before.
    pub from: u32,
    /// The node after.
    pub to: u32,
    /// `success`: the node before must have succeeded, else the node after is skipped. `end`: it must have ended.
    pub kind: EdgeKind,
}

impl<'a> From<&'a Plan> for PlanJson<'a> {
    fn from(plan: &'a Plan) -> Self {
        let node = |(id, node): (u32, &'a super::Node)| NodeJson {
            id,
            step: node.kind.word(),
            label: node.kind.label(),
            stage: node.stage,
            host: node.host,
            pool: node.pool,
            tag_pools: &node.tag_pools,
            wave: match node.kind {
                NodeKind::Activate { wave, .. } | NodeKind::RollBack { wave, .. } => Some(wave + 1),
                NodeKind::Wave { number, .. } => Some(number + 1),
                _ => None,
            },
        };
        let edges = plan.ids().flat_map(|from| {
            plan.edges(from).iter().map(move |edge| EdgeJson { from: from.0, to: edge.to.0, kind: edge.kind })
        });
        Self {
            version: VERSION,
            name: &plan.name,
            hosts: &plan.hosts,
            pools: &plan.pools,
            nodes: (0..).zip(&plan.nodes).map(node).collect(),
            edges: edges.collect(),
        }
    }
}

pub(super) fn print(plan: &Plan) -> String {
    // These types hold nothing that JSON cannot: no error can come.
    let mut text = serde_json::to_string_pretty(&PlanJson::from(plan)).unwrap_or_default();
    text.push('\n');
    text
}

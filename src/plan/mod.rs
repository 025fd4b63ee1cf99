//! From a project and a request to a DAG of nodes. Pure: the same input gives the same plan; runs nothing, prints
//! nothing, knows no threads.

mod graph;
mod pipeline;
mod waves;

pub use graph::{Edge, EdgeKind, HostId, Node, NodeId, NodeKind, Plan, PlanBuilder, Pool, PoolId, Stage};
pub use pipeline::{Limits, compile};

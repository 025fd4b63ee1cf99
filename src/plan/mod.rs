//! From a project and a request to a DAG of nodes. Pure: the same input gives the same plan; runs nothing, prints
//! nothing, knows no threads.

mod deploy;
mod dot;
mod format;
mod graph;
mod json;
mod mermaid;
mod pipeline;
mod task;
mod tree;
mod waves;

pub use format::Format;
pub use graph::{Edge, EdgeKind, HostId, Node, NodeId, NodeKind, Plan, PlanBuilder, Pool, PoolId, Stage};
pub use json::{EdgeJson, NodeJson, PlanJson};
pub use pipeline::{Limits, compile, compile_preview, compile_rollback};
pub use task::of_task;

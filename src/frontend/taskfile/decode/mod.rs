//! Nodes to the AST: every mistake is collected with its place, and beside it what go-task would have said
//! first. One file a concept; none knows other files.

mod command;
mod context;
mod dependency;
mod glob;
mod include;
mod loops;
mod output;
mod platform;
mod precondition;
mod query;
mod requirement;
mod structure;
mod task;
mod taskfile;
mod variable;

#[cfg(test)]
mod tests;

pub use context::Context;
pub use taskfile::decode_taskfile;
pub use variable::decode_variables;

//! Runs tasks as go-task does. What a task does is found when it is reached: its variables may run commands, its
//! commands may call tasks by computed names. Each call is a future of its own on the coordinator; each command is one
//! job of a worker.

mod ahead;
mod command;
mod compile;
mod context;
mod dynamic;
mod environment;
mod error;
mod execute;
mod execution;
mod freshness;
mod heading;
mod limit;
mod lookup;
mod loops;
mod needed;
mod options;
mod pipeline;
mod platform;
mod preconditions;
mod query;
mod questions;
mod renderer;
mod request;
mod requires;
mod run;
mod runner;
mod scope;
mod special;
mod step;
mod suggestion;
mod texts;
mod variables;
mod watched;

pub use compile::{Compiled, CompiledAction, CompiledCommand, CompiledDep};
pub use environment::TaskEnvironment;
pub(crate) use error::GoQuoted;
pub use error::TaskError;
pub use heading::Heading;
pub use lookup::{Found, Lookup, TaskId};
pub use options::TaskOptions;
pub use platform::{arch, os};
pub use query::{QueryError, QueryProblem};
pub use questions::ASKED_AHEAD;
pub use request::Request;
pub use runner::{Answer, Console, Pipelines, Reply, Runner, World};
pub use scope::Scope;
pub use special::TASK_VERSION;
pub use step::TaskSteps;
pub use variables::{Evaluate, directory};
pub use watched::{Executions, WatchedFiles};

//! Runs tasks as go-task does. What a task does is found when it is reached: its variables may run commands, its
//! commands may call tasks by computed names. Each call is a future of its own on the coordinator; each command is one
//! job of a worker.

mod compile;
mod error;
mod freshness;
mod limit;
mod lookup;
mod loops;
mod options;
mod pipeline;
mod platform;
mod preconditions;
mod requires;
mod run;
mod runner;
mod scope;
mod special;
mod step;
mod texts;
mod variables;

pub use compile::{Compiled, CompiledAction, CompiledCommand, CompiledDep, Request};
pub use error::TaskError;
pub use lookup::{Found, Lookup, TaskId};
pub use options::TaskOptions;
pub use platform::{arch, os};
pub use runner::{Answer, Console, Pipelines, Runner, World};
pub use scope::Scope;
pub use special::TASK_VERSION;
pub use step::TaskSteps;
pub use variables::{Evaluate, directory};

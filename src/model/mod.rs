//! The validated meaning of a project. Knows no YAML, no command line, no processes.

mod command;
mod deploy_driver;
mod hook;
mod host;
mod notification;
mod pipeline;
mod project;
mod quiesce;
mod selector;
mod snapshot;
mod step;
mod store_url;
mod tag_pool;
mod task;
mod text;
mod variable;
mod variables;

pub use command::{Call, Command, CommandKind, Defer, Loop, MatrixRow, ShellCommand};
pub use deploy_driver::DeployDriver;
pub use hook::{Around, Hook, Hooks};
pub use host::{
    BuildLimits, BuildOn, Fleet, Host, HostName, HostOverride, Identity, IgnoredFinding, JqShim, NameError,
    Platform, SecretsPolicy, Shims,
};
pub use notification::{Given, Notification, NotifyWhen, SERVICES, Service, ServiceKeys};
pub use pipeline::{
    Action, Build, Confirmation, Deploy, OnFailure, Pipeline, Proof, Reboot, RebootPolicy, Share, Tolerance,
};
pub use project::{Include, Method, Output, Overwritten, Project, RunMode, Taskfile, TaskfileId};
pub use quiesce::Quiesce;
pub use selector::{Selector, SelectorError};
pub use snapshot::Snapshot;
pub use step::{Health, HealthKind, Step, StepKind};
pub use store_url::{BinaryCache, StoreUrl, StoreUrlError};
pub use tag_pool::TagPool;
pub use task::{Allowed, Dependency, Glob, PlatformFilter, Precondition, Requirement, Task, TaskSettings};
pub use text::Text;
pub use variable::{Query, Structure, Variable, VariableValue};
pub use variables::Variables;

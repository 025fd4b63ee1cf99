//! Small traits at the edge, one capability each. Knows no graph.
//!
//! Every call blocks on a worker, writes what it hears to [`Io::output`] and gives up when [`Io::cancel`] asks it to.

mod authorities;
mod command_environment;
mod confirm;
mod diff;
mod error;
mod fetch;
mod flake;
pub mod git;
mod guarded;
mod inspect;
mod local_scripts;
mod lock;
mod memory;
mod native;
mod nix;
mod notify;
mod plugin;
mod project;
mod reaper;
pub mod rehearsal;
mod secrets;
mod shell;
mod shims;
mod ssh;
mod store_path;
mod target;
mod task_script;
mod tool;
mod work_tree;

pub use command_environment::CommandEnvironment;
pub use confirm::{Change, Confirm, Question, Yes};
pub use diff::{PackageChange, PackageChangeKind, SystemDiff, UnitChange, UnitChangeKind};
pub use error::{DriverError, ErrorKind};
pub use fetch::{FetchOptions, Fetcher};
pub use flake::{CheckOutcome, Discovered, Evaluated, Expect, Flake, FlakeCheck, Guard};
pub use guarded::{Carrier, Guarded, Watchdog};
pub use inspect::{Execution, HostStatus, Inspect, Intended, WentBack};
pub use local_scripts::LocalScripts;
pub use lock::{Holder, Lock, Stale};
pub use native::{AskPassword, Native, NativeOptions};
pub use nix::last_discovered;
pub use notify::{Channel, Message, Notifier, Notify, Source};
pub use plugin::{PLUGIN_PROTOCOL, Plugin, PluginRequest, PluginResult, PluginRunner, find_plugin};
pub use project::{Render, TaskRunner};
pub use secrets::{Fence, Held, Secrets};
pub use shell::{Dialect, LocalShell, Script, Shell, ShellError, programs};
pub use store_path::{Derivation, StorePath, StorePathError};
pub use target::{
    Activation, Build, Built, Gate, HealthOutcome, IgnoredUnits, Place, Probe, Proving, Rebooted, Sudo,
    SystemState, Target, Unit,
};
pub use task_script::{Lines, Listener, ScriptError, ScriptExit, ScriptRunner, TaskOutput, TaskScript};
pub use work_tree::{WorkTree, repository};

use crate::process::{Cancel, Stream};

/// Takes the lines that a driver hears, without their line ends.
pub trait Output: Send + Sync {
    /// One line.
    fn line(&self, stream: Stream, line: &str);
}

/// What a driver call is connected to.
#[derive(Clone, Copy)]
pub struct Io<'a> {
    /// Gets every line.
    pub output: &'a dyn Output,
    /// Asks to give up.
    pub cancel: &'a Cancel,
}

//! Processes: spawn, groups, signals, time-outs, output. Knows no tasks.
//!
//! One thread per running process, the caller's own: it polls the process, its pipes, the deadline and the request to
//! stop together. Nothing here starts a thread except [`Signals::in_thread`], where asked.

mod cancel;
mod capture;
mod descendants;
mod exit;
mod exit_watch;
mod group_spool;
mod line_pump;
mod lookup;
mod outlet;
mod pipes;
mod prefix_pump;
mod pump;
mod signals;
mod spawn;
mod spawn_error;
mod stream;
mod streams;
mod supervise;
mod terminal;
mod wakeup;

pub use cancel::{Cancel, Stop};
pub use capture::Capture;
pub use exit::Exit;
pub use group_spool::GroupSpool;
pub use line_pump::LinePump;
pub use lookup::{LookupError, find_program};
pub use outlet::Outlet;
pub use prefix_pump::PrefixPump;
pub use pump::Pump;
pub use signals::{Reaction, Signal, Signals, escalate};
pub use spawn::{Environment, Feeder, FeederError, Process};
pub use spawn_error::{SpawnError, SpawnErrorKind};
pub use stream::Stream;
pub use streams::{Input, Sink};
pub use terminal::{is_terminal, terminal_width};

//! Processes: spawn, groups, signals, time-outs, output. Knows no tasks.

mod cancel;
mod stream;

pub use cancel::{Cancel, Stop};
pub use stream::Stream;

//! Runs plans and tasks: one coordinator owns all state, rayon workers run one command each and send one message.
//! Knows no terminals.

mod duration;
pub mod event;
pub mod notification;
pub mod render;
pub mod runtime;
pub mod schedule;
pub mod task;
mod workers;

pub use duration::duration;

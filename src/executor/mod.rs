//! Runs plans and tasks: one coordinator owns all state, rayon workers run one command each and send one message.
//! Knows no terminals.

pub mod event;
pub mod runtime;
pub mod schedule;
pub mod task;
mod workers;

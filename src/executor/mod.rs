//! Runs plans and tasks: one coordinator owns all state, rayon workers run one command each and send one message.
//! Knows no terminals.

mod activation;
mod answer;
mod begin;
pub mod channel;
pub mod drivers;
mod duration;
mod each_host;
pub mod event;
pub mod explanation;
mod health;
mod host;
mod node;
pub mod notification;
pub mod outcome;
pub mod pipeline;
mod proof;
mod quiesce;
mod reboot;
pub mod render;
pub mod reporter;
pub mod resumed;
mod run_state;
pub mod runtime;
pub mod schedule;
pub mod task;
mod workers;

pub use duration::duration;
pub use each_host::{each, each_host};

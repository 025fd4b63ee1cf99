//! Deployments of `examples/homelab` to real hosts: nix, ssh and sudo are real, the hosts are those of `tests/testbed`.
//! Each test has hosts of its own.

#![cfg(test)]

#[path = "../requirement/mod.rs"]
mod requirement;

mod aftermath;
mod bad_input;
mod booted;
mod building;
mod commit;
mod deployment;
mod driver;
mod evaluation;
mod fault;
mod gate;
mod guarded;
mod health;
mod homelab;
mod hook;
mod inspection;
mod lock;
mod matrix;
mod plugin;
mod pool;
mod privilege;
mod quiesce;
mod reboot;
mod resume;
mod rollback;
mod run;
mod scale;
mod soak;
mod surroundings;
mod testbed;
mod told;

use homelab::Homelab;

//! `fleet hook` with real git: what stops a commit, what is left as it was.

#![cfg(test)]

mod frameworks;
mod install;
mod push;
mod repository;
#[path = "../requirement/mod.rs"]
mod requirement;
mod secrets;
mod staged;
mod tasks;

//! The fence around secrets: each rule in both directions, over files as sops writes them.

#![cfg(test)]

mod breach;
mod flake;
mod git;
mod init;
mod input;
mod output;
mod pipeline;
mod property;
#[path = "../requirement/mod.rs"]
mod requirement;
mod sops;
mod tree;

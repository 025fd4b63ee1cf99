//! Remote Taskfiles, through the binary called as `task`: a server in this process, a git repository on this disk.

#![cfg(test)]

mod directory;
mod git;
mod http;
mod library;
#[path = "../requirement/mod.rs"]
mod requirement;
mod server;

//! Runs tasks again when their sources change (`--watch`; go-task 3.54 `watch.go`). Knows no command line and no colours.

mod change;
mod directories;
#[cfg(target_os = "linux")]
mod inotify;
mod polled;
mod rounds;
mod sources;
mod watcher;

pub use rounds::{Rounds, ShowFailure};

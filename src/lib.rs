//! `fleet` runs Taskfiles and deploys fleets of NixOS hosts.
//!
//! Modules stand in the order of the data flow; each uses only modules above it
//! (`tests/layers.rs` fails on an arrow that runs back):
//!
//! `source · diagnostic -> yaml · template · query · word -> model -> frontend -> plan ->
//! fingerprint · process · secrets -> driver -> executor -> reporter -> watch -> cli -> main`

pub mod source;

pub mod diagnostic;

pub mod query;
pub mod template;
pub mod word;
pub mod yaml;

pub mod model;

pub mod frontend;

pub mod plan;

pub mod fingerprint;
pub mod process;
pub mod secrets;

pub mod driver;

pub mod executor;

pub mod reporter;

pub mod watch;

pub mod cli;

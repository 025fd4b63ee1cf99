//! Consumers of the one event stream: terminal, plain lines, JSON, journal. Each knows events alone, not how they came
//! about; none of them can stop a run.

mod colour;
mod diff;
#[cfg(test)]
mod fixture;
mod journal;
mod json;
mod live;
mod multi;
mod plain;
mod run_id;
mod sink;
mod state;
mod table;
mod task;
mod text;

pub use colour::{Around, ColourRequest, Paint, TaskColour, TaskPaint};
pub use journal::{
    Journal, JournalError, JournalState, Past, PastHost, PastSystem, RunRequest, find_unfinished, read_past,
    runs,
};
pub use json::Json;
pub use live::{Live, Pause, Paused};
pub use multi::Multi;
pub use plain::Plain;
pub use run_id::RunId;
pub use sink::{Sink, SinkState};
pub use task::TaskLines;
pub(crate) use text::clean;

pub use crate::executor::reporter::Reporter;

/// What every screen of a rehearsal says.
const REHEARSAL: &str = "REHEARSAL: no host was touched";

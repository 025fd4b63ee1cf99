//! How a process ended.

use std::io;

/// How a process ended.
#[derive(Debug, Default)]
pub struct Exit {
    /// Exit code; 128+n after signal n.
    pub code: i32,
    /// The codes of its feeders, in their order.
    pub feeders: Vec<i32>,
    /// It was ended by a signal.
    pub signalled: bool,
    /// It was ended because its time was over.
    pub timed_out: bool,
    /// What [`super::Sink::Capture`] kept of standard output.
    pub stdout: Vec<u8>,
    /// What [`super::Sink::Capture`] kept of standard error.
    pub stderr: Vec<u8>,
    /// Output that could not be handed on, for instance because our own standard output is closed.
    pub output_error: Option<io::Error>,
}

impl Exit {
    /// Whether the code is 0 and the time was not over.
    #[must_use]
    pub fn success(&self) -> bool {
        self.code == 0 && !self.timed_out
    }
}

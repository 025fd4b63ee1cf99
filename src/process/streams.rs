//! What the streams of a process are connected to.

use super::Pump;
use std::fs::File;

/// Where a process reads from.
#[derive(Debug, Default)]
pub enum Input {
    /// Our own standard input.
    #[default]
    Inherit,
    /// Nothing.
    Null,
    /// These bytes, then nothing more.
    Bytes(Vec<u8>),
    /// A file.
    File(File),
}

/// Where a stream of a process goes.
#[derive(Default)]
pub enum Sink<'a> {
    /// Our own stream of that name.
    #[default]
    Inherit,
    /// Nowhere.
    Null,
    /// Into [`super::Exit`], up to a number of bytes; the rest is read and dropped.
    Capture(usize),
    /// Into a pump.
    Pump(&'a mut dyn Pump),
    /// A file.
    File(File),
    /// Standard error only: into whatever standard output goes to, in the order written.
    Merge,
}

impl Sink<'_> {
    /// Whether a process can go on writing there when whoever started it has gone on.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        matches!(self, Self::Inherit | Self::Null | Self::File(_) | Self::Merge)
    }
}

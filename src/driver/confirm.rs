//! What is asked of a person before hosts are changed.

use super::{DriverError, Io, StorePath, SystemDiff};
use crate::model::{Action, HostName};
use std::sync::Arc;

/// A host that would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The host.
    pub host: HostName,
    /// What it runs.
    pub before: Option<StorePath>,
    /// What it would get.
    pub after: StorePath,
    /// What that changes there, where it was asked.
    pub diff: Option<Arc<SystemDiff>>,
}

/// The question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The pipeline.
    pub pipeline: String,
    /// What would be done.
    pub action: Action,
    /// Number of the wave, from 0, where each wave is asked for.
    pub wave: Option<usize>,
    /// The hosts that would change, in the order of the fleet.
    pub changes: Vec<Change>,
    /// How many hosts have the system already.
    pub unchanged: usize,
    /// The hosts that have failed so far.
    pub failed: Vec<HostName>,
}

/// Asks a person.
pub trait Confirm: Send + Sync {
    /// Whether an answer can be had at all; asked before anything is touched.
    ///
    /// # Errors
    /// There is nobody to ask, for want of a terminal.
    fn is_possible(&self) -> Result<(), DriverError>;

    /// Asks; `true` is yes.
    ///
    /// # Errors
    /// There was no answer.
    fn ask(&self, question: &Question, io: Io<'_>) -> Result<bool, DriverError>;
}

/// Takes yes for the answer (`--yes`).
#[derive(Debug, Clone, Copy, Default)]
pub struct Yes;

impl Confirm for Yes {
    fn is_possible(&self) -> Result<(), DriverError> {
        Ok(())
    }

    fn ask(&self, _question: &Question, _io: Io<'_>) -> Result<bool, DriverError> {
        Ok(true)
    }
}

//! Who is told what happens. Knows nothing of what they make of it.

use super::event::Stamped;

/// Takes the events of a run, in order, on the coordinator's thread.
pub trait Reporter {
    /// Something happened.
    fn event(&mut self, event: &Stamped);

    /// Time has passed. Called about ten times a second while something runs.
    fn tick(&mut self) {}
}

//! Tests of the engine as its users see it.

mod goldens;
mod limits;
mod properties;
mod ranges;
mod references;
mod variables;

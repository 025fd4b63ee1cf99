//! Two readers of one model: Taskfiles and Fleetfiles. Knows nothing of running.

mod callables;
pub mod dotenv;
pub mod fleetfile;
pub mod lint;
mod load;
pub mod taskfile;

pub use load::{find, find_named, load, load_within, root_names};
pub use taskfile::LoadError;

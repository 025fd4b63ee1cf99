//! Two readers of one model: Taskfiles and Fleetfiles. Knows nothing of running.

pub mod dotenv;
pub mod fleetfile;
pub mod taskfile;

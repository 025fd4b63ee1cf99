//! Whether files changed since a task last ran, and why it must run again. Reads and writes go-task's `.task` directory
//! byte for byte (3.54), so that both programs can take turns. Knows no commands; all texts come rendered.

mod checksum;
mod contents;
mod files;
mod freshness;
mod gitignore;
mod glob;
mod signature;
mod stat;
mod store;
mod sweep;
mod timestamp;

pub use files::TaskFiles;
pub use freshness::{Difference, Freshness, Reason};
pub use glob::GlobError;
pub use store::{FingerprintError, Fingerprints};

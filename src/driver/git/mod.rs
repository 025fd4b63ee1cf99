//! A git repository as its hooks see it: what is staged or pushed, and the content of it. Reads the index and loose objects
//! itself, and asks git, in few processes, for all that is unusual (docs/decisions/0019-hooks-read-the-index.md);
//! never changes the work tree, the index or a reference. Knows no checks.
//!
//! `GIT_DIR`, `GIT_INDEX_FILE` and their like, which git sets for hooks, are heeded by git itself: with `git commit FILE`
//! the index of a hook is not the one of the repository.

mod blobs;
mod change;
mod export;
mod index;
mod loose;
mod repository;
mod snapshot;
mod staged;

pub use blobs::Content;
pub use change::{Change, Entry, EntryKind};
pub use export::Export;
pub use repository::Repository;
pub use snapshot::{Snapshot, pushed};

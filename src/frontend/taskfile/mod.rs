//! Taskfiles as go-task 3.54 reads them: found, parsed, decoded, included, merged, lowered into the model.
//! Knows nothing of running.

pub mod ast;
pub mod decode;
pub mod go_text;
pub mod keys;
mod load_error;
mod version;

pub use go_text::GoText;
pub use load_error::LoadError;
pub use version::Version;

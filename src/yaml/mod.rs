//! YAML text to a tree in which every node knows its place and every scalar its raw text and style.
//! Scalars resolve by the rules of Go's yaml.v3. Knows nothing of tasks.

mod boundary;
pub mod decode;
mod duration;
mod encoding;
mod error;
pub mod keys;
mod lenient;
mod locate;
mod merge;
mod node;
mod parser;
mod resolve;
mod subset;
mod syntax;
mod wording;

pub use decode::{Decoder, Field};
pub use duration::{DurationError, parse_duration, read_duration};
pub use encoding::decode_bytes;
pub use error::ParseError;
pub use locate::{locate, locate_in};
pub use merge::{Fields, merged};
pub use node::{Document, Entry, Kind, Node, Scalar, Style};
pub use parser::parse;
pub use resolve::Resolved;

#[cfg(test)]
mod properties;

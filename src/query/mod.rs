//! jq programs: compiled once, run over values. What they give, say and refuse is what jq 1.6 gives, says and refuses
//! (`docs/compatibility.md` lists the differences). Knows nothing of where JSON comes from.
//!
//! The machine is our own, for two reasons (`docs/decisions`): the order and the words of jq 1.6, and no program that
//! overflows the stack.

mod binary;
mod call;
mod compile_error;
mod environment;
mod kont;
mod lexer;
mod machine;
mod native;
mod node;
mod number;
mod own;
mod parser;
mod path;
mod pattern;
mod program;
mod raise;
mod reader;
mod scope;
mod several;
mod token;
mod value;
mod writer;

pub use compile_error::CompileError;
pub use native::World;
pub use node::Program;
pub use own::builtins;
pub use program::{Halt, Outcome, Run, Silence};
pub use reader::{Reader, Reading, lossy, parse};
pub use value::{Array, Object, Pairs, Value};
pub use writer::{Colours, Indent, Layout, write};

//! Go `text/template` with the functions that go-task registers: parsed once, rendered many times.
//! Knows YAML for `toYaml` and `fromYaml` only, and no tasks.

mod ast;
mod call;
mod error;
mod eval;
mod expression;
mod float;
mod from_yaml;
mod functions;
mod layout;
mod layout_parse;
mod lexer;
mod limit;
mod lookup;
mod number;
mod operand;
mod overlay;
mod parser;
mod pieces;
mod print;
mod printf;
mod quote;
mod references;
#[expect(clippy::module_inception, reason = "the file is named as its type")]
mod template;
mod time;
mod token;
mod value;

pub use error::TemplateError;
pub use expression::Expression;
pub use lookup::Lookup;
pub use references::Use;
pub use template::Template;
pub use value::{Map, Typed, Value};

pub(crate) use functions::{GoRegex, Url};

#[cfg(test)]
mod tests;

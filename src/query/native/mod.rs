//! The functions that are not written in jq itself: values in, one value out.

mod arithmetic;
mod collections;
mod dates;
mod formats;
mod math;
mod process;
mod regex;
mod strftime;
mod strings;
mod strptime;

use super::raise::Evaluated;
use super::value::Value;

pub(super) use regex::Patterns;

/// A function of the input and its arguments.
pub(super) type Native = fn(&mut Context<'_>, &Value, &[Value]) -> Evaluated;

/// What a program may ask of the world around it.
pub trait World {
    /// The next input; an error where it cannot be read.
    fn next_input(&mut self) -> Option<Result<Value, String>>;
    /// The file that inputs come from.
    fn file_name(&self) -> Option<String>;
    /// Lines read from it.
    fn line_number(&self) -> usize;
    /// The environment.
    fn environment(&self) -> Value;
    /// Writes to standard error.
    fn say(&mut self, text: &str);
}

/// What functions work with.
pub(super) struct Context<'w> {
    pub(super) world: &'w mut dyn World,
    pub(super) patterns: &'w mut Patterns,
}

/// The function that an operator is.
pub(super) fn operator(symbol: &str) -> Option<Native> {
    Some(match symbol {
        "+" => |_, _, values| arithmetic::add(values),
        "-" => |_, _, values| arithmetic::subtract(values),
        "*" => |_, _, values| arithmetic::multiply(values),
        "/" => |_, _, values| arithmetic::divide(values),
        "%" => |_, _, values| arithmetic::remainder(values),
        "==" => |_, _, values| arithmetic::compare(values, |order| order.is_eq()),
        "!=" => |_, _, values| arithmetic::compare(values, |order| order.is_ne()),
        "<" => |_, _, values| arithmetic::compare(values, |order| order.is_lt()),
        "<=" => |_, _, values| arithmetic::compare(values, |order| order.is_le()),
        ">" => |_, _, values| arithmetic::compare(values, |order| order.is_gt()),
        ">=" => |_, _, values| arithmetic::compare(values, |order| order.is_ge()),
        _ => return None,
    })
}

/// The function of a name and a number of arguments.
pub(super) fn find(name: &str, arity: usize) -> Option<Native> {
    arithmetic::find(name, arity)
        .or_else(|| collections::find(name, arity))
        .or_else(|| strings::find(name, arity))
        .or_else(|| formats::find(name, arity))
        .or_else(|| regex::find(name, arity))
        .or_else(|| dates::find(name, arity))
        .or_else(|| process::find(name, arity))
        .or_else(|| math::find(name, arity))
}

/// All names of functions with their numbers of arguments that a program may call.
pub(super) fn is_public(name: &str) -> bool {
    !name.starts_with('_')
}

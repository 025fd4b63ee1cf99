//! `query` of a variable: a jq program, compiled to see whether it can be. Runs nothing.

use super::context::Context;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::model::Query;
use crate::query::{CompileError, Program, Value, builtins};
use crate::source::Span;
use crate::yaml::{Node, locate_in};
use std::ops::Range;

/// The program; `None` where there is none, which has been told.
pub(super) fn decode_query(context: &mut Context<'_>, node: &Node) -> Option<Query> {
    let Some(program) = context.text(node) else {
        if node.is_null() || node.text().is_some_and(str::is_empty) {
            let diagnostic = Diagnostic::error("fleet::query::empty", "`query` holds no program")
                .at(node.place(), "here")
                .help("`.` takes the whole value");
            context.fail(node, "query is empty", diagnostic);
        }
        return None;
    };
    // With a template in it only the run tells what the program is.
    if program.is_plain()
        && let Err(errors) = Program::compile(program.raw(), &|_| Some(Value::Null))
    {
        for error in &errors {
            let diagnostic = wrong_program(error, program.raw(), |range| {
                let scalar = program.span();
                let written = context.text.get(scalar.start as usize..scalar.end as usize);
                written.map_or(scalar, |written| locate_in(written, scalar, range))
            });
            context.fail(node, error.reason(), diagnostic);
        }
    }
    Some(Query { program, bound: None })
}

/// What is wrong with a program; `locate` leads from its bytes to the file.
fn wrong_program(
    error: &CompileError,
    program: &str,
    locate: impl FnOnce(Range<usize>) -> Span,
) -> Diagnostic {
    let range = error.range(program);
    let word = program.get(range.clone()).unwrap_or_default();
    let near = if error.is_unknown_name() { did_you_mean(word, builtins()) } else { None };
    let message = format!("the program of `query` is wrong: {}", error.reason());
    let diagnostic = Diagnostic::error("fleet::query::program", message).at(locate(range), "here");
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

//! What has to do with the run of a program: inputs, errors, messages, its end.

use super::Native;
use crate::query::raise::{Evaluated, Raise};
use crate::query::value::Value;

pub(super) fn find(name: &str, arity: usize) -> Option<Native> {
    Some(match (name, arity) {
        ("error", 0) => |_, input, _| Err(Raise::Error(input.clone())),
        ("error", 1) => |_, _, arguments| Err(Raise::Error(arguments[0].clone())),
        ("input", 0) => |context, _, _| match context.world.next_input() {
            None => Err(Raise::text("break")),
            Some(input) => input.map_err(Raise::text),
        },
        ("debug", 0) => |context, input, _| {
            let text = Value::from(vec![Value::from("DEBUG:"), input.clone()]).to_json();
            context.world.say(&format!("{text}\n"));
            Ok(input.clone())
        },
        ("stderr", 0) => |context, input, _| {
            let text = input.to_json();
            context.world.say(&text);
            Ok(input.clone())
        },
        ("input_filename", 0) => {
            |context, _, _| Ok(context.world.file_name().map_or(Value::Null, Value::from))
        }
        ("input_line_number", 0) => |context, _, _| Ok(Value::count(context.world.line_number())),
        ("env", 0) => |context, _, _| Ok(context.world.environment()),
        ("halt", 0) => |_, _, _| Err(Raise::Halt(None, None)),
        ("halt_error", 1) => |_, input, arguments| match &arguments[0] {
            code @ Value::Number(_) => Err(Raise::Halt(Some(input.clone()), Some(code.clone()))),
            _ => Err(Raise::of(input, "halt_error/1: number required")),
        },
        ("builtins", 0) => |_, _, _| Ok(builtins()),
        ("get_search_list", 0) => |_, _, _| {
            let places = ["~/.jq", "$ORIGIN/../lib/jq", "$ORIGIN/lib"];
            Ok(Value::from(places.into_iter().map(Value::from).collect::<Vec<_>>()))
        },
        ("modulemeta", 0) => |_, input, _| module(input),
        _ => return None,
    })
}

fn module(input: &Value) -> Evaluated {
    match input {
        Value::String(name) => Err(Raise::text(format!("module not found: {name}\n"))),
        _ => Err(Raise::text("modulemeta input module name must be a string")),
    }
}

/// The functions of jq 1.6 by name and number of arguments.
fn builtins() -> Value {
    let names = crate::query::own::BUILTINS.split_ascii_whitespace();
    Value::from(names.filter(|name| super::is_public(name)).map(Value::from).collect::<Vec<_>>())
}

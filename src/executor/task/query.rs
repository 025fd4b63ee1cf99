//! `query:` of a variable: its jq program over what the variable's source gives, and what comes of it as a value of
//! templates. Runs no command.

use super::error::TaskError;
use super::scope::Scope;
use super::variables::render;
use crate::model::Query;
use crate::query::{CompileError, Object, Outcome, Program, Reader, Reading, Value as Json, World};
use crate::source::Span;
use crate::template::{Map, Typed, Value};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// A second or two; what needs more goes on for ever, most likely.
const STEPS: u64 = 20_000_000;
/// Values of a list; what is asked of a machine is not longer.
const VALUES: usize = 10_000_000;
/// Bytes of an input that a message shows.
const EXCERPT: usize = 120;

/// Why a query gave nothing.
#[derive(Debug, Clone)]
pub struct QueryError {
    /// The variable.
    pub name: String,
    /// The scalar that holds the program.
    pub span: Span,
    /// What happened.
    pub problem: QueryProblem,
}

/// What happened to a query.
#[derive(Debug, Clone)]
pub enum QueryProblem {
    /// The text, rendered, is no program.
    Program {
        /// As rendered.
        text: String,
        /// All that is wrong with it.
        errors: Vec<CompileError>,
    },
    /// What the command printed is no JSON.
    NotJson {
        /// jq's words.
        reason: String,
        /// How it begins; empty where nothing was printed.
        excerpt: String,
    },
    /// The program failed, or stopped itself.
    Failed {
        /// jq's words.
        reason: String,
        /// How its input begins.
        excerpt: String,
        /// The input is text, which may have been meant as JSON.
        is_text: bool,
    },
}

impl std::fmt::Display for QueryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "task: the query of the variable {:?} failed: ", self.name)?;
        match &self.problem {
            QueryProblem::Program { errors, .. } => {
                f.write_str(&errors.iter().map(CompileError::reason).collect::<Vec<_>>().join("; "))
            }
            QueryProblem::NotJson { excerpt, .. } if excerpt.is_empty() => {
                f.write_str("the command printed nothing")
            }
            QueryProblem::NotJson { reason, excerpt } => write!(f, "{reason}, in: {excerpt}"),
            QueryProblem::Failed { reason, excerpt, .. } => write!(f, "{reason}, with the input {excerpt}"),
        }
    }
}

/// What a program works on.
pub(super) enum Source {
    /// What a command printed.
    Printed(Arc<str>),
    /// A value.
    Value(Value),
}

/// What a program may ask for.
pub(super) struct Surroundings<'a> {
    /// The variables.
    pub(super) scope: &'a Scope,
    /// The environment of commands, beyond that of the process.
    pub(super) environment: &'a dyn Fn() -> Vec<(String, String)>,
    /// Takes what `debug` and `stderr` say.
    pub(super) say: &'a dyn Fn(&str),
}

/// Runs the query of a variable.
pub(super) fn run(
    name: &str,
    query: &Query,
    source: Source,
    surroundings: &Surroundings<'_>,
) -> Result<Value, TaskError> {
    let text = match &query.bound {
        Some(_) => query.program.raw().to_owned(),
        None => render(&query.program, surroundings.scope)?,
    };
    let fail = |problem| {
        let error = QueryError { name: name.to_owned(), span: query.program.span(), problem };
        TaskError::Query(Box::new(error))
    };
    let globals = |wanted: &str| {
        Some(match (&query.bound, wanted) {
            (_, "ENV") => environment(&(surroundings.environment)()),
            (Some(bound), name) => bound.get(name).map_or(Json::Null, to_json),
            (None, name) => surroundings.scope.value(name).map_or(Json::Null, to_json),
        })
    };
    let program = Program::compile(&text, &globals)
        .map_err(|errors| fail(QueryProblem::Program { text: text.clone(), errors }))?;
    let is_text = matches!(&source, Source::Value(Value::String(_)));
    let mut inputs = Inputs::new(source, surroundings.say);
    let mut values = Vec::new();
    let mut count = 0;
    while let Some(input) = inputs.next_input() {
        let input = input.map_err(|reason| fail(not_json(reason, &inputs.printed)))?;
        count += 1;
        let failed = |reason: String| {
            fail(QueryProblem::Failed { reason, excerpt: shortened(&input.to_json()), is_text })
        };
        let mut run = program.start_limited(input.clone(), STEPS);
        while let Some(outcome) = run.next(&mut inputs) {
            match outcome {
                Outcome::Value(_) if values.len() >= VALUES => {
                    return Err(failed("the program gives too many values".to_owned()));
                }
                Outcome::Value(value) => values.push(to_value(&value)),
                Outcome::Error(Json::String(text)) => return Err(failed(text.to_string())),
                Outcome::Error(value) => return Err(failed(format!("{} (not a string)", value.to_json()))),
                Outcome::Halt(halt) => {
                    return Err(failed(match halt.message {
                        Some(Json::String(text)) => text.trim_end().to_owned(),
                        Some(value) => value.to_json(),
                        None => "the program stopped itself".to_owned(),
                    }));
                }
                Outcome::Limit(limit) => return Err(failed(limit.to_owned())),
            }
        }
    }
    if count == 0 {
        return Err(fail(not_json(String::new(), "")));
    }
    let is_list = count > 1 || values.len() > 1 || program.gives_several();
    Ok(if is_list { Value::list(values) } else { values.pop().unwrap_or_default() })
}

/// The query as a caller settles it: rendered, with the values of the variables that it names.
pub(super) fn bind(query: &Query, scope: &Scope) -> Result<Query, TaskError> {
    let text = render(&query.program, scope)?;
    let bound = RefCell::new(Map::new());
    let names = |name: &str| {
        if let Some(value) = scope.value(name) {
            bound.borrow_mut().insert(Arc::from(name), value.clone());
        }
        Some(Json::Null)
    };
    // What is wrong with it is told when it is to run.
    let _ = Program::compile(&text, &names);
    let program = crate::model::Text::new(text, query.program.span());
    Ok(Query { program, bound: Some(Arc::new(bound.into_inner())) })
}

fn not_json(reason: String, printed: &str) -> QueryProblem {
    QueryProblem::NotJson { reason, excerpt: shortened(printed.trim()) }
}

/// The beginning of a text, in one line.
fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let end = line.char_indices().map(|(at, _)| at).find(|at| *at >= EXCERPT);
    match end {
        Some(end) => format!("{}...", &line[..end]),
        None if line.len() < text.len() => format!("{line}..."),
        None => line.to_owned(),
    }
}

fn environment(added: &[(String, String)]) -> Json {
    let own = std::env::vars_os().map(|(name, value)| {
        (Rc::from(name.to_string_lossy()), Json::from(value.to_string_lossy().into_owned()))
    });
    let added = added.iter().map(|(name, value)| (Rc::from(name.as_str()), Json::from(value.as_str())));
    Json::from(own.chain(added).collect::<Object>())
}

/// The inputs of a program, one after the other.
struct Inputs<'a> {
    reader: Option<Reader>,
    printed: Arc<str>,
    value: Option<Json>,
    say: &'a dyn Fn(&str),
}

impl<'a> Inputs<'a> {
    fn new(source: Source, say: &'a dyn Fn(&str)) -> Self {
        match source {
            Source::Value(value) => {
                Self { reader: None, printed: "".into(), value: Some(to_json(&value)), say }
            }
            Source::Printed(printed) => {
                let mut reader = Reader::new(Reading::default());
                reader.feed(printed.as_bytes());
                reader.end();
                Self { reader: Some(reader), printed, value: None, say }
            }
        }
    }
}

impl World for Inputs<'_> {
    fn next_input(&mut self) -> Option<Result<Json, String>> {
        match &mut self.reader {
            Some(reader) => reader.next_value(),
            None => self.value.take().map(Ok),
        }
    }

    fn file_name(&self) -> Option<String> {
        None
    }

    fn line_number(&self) -> usize {
        0
    }

    fn environment(&self) -> Json {
        environment(&[])
    }

    fn say(&mut self, text: &str) {
        (self.say)(text.trim_end());
    }
}

/// A value of templates as JSON has it: what JSON has no word for is its text.
fn to_json(value: &Value) -> Json {
    match value {
        Value::Nil => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Float(number) => Json::Number(*number),
        Value::String(text) | Value::Typed(Typed::Uuid(text)) => Json::from(&**text),
        Value::Time(time) => Json::from(time.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()),
        other => {
            if let Some(number) = other.as_int() {
                Json::Number(number as f64)
            } else if let Some(items) = other.as_list() {
                Json::from(items.iter().map(to_json).collect::<Vec<_>>())
            } else if let Some(map) = other.as_map() {
                let pairs = map.iter().map(|(name, value)| (Rc::from(&**name), to_json(value)));
                Json::from(pairs.collect::<Object>())
            } else {
                Json::from(other.to_string())
            }
        }
    }
}

/// A JSON value as templates have it: whole numbers are integers.
fn to_value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) if number.trunc() == *number && number.abs() < 9e15 => {
            Value::Int(*number as i64)
        }
        Json::Number(number) => Value::Float(*number),
        Json::String(text) => Value::string(&**text),
        Json::Array(array) => Value::list(array.items().iter().map(to_value)),
        Json::Object(object) => {
            let entries = object.pairs().iter().map(|(name, value)| (Arc::from(&**name), to_value(value)));
            Value::map(entries.collect())
        }
    }
}

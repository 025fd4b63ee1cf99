//! Why a run of tasks failed, as `fleet run` tells it: with the place in the file, and with what to do. (`task` has words
//! of its own, which are part of what it is.)

use super::args::Arguments;
use super::project::{self, Loaded};
use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean};
use crate::executor::task::{ASKED_AHEAD, QueryError, QueryProblem, TaskError};
use crate::query::CompileError;
use crate::source::{SourceMap, Span};
use crate::yaml::locate;

/// The failure as standard error shows it.
pub(super) fn render(error: &TaskError, loaded: &Loaded, arguments: &Arguments) -> String {
    project::render(&Diagnostics::from_iter([diagnostic(error, loaded)]), &loaded.sources, arguments)
}

fn diagnostic(error: &TaskError, loaded: &Loaded) -> Diagnostic {
    let sources = &loaded.sources;
    let span = error.place();
    let tasks = error.tasks();
    let failed = |message: String| Diagnostic::error("fleet::run::failed", message);
    // With many lines the first one tells which command it is.
    let first_line = || first_line(sources, span);
    let innermost = match error.innermost() {
        TaskError::Loop { reference: Some(error), .. } => error.innermost(),
        other => other,
    };
    match innermost {
        TaskError::Template { error, span } => {
            let at = error.range.clone().map_or(*span, |range| locate(sources, *span, range));
            let message = format!("the template cannot be rendered: {}", error.reason());
            helped(Diagnostic::error("fleet::run::template", message).at(at, "here"), error.help())
        }
        TaskError::NotFound { name, suggestion, span } => unknown(name, suggestion.as_deref(), *span, loaded),
        TaskError::Exit(code) => {
            let help = match code {
                126 => Some("the program is there, but may not be executed: chmod +x".to_owned()),
                127 => Some("the program is not there: correct its name, or install it".to_owned()),
                _ => None,
            };
            let label = label("this command", &tasks);
            helped(failed(format!("a command ended with exit code {code}")).at(first_line(), label), help)
        }
        TaskError::TimedOut { limit, .. } => {
            let message = format!("a command took longer than its `timeout` of {limit}");
            failed(message).at(first_line(), label("this command", &tasks))
        }
        TaskError::Precondition => {
            let name = tasks.last().copied().unwrap_or_default();
            failed(format!("a precondition of the task `{name}` does not hold"))
                .at(first_line(), label("this one", &tasks[..tasks.len().saturating_sub(1)]))
        }
        TaskError::Variable { reason, .. } => {
            let reason = reason.strip_prefix("exit status ").map_or_else(
                || format!("the command of a variable failed: {reason}"),
                |code| format!("the command of a variable ended with exit code {code}"),
            );
            failed(reason).at(first_line(), "this command")
        }
        TaskError::Query(error) => query(error, sources),
        TaskError::MissingVariables { name, missing } => missing_variables(name, missing, span),
        TaskError::ForbiddenValues { found, .. } => forbidden_values(found, span),
        TaskError::Internal { name } => {
            let at = loaded.project.tasks.get(name.as_str()).map_or(Span::NONE, |task| task.span);
            Diagnostic::error("fleet::run::internal", format!("the task `{name}` is internal"))
                .at(at, "only other tasks can call it")
                .help("`fleet list` shows what can be run")
        }
        TaskError::Ambiguous { name, candidates } => {
            let all = candidates.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ");
            let message = format!("`{name}` is an alias of {all}");
            let mut diagnostic = Diagnostic::error("fleet::run::ambiguous", message);
            for name in candidates {
                let at = loaded.project.tasks.get(name.as_str()).map_or(Span::NONE, |task| task.span);
                diagnostic = diagnostic.at(at, "");
            }
            diagnostic.help("call it by its name, and take the alias away from the others")
        }
        TaskError::CalledTooOften { name } => {
            let at = loaded.project.tasks.get(name.as_str()).map_or(Span::NONE, |task| task.span);
            failed(format!("the task `{name}` was called 1000 times in this run"))
                .at(at, "this task")
                .help("tasks that call each other in a circle need a condition that ends it")
        }
        TaskError::Loop { .. } => failed("there is no going over this variable".to_owned())
            .at(first_line(), "this loop")
            .help("`for` takes a list, a map, or text that is split"),
        TaskError::Declined { name } if name == ASKED_AHEAD => {
            failed("nothing was run: a question was not answered".to_owned())
                .help("variables can be given on the command line: NAME=VALUE")
        }
        TaskError::Declined { name } => failed(format!("the task `{name}` was not run: the answer was no")),
        TaskError::NoTerminal { name } => {
            failed(format!("the task `{name}` asks a question, and there is no terminal"))
                .help("`--yes` answers every question with yes")
        }
        TaskError::Interrupted => failed("interrupted".to_owned()),
        TaskError::Expired => failed("the time for it was over".to_owned()),
        other => of_shell(&other.to_string(), span, &tasks, sources),
    }
}

fn helped(diagnostic: Diagnostic, help: Option<String>) -> Diagnostic {
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// What is at the place, and which task it is of.
fn label(what: &str, tasks: &[&str]) -> String {
    match tasks {
        [] => what.to_owned(),
        [only] => format!("{what} of `{only}`"),
        [first, .., last] => format!("{what} of `{last}`, which `{first}` led to"),
    }
}

/// The first line of a scalar.
fn first_line(sources: &SourceMap, span: Span) -> Span {
    let text = sources.text(span);
    if !text.contains('\n') || !text.starts_with(['|', '>']) {
        return span;
    }
    let line = text.lines().skip(1).find(|line| !line.trim().is_empty()).unwrap_or_default();
    let start = line.as_ptr() as usize - text.as_ptr() as usize + (line.len() - line.trim_start().len());
    let start = span.start + u32::try_from(start).unwrap_or_default();
    Span { start, end: start + line.trim().len() as u32, ..span }
}

fn unknown(name: &str, suggestion: Option<&str>, span: Span, loaded: &Loaded) -> Diagnostic {
    let names = loaded.project.pipelines.keys().map(|name| &**name);
    // The same name in a namespace is as likely as a typing error.
    let namespaced =
        loaded.project.tasks.iter().filter(|(_, task)| !task.internal && *task.local_name == *name);
    let near = did_you_mean(name, names).or(suggestion).or_else(|| namespaced.map(|(name, _)| &**name).min());
    let help = near
        .map_or_else(|| "`fleet list --all` shows all".to_owned(), |near| format!("did you mean `{near}`?"));
    let message = format!("there is no task or pipeline `{name}`");
    Diagnostic::error("fleet::run::unknown", message).at(span, "called here").help(help)
}

fn query(error: &QueryError, sources: &SourceMap) -> Diagnostic {
    let (name, span) = (&error.name, error.span);
    let failed = |message: String| {
        Diagnostic::error("fleet::run::query", message).at(first_line(sources, span), "this program")
    };
    match &error.problem {
        QueryProblem::Program { text, errors } => {
            let reasons = errors.iter().map(CompileError::reason).collect::<Vec<_>>().join("; ");
            failed(format!("the query of the variable `{name}` is wrong: {reasons}"))
                .help(format!("with its templates rendered it is: {text}"))
        }
        QueryProblem::NotJson { excerpt, .. } if excerpt.is_empty() => {
            failed(format!("the command of the variable `{name}` printed nothing, and its query needs JSON"))
                .help("`|| echo null` behind the command gives the query something where there is nothing")
        }
        QueryProblem::NotJson { reason, excerpt } => {
            failed(format!("what the command of the variable `{name}` printed is not JSON: {reason}"))
                .help(format!("it begins with: {excerpt}"))
        }
        QueryProblem::Failed { reason, excerpt, is_text } => {
            let advice = if *is_text { ", which is text: `fromjson | ...` reads it as JSON" } else { "" };
            failed(format!("the query of the variable `{name}` failed: {reason}"))
                .help(format!("its input is {excerpt}{advice}"))
        }
    }
}

fn missing_variables(task: &str, missing: &[(String, Vec<String>)], span: Span) -> Diagnostic {
    let names = missing.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(" and ");
    let values = missing.iter().map(|(name, allowed)| match allowed.as_slice() {
        [] => format!("{name}=..."),
        allowed => format!("{name}={}", allowed.join("|")),
    });
    let values = values.collect::<Vec<_>>().join(" ");
    let plural = if missing.len() == 1 { "variable" } else { "variables" };
    Diagnostic::error("fleet::run::missing_variable", format!("the task `{task}` needs the {plural} {names}"))
        .at(span, "required here")
        .help(format!("give it on the command line: `fleet run {task} {values}`"))
}

fn forbidden_values(found: &[(String, String, Vec<String>)], span: Span) -> Diagnostic {
    let told = found.iter().map(|(name, value, _)| format!("`{name}` cannot be `{value}`"));
    let message = told.collect::<Vec<_>>().join(", and ");
    let help = found.iter().map(|(name, value, allowed)| {
        match did_you_mean(value, allowed.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{name}={near}`?"),
            None => format!("`{name}` is one of: {}", allowed.join(", ")),
        }
    });
    Diagnostic::error("fleet::run::forbidden_value", message)
        .at(span, "its values are listed here")
        .help(help.collect::<Vec<_>>().join("; "))
}

/// Any other sentence. A shell's begins with line and column within the script, which lead to the place in the file where
/// nothing in the script was rendered.
fn of_shell(text: &str, span: Span, tasks: &[&str], sources: &SourceMap) -> Diagnostic {
    let text = text.strip_prefix("task: ").unwrap_or(text);
    let text = text.strip_prefix("error ").unwrap_or(text);
    let diagnostic = |message: &str| Diagnostic::error("fleet::run::failed", message);
    let Some((line, column, reason)) = position(text) else {
        return diagnostic(text).at(first_line(sources, span), label("this", tasks));
    };
    let script = sources.text(span);
    if script.contains("{{") || script.starts_with('>') {
        return diagnostic(reason).at(first_line(sources, span), label("in this command", tasks));
    }
    let Some(at) = in_script(sources, span, line, column) else {
        return diagnostic(reason).at(first_line(sources, span), label("in this command", tasks));
    };
    diagnostic(&format!("the shell does not understand this: {reason}")).at(at, label("in a command", tasks))
}

/// The place of a line and column of a script, both from 1: a block keeps its lines, other scalars are one line.
fn in_script(sources: &SourceMap, span: Span, line: usize, column: usize) -> Option<Span> {
    let text = sources.text(span);
    let before = column.saturating_sub(1);
    if !text.starts_with('|') {
        return (line == 1).then(|| locate(sources, span, before..column));
    }
    let lines = || text.split_inclusive('\n').skip(1);
    let first = lines().find(|line| !line.trim().is_empty())?;
    let indent = first.len() - first.trim_start_matches(' ').len();
    let header = text.split_inclusive('\n').next().map_or(0, str::len);
    let above: usize = lines().take(line.saturating_sub(1)).map(str::len).sum();
    let start = u32::try_from(header + above + indent + before).ok()?.checked_add(span.start)?;
    (start < span.end).then_some(Span { start, end: start + 1, ..span })
}

/// `LINE:COLUMN: REASON`
fn position(text: &str) -> Option<(usize, usize, &str)> {
    let (line, rest) = text.split_once(':')?;
    let (column, reason) = rest.split_once(": ")?;
    Some((line.parse().ok()?, column.parse().ok()?, reason))
}

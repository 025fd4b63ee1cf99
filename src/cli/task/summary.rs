//! `--summary` (go-task 3.54 `internal/summary`).

use super::session::{Failure, Session};
use crate::executor::task::{Compiled, CompiledAction, Evaluate, Request};
use crate::model::{Allowed, CommandKind, Defer, Task, Variable, VariableValue};
use crate::reporter::TaskColour::{Cyan, Green, Reset, Yellow};
use crate::template::Value;
use std::sync::Arc;

impl Session {
    /// Prints what each task is for and does.
    pub(super) async fn summary(&self, requests: &[Request]) -> Result<(), Failure> {
        let mut out = String::new();
        for (index, request) in requests.iter().enumerate() {
            let found = self.runner.lookup().find(&request.name, request.span)?;
            let Ok(compiled) = self.runner.compile(&found, request, Evaluate::Static).await else {
                // go-task ends here without a word.
                break;
            };
            let Some((_, task)) = self.project.tasks.get_index(found.task.0) else { break };
            if index > 0 {
                out.push_str(&self.paint.paint(Reset, "\n").repeat(2));
            }
            self.task_summary(&mut out, task, &compiled);
        }
        self.print(&out)
    }

    fn task_summary(&self, out: &mut String, task: &Task, compiled: &Compiled) {
        let paint = self.paint;
        let plain = |text: &str| paint.paint(Reset, text);
        let yellow = |text: &str| paint.paint(Yellow, text);
        out.push_str(&plain("task: "));
        out.push_str(&paint.paint(Green, &format!("{}\n", compiled.name)));
        out.push_str(&plain("\n"));
        if !compiled.summary.is_empty() {
            for line in compiled.summary.lines() {
                out.push_str(&plain(&format!("{line}\n")));
            }
        } else if !compiled.desc.is_empty() {
            out.push_str(&plain(&format!("{}\n", compiled.desc)));
        } else {
            out.push_str(&plain("(task does not have description or summary)\n"));
        }
        self.variables_section(out, task, compiled);
        self.environment_section(out, task, compiled);
        if !task.requires.is_empty() {
            out.push_str(&plain("\n"));
            out.push_str(&plain("requires:\n"));
            out.push_str(&plain("  vars:\n"));
            for required in &task.requires {
                match &required.allowed {
                    None => out.push_str(&yellow(&format!("    - {}\n", required.name))),
                    Some(allowed) => {
                        out.push_str(&yellow(&format!("    - {}:\n", required.name)));
                        out.push_str(&yellow("        enum:\n"));
                        match allowed {
                            Allowed::List(values) => {
                                for value in values {
                                    out.push_str(&yellow(&format!("          - {value}\n")));
                                }
                            }
                            Allowed::Reference(text) => {
                                out.push_str(&yellow(&format!("          ref: {}\n", text.raw())));
                            }
                        }
                    }
                }
            }
        }
        if !compiled.deps.is_empty() {
            out.push_str(&plain("\n"));
            out.push_str(&plain("dependencies:\n"));
            for dep in &compiled.deps {
                out.push_str(&plain(&format!(" - {}\n", dep.call.name)));
            }
        }
        if !task.aliases.is_empty() {
            out.push_str(&plain("\n"));
            out.push_str(&plain("aliases:\n"));
            for alias in &task.aliases {
                out.push_str(&plain(" - "));
                out.push_str(&paint.paint(Cyan, &format!("{alias}\n")));
            }
        }
        if !compiled.commands.is_empty() {
            out.push_str(&plain("\n"));
            out.push_str(&plain("commands:\n"));
            for command in &compiled.commands {
                let called = |name: &str| paint.paint(Green, &format!("Task: {name}\n"));
                let deferred_call = match task.commands.get(command.index).map(|command| &command.kind) {
                    Some(CommandKind::Defer(Defer::Call(call))) => Some(call.task.raw()),
                    _ => None,
                };
                let line = match &command.action {
                    CompiledAction::Defer(_) if deferred_call.is_some() => {
                        called(deferred_call.unwrap_or_default())
                    }
                    // What comes to nothing is a call of nothing to go-task.
                    CompiledAction::Shell { text, .. } | CompiledAction::Defer(text) if text.is_empty() => {
                        called("")
                    }
                    CompiledAction::Shell { shown, .. } => yellow(&format!("{shown}\n")),
                    CompiledAction::Call(call) => called(&call.name),
                    CompiledAction::Defer(deferred) => yellow(&format!("{deferred}\n")),
                };
                out.push_str(&plain(" - "));
                out.push_str(&line);
            }
        }
    }

    /// All variables that the task sees, but those of the environment and those that go-task sets.
    fn variables_section(&self, out: &mut String, task: &Task, compiled: &Compiled) {
        let layers = [&self.project.vars, &task.include_vars, &task.included_taskfile_vars, &task.vars];
        // A value from the command line stands in the place of a global one.
        let is_given = |name: &str| self.runner.is_given(name);
        let written = |name: &str| {
            let layers = layers.iter().enumerate().rev();
            let found =
                layers.filter(|(at, _)| *at > 0 || !is_given(name)).find_map(|(_, layer)| layer.get(name));
            // A task that cannot be compiled has no environment of its own: it stands among the variables.
            found.or_else(|| self.project.env.get(name).filter(|_| !is_given(name)))
        };
        let shown = compiled.scope.in_order().filter(|(name, _)| {
            !self.environment.contains_key(*name)
                && !compiled.env.values.contains_key(*name)
                && !is_special(name)
        });
        let lines = shown.map(|(name, value)| (name, describe(name, written(name), value, compiled)));
        self.section(out, "vars", lines);
    }

    fn environment_section(&self, out: &mut String, task: &Task, compiled: &Compiled) {
        let written = |name: &str| task.env.get(name).or_else(|| self.project.env.get(name));
        let shown = compiled.env.values.iter();
        let shown = shown.filter(|(name, _)| !self.environment.contains_key(*name) && !is_special(name));
        self.section(
            out,
            "env",
            shown.map(|(name, value)| (name, describe(name, written(name), value, compiled))),
        );
    }

    fn section<'a>(
        &self,
        out: &mut String,
        title: &str,
        lines: impl Iterator<Item = (&'a Arc<str>, String)>,
    ) {
        let mut lines = lines.peekable();
        if lines.peek().is_none() {
            return;
        }
        out.push_str(&self.paint.paint(Reset, "\n"));
        out.push_str(&self.paint.paint(Reset, &format!("{title}:\n")));
        for (name, text) in lines {
            out.push_str(&self.paint.paint(Yellow, &format!("  {name}: {text}\n")));
        }
    }
}

/// Whether go-task sets the variable itself.
fn is_special(name: &str) -> bool {
    const NAMES: [&str; 8] = [
        "TASK",
        "TASKFILE",
        "TASKFILE_DIR",
        "USER_WORKING_DIR",
        "ALIAS",
        "MATCH",
        "PATH_LIST_SEPARATOR",
        "FILE_PATH_SEPARATOR",
    ];
    ["TASK_", "CLI_", "ROOT_"].iter().any(|prefix| name.starts_with(prefix)) || NAMES.contains(&name)
}

/// Whether a name is that of a task's fingerprint.
fn is_computed(name: &str) -> bool {
    matches!(name, "CHECKSUM" | "TIMESTAMP")
}

fn describe(name: &str, written: Option<&Variable>, value: &Value, compiled: &Compiled) -> String {
    if written.is_some_and(|variable| variable.secret) {
        return "*****".to_owned();
    }
    if let Some(VariableValue::Shell(command)) = written.map(|variable| &variable.value) {
        return format!("sh: {}", compiled.scope.render(command));
    }
    match value {
        // What go-task has computed is not written anywhere, so that it shows nothing.
        _ if written.is_none() && is_computed(name) => "\"\"".to_owned(),
        Value::Nil => "\"\"".to_owned(),
        value => match value.as_map() {
            Some(map) if map.is_empty() => "{}".to_owned(),
            Some(map) => {
                let entries = map.iter().map(|(key, value)| format!("    {key}: {value}\n"));
                format!("\n{}", entries.collect::<String>())
            }
            None => format!("\"{value}\""),
        },
    }
}

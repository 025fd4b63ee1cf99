//! `--summary` (go-task 3.54 `internal/summary`).

use super::session::{Failure, Session};
use crate::executor::task::{Compiled, CompiledAction, Evaluate, Request};
use crate::model::{Allowed, Structure, Task, VariableValue, Variables};
use crate::reporter::TaskColour::{Cyan, Green, Reset, Yellow};
use crate::template::Value;

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
        let vars = [&self.project.vars, &task.include_vars, &task.included_taskfile_vars, &task.vars];
        self.variables_section(out, "vars", &vars, compiled);
        self.variables_section(out, "env", &[&self.project.env, &task.env], compiled);
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
                        if let Allowed::List(values) = allowed {
                            for value in values {
                                out.push_str(&yellow(&format!("          - {value}\n")));
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
                let line = match &command.action {
                    CompiledAction::Shell { shown, .. } => yellow(&format!("{shown}\n")),
                    CompiledAction::Call(call) => paint.paint(Green, &format!("Task: {}\n", call.name)),
                    CompiledAction::Defer(deferred) => yellow(&format!("{deferred}\n")),
                };
                out.push_str(&plain(" - "));
                out.push_str(&line);
            }
        }
    }

    fn variables_section(&self, out: &mut String, title: &str, layers: &[&Variables], compiled: &Compiled) {
        let mut shown: Vec<(&str, String)> = Vec::new();
        for (name, variable) in layers.iter().flat_map(|layer| layer.iter()) {
            let hidden = title == "vars"
                && (self.environment.contains_key(name)
                    || name.starts_with("TASK_")
                    || name.starts_with("CLI_"));
            if hidden {
                continue;
            }
            let own = if title == "env" { compiled.env_values.get(name) } else { None };
            let known = own.or_else(|| compiled.scope.value(name)).cloned().unwrap_or(Value::Nil);
            let text = describe(&variable.value, variable.secret, &known);
            match shown.iter_mut().find(|(known, _)| *known == &**name) {
                Some(entry) => entry.1 = text,
                None => shown.push((name, text)),
            }
        }
        if shown.is_empty() {
            return;
        }
        out.push_str(&self.paint.paint(Reset, "\n"));
        out.push_str(&self.paint.paint(Reset, &format!("{title}:\n")));
        for (name, text) in shown {
            out.push_str(&self.paint.paint(Yellow, &format!("  {name}: {text}\n")));
        }
    }
}

fn describe(value: &VariableValue, secret: bool, known: &Value) -> String {
    if secret {
        return "\"*****\"".to_owned();
    }
    match value {
        VariableValue::Shell { command, .. } => format!("sh: {}", command.raw()),
        VariableValue::Structure(Structure::Map(_)) => {
            let entries = known.as_map().map(|map| {
                map.iter().map(|(key, value)| format!("    {key}: {value}\n")).collect::<String>()
            });
            format!("\n{}", entries.unwrap_or_default())
        }
        _ => format!("\"{known}\""),
    }
}

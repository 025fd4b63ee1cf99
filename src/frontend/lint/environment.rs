//! `env` that has no effect: the environment of the process is stronger than what a Taskfile says (go-task 3.54, unless
//! the experiment ENV_PRECEDENCE is on).

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::{Project, Variables};

/// What every process has.
const ALWAYS_SET: &[&str] = &["PATH", "HOME", "PWD", "USER", "LOGNAME", "SHELL"];

pub(super) fn check(project: &Project) -> Diagnostics {
    if std::env::var("TASK_X_ENV_PRECEDENCE").is_ok_and(|value| value == "1") {
        return Diagnostics::default();
    }
    let maps = std::iter::once(&project.env).chain(project.tasks.values().map(|task| &task.env));
    maps.flat_map(of_map).collect()
}

fn of_map(env: &Variables) -> impl Iterator<Item = Diagnostic> {
    let without_effect = env.iter().filter(|(name, _)| ALWAYS_SET.contains(&&***name));
    without_effect.map(|(name, variable)| {
        let help = match &**name {
            "PATH" => "set it in the command: `PATH=./bin:$PATH program`",
            _ => "set it in the command: `NAME=value program`, or choose another name",
        };
        let message = format!("`env` cannot change `{name}`: what the process has already is stronger");
        Diagnostic::warning("fleet::check::stronger_environment", message)
            .at(variable.span, "has no effect")
            .help(help)
    })
}

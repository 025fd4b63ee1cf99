//! How a call ends that has failed: what is printed, and the exit code (go-task 3.54 `cmd/task/task.go`).

use super::flags::go_bool;
use super::session::Failure;
use super::settings::Settings;
use crate::executor::task::TaskError;
use crate::process::Outlet;
use crate::reporter::{TaskColour, TaskPaint};
use crate::source::SourceMap;

/// Prints a failure as `task` does and gives its exit code.
pub(super) fn report(
    failure: &Failure,
    settings: &Settings,
    paint: TaskPaint,
    (stdout, stderr): (&Outlet, &Outlet),
    sources: &SourceMap,
) -> u8 {
    let (text, code) = match failure {
        Failure::Closed => return 0,
        Failure::Plain(text, code) => (text.clone(), *code),
        Failure::Task(error) => (error.to_string(), error.exit_code(settings.on("exit-code"))),
        Failure::Load(error) => (error.go.render(sources, paint.is_on()), error.exit_code),
    };
    if std::env::var("GITHUB_ACTIONS").is_ok_and(|value| go_bool(&value) == Some(true)) {
        let annotation = match failure {
            Failure::Task(TaskError::Run { name, inner }) => {
                format!("::error title=Task '{name}' failed::{inner}\n")
            }
            _ => format!("::error title=Task failed::{text}\n"),
        };
        let _ = stdout.write(annotation.as_bytes());
    }
    let _ = stderr.write(paint.paint(TaskColour::Red, &format!("{text}\n")).as_bytes());
    code
}

//! The runner of scripts, with go-task's look of a prefix (go-task 3.54 `internal/output/prefixed.go`).

use crate::driver::LocalScripts;
use crate::process::Outlet;
use crate::reporter::{TaskColour, TaskPaint};
use std::ffi::OsString;
use std::sync::Arc;

/// The colours that prefixes take turns with.
const COLOURS: [TaskColour; 12] = [
    TaskColour::Yellow,
    TaskColour::Blue,
    TaskColour::Magenta,
    TaskColour::Cyan,
    TaskColour::Green,
    TaskColour::Red,
    TaskColour::BrightYellow,
    TaskColour::BrightBlue,
    TaskColour::BrightMagenta,
    TaskColour::BrightCyan,
    TaskColour::BrightGreen,
    TaskColour::BrightRed,
];

/// Scripts with our environment.
pub(super) fn new(stdout: Outlet, paint: TaskPaint) -> LocalScripts {
    with(stdout, paint, &[])
}

/// Scripts with our environment and more.
pub(super) fn with(stdout: Outlet, paint: TaskPaint, added: &[(OsString, OsString)]) -> LocalScripts {
    let prefix = move |text: &str, number: Option<usize>| {
        let colour = COLOURS.get(number.unwrap_or_default() % COLOURS.len());
        let colour = colour.copied().unwrap_or(TaskColour::Yellow);
        format!("[{}] ", paint.paint(colour, text)).into_bytes()
    };
    let environment = std::env::vars_os().chain(added.iter().cloned()).collect();
    LocalScripts::new(Arc::new(environment), stdout, prefix)
}

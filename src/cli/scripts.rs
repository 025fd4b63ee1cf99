//! The runner of scripts, with go-task's look of a prefix (go-task 3.54 `internal/output/prefixed.go`).

use crate::driver::LocalScripts;
use crate::process::Outlet;
use crate::reporter::{TaskColour, TaskPaint};
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
    let prefix = move |text: &str, number: Option<usize>| {
        let colour = COLOURS.get(number.unwrap_or_default() % COLOURS.len());
        let colour = colour.copied().unwrap_or(TaskColour::Yellow);
        format!("[{}] ", paint.paint(colour, text)).into_bytes()
    };
    LocalScripts::new(Arc::new(std::env::vars_os().collect()), stdout, prefix)
}

//! The runner of scripts, with go-task's look of a prefix (go-task 3.54 `internal/output/prefixed.go`).

use crate::driver::{CommandEnvironment, LocalScripts};
use crate::model::Shims;
use crate::process::Outlet;
use crate::reporter::{TaskColour, TaskPaint};

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

/// Scripts with our environment, and these names on PATH.
pub(super) fn new(shims: Shims, stdout: Outlet, paint: TaskPaint) -> LocalScripts {
    with(CommandEnvironment::new(shims), stdout, paint)
}

/// Scripts with an environment.
pub(super) fn with(commands: CommandEnvironment, stdout: Outlet, paint: TaskPaint) -> LocalScripts {
    let prefix = move |text: &str, number: Option<usize>| {
        let colour = COLOURS.get(number.unwrap_or_default() % COLOURS.len());
        let colour = colour.copied().unwrap_or(TaskColour::Yellow);
        format!("[{}] ", paint.paint(colour, text)).into_bytes()
    };
    LocalScripts::new(commands, stdout, prefix)
}

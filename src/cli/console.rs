//! Asking people at the terminal.

use super::line::read_line;
use crate::executor::task::{Answer, Console};
use crate::process::{Cancel, Outlet};
use crate::reporter::{TaskColour, TaskPaint};
use std::io::IsTerminal as _;

/// The terminal that standard input and output are connected to.
pub(super) struct Terminal {
    stdout: Outlet,
    paint: TaskPaint,
    cancel: Cancel,
}

impl Terminal {
    /// A terminal that waits for an answer until `cancel` asks to stop.
    pub(super) fn new(stdout: Outlet, paint: TaskPaint, cancel: Cancel) -> Self {
        Self { stdout, paint, cancel }
    }
}

impl Console for Terminal {
    /// Accepts `y` and `yes` in any case; the end of input is a no (go-task 3.54 `logger.Prompt`).
    fn confirm(&self, question: &str) -> Answer {
        if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
            return Answer::NoTerminal;
        }
        let _ = self
            .stdout
            .write(self.paint.paint(TaskColour::Yellow, &format!("{question} [y/N]: ")).as_bytes());
        match read_line(std::io::stdin(), &self.cancel) {
            Ok(Some(line)) if matches!(line.trim().to_lowercase().as_str(), "y" | "yes") => Answer::Yes,
            _ => Answer::No,
        }
    }
}

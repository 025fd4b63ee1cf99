//! Asking people at the terminal.

use crate::executor::task::{Answer, Console};
use crate::process::Outlet;
use crate::reporter::{TaskColour, TaskPaint};
use std::io::{BufRead as _, IsTerminal as _};

/// The terminal that standard input and output are connected to.
pub(super) struct Terminal {
    stdout: Outlet,
    paint: TaskPaint,
}

impl Terminal {
    pub(super) fn new(stdout: Outlet, paint: TaskPaint) -> Self {
        Self { stdout, paint }
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
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(read) if read > 0 && matches!(line.trim().to_lowercase().as_str(), "y" | "yes") => Answer::Yes,
            _ => Answer::No,
        }
    }
}

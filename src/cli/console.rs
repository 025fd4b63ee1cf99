//! Asking people at the terminal.

use super::line::read_line;
use super::value_prompt::ValuePrompt;
use crate::executor::task::{Answer, Console, Reply};
use crate::process::{Cancel, Outlet};
use crate::reporter::{TaskColour, TaskPaint};
use std::io::IsTerminal as _;
use std::sync::{Mutex, PoisonError};

/// The terminal that standard input and output are connected to.
pub(super) struct Terminal {
    stdout: Outlet,
    paint: TaskPaint,
    cancel: Cancel,
    /// Tasks side by side ask one after another.
    turn: Mutex<()>,
}

impl Terminal {
    /// A terminal that waits for an answer until `cancel` asks to stop.
    pub(super) fn new(stdout: Outlet, paint: TaskPaint, cancel: Cancel) -> Self {
        Self { stdout, paint, cancel, turn: Mutex::new(()) }
    }
}

/// Both must be terminals (go-task 3.54 `internal/term`).
fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

impl Console for Terminal {
    fn value(&self, name: &str, allowed: &[String]) -> Reply {
        if !somebody_is_there() {
            return Reply::NoTerminal;
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let prompt = ValuePrompt { name, allowed, coloured: self.paint.is_on(), cancel: &self.cancel };
        prompt.ask().map_or(Reply::NoTerminal, |answer| answer.map_or(Reply::Cancelled, Reply::Value))
    }

    /// Accepts `y` and `yes` in any case; the end of input is a no (go-task 3.54 `logger.Prompt`).
    fn confirm(&self, question: &str) -> Answer {
        if !somebody_is_there() {
            return Answer::NoTerminal;
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self
            .stdout
            .write(self.paint.paint(TaskColour::Yellow, &format!("{question} [y/N]: ")).as_bytes());
        match read_line(std::io::stdin(), &self.cancel) {
            Ok(Some(line)) if matches!(line.trim().to_lowercase().as_str(), "y" | "yes") => Answer::Yes,
            _ => Answer::No,
        }
    }
}

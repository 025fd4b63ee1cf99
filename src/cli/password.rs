//! The sudo password, asked once on the terminal without echo.

use super::line::read_line;
use crate::model::Host;
use crate::process::Cancel;
use crate::reporter::Pause;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::Write as _;

/// Who asks for the password of a run.
pub(super) struct PasswordPrompt {
    /// Gives up when this asks to.
    pub(super) cancel: Cancel,
    /// Keeps the live view from drawing over the question.
    pub(super) pause: Pause,
}

impl PasswordPrompt {
    /// Asks; `None` without a terminal, at the end of input, and when the run is to stop.
    pub(super) fn ask(&self, host: &Host) -> Option<String> {
        let mut terminal = File::options().read(true).write(true).open("/dev/tty").ok()?;
        let _paused = self.pause.begin();
        let user = host.user.as_deref().map(|user| format!("{user}@")).unwrap_or_default();
        // First silent, then the question: turning the echo off drops what was typed before.
        let silent = Silent::new(terminal.try_clone().ok()?)?;
        write!(terminal, "sudo password for {user}{} (asked once for all hosts): ", host.name).ok()?;
        let line = read_line(&terminal, &self.cancel);
        drop(silent);
        // The line end that was typed was not shown either.
        let _ = terminal.write_all(b"\n");
        line.ok()?
    }
}

/// A terminal that does not show what is typed, until this is dropped.
struct Silent {
    terminal: File,
    before: Termios,
}

impl Silent {
    fn new(terminal: File) -> Option<Self> {
        let before = tcgetattr(&terminal).ok()?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&terminal, OptionalActions::Flush, &modes).ok()?;
        Some(Self { terminal, before })
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
    }
}

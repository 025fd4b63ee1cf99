//! The sudo password, asked once on the terminal without echo.

use crate::model::Host;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};

/// Asks; `None` without a terminal.
pub(super) fn ask(host: &Host) -> Option<String> {
    let mut terminal = File::options().read(true).write(true).open("/dev/tty").ok()?;
    let before = tcgetattr(&terminal).ok()?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    write!(terminal, "sudo password for {} (asked once for all hosts): ", host.name).ok()?;
    tcsetattr(&terminal, OptionalActions::Flush, &silent).ok()?;
    let mut line = String::new();
    let read = BufReader::new(terminal.try_clone().ok()?).read_line(&mut line);
    let _ = tcsetattr(&terminal, OptionalActions::Flush, &before);
    let _ = writeln!(terminal);
    read.ok()?;
    let password = line.trim_end_matches(['\n', '\r']);
    (!password.is_empty()).then(|| password.to_owned())
}

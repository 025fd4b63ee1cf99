//! One question before the first host is changed.

use super::line::read_line;
use crate::driver::{Confirm, DriverError, ErrorKind, Io, Question};
use crate::reporter::clean;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{IsTerminal as _, Write as _};

/// Asks at the terminal.
pub(super) struct Ask;

impl Confirm for Ask {
    fn is_possible(&self) -> Result<(), DriverError> {
        if std::io::stdin().is_terminal() && File::open("/dev/tty").is_ok() {
            return Ok(());
        }
        Err(DriverError::new(
            ErrorKind::Refusal,
            "this must be confirmed, and nobody can be asked: standard input is not a terminal",
        )
        .help("`--yes` goes on without asking, `--rehearse` shows what would happen"))
    }

    fn ask(&self, question: &Question, io: Io<'_>) -> Result<bool, DriverError> {
        let failed = |error: std::io::Error| {
            DriverError::new(ErrorKind::Other, format!("the terminal cannot be asked: {error}"))
        };
        let mut terminal = File::options().read(true).write(true).open("/dev/tty").map_err(failed)?;
        terminal.write_all(text(question).as_bytes()).map_err(failed)?;
        let answer = read_line(&terminal, io.cancel).map_err(failed)?;
        if answer.is_none() {
            // Nothing was typed that would have ended the line.
            let _ = terminal.write_all(b"\n");
        }
        if io.cancel.is_requested() {
            return Err(DriverError::new(ErrorKind::Cancelled, "the question was not answered"));
        }
        let answer = answer.unwrap_or_default();
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }
}

fn text(question: &Question) -> String {
    let mut text = String::from("\n");
    for change in &question.changes {
        let before = change.before.as_ref().map_or("nothing", |path| path.as_str());
        let _ = writeln!(
            text,
            "  {}: {before}\n  {:width$}  -> {}",
            change.host,
            "",
            change.after.as_str(),
            width = change.host.as_str().len()
        );
        for unit in change.diff.iter().flat_map(|diff| diff.carriers()) {
            let verb = unit.change.word();
            let _ = writeln!(text, "  ! {verb} {}: the connection may hang on it", clean(&unit.unit, false));
        }
    }
    if question.unchanged > 0 {
        let _ = writeln!(text, "  {} unchanged", question.unchanged);
    }
    for host in &question.failed {
        let _ = writeln!(text, "  {host} has failed and is left out");
    }
    let count = question.changes.len();
    let hosts = if count == 1 { "host" } else { "hosts" };
    let wave = question.wave.map(|number| format!(" of wave {}", number + 1)).unwrap_or_default();
    let verb = question.action.verb();
    let _ = write!(text, "{}: {verb} {count} {hosts}{wave}? [y/N] ", question.pipeline);
    text
}

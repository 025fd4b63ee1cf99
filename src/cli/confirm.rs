//! One question before the first host is changed.

use crate::driver::{Confirm, DriverError, ErrorKind, Io, Question};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Write as _};

/// Asks at the terminal.
pub(super) struct Ask;

impl Confirm for Ask {
    fn is_possible(&self) -> Result<(), DriverError> {
        if std::io::stdin().is_terminal() && File::open("/dev/tty").is_ok() {
            return Ok(());
        }
        Err(DriverError::new(ErrorKind::Refusal, "nobody can be asked: standard input is not a terminal")
            .help("`--yes` goes on without asking, `--rehearse` shows what would happen"))
    }

    fn ask(&self, question: &Question, _io: Io<'_>) -> Result<bool, DriverError> {
        let failed = |error: std::io::Error| {
            DriverError::new(ErrorKind::Other, format!("the terminal cannot be asked: {error}"))
        };
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
        }
        if question.unchanged > 0 {
            let _ = writeln!(text, "  {} unchanged", question.unchanged);
        }
        for host in &question.failed {
            let _ = writeln!(text, "  {host} has failed and is left out");
        }
        let count = question.changes.len();
        let hosts = if count == 1 { "host" } else { "hosts" };
        let _ = write!(text, "{}: {} {count} {hosts}? [y/N] ", question.pipeline, question.action.verb());
        let mut terminal = File::options().read(true).write(true).open("/dev/tty").map_err(failed)?;
        terminal.write_all(text.as_bytes()).map_err(failed)?;
        let mut line = String::new();
        BufReader::new(terminal).read_line(&mut line).map_err(failed)?;
        Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
    }
}

//! A shell command that gets the report on standard input. The command may hold a secret: no error shows it.

use super::parts::Place;
use crate::driver::shell::Script;
use crate::driver::{DriverError, ErrorKind, Io};
use crate::process::{Input, LinePump, Sink, Stream};
use std::sync::Arc;
use std::time::Duration;

pub(super) fn run_command(
    script: &str,
    report: Vec<u8>,
    (dir, commands): Place<'_>,
    timeout: Duration,
    io: Io<'_>,
) -> Result<(), DriverError> {
    let mut stdout = LinePump::new(|line: &str| io.output.line(Stream::Stdout, line));
    let mut stderr = LinePump::new(|line: &str| io.output.line(Stream::Stderr, line));
    let mut request = Script::new(script, dir, Arc::clone(commands.of_programs()));
    request.stdin = Input::Bytes(report);
    request.stdout = Sink::Pump(&mut stdout);
    request.stderr = Sink::Pump(&mut stderr);
    request.group = true;
    request.timeout = Some(timeout);
    let exit =
        request.run(io.cancel).map_err(|error| DriverError::new(ErrorKind::Other, error.to_string()))?;
    if exit.timed_out {
        let message = format!("the command took longer than {} s", timeout.as_secs());
        return Err(DriverError::new(ErrorKind::TimedOut, message));
    }
    if io.cancel.is_requested() {
        return Err(DriverError::new(ErrorKind::Cancelled, "the command was stopped"));
    }
    match exit.code {
        0 => Ok(()),
        code => Err(DriverError::new(ErrorKind::Other, format!("the command exited with {code}"))),
    }
}

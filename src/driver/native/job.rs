//! Follows a job on a host through lost connections, and keeps the end of its log.

use super::{Native, probe};
use crate::driver::ssh::{Answer, Connection, Destination, Privilege, Script};
use crate::driver::tool::Limits;
use crate::driver::{DriverError, ErrorKind, Io, Output};
use crate::model::Host;
use crate::process::{Stop, Stream};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Pause between tries to reach a host again.
const PAUSE: Duration = Duration::from_millis(500);
/// How many lines of a log are kept for an error.
const KEPT: usize = 15;

/// Passes lines on and keeps the last ones.
pub(super) struct Tail<'a> {
    inner: &'a dyn Output,
    lines: Mutex<VecDeque<String>>,
}

impl<'a> Tail<'a> {
    pub(super) fn new(inner: &'a dyn Output) -> Self {
        Self { inner, lines: Mutex::default() }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Output for Tail<'_> {
    fn line(&self, stream: Stream, line: &str) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
        drop(lines);
        self.inner.line(stream, line);
    }
}

/// A script that can be sent again when its connection is lost: what it has done it does not do twice.
pub(super) struct Resumable<'a> {
    pub(super) host: &'a Host,
    pub(super) privilege: &'a Privilege,
    pub(super) connection: Connection,
    pub(super) deadline: Instant,
    /// Makes the script, given how many lines of its output were heard already.
    pub(super) script: &'a dyn Fn(u64) -> Script,
}

impl Native {
    /// Sends a script until its answer is complete or the deadline comes. Only a second request to stop is heeded: a
    /// host must not be left half activated. Returns how many lines of output it heard as well.
    ///
    /// # Errors
    /// The last reason why there is no complete answer.
    pub(super) fn resume(&self, work: &Resumable<'_>, io: Io<'_>) -> Result<(Answer, u64), DriverError> {
        let destination = Destination::of(work.host)?;
        let mut heard = 0;
        loop {
            let script = (work.script)(heard).by(work.privilege.clone());
            let limits =
                Limits { heed: Stop::Terminate, deadline: Some(work.deadline), ..Limits::new(io.cancel) };
            let answer = self.ssh.run(&destination, work.connection, &script, limits, io);
            let error = match probe::complete(work.host, &answer) {
                Ok(()) => {
                    heard += answer.lines;
                    return Ok((answer, heard));
                }
                Err(error) => error,
            };
            heard += answer.lines;
            let stopped = io.cancel.requested().is_some_and(|stop| stop >= Stop::Terminate);
            let again = matches!(
                error.kind,
                ErrorKind::ConnectionLost
                    | ErrorKind::NoAnswer
                    | ErrorKind::Refused
                    | ErrorKind::NameResolution
            );
            if !again || stopped || Instant::now() + PAUSE >= work.deadline {
                return Err(error);
            }
            io.output.line(Stream::Stderr, &format!("{}; trying again", error.message));
            std::thread::sleep(PAUSE);
        }
    }
}

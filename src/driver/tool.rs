//! Runs one tool of the operator's machine (nix, ssh, git) in a process group of its own and hands over its lines as
//! they come. Knows no tool by name.

use super::{DriverError, ErrorKind};
use crate::process::{Cancel, Stop, Stream};
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, PipeReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// How often the request to stop is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long a process may take to end after a signal before it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// How long its pipes may stay open and empty after its end: something that it left behind holds them.
const LINGER: Duration = Duration::from_millis(200);
/// Longest line; what is longer arrives in pieces.
const LINE_LIMIT: u64 = 64 * 1024;
/// Longest whole output.
const WHOLE_LIMIT: u64 = 256 * 1024 * 1024;
/// Lines that a tool may be ahead of who listens: one that prints a gigabyte waits rather than fill the memory.
const AHEAD: usize = 1024;
/// How many of the last lines are kept.
const TAIL: usize = 30;

/// A call of a tool.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tool {
    program: PathBuf,
    arguments: Vec<OsString>,
    directory: Option<PathBuf>,
    environment: Vec<(OsString, OsString)>,
    withheld: &'static [&'static str],
    input: Vec<u8>,
    feed: Option<Arc<PipeReader>>,
}

/// How a tool ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Its exit code; 128 and the signal's number when one ended it.
    pub(crate) code: i32,
    /// Its last lines on standard error.
    pub(crate) said: Vec<String>,
}

/// Why a tool did not end by itself.
#[derive(Debug)]
pub(crate) enum Broken {
    /// It could not be started.
    Start(io::Error),
    /// It was asked to stop.
    Cancelled,
    /// The deadline came first.
    TimedOut,
}

/// When to end a tool before it ends itself.
#[derive(Clone, Copy)]
pub(crate) struct Limits<'a> {
    /// Asks to stop.
    pub(crate) cancel: &'a Cancel,
    /// Softer requests are not heard.
    pub(crate) heed: Stop,
    /// When it has taken too long.
    pub(crate) deadline: Option<Instant>,
}

impl<'a> Limits<'a> {
    /// Heeds every request and has no deadline.
    pub(crate) fn new(cancel: &'a Cancel) -> Self {
        Self { cancel, heed: Stop::Interrupt, deadline: None }
    }
}

enum Heard {
    Line(Stream, String),
    Whole(Vec<u8>),
    End,
}

/// Finds a program on PATH.
///
/// # Errors
/// It is not there.
pub(crate) fn find(name: &str, help: &str) -> Result<PathBuf, DriverError> {
    which::which(name).map_err(|_| {
        DriverError::new(ErrorKind::MissingProgram, format!("`{name}` is not on PATH")).help(help)
    })
}

impl Tool {
    /// What people call it.
    pub(crate) fn name(&self) -> String {
        self.program.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// A call without arguments.
    pub(crate) fn new(program: &Path) -> Self {
        Self { program: program.to_owned(), ..Self::default() }
    }

    /// Adds an argument.
    pub(crate) fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    pub(crate) fn args<T: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets the working directory.
    pub(crate) fn directory(mut self, directory: &Path) -> Self {
        self.directory = Some(directory.to_owned());
        self
    }

    /// Sets a variable of the environment.
    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Takes variables out of the environment.
    pub(crate) fn without(mut self, names: &'static [&'static str]) -> Self {
        self.withheld = names;
        self
    }

    /// Gives it standard input; it is empty otherwise.
    pub(crate) fn input(mut self, input: Vec<u8>) -> Self {
        self.input = input;
        self
    }

    /// Gives it standard input that somebody writes to while it runs. Its end comes when no writer is left.
    pub(crate) fn feed(mut self, feed: PipeReader) -> Self {
        self.feed = Some(Arc::new(feed));
        self
    }

    /// Runs it and hands over each line of both streams.
    ///
    /// # Errors
    /// See [`Broken`].
    pub(crate) fn lines(
        &self,
        limits: Limits<'_>,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Result<Ended, Broken> {
        self.run(limits, false, line).map(|(ended, _)| ended)
    }

    /// Runs it and returns its whole standard output; hands over each line of standard error.
    ///
    /// # Errors
    /// See [`Broken`].
    pub(crate) fn whole(
        &self,
        limits: Limits<'_>,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Result<(Ended, Vec<u8>), Broken> {
        self.run(limits, true, line)
    }

    fn run(
        &self,
        limits: Limits<'_>,
        whole: bool,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Result<(Ended, Vec<u8>), Broken> {
        if limits.stop().is_some() {
            return Err(Broken::Cancelled);
        }
        let (sender, heard) = sync_channel(AHEAD);
        let (handle, pipes) = self.start(whole, &sender).map_err(Broken::Start)?;
        drop(sender);
        let watched = super::reaper::watch(handle.pids());
        let mut listener = Listener { open: 2, pipes, said: VecDeque::new(), whole: Vec::new() };
        let ending = listener.listen(&handle, &heard, limits, line);
        let status = handle.wait().map_err(Broken::Start)?.status;
        drop(watched);
        match ending {
            Some(broken) => Err(broken),
            None => {
                let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1);
                Ok((Ended { code, said: listener.said.into() }, listener.whole))
            }
        }
    }

    fn start(
        &self,
        whole: bool,
        sender: &SyncSender<Heard>,
    ) -> io::Result<(duct::Handle, [io::PipeReader; 2])> {
        let (stdout, out) = io::pipe()?;
        let (stderr, err) = io::pipe()?;
        let mut call = duct::cmd(&self.program, &self.arguments)
            .stdout_file(out)
            .stderr_file(err)
            .unchecked()
            .before_spawn(|command| {
                command.process_group(0);
                Ok(())
            });
        call = match &self.feed {
            Some(feed) => call.stdin_file(feed.try_clone()?),
            None if self.input.is_empty() => call.stdin_null(),
            None => call.stdin_bytes(self.input.clone()),
        };
        if let Some(directory) = &self.directory {
            call = call.dir(directory);
        }
        for (name, value) in &self.environment {
            call = call.env(name, value);
        }
        for name in self.withheld {
            call = call.env_remove(name);
        }
        let handle = call.start()?;
        // The expression holds the writing ends: while it lives, no pipe ever ends.
        drop(call);
        let pipes = [stdout.try_clone()?, stderr.try_clone()?];
        let out = sender.clone();
        std::thread::spawn(move || {
            if whole { pump_whole(stdout, &out) } else { pump_lines(stdout, Stream::Stdout, &out) }
        });
        let err = sender.clone();
        std::thread::spawn(move || pump_lines(stderr, Stream::Stderr, &err));
        Ok((handle, pipes))
    }
}

impl Limits<'_> {
    fn stop(&self) -> Option<Stop> {
        self.cancel.requested().filter(|stop| *stop >= self.heed)
    }
}

struct Listener {
    open: usize,
    pipes: [io::PipeReader; 2],
    said: VecDeque<String>,
    whole: Vec<u8>,
}

impl Listener {
    /// Whether nothing stands in the pipes.
    fn has_heard_all(&self) -> bool {
        self.pipes.iter().all(|pipe| rustix::io::ioctl_fionread(pipe).unwrap_or(0) == 0)
    }

    /// Listens until the pipes end or the process did; says why when it did not end by itself.
    fn listen(
        &mut self,
        handle: &duct::Handle,
        heard: &Receiver<Heard>,
        limits: Limits<'_>,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Option<Broken> {
        let mut broken = None;
        let mut sent = None;
        let mut kill_at: Option<Instant> = None;
        let mut ended_at: Option<Instant> = None;
        loop {
            // Most tools end with their pipes; one that closed them early is waited for in steps as well.
            if self.open == 0 && !matches!(handle.wait_timeout(LOOK), Ok(None)) {
                break;
            }
            match heard.recv_timeout(if ended_at.is_some() { LINGER } else { LOOK }) {
                Ok(Heard::Line(stream, text)) => {
                    if stream == Stream::Stderr {
                        if self.said.len() == TAIL {
                            self.said.pop_front();
                        }
                        self.said.push_back(text.clone());
                    }
                    line(stream, &text);
                }
                Ok(Heard::Whole(bytes)) => self.whole = bytes,
                Ok(Heard::End) => self.open -= 1,
                Err(RecvTimeoutError::Disconnected) => {}
                Err(RecvTimeoutError::Timeout) => {
                    // On a busy machine the pumps may be far behind.
                    if ended_at.is_some_and(|at| at.elapsed() >= LINGER) && self.has_heard_all() {
                        break;
                    }
                    if ended_at.is_none() && handle.try_wait().is_ok_and(|output| output.is_some()) {
                        ended_at = Some(Instant::now());
                    }
                }
            }
            let now = Instant::now();
            let late = limits.deadline.is_some_and(|deadline| now >= deadline);
            let mut wish = limits.stop().or(late.then_some(Stop::Terminate));
            if kill_at.is_some_and(|at| now >= at) {
                wish = Some(Stop::Kill);
            }
            if let Some(stop) = wish
                && sent.is_none_or(|sent| stop > sent)
            {
                broken.get_or_insert(if late { Broken::TimedOut } else { Broken::Cancelled });
                signal(handle, stop);
                sent = Some(stop);
                kill_at.get_or_insert(now + GRACE);
            }
        }
        broken
    }
}

fn signal(handle: &duct::Handle, stop: Stop) {
    let signal = match stop {
        Stop::Interrupt => Signal::INT,
        Stop::Terminate => Signal::TERM,
        Stop::Kill => Signal::KILL,
    };
    for pid in handle.pids() {
        if let Some(group) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
            // It may have ended in between; then there is nobody left to tell.
            let _ = kill_process_group(group, signal);
        }
    }
}

fn pump_lines(pipe: PipeReader, stream: Stream, sender: &SyncSender<Heard>) {
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => break,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line);
                let text = text.strip_suffix('\n').unwrap_or(&text);
                let text = text.strip_suffix('\r').unwrap_or(text);
                if sender.send(Heard::Line(stream, text.to_owned())).is_err() {
                    break;
                }
            }
        }
    }
    // Nobody listens any more when this fails.
    let _ = sender.send(Heard::End);
}

fn pump_whole(pipe: PipeReader, sender: &SyncSender<Heard>) {
    let mut bytes = Vec::new();
    // What was read before an error is still what it said; a cut answer does not parse.
    let _ = pipe.take(WHOLE_LIMIT).read_to_end(&mut bytes);
    let _ = sender.send(Heard::Whole(bytes));
    let _ = sender.send(Heard::End);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Tool {
        Tool::new(Path::new("/bin/sh")).args(["-c", script])
    }

    #[test]
    fn hands_over_lines_of_both_streams_and_the_code() {
        let cancel = Cancel::new();
        let mut lines = Vec::new();
        let ended = sh("echo one; echo two >&2; cat; exit 7")
            .input(b"three".to_vec())
            .lines(Limits::new(&cancel), &mut |stream, line| lines.push((stream, line.to_owned())))
            .unwrap();
        lines.sort_by_key(|(_, line)| line.clone());
        assert_eq!(
            lines,
            [
                (Stream::Stdout, "one".to_owned()),
                (Stream::Stdout, "three".to_owned()),
                (Stream::Stderr, "two".to_owned())
            ]
        );
        assert_eq!(ended, Ended { code: 7, said: vec!["two".to_owned()] });
    }

    #[test]
    fn a_request_to_stop_ends_the_whole_group() {
        let cancel = Cancel::new();
        let stopper = cancel.clone();
        let mut child = None;
        let broken = sh("sleep 1000 & echo $!; wait").lines(Limits::new(&cancel), &mut |_, line| {
            child = line.parse::<i32>().ok();
            stopper.stop(Stop::Terminate);
        });
        assert!(matches!(broken, Err(Broken::Cancelled)));
        let child = Pid::from_raw(child.unwrap()).unwrap();
        while rustix::process::test_kill_process(child).is_ok() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_deadline_ends_it() {
        let cancel = Cancel::new();
        let limits = Limits { deadline: Some(Instant::now()), ..Limits::new(&cancel) };
        assert!(matches!(sh("sleep 1000").lines(limits, &mut |_, _| ()), Err(Broken::TimedOut)));
    }

    #[test]
    fn something_left_behind_does_not_hold_it() {
        let cancel = Cancel::new();
        let ended = sh("sleep 20 & echo $! >&2; exit 0").lines(Limits::new(&cancel), &mut |_, _| ()).unwrap();
        assert_eq!(ended.code, 0);
        let left = ended.said[0].parse().ok().and_then(Pid::from_raw).unwrap();
        rustix::process::kill_process(left, Signal::KILL).unwrap();
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = find("no-such-program-for-fleet", "install it").unwrap_err();
        assert_eq!(error.kind, ErrorKind::MissingProgram);
        assert!(error.to_string().contains("no-such-program-for-fleet"), "{error}");
    }
}

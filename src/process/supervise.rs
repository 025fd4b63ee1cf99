//! Watching one process to its end: moves its bytes, keeps its time, passes requests to stop on.

use super::exit_watch::ExitWatch;
use super::pipes::Pipes;
use super::wakeup::{Wakeup, timespec};
use super::{Cancel, Exit, Signals, Stop, descendants};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};
use std::cell::RefCell;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

/// How it may be ended; see the fields of [`super::Process`].
pub(super) struct Limits {
    pub(super) group: bool,
    pub(super) timeout: Option<Duration>,
    pub(super) grace: Duration,
    pub(super) interrupt_grace: Option<Duration>,
}

thread_local! {
    /// The buffer that output is read into; kept, since its pages are dear to get again.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

const BUFFER_SIZE: usize = 256 << 10;

struct Supervised<'p, 'c> {
    child: Child,
    pid: Pid,
    pipes: Pipes<'p>,
    limits: &'c Limits,
    cancel: &'c Cancel,
    /// When the time is over.
    deadline: Option<Instant>,
    /// When to kill what was asked to end, and no longer to wait for its pipes.
    kill_at: Option<Instant>,
    /// The hardest request that was passed on.
    passed_on: Option<Stop>,
    timed_out: bool,
    killed: bool,
    status: Option<ExitStatus>,
}

/// Runs until the process has ended and its pipes have, or are given up.
pub(super) fn supervise(
    child: Child,
    pipes: Pipes<'_>,
    limits: &Limits,
    cancel: &Cancel,
    wakeup: &Wakeup,
) -> io::Result<Exit> {
    let pid = Pid::from_child(&child);
    let deadline = limits.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let mut supervised = Supervised {
        child,
        pid,
        pipes,
        limits,
        cancel,
        deadline,
        kill_at: None,
        passed_on: None,
        timed_out: false,
        killed: false,
        status: None,
    };
    let watched = supervised.watch(wakeup);
    if watched.is_err() {
        // We cannot watch it (no descriptor left): it must not run on without us.
        supervised.signal(Signal::KILL);
    }
    if supervised.status.is_none() {
        supervised.status = Some(supervised.child.wait()?);
    }
    watched?;
    supervised.end_group();
    let Supervised { mut pipes, status, timed_out, .. } = supervised;
    for index in 0..pipes.outputs.len() {
        pipes.finish(index);
    }
    let [stdout, stderr] = pipes.kept;
    let signalled = status.is_some_and(|status| status.signal().is_some());
    Ok(Exit { code: status.map_or(1, code), signalled, timed_out, stdout, stderr, output_error: pipes.error })
}

fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

/// What `poll` found.
#[derive(Default)]
struct Ready {
    ended: bool,
    input: bool,
    outputs: [bool; 2],
}

impl Supervised<'_, '_> {
    fn watch(&mut self, wakeup: &Wakeup) -> io::Result<()> {
        let exit = ExitWatch::new(self.pid)?;
        let signals = self.cancel.signals();
        let mut buffer = BUFFER.take();
        if self.pipes.reading() {
            buffer.resize(BUFFER_SIZE, 0);
        }
        self.pipes.feed();
        while self.status.is_none() || self.pipes.reading() {
            self.keep_time();
            if self.given_up() {
                break;
            }
            let ready = self.poll(&exit, wakeup, signals.as_deref())?;
            if ready.input {
                self.pipes.feed();
            }
            for (index, ready) in ready.outputs.into_iter().enumerate() {
                if ready {
                    self.pipes.drain(index, &mut buffer);
                }
            }
            if ready.ended {
                self.status = self.child.try_wait()?;
                self.pipes.input = None;
            }
        }
        BUFFER.set(buffer);
        Ok(())
    }

    /// Sleeps until something happens.
    fn poll(&self, exit: &ExitWatch, wakeup: &Wakeup, signals: Option<&Signals>) -> io::Result<Ready> {
        let mut fds = Vec::with_capacity(6);
        fds.push(PollFd::new(wakeup, PollFlags::IN));
        let mut add = |fd, flags| {
            fds.push(PollFd::from_borrowed_fd(fd, flags));
            fds.len() - 1
        };
        let signals_at = signals.map(|signals| add(signals.as_fd(), PollFlags::IN));
        let exit_at = self.status.is_none().then(|| add(exit.as_fd(), PollFlags::IN));
        let input_at = self.pipes.input.as_ref().map(|pipe| add(pipe.as_fd(), PollFlags::OUT));
        let outputs_at =
            self.pipes.outputs.each_ref().map(|pipe| Some(add(pipe.as_ref()?.as_fd(), PollFlags::IN)));
        let limit = self.next_time().map(|at| timespec(at.saturating_duration_since(Instant::now())));
        match poll(&mut fds, limit.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(Ready::default()),
            Err(error) => return Err(error.into()),
        }
        let ready =
            |at: Option<usize>| at.and_then(|at| fds.get(at)).is_some_and(|fd| !fd.revents().is_empty());
        if ready(signals_at)
            && let Some(signals) = signals
        {
            signals.handle();
        }
        if ready(Some(0)) {
            wakeup.clear();
        }
        Ok(Ready { ended: ready(exit_at), input: ready(input_at), outputs: outputs_at.map(ready) })
    }

    fn next_time(&self) -> Option<Instant> {
        let kill_at = self.kill_at.filter(|_| !self.killed);
        let deadline = self.deadline.filter(|_| !self.timed_out);
        kill_at.into_iter().chain(deadline).min()
    }

    /// Passes on what was asked, and what the clock asks.
    fn keep_time(&mut self) {
        let requested = self.cancel.requested();
        if requested > self.passed_on
            && let Some(stop) = requested
        {
            self.passed_on = requested;
            let (signal, grace) = match stop {
                Stop::Interrupt => (Signal::INT, self.limits.interrupt_grace),
                Stop::Terminate => (Signal::TERM, None),
                Stop::Kill => (Signal::KILL, Some(Duration::ZERO)),
            };
            self.signal(signal);
            self.kill_after(grace);
        }
        let now = Instant::now();
        if !self.timed_out && self.deadline.is_some_and(|deadline| deadline <= now) {
            self.timed_out = true;
            self.signal(Signal::INT);
            self.kill_after(Some(self.limits.grace));
        }
        let stopped = self.timed_out || self.passed_on.is_some();
        if stopped && self.status.is_some() {
            // What still holds the pipes was told to end as well, and gets no more than the grace for it.
            self.kill_after(Some(self.limits.grace));
        }
        if !self.killed && self.kill_at.is_some_and(|at| at <= now) {
            self.killed = true;
            self.signal(Signal::KILL);
        }
    }

    fn kill_after(&mut self, grace: Option<Duration>) {
        let at = grace.and_then(|grace| Instant::now().checked_add(grace));
        self.kill_at = self.kill_at.into_iter().chain(at).min();
    }

    /// Whether what still holds the pipes open is beyond our reach.
    fn given_up(&self) -> bool {
        self.killed && self.status.is_some()
    }

    fn signal(&self, signal: Signal) {
        if self.limits.group {
            let _ = kill_process_group(self.pid, signal);
        } else if self.status.is_none() {
            for pid in descendants::tree(self.pid) {
                let _ = kill_process(pid, signal);
            }
        }
    }

    /// After a stop, nothing of the group is left: its members get the grace to end, then SIGKILL.
    fn end_group(&self) {
        let stopped = self.timed_out || self.passed_on.is_some();
        if !self.limits.group || !stopped {
            return;
        }
        let until = self.kill_at.unwrap_or_else(|| Instant::now() + self.limits.grace);
        let mut pause = Duration::from_millis(1);
        while test_kill_process_group(self.pid).is_ok() {
            if Instant::now() >= until || self.cancel.requested() == Some(Stop::Kill) {
                self.signal(Signal::KILL);
                return;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }
}

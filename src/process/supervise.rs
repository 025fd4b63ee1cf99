//! Watching the processes of a pipeline, mostly one, to their end: moves bytes, keeps the time, passes requests to stop on.

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
    children: Vec<Running>,
    /// How many have not ended.
    running: usize,
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
}

struct Running {
    child: Child,
    pid: Pid,
    watch: Option<ExitWatch>,
    status: Option<ExitStatus>,
}

/// Runs until the processes have ended and their pipes have, or are given up. The last one's code is that of all.
pub(super) fn supervise(
    children: Vec<Child>,
    pipes: Pipes<'_>,
    limits: &Limits,
    cancel: &Cancel,
    wakeup: &Wakeup,
) -> io::Result<Exit> {
    let deadline = limits.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let running = |child: Child| Running { pid: Pid::from_child(&child), child, watch: None, status: None };
    let mut supervised = Supervised {
        running: children.len(),
        children: children.into_iter().map(running).collect(),
        pipes,
        limits,
        cancel,
        deadline,
        kill_at: None,
        passed_on: None,
        timed_out: false,
        killed: false,
    };
    let watched = supervised.watch(wakeup);
    if watched.is_err() {
        // We cannot watch them (no descriptor left): they must not run on without us.
        supervised.signal(Signal::KILL);
    }
    for running in &mut supervised.children {
        if running.status.is_none() {
            running.status = Some(running.child.wait()?);
        }
    }
    watched?;
    supervised.end_group();
    let Supervised { mut pipes, children, timed_out, .. } = supervised;
    for index in 0..pipes.outputs.len() {
        pipes.finish(index);
    }
    let [stdout, stderr] = pipes.kept;
    let mut codes: Vec<i32> = children.iter().map(|running| running.status.map_or(1, code)).collect();
    let last = children.last().and_then(|running| running.status);
    if !last.is_some_and(|status| status.success()) {
        // What ended it has come to us, too: that is told first.
        cancel.poll_signals();
    }
    Ok(Exit {
        code: codes.pop().unwrap_or_default(),
        feeders: codes,
        signalled: last.is_some_and(|status| status.signal().is_some()),
        timed_out,
        stdout,
        stderr,
        output_error: pipes.error,
    })
}

fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

/// What `poll` found.
#[derive(Default)]
struct Ready {
    /// Which child may have ended.
    ended: Vec<usize>,
    input: bool,
    outputs: [bool; 2],
}

impl Supervised<'_, '_> {
    fn watch(&mut self, wakeup: &Wakeup) -> io::Result<()> {
        for running in &mut self.children {
            running.watch = Some(ExitWatch::new(running.pid)?);
        }
        let signals = self.cancel.signals();
        let mut buffer = BUFFER.take();
        if self.pipes.reading() {
            buffer.resize(BUFFER_SIZE, 0);
        }
        self.pipes.feed();
        while self.running > 0 || self.pipes.reading() {
            self.keep_time();
            if self.given_up() {
                break;
            }
            let ready = self.poll(wakeup, signals.as_deref())?;
            if ready.input {
                self.pipes.feed();
            }
            for (index, ready) in ready.outputs.into_iter().enumerate() {
                if ready {
                    self.pipes.drain(index, &mut buffer);
                }
            }
            for index in ready.ended {
                self.reap(index)?;
            }
        }
        BUFFER.set(buffer);
        Ok(())
    }

    fn reap(&mut self, index: usize) -> io::Result<()> {
        let Some(running) = self.children.get_mut(index) else { return Ok(()) };
        running.status = running.child.try_wait()?;
        if running.status.is_some() {
            running.watch = None;
            self.running -= 1;
            if self.running == 0 {
                self.pipes.input = None;
            }
        }
        Ok(())
    }

    /// Sleeps until something happens.
    fn poll(&self, wakeup: &Wakeup, signals: Option<&Signals>) -> io::Result<Ready> {
        let mut fds = Vec::with_capacity(5 + self.children.len());
        fds.push(PollFd::new(wakeup, PollFlags::IN));
        let mut add = |fd, flags| {
            fds.push(PollFd::from_borrowed_fd(fd, flags));
            fds.len() - 1
        };
        let signals_at = signals.map(|signals| add(signals.as_fd(), PollFlags::IN));
        let input_at = self.pipes.input.as_ref().map(|pipe| add(pipe.as_fd(), PollFlags::OUT));
        let outputs_at =
            self.pipes.outputs.each_ref().map(|pipe| Some(add(pipe.as_ref()?.as_fd(), PollFlags::IN)));
        let watches = self.children.iter().enumerate();
        let ends_at: Vec<(usize, usize)> = watches
            .filter_map(|(index, running)| Some((index, add(running.watch.as_ref()?.as_fd(), PollFlags::IN))))
            .collect();
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
        let ended = ends_at.into_iter().filter(|(_, at)| ready(Some(*at))).map(|(index, _)| index).collect();
        Ok(Ready { ended, input: ready(input_at), outputs: outputs_at.map(ready) })
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
        if stopped && self.running == 0 {
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
        self.killed && self.running == 0
    }

    /// The first process leads the group.
    fn leader(&self) -> Option<Pid> {
        self.children.first().map(|running| running.pid)
    }

    fn signal(&self, signal: Signal) {
        if self.limits.group {
            if let Some(leader) = self.leader() {
                let _ = kill_process_group(leader, signal);
            }
            return;
        }
        for running in self.children.iter().filter(|running| running.status.is_none()) {
            for pid in descendants::tree(running.pid) {
                let _ = kill_process(pid, signal);
            }
        }
    }

    /// After a stop, nothing of the group is left: its members get the grace to end, then SIGKILL.
    fn end_group(&self) {
        let stopped = self.timed_out || self.passed_on.is_some();
        let Some(leader) = self.leader().filter(|_| self.limits.group && stopped) else { return };
        let until = self.kill_at.unwrap_or_else(|| Instant::now() + self.limits.grace);
        let mut pause = Duration::from_millis(1);
        while test_kill_process_group(leader).is_ok() {
            if Instant::now() >= until || self.cancel.requested() == Some(Stop::Kill) {
                self.signal(Signal::KILL);
                return;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }
}

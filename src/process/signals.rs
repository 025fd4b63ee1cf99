//! Counting the signals that ask us to stop. What follows from them is the caller's policy.

use super::{Cancel, Stop};
use rustix::event::{PollFd, PollFlags, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{SigId, flag, low_level};
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A signal that asks us to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT
    Interrupt,
    /// SIGTERM
    Terminate,
    /// SIGHUP
    Hangup,
}

impl Signal {
    /// Its name as Go prints it, such as `interrupt`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "interrupt",
            Self::Terminate => "terminated",
            Self::Hangup => "hangup",
        }
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> i32 {
        match self {
            Self::Interrupt => SIGINT,
            Self::Terminate => SIGTERM,
            Self::Hangup => SIGHUP,
        }
    }
}

/// What to do about a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Nothing: the terminal has told the children itself.
    Ignore,
    /// Raise the request.
    Stop(Stop),
    /// End the program at once, with this code.
    Exit(i32),
}

/// The policy of pipelines: the first signal interrupts, the second terminates, the third kills.
#[must_use]
pub fn escalate(_signal: Signal, count: u32) -> Reaction {
    Reaction::Stop(match count {
        0 | 1 => Stop::Interrupt,
        2 => Stop::Terminate,
        _ => Stop::Kill,
    })
}

type Policy = Box<dyn Fn(Signal, u32) -> Reaction + Send + Sync>;

/// A listener. Whoever waits for a process under its [`Cancel`] listens as well, so no thread is needed; where nobody may
/// be waiting, [`Signals::in_thread`] listens all the time.
pub struct Signals {
    cancel: Cancel,
    policy: Policy,
    arrived: [(Signal, Arc<AtomicBool>); 3],
    pipe: UnixStream,
    /// Held while signals are handled, so that the policy sees them one by one.
    handling: Mutex<()>,
    count: AtomicU32,
    threaded: AtomicBool,
    registered: Vec<SigId>,
}

impl Signals {
    /// Listens to SIGINT, SIGTERM and SIGHUP until dropped. `policy` gets each signal and its number, from 1, and says what
    /// becomes of `cancel`; it runs on an ordinary thread and may print.
    ///
    /// # Errors
    /// No more descriptors.
    pub fn listen(
        cancel: &Cancel,
        policy: impl Fn(Signal, u32) -> Reaction + Send + Sync + 'static,
    ) -> io::Result<Arc<Self>> {
        let (pipe, wake) = UnixStream::pair()?;
        pipe.set_nonblocking(true)?;
        let arrived =
            [Signal::Interrupt, Signal::Terminate, Signal::Hangup].map(|signal| (signal, Arc::default()));
        let mut registered = Vec::with_capacity(6);
        for (signal, flag) in &arrived {
            // Actions run in this order: once the pipe is readable the flag says which signal it was.
            registered.push(flag::register(signal.number(), Arc::clone(flag))?);
            registered.push(low_level::pipe::register(signal.number(), wake.try_clone()?)?);
        }
        let signals = Arc::new(Self {
            cancel: cancel.clone(),
            policy: Box::new(policy),
            arrived,
            pipe,
            handling: Mutex::new(()),
            count: AtomicU32::new(0),
            threaded: AtomicBool::new(false),
            registered,
        });
        cancel.attach(&signals);
        Ok(signals)
    }

    /// Starts a thread that listens from now on.
    ///
    /// # Errors
    /// The system does not give one.
    pub fn in_thread(self: &Arc<Self>) -> io::Result<()> {
        if self.threaded.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let signals = Arc::downgrade(self);
        let pipe = self.pipe.try_clone()?;
        let listen = move || {
            loop {
                let _ = poll(&mut [PollFd::new(&pipe, PollFlags::IN)], None);
                let Some(signals) = signals.upgrade() else { return };
                signals.handle();
            }
        };
        std::thread::Builder::new().name("signals".to_owned()).stack_size(256 << 10).spawn(listen)?;
        Ok(())
    }

    /// How many signals have arrived.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count.load(Ordering::SeqCst)
    }

    /// Whether a thread listens.
    pub(super) fn has_thread(&self) -> bool {
        self.threaded.load(Ordering::SeqCst)
    }

    /// Handles what has arrived; does not wait. For those who poll [`Signals::as_fd`] themselves.
    pub fn handle(&self) {
        let _one_by_one = self.handling.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = [0; 64];
        let Ok(read) = (&self.pipe).read(&mut bytes) else { return };
        let mut last = Signal::Interrupt;
        let mut told = 0;
        for (signal, arrived) in &self.arrived {
            if arrived.swap(false, Ordering::SeqCst) {
                last = *signal;
                self.react(*signal);
                told += 1;
            }
        }
        // The same signal more than once since the last look.
        for _ in told..read {
            self.react(last);
        }
    }

    fn react(&self, signal: Signal) {
        let count = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        match (self.policy)(signal, count) {
            Reaction::Ignore => {}
            Reaction::Stop(stop) => self.cancel.stop(stop),
            Reaction::Exit(code) => std::process::exit(code),
        }
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for id in &self.registered {
            low_level::unregister(*id);
        }
    }
}

impl std::fmt::Debug for Signals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signals").field("count", &self.count).finish_non_exhaustive()
    }
}

//! Waking a thread that sleeps in `poll`. Each thread keeps one pipe for that, made at its first use.

use super::Signals;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::cell::RefCell;
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// The sleeping end.
pub(super) struct Wakeup {
    reader: PipeReader,
    waker: Waker,
}

/// The end that wakes. Waking twice is as waking once.
#[derive(Debug, Clone)]
pub(super) struct Waker(Arc<PipeWriter>);

thread_local! {
    static WAKEUP: RefCell<Option<Rc<Wakeup>>> = const { RefCell::new(None) };
}

impl Wakeup {
    /// The pipe of the calling thread, emptied.
    pub(super) fn of_this_thread() -> std::io::Result<Rc<Self>> {
        WAKEUP.with_borrow_mut(|slot| {
            if let Some(wakeup) = slot {
                wakeup.clear();
                return Ok(Rc::clone(wakeup));
            }
            let (reader, writer) = std::io::pipe()?;
            rustix::io::ioctl_fionbio(&reader, true)?;
            rustix::io::ioctl_fionbio(&writer, true)?;
            let wakeup = Rc::new(Self { reader, waker: Waker(Arc::new(writer)) });
            *slot = Some(Rc::clone(&wakeup));
            Ok(wakeup)
        })
    }

    /// What others wake this thread with.
    pub(super) fn waker(&self) -> &Waker {
        &self.waker
    }

    /// Forgets that it was woken.
    pub(super) fn clear(&self) {
        let mut bytes = [0; 64];
        while matches!((&self.reader).read(&mut bytes), Ok(read) if read == bytes.len()) {}
    }

    /// Sleeps until woken, a signal arrives, or `limit` is over; may also return early.
    pub(super) fn wait(&self, signals: Option<&Signals>, limit: Duration) {
        let mut fds = Vec::with_capacity(2);
        fds.push(PollFd::new(&self.reader, PollFlags::IN));
        if let Some(signals) = signals {
            fds.push(PollFd::from_borrowed_fd(signals.as_fd(), PollFlags::IN));
        }
        let _ = poll(&mut fds, Some(&timespec(limit)));
        if let Some(signals) = signals {
            signals.handle();
        }
        self.clear();
    }
}

impl AsFd for Wakeup {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}

impl Waker {
    /// Wakes. A full pipe has woken already, so errors do not matter.
    pub(super) fn wake(&self) {
        let _ = (&*self.0).write(&[1]);
    }
}

/// A duration as `poll` wants it.
pub(super) fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}

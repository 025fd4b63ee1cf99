//! A descriptor that becomes readable when a process ends.

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Watches one child that nobody has waited for yet.
pub(super) struct ExitWatch(OwnedFd);

impl ExitWatch {
    /// Watches a child of ours: by a pidfd where the kernel has them (Linux 5.3), else by a thread that holds a pipe open.
    pub(super) fn new(pid: Pid) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        if let Ok(fd) = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()) {
            return Ok(Self(fd));
        }
        Self::by_thread(pid)
    }

    fn by_thread(pid: Pid) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        let wait = move || {
            // The child is left to be reaped by its owner.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while matches!(waitid(WaitId::Pid(pid), options), Err(rustix::io::Errno::INTR)) {}
            drop(writer);
        };
        std::thread::Builder::new().name("exit-watch".to_owned()).stack_size(64 << 10).spawn(wait)?;
        Ok(Self(reader.into()))
    }
}

impl AsFd for ExitWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::ExitWatch;
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::Errno;
    use rustix::process::Pid;

    #[test]
    fn both_ways_see_the_end_and_leave_the_child_to_its_owner() {
        for watch in [ExitWatch::new, ExitWatch::by_thread] {
            let mut child =
                std::process::Command::new("/bin/sh").args(["-c", "exit 7"]).spawn().expect("a shell");
            let watch = watch(Pid::from_child(&child)).unwrap();
            let mut fds = [PollFd::new(&watch, PollFlags::IN)];
            // The end of the child is a signal as well.
            let ready =
                std::iter::repeat_with(|| poll(&mut fds, None)).find(|ready| *ready != Err(Errno::INTR));
            assert_eq!(ready, Some(Ok(1)));
            assert_eq!(child.wait().unwrap().code(), Some(7));
        }
    }
}

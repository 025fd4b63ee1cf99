//! Where output leaves the program: one handle, shared by those who write at the same time. Each write stays in one piece.

use std::io::{self, IoSlice, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// A shared, locked writer. Clones write to the same place.
#[derive(Clone)]
pub struct Outlet(Arc<Mutex<Box<dyn Write + Send>>>);

impl Outlet {
    /// Writes to any writer.
    pub fn new(writer: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Box::new(writer))))
    }

    /// Our standard output, unbuffered.
    #[must_use]
    pub fn stdout() -> Self {
        Self::new(Standard::Output)
    }

    /// Our standard error, unbuffered.
    #[must_use]
    pub fn stderr() -> Self {
        Self::new(Standard::Error)
    }

    /// Writes all bytes without anything of others in between.
    ///
    /// # Errors
    /// As the writer's.
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.locked(|writer| writer.write_all(bytes))
    }

    /// Does several writes without anything of others in between.
    ///
    /// # Errors
    /// As `writes` gives.
    pub fn locked<T>(&self, writes: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
        let mut writer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let done = writes(&mut **writer)?;
        writer.flush()?;
        Ok(done)
    }
}

impl std::fmt::Debug for Outlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outlet")
    }
}

/// Written to directly: the standard library's handles look for line ends in every buffer.
enum Standard {
    Output,
    Error,
}

impl Standard {
    fn retry(
        &self,
        write: impl Fn(rustix::fd::BorrowedFd<'static>) -> rustix::io::Result<usize>,
    ) -> io::Result<usize> {
        let fd = match self {
            Self::Output => rustix::stdio::stdout(),
            Self::Error => rustix::stdio::stderr(),
        };
        loop {
            match write(fd) {
                Err(rustix::io::Errno::AGAIN) => {
                    // Someone who shares the terminal made it non-blocking: wait for room.
                    let mut room =
                        [rustix::event::PollFd::from_borrowed_fd(fd, rustix::event::PollFlags::OUT)];
                    let _ = rustix::event::poll(&mut room, None);
                }
                result => return Ok(result?),
            }
        }
    }
}

impl Write for Standard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.retry(|fd| rustix::io::write(fd, bytes))
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.retry(|fd| rustix::io::writev(fd, slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

//! Where reporters write: whole texts at once, and quietly nowhere once the other end is closed. Knows no events.

use std::io::{ErrorKind, Write};
use std::sync::{Arc, OnceLock};

/// A writer that ends quietly: a run does not stop half-way over a host because its reader went away.
pub struct Sink {
    out: Box<dyn Write + Send>,
    state: SinkState,
}

/// What became of a [`Sink`], for whoever decides on the exit code.
#[derive(Debug, Clone, Default)]
pub struct SinkState {
    failed: Arc<OnceLock<Failure>>,
}

#[derive(Debug)]
struct Failure {
    closed: bool,
    text: String,
}

impl SinkState {
    /// Whether anything could not be written, for whatever reason.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.failed.get().is_some()
    }

    /// Why writing failed; absent when the reader merely closed its end (`fleet list | head -1`).
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.failed.get().filter(|failure| !failure.closed).map(|failure| failure.text.as_str())
    }
}

impl Sink {
    /// Writes to `out`.
    pub fn new(out: impl Write + Send + 'static) -> Self {
        Self { out: Box::new(out), state: SinkState::default() }
    }

    /// To standard output.
    #[must_use]
    pub fn stdout() -> Self {
        Self::new(std::io::stdout())
    }

    /// To standard error.
    #[must_use]
    pub fn stderr() -> Self {
        Self::new(std::io::stderr())
    }

    /// A handle that tells what became of it.
    #[must_use]
    pub fn state(&self) -> SinkState {
        self.state.clone()
    }

    /// Writes all of the text and flushes; after the first error it does nothing.
    pub fn write(&mut self, text: &str) {
        if text.is_empty() || self.state.is_closed() {
            return;
        }
        if let Err(error) = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
            let closed = error.kind() == ErrorKind::BrokenPipe;
            let _ = self.state.failed.set(Failure { closed, text: error.to_string() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_reader_is_no_error_and_a_full_disk_is() {
        let mut closed = Sink::new(Broken(ErrorKind::BrokenPipe));
        let state = closed.state();
        closed.write("a\n");
        assert!(state.is_closed());
        assert_eq!(state.error(), None);

        let mut full = Sink::new(Broken(ErrorKind::StorageFull));
        let state = full.state();
        full.write("a\n");
        assert!(state.error().is_some());
    }
}

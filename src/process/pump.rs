//! What takes the output of a process, whole buffers at a time.

use std::io;

/// Takes output. Called on the thread that runs the process.
pub trait Pump {
    /// Some bytes, as they came from the pipe: they may begin and end anywhere in a line or a character.
    ///
    /// # Errors
    /// The output cannot be taken. The pipe is then closed, so that the process hears of it (SIGPIPE).
    fn take(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// There will be no more.
    ///
    /// # Errors
    /// What was kept back cannot be written.
    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

//! Output with a prefix before each line.

use super::{Outlet, Pump};
use memchr::memchr_iter;

/// Beyond this a line without an end is written as it is, so that it does not fill the memory.
const LONGEST: usize = 1 << 20;

/// Puts a prefix before each line and writes whole lines only, one write per buffer. A last line without an end gets one
/// (go-task's prefixed output).
#[derive(Debug)]
pub struct PrefixPump {
    prefix: Vec<u8>,
    to: Outlet,
    /// Prefixed text that is not written yet; ends within a line, or is empty.
    pending: Vec<u8>,
}

impl PrefixPump {
    /// Writes to `to`, with the prefix as it is, for instance `[name] ` with colours.
    #[must_use]
    pub fn new(prefix: impl Into<Vec<u8>>, to: Outlet) -> Self {
        Self { prefix: prefix.into(), to, pending: Vec::new() }
    }
}

impl Pump for PrefixPump {
    fn take(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let mut from = 0;
        let mut complete = 0;
        for end in memchr_iter(b'\n', bytes) {
            if complete == self.pending.len() {
                self.pending.extend_from_slice(&self.prefix);
            }
            self.pending.extend_from_slice(&bytes[from..=end]);
            complete = self.pending.len();
            from = end + 1;
        }
        if from < bytes.len() {
            if complete == self.pending.len() {
                self.pending.extend_from_slice(&self.prefix);
            }
            self.pending.extend_from_slice(&bytes[from..]);
        }
        if self.pending.len() - complete > LONGEST {
            complete = self.pending.len();
        }
        if complete > 0 {
            self.to.write(&self.pending[..complete])?;
            self.pending.drain(..complete);
        }
        Ok(())
    }

    fn end(&mut self) -> std::io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.pending.push(b'\n');
        self.to.write(&self.pending)?;
        self.pending.clear();
        Ok(())
    }
}

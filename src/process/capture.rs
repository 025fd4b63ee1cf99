//! Output kept in memory.

use super::Pump;

/// Keeps output up to a limit; what is beyond is read and dropped.
#[derive(Debug)]
pub struct Capture {
    bytes: Vec<u8>,
    limit: usize,
    dropped: u64,
}

impl Capture {
    /// Keeps at most `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit, dropped: 0 }
    }

    /// Number of bytes that were beyond the limit.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// What was kept.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl Pump for Capture {
    fn take(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let room = self.limit.saturating_sub(self.bytes.len()).min(bytes.len());
        let (kept, beyond) = bytes.split_at(room);
        self.bytes.extend_from_slice(kept);
        self.dropped += beyond.len() as u64;
        Ok(())
    }
}

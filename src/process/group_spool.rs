//! Output kept back until a command is done, in bounded memory.

use super::{Outlet, Pump};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// Kept in memory up to here.
const IN_MEMORY: usize = 1 << 20;

/// Keeps output: a first part in memory, and once that is full all of it in a nameless temporary file.
#[derive(Debug, Default)]
pub struct GroupSpool {
    memory: Vec<u8>,
    file: Option<File>,
    length: u64,
}

impl GroupSpool {
    /// Holds nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Writes everything in one piece, between `begin` and `end`; nothing at all where there was no output
    /// (go-task's group output). It is empty afterwards.
    ///
    /// # Errors
    /// The outlet cannot be written, or the temporary file cannot be read.
    pub fn replay(&mut self, to: &Outlet, begin: &[u8], end: &[u8]) -> io::Result<()> {
        let mut spool = std::mem::take(self);
        if spool.is_empty() {
            return Ok(());
        }
        to.locked(|writer| {
            writer.write_all(begin)?;
            if let Some(file) = &mut spool.file {
                file.seek(SeekFrom::Start(0))?;
                let mut buffer = vec![0; 256 << 10];
                loop {
                    match file.read(&mut buffer)? {
                        0 => break,
                        read => writer.write_all(&buffer[..read])?,
                    }
                }
            }
            writer.write_all(&spool.memory)?;
            writer.write_all(end)
        })
    }

    fn spill(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        file.write_all(&self.memory)?;
        self.memory.clear();
        Ok(())
    }
}

impl Pump for GroupSpool {
    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.memory.len() + bytes.len() > IN_MEMORY {
            self.spill()?;
        }
        self.memory.extend_from_slice(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }
}

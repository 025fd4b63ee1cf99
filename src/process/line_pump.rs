//! Output handed on line by line, as text.

use super::Pump;
use memchr::memchr;

/// Beyond this a line is handed on in pieces, so that output without line ends does not fill the memory.
const LONGEST: usize = 1 << 20;

/// Calls a function with each line, without its `\n` or `\r\n`. Bytes that are no UTF-8 become U+FFFD.
pub struct LinePump<F: FnMut(&str)> {
    each: F,
    partial: Vec<u8>,
}

impl<F: FnMut(&str)> LinePump<F> {
    /// A pump into a function.
    #[must_use]
    pub fn new(each: F) -> Self {
        Self { each, partial: Vec::new() }
    }

    fn line(&mut self, line: &[u8]) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        (self.each)(&String::from_utf8_lossy(line));
    }
}

impl<F: FnMut(&str)> Pump for LinePump<F> {
    fn take(&mut self, mut bytes: &[u8]) -> std::io::Result<()> {
        while let Some(at) = memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..at], &bytes[at + 1..]);
            if self.partial.is_empty() {
                self.line(line);
            } else {
                let mut whole = std::mem::take(&mut self.partial);
                whole.extend_from_slice(line);
                self.line(&whole);
            }
            bytes = rest;
        }
        self.partial.extend_from_slice(bytes);
        if self.partial.len() >= LONGEST {
            self.end()?;
        }
        Ok(())
    }

    fn end(&mut self) -> std::io::Result<()> {
        if !self.partial.is_empty() {
            let rest = std::mem::take(&mut self.partial);
            self.line(&rest);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::LinePump;
    use crate::process::Pump;

    #[test]
    fn lines_are_whole_wherever_the_buffers_end() {
        let text = "one\r\n\nthré\nlast";
        for size in 1..text.len() {
            let mut lines = Vec::new();
            let mut pump = LinePump::new(|line: &str| lines.push(line.to_owned()));
            for chunk in text.as_bytes().chunks(size) {
                pump.take(chunk).unwrap();
            }
            pump.end().unwrap();
            drop(pump);
            assert_eq!(lines, ["one", "", "thré", "last"], "buffers of {size}");
        }
    }
}

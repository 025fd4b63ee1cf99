//! The answers of `git cat-file --batch`, one object at a time: a commit may hold more than fits into memory.

use crate::process::Pump;
use std::io;

/// Largest content that is kept in memory, in bytes.
pub(super) const LARGEST: u64 = 64 << 20;

/// What an object holds.
#[derive(Debug, PartialEq, Eq)]
pub enum Content {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// More than 64 MiB: it was not looked at.
    TooLarge,
    /// The repository does not have it.
    Missing,
}

/// Hands over the content of each object, with the number of it in the order they were asked for.
pub(super) struct Blobs<'a> {
    next: usize,
    head: Vec<u8>,
    body: Option<Body>,
    take: &'a mut dyn FnMut(usize, Content),
}

struct Body {
    /// Bytes that are to come, the line end after them among them.
    rest: u64,
    bytes: Vec<u8>,
    too_large: bool,
}

impl<'a> Blobs<'a> {
    pub(super) fn new(take: &'a mut dyn FnMut(usize, Content)) -> Self {
        Self { next: 0, head: Vec::new(), body: None, take }
    }

    fn give(&mut self, content: Content) {
        (self.take)(self.next, content);
        self.next += 1;
    }

    /// `OBJECT TYPE SIZE`, or `OBJECT missing`.
    fn headed(&mut self) {
        let head = String::from_utf8_lossy(&std::mem::take(&mut self.head)).into_owned();
        match head.rsplit_once(' ').and_then(|(_, size)| size.parse::<u64>().ok()) {
            Some(size) => {
                let too_large = size > LARGEST;
                self.body = Some(Body { rest: size + 1, bytes: Vec::new(), too_large });
            }
            None => self.give(Content::Missing),
        }
    }
}

impl Pump for Blobs<'_> {
    fn take(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let Some(body) = &mut self.body else {
                match bytes.iter().position(|byte| *byte == b'\n') {
                    Some(end) => {
                        let (line, rest) = bytes.split_at(end);
                        self.head.extend_from_slice(line);
                        bytes = rest.get(1..).unwrap_or_default();
                        self.headed();
                    }
                    None => {
                        self.head.extend_from_slice(bytes);
                        return Ok(());
                    }
                }
                continue;
            };
            let count = usize::try_from(body.rest).unwrap_or(usize::MAX).min(bytes.len());
            let (part, rest) = bytes.split_at(count);
            bytes = rest;
            body.rest -= count as u64;
            if !body.too_large {
                body.bytes.extend_from_slice(part);
            }
            if body.rest == 0
                && let Some(mut body) = self.body.take()
            {
                body.bytes.pop();
                self.give(if body.too_large { Content::TooLarge } else { Content::Bytes(body.bytes) });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], step: usize) -> Vec<(usize, Content)> {
        let mut found = Vec::new();
        let mut take = |number, content| found.push((number, content));
        let mut blobs = Blobs::new(&mut take);
        for part in text.chunks(step) {
            blobs.take(part).unwrap();
        }
        found
    }

    #[test]
    fn contents_come_whole_however_the_pipe_cuts_them() {
        let text = b"aa blob 3\na\nb\nbb missing\ncc blob 0\n\ndd blob 2\n\xff\n\n";
        let wanted = [
            (0, Content::Bytes(b"a\nb".to_vec())),
            (1, Content::Missing),
            (2, Content::Bytes(Vec::new())),
            (3, Content::Bytes(b"\xff\n".to_vec())),
        ];
        for step in 1..=text.len() {
            assert_eq!(read(text, step), wanted, "in steps of {step}");
        }
    }

    #[test]
    fn what_is_huge_is_passed_over() {
        let size = LARGEST + 1;
        let mut text = format!("aa blob {size}\n").into_bytes();
        text.resize(text.len() + size as usize, b'x');
        text.extend_from_slice(b"\nbb blob 1\nb\n");
        assert_eq!(read(&text, 1 << 16), [(0, Content::TooLarge), (1, Content::Bytes(b"b".to_vec()))]);
    }
}

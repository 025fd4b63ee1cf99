//! Keys of a terminal, one at a time. Knows no questions.

use super::line::read_byte;
use crate::process::Cancel;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

/// An escape sequence comes at once; the key Escape comes alone.
const SEQUENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// What was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Letter(char),
    Enter,
    /// Escape, Ctrl-C, or the end of everything.
    Cancel,
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    Backspace,
    Delete,
    /// Ctrl-W
    DeleteWord,
    /// Ctrl-U
    DeleteBefore,
    /// Ctrl-K
    DeleteAfter,
    /// One that means nothing here.
    Other,
}

/// A terminal that gives keys as they are pressed and shows none of them, until this is dropped.
pub(super) struct Keys<'a> {
    input: BorrowedFd<'a>,
    cancel: &'a Cancel,
    before: Termios,
}

impl<'a> Keys<'a> {
    /// Takes a terminal.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn new(input: BorrowedFd<'a>, cancel: &'a Cancel) -> io::Result<Self> {
        let before = tcgetattr(input)?;
        let mut modes = before.clone();
        modes.make_raw();
        // Lines that others print meanwhile still end where they should.
        modes.output_modes = before.output_modes;
        tcsetattr(input, OptionalActions::Now, &modes)?;
        Ok(Self { input, cancel, before })
    }

    /// Waits for a key. The end of input and a request to stop cancel.
    ///
    /// # Errors
    /// The terminal cannot be read.
    pub(super) fn next(&self) -> io::Result<Key> {
        let Some(byte) = self.byte()? else { return Ok(Key::Cancel) };
        Ok(match byte {
            b'\r' | b'\n' => Key::Enter,
            0x03 => Key::Cancel,
            0x01 => Key::Home,
            0x02 => Key::Left,
            0x04 => Key::Delete,
            0x05 => Key::End,
            0x06 => Key::Right,
            0x08 | 0x7f => Key::Backspace,
            0x0b => Key::DeleteAfter,
            0x0e => Key::Down,
            0x10 => Key::Up,
            0x15 => Key::DeleteBefore,
            0x17 => Key::DeleteWord,
            0x1b => self.sequence()?,
            first if first >= 0x80 => self.letter(first)?,
            control if control < 0x20 => Key::Other,
            letter => Key::Letter(char::from(letter)),
        })
    }

    fn byte(&self) -> io::Result<Option<u8>> {
        read_byte(self.input, self.cancel)
    }

    /// What follows an escape character.
    fn sequence(&self) -> io::Result<Key> {
        let mut ready = [PollFd::from_borrowed_fd(self.input.as_fd(), PollFlags::IN)];
        if poll(&mut ready, Some(&SEQUENCE))? == 0 {
            return Ok(Key::Cancel);
        }
        if !matches!(self.byte()?, Some(b'[' | b'O')) {
            return Ok(Key::Other);
        }
        let mut number = 0_u8;
        while let Some(byte) = self.byte()? {
            return Ok(match byte {
                b'0'..=b'9' => {
                    number = number.wrapping_mul(10).wrapping_add(byte - b'0');
                    continue;
                }
                b';' => continue,
                b'A' => Key::Up,
                b'B' => Key::Down,
                b'C' => Key::Right,
                b'D' => Key::Left,
                b'H' => Key::Home,
                b'F' => Key::End,
                b'~' => match number {
                    1 | 7 => Key::Home,
                    3 => Key::Delete,
                    4 | 8 => Key::End,
                    _ => Key::Other,
                },
                _ => Key::Other,
            });
        }
        Ok(Key::Cancel)
    }

    /// A letter of more than one byte.
    fn letter(&self, first: u8) -> io::Result<Key> {
        let more = match first {
            0xc0..0xe0 => 1,
            0xe0..0xf0 => 2,
            _ => 3,
        };
        let mut bytes = vec![first];
        for _ in 0..more {
            bytes.extend(self.byte()?);
        }
        let letter = std::str::from_utf8(&bytes).ok().and_then(|text| text.chars().next());
        Ok(letter.map_or(Key::Other, Key::Letter))
    }
}

impl Drop for Keys<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.input, OptionalActions::Now, &self.before);
    }
}

//! One line from a terminal, given up when the run is asked to stop. Knows no questions.

use crate::process::Cancel;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

/// How often the request to stop is looked at.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
/// Longest line; a terminal gives no longer one (Linux `N_TTY_BUF_SIZE`).
const LONGEST: usize = 4096;

/// Waits for a line, without its end; `None` at the end of input and when `cancel` asks to stop.
///
/// Bytes are read one at a time: what follows the line is for whoever reads next.
pub(super) fn read_line(input: impl AsFd, cancel: &Cancel) -> io::Result<Option<String>> {
    let input = input.as_fd();
    let mut line = Vec::new();
    while line.len() < LONGEST {
        let Some(byte) = read_byte(input, cancel)? else {
            return Ok(None);
        };
        if byte == b'\n' {
            break;
        }
        line.push(byte);
    }
    Ok(Some(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned()))
}

/// Waits for a byte; `None` at the end of input and when `cancel` asks to stop.
pub(super) fn read_byte(input: BorrowedFd<'_>, cancel: &Cancel) -> io::Result<Option<u8>> {
    loop {
        cancel.poll_signals();
        if cancel.is_requested() {
            return Ok(None);
        }
        let mut ready = [PollFd::from_borrowed_fd(input, PollFlags::IN)];
        match poll(&mut ready, Some(&LOOK)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => continue,
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let mut byte = [0];
        match rustix::io::read(input, &mut byte) {
            Ok(0) => return Ok(None),
            Ok(_) => return Ok(Some(byte[0])),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Stop;
    use std::io::Write as _;

    #[test]
    fn takes_one_line_and_leaves_the_next() {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all("é yes\r\nno\nlast".as_bytes()).unwrap();
        drop(writer);
        let next = || read_line(&reader, &Cancel::new()).unwrap();
        assert_eq!(next().as_deref(), Some("é yes"));
        assert_eq!(next().as_deref(), Some("no"));
        assert_eq!(next(), None, "the end of input is no answer");
    }

    #[test]
    fn waits_no_longer_than_the_run_goes_on() {
        let (reader, _writer) = io::pipe().unwrap();
        let cancel = Cancel::new();
        let asked = cancel.clone();
        let waiting = std::thread::spawn(move || read_line(&reader, &asked).unwrap());
        cancel.stop(Stop::Interrupt);
        assert_eq!(waiting.join().unwrap(), None);
    }
}

//! The pipes between us and a process.

use super::{Capture, Input, Pump, Sink};
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{Command, Stdio};

/// Our ends. Each is `None` once there is nothing more to move through it.
#[derive(Default)]
pub(super) struct Pipes<'a> {
    pub(super) input: Option<InputPipe>,
    pub(super) outputs: [Option<OutputPipe<'a>>; 2],
    /// Kept output of pipes that have ended.
    pub(super) kept: [Vec<u8>; 2],
    /// The first error of a pump.
    pub(super) error: Option<io::Error>,
}

/// Bytes on their way into the process.
pub(super) struct InputPipe {
    pipe: PipeWriter,
    bytes: Vec<u8>,
    written: usize,
}

/// Bytes on their way out of it.
pub(super) struct OutputPipe<'a> {
    pipe: PipeReader,
    to: Target<'a>,
    widened: bool,
}

enum Target<'a> {
    Capture(Capture),
    Pump(&'a mut dyn Pump),
}

/// Read at most so much before looking at the other pipes again.
const TURN: usize = 1 << 20;
/// A pipe that fills a buffer of its default size gets a larger one.
const WIDE: usize = 1 << 20;
const DEFAULT_PIPE: usize = 64 << 10;

/// Connects the streams of a command.
pub(super) fn connect<'a>(
    command: &mut Command,
    stdin: Input,
    stdout: Sink<'a>,
    stderr: Sink<'a>,
) -> io::Result<Pipes<'a>> {
    let mut pipes = Pipes::default();
    command.stdin(match stdin {
        Input::Inherit => Stdio::inherit(),
        Input::Null => Stdio::null(),
        Input::File(file) => Stdio::from(file),
        Input::Bytes(bytes) => {
            let (reader, pipe) = io::pipe()?;
            rustix::io::ioctl_fionbio(&pipe, true)?;
            pipes.input = Some(InputPipe { pipe, bytes, written: 0 });
            Stdio::from(reader)
        }
    });
    let merge = matches!(stderr, Sink::Merge);
    let (out, twin, pipe) = open(stdout, merge, Standard::Output)?;
    command.stdout(out);
    let (err, error_pipe) = match twin {
        Some(twin) => (twin, None),
        None => {
            let (err, _, error_pipe) = open(stderr, false, Standard::Error)?;
            (err, error_pipe)
        }
    };
    command.stderr(err);
    pipes.outputs = [pipe, error_pipe];
    Ok(pipes)
}

#[derive(Clone, Copy)]
enum Standard {
    Output,
    Error,
}

type Opened<'a> = (Stdio, Option<Stdio>, Option<OutputPipe<'a>>);

/// Opens a sink: the process's end, a second one for the other stream where both are merged, and our end.
fn open(sink: Sink<'_>, twin: bool, of: Standard) -> io::Result<Opened<'_>> {
    let to = match sink {
        Sink::Inherit | Sink::Merge => {
            let second =
                if twin { Some(Stdio::from(rustix::stdio::stdout().try_clone_to_owned()?)) } else { None };
            let first = match (of, matches!(sink, Sink::Merge)) {
                (Standard::Error, true) => Stdio::from(rustix::stdio::stdout().try_clone_to_owned()?),
                _ => Stdio::inherit(),
            };
            return Ok((first, second, None));
        }
        Sink::Null => return Ok((Stdio::null(), twin.then(Stdio::null), None)),
        Sink::File(file) => {
            let second = if twin { Some(Stdio::from(file.try_clone()?)) } else { None };
            return Ok((Stdio::from(file), second, None));
        }
        Sink::Capture(limit) => Target::Capture(Capture::new(limit)),
        Sink::Pump(pump) => Target::Pump(pump),
    };
    let (pipe, writer) = io::pipe()?;
    rustix::io::ioctl_fionbio(&pipe, true)?;
    let second = if twin { Some(Stdio::from(writer.try_clone()?)) } else { None };
    Ok((Stdio::from(writer), second, Some(OutputPipe { pipe, to, widened: false })))
}

impl Pipes<'_> {
    /// Whether there may be more output.
    pub(super) fn reading(&self) -> bool {
        self.outputs.iter().any(Option::is_some)
    }

    /// Writes what the process takes.
    pub(super) fn feed(&mut self) {
        if self.input.as_mut().is_some_and(|input| !input.feed()) {
            self.input = None;
        }
    }

    /// Reads what is there of one output. Ends the pipe at its end, or where the output cannot be handed on.
    pub(super) fn drain(&mut self, index: usize, buffer: &mut [u8]) {
        let Some(output) = self.outputs.get_mut(index).and_then(Option::as_mut) else { return };
        match output.drain(buffer) {
            Ok(true) => {}
            Ok(false) => self.finish(index),
            Err(error) => {
                self.error.get_or_insert(error);
                self.finish(index);
            }
        }
    }

    /// Ends one output.
    pub(super) fn finish(&mut self, index: usize) {
        let Some(output) = self.outputs.get_mut(index).and_then(Option::take) else { return };
        match output.to {
            Target::Capture(capture) => {
                if let Some(kept) = self.kept.get_mut(index) {
                    *kept = capture.into_bytes();
                }
            }
            Target::Pump(pump) => {
                if let Err(error) = pump.end() {
                    self.error.get_or_insert(error);
                }
            }
        }
    }
}

impl InputPipe {
    /// Gives whether there is more to write. A process that reads no further is no error.
    fn feed(&mut self) -> bool {
        loop {
            let rest = self.bytes.get(self.written..).unwrap_or_default();
            if rest.is_empty() {
                return false;
            }
            match self.pipe.write(rest) {
                Ok(written) => self.written += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
            }
        }
    }
}

impl OutputPipe<'_> {
    /// Gives whether there may be more.
    fn drain(&mut self, buffer: &mut [u8]) -> io::Result<bool> {
        let mut turn = 0;
        while turn < TURN {
            let read = match self.pipe.read(buffer) {
                Ok(0) => return Ok(false),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(error),
            };
            turn += read;
            let bytes = buffer.get(..read).unwrap_or_default();
            match &mut self.to {
                Target::Capture(capture) => capture.take(bytes)?,
                Target::Pump(pump) => pump.take(bytes)?,
            }
            if read >= DEFAULT_PIPE && !self.widened {
                self.widened = true;
                self.widen();
            }
        }
        Ok(true)
    }

    /// A wider pipe means fewer switches between the process and us. Past the user's limit it stays as it is.
    fn widen(&self) {
        #[cfg(target_os = "linux")]
        let _ = rustix::pipe::fcntl_setpipe_size(&self.pipe, WIDE);
    }
}

impl AsFd for InputPipe {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

impl AsFd for OutputPipe<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

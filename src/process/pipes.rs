//! The pipes between us and a process.

use super::{Capture, Input, Pump, Sink};
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::Stdio;

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
#[cfg(target_os = "linux")]
const WIDE: usize = 1 << 20;
const DEFAULT_PIPE: usize = 64 << 10;

/// The process's end of a stream, for as many processes as share it.
pub(super) enum End {
    /// Our own stream of this number.
    Ours(Standard),
    /// Nothing.
    Null,
    /// A pipe or a file.
    Fd(OwnedFd),
}

/// A stream of ours.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standard {
    Input,
    Output,
    Error,
}

/// The process's ends of all streams.
pub(super) struct Ends {
    pub(super) stdin: End,
    pub(super) stdout: End,
    pub(super) stderr: End,
}

/// Opens what the streams of a process need: its ends and ours.
pub(super) fn connect<'a>(stdin: Input, stdout: Sink<'a>, stderr: Sink<'a>) -> io::Result<(Ends, Pipes<'a>)> {
    let mut pipes = Pipes::default();
    let stdin = match stdin {
        Input::Inherit => End::Ours(Standard::Input),
        Input::Null => End::Null,
        Input::File(file) => End::Fd(file.into()),
        Input::Bytes(bytes) => {
            let (reader, pipe) = io::pipe()?;
            rustix::io::ioctl_fionbio(&pipe, true)?;
            pipes.input = Some(InputPipe { pipe, bytes, written: 0 });
            End::Fd(reader.into())
        }
    };
    let (stdout, output) = open(stdout, Standard::Output)?;
    let (stderr, error) = match stderr {
        Sink::Merge => (stdout.try_clone()?, None),
        stderr => open(stderr, Standard::Error)?,
    };
    pipes.outputs = [output, error];
    Ok((Ends { stdin, stdout, stderr }, pipes))
}

/// Opens a sink: the process's end, and ours.
fn open(sink: Sink<'_>, of: Standard) -> io::Result<(End, Option<OutputPipe<'_>>)> {
    let to = match sink {
        Sink::Inherit => return Ok((End::Ours(of), None)),
        Sink::Merge => return Ok((End::Ours(Standard::Output), None)),
        Sink::Null => return Ok((End::Null, None)),
        Sink::File(file) => return Ok((End::Fd(file.into()), None)),
        Sink::Capture(limit) => Target::Capture(Capture::new(limit)),
        Sink::Pump(pump) => Target::Pump(pump),
    };
    let (pipe, writer) = io::pipe()?;
    rustix::io::ioctl_fionbio(&pipe, true)?;
    Ok((End::Fd(writer.into()), Some(OutputPipe { pipe, to, widened: false })))
}

impl End {
    pub(super) fn try_clone(&self) -> io::Result<Self> {
        Ok(match self {
            Self::Ours(standard) => Self::Ours(*standard),
            Self::Null => Self::Null,
            Self::Fd(fd) => Self::Fd(fd.try_clone()?),
        })
    }

    /// Hands the end to a process, as its stream `of`.
    pub(super) fn into_stdio(self, of: Standard) -> io::Result<Stdio> {
        Ok(match self {
            Self::Ours(standard) if standard == of => Stdio::inherit(),
            Self::Ours(Standard::Input) => rustix::stdio::stdin().try_clone_to_owned()?.into(),
            Self::Ours(Standard::Output) => rustix::stdio::stdout().try_clone_to_owned()?.into(),
            Self::Ours(Standard::Error) => rustix::stdio::stderr().try_clone_to_owned()?.into(),
            Self::Null => Stdio::null(),
            Self::Fd(fd) => fd.into(),
        })
    }
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

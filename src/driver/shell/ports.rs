//! Where the streams of commands go: the script's own sinks, or files.

use crate::process::{Capture, Input, Outlet, Pump, Sink, Stream};
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::rc::Rc;

/// Where a command writes.
#[derive(Debug, Clone)]
pub(super) enum Port {
    /// One of the script's own sinks, or what a command substitution keeps.
    Own(usize),
    Null,
    File(Rc<File>),
}

/// Where a command reads.
#[derive(Debug, Clone)]
pub(super) enum InputPort {
    /// The script's own standard input.
    Own,
    Null,
    /// A text, then nothing more.
    Text(Rc<str>),
    File(Rc<File>),
}

/// The streams of a command.
#[derive(Debug, Clone)]
pub(super) struct Ports {
    pub(super) input: InputPort,
    pub(super) output: Port,
    pub(super) error: Port,
}

/// Where a command writes that may outlive the script.
#[derive(Debug)]
pub(super) enum Lasting {
    /// Our own stream of that name.
    Inherit,
    Null,
    File(File),
    /// Standard error only: where standard output goes.
    Merge,
}

/// The streams of a command that may outlive the script.
#[derive(Debug)]
pub(super) struct LastingPorts {
    pub(super) output: Lasting,
    pub(super) error: Lasting,
}

/// One of the script's own sinks.
enum Outer<'a> {
    /// Our own stream.
    Inherit(Stream),
    Null,
    Capture(Capture),
    Pump(KeptOpen<'a>),
    File(File),
}

/// A pump that many processes write to, one after another.
struct KeptOpen<'a>(&'a mut dyn Pump);

impl Pump for KeptOpen<'_> {
    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.take(bytes)
    }
}

/// The script's own streams, and those of its command substitutions.
pub(super) struct OuterStreams<'a> {
    input: Input,
    sinks: Vec<Outer<'a>>,
    /// Standard error is standard output.
    merged: bool,
    /// The first output that could not be handed on.
    pub(super) lost: Option<io::Error>,
}

impl<'a> OuterStreams<'a> {
    pub(super) fn new(input: Input, output: Sink<'a>, error: Sink<'a>) -> Self {
        let merged = matches!(error, Sink::Merge);
        let outer = |sink, stream| match sink {
            Sink::Inherit | Sink::Merge => Outer::Inherit(stream),
            Sink::Null => Outer::Null,
            Sink::Capture(limit) => Outer::Capture(Capture::new(limit)),
            Sink::Pump(pump) => Outer::Pump(KeptOpen(pump)),
            Sink::File(file) => Outer::File(file),
        };
        let sinks = vec![outer(output, Stream::Stdout), outer(error, Stream::Stderr)];
        Self { input, sinks, merged, lost: None }
    }

    /// The streams that commands begin with.
    pub(super) fn ports(&self) -> Ports {
        Ports { input: InputPort::Own, output: Port::Own(0), error: Port::Own(usize::from(!self.merged)) }
    }

    /// Begins to keep what is written to the port that is given.
    pub(super) fn begin_capture(&mut self) -> Port {
        self.sinks.push(Outer::Capture(Capture::new(usize::MAX)));
        Port::Own(self.sinks.len() - 1)
    }

    /// What was written since the last [`OuterStreams::begin_capture`] that has not ended.
    pub(super) fn end_capture(&mut self) -> Vec<u8> {
        match self.sinks.pop() {
            Some(Outer::Capture(capture)) => capture.into_bytes(),
            _ => Vec::new(),
        }
    }

    /// Whether the script's own stream of a number is a terminal.
    pub(super) fn is_terminal(&self, port: &Port) -> bool {
        let Port::Own(index) = port else { return false };
        match self.sinks.get(*index) {
            Some(Outer::Inherit(Stream::Stdout)) => std::io::stdout().is_terminal(),
            Some(Outer::Inherit(Stream::Stderr)) => std::io::stderr().is_terminal(),
            _ => false,
        }
    }

    /// Whether the script's own standard input is a terminal.
    pub(super) fn reads_terminal(&self) -> bool {
        matches!(self.input, Input::Inherit) && std::io::stdin().is_terminal()
    }

    /// Writes for one of our own commands. Gives whether it could be written.
    pub(super) fn write(&mut self, port: &Port, bytes: &[u8]) -> bool {
        let written = match port {
            Port::Null => Ok(()),
            Port::File(file) => (&**file).write_all(bytes),
            Port::Own(index) => match self.sinks.get_mut(*index) {
                Some(Outer::Inherit(Stream::Stdout)) => Outlet::stdout().write(bytes),
                Some(Outer::Inherit(Stream::Stderr)) => Outlet::stderr().write(bytes),
                Some(Outer::Capture(capture)) => capture.take(bytes),
                Some(Outer::Pump(pump)) => pump.take(bytes),
                Some(Outer::File(file)) => file.write_all(bytes),
                Some(Outer::Null) | None => Ok(()),
            },
        };
        match written {
            Ok(()) => true,
            Err(error) => {
                self.lost.get_or_insert(error);
                false
            }
        }
    }

    /// Standard input of a program.
    pub(super) fn input(&self, port: &InputPort) -> io::Result<Input> {
        match (port, &self.input) {
            (InputPort::File(file), _) => Ok(Input::File(file.try_clone()?)),
            (InputPort::Text(text), _) => Ok(Input::Bytes(text.as_bytes().to_vec())),
            (InputPort::Own, Input::Inherit) => Ok(Input::Inherit),
            (InputPort::Own, Input::File(file)) => Ok(Input::File(file.try_clone()?)),
            (InputPort::Null, _) | (InputPort::Own, Input::Null | Input::Bytes(_)) => Ok(Input::Null),
        }
    }

    /// The sinks of a program for its standard output and error.
    pub(super) fn sinks(&mut self, output: &Port, error: &Port) -> io::Result<(Sink<'_>, Sink<'_>)> {
        match (output, error) {
            (Port::Own(output), Port::Own(error)) if output == error => {
                Ok((self.sink(*output, Stream::Stdout)?, Sink::Merge))
            }
            (Port::Own(output), Port::Own(error)) => match self.sinks.get_disjoint_mut([*output, *error]) {
                Ok([output, error]) => Ok((output.sink(Stream::Stdout)?, error.sink(Stream::Stderr)?)),
                Err(_) => Ok((Sink::Null, Sink::Null)),
            },
            (Port::Own(output), error) => Ok((self.sink(*output, Stream::Stdout)?, error.file_sink()?)),
            (output, Port::Own(error)) => Ok((output.file_sink()?, self.sink(*error, Stream::Stderr)?)),
            (output, error) => Ok((output.file_sink()?, error.file_sink()?)),
        }
    }

    /// The sinks of a program that may outlive the script, which has only sinks that do.
    pub(super) fn lasting(&self, ports: &Ports) -> io::Result<LastingPorts> {
        let lasting = |port: &Port, stream| match port {
            Port::Null => Ok(Lasting::Null),
            Port::File(file) => Ok(Lasting::File(file.try_clone()?)),
            Port::Own(index) => {
                self.sinks.get(*index).map_or(Ok(Lasting::Null), |outer| outer.lasting(stream))
            }
        };
        let error = match (&ports.output, &ports.error) {
            (Port::Own(output), Port::Own(error)) if output == error => Lasting::Merge,
            (_, error) => lasting(error, Stream::Stderr)?,
        };
        Ok(LastingPorts { output: lasting(&ports.output, Stream::Stdout)?, error })
    }

    fn sink(&mut self, index: usize, stream: Stream) -> io::Result<Sink<'_>> {
        self.sinks.get_mut(index).map_or(Ok(Sink::Null), |outer| outer.sink(stream))
    }

    /// Ends the sinks; gives what was captured of both.
    pub(super) fn finish(self) -> (Vec<u8>, Vec<u8>, Option<io::Error>) {
        let mut lost = self.lost;
        let mut kept = self.sinks.into_iter().map(|outer| match outer {
            Outer::Capture(capture) => capture.into_bytes(),
            Outer::Pump(pump) => {
                if let Err(error) = pump.0.end() {
                    lost.get_or_insert(error);
                }
                Vec::new()
            }
            Outer::Inherit(_) | Outer::Null | Outer::File(_) => Vec::new(),
        });
        let (output, error) = (kept.next().unwrap_or_default(), kept.next().unwrap_or_default());
        drop(kept);
        (output, error, lost)
    }
}

impl Outer<'_> {
    /// As the sink for a program's stream.
    fn sink(&mut self, stream: Stream) -> io::Result<Sink<'_>> {
        Ok(match self {
            Self::Inherit(own) if *own == stream => Sink::Inherit,
            Self::Inherit(Stream::Stdout) => Sink::File(rustix::stdio::stdout().try_clone_to_owned()?.into()),
            Self::Inherit(Stream::Stderr) => Sink::File(rustix::stdio::stderr().try_clone_to_owned()?.into()),
            Self::Null => Sink::Null,
            Self::Capture(capture) => Sink::Pump(capture),
            Self::Pump(pump) => Sink::Pump(pump),
            Self::File(file) => Sink::File(file.try_clone()?),
        })
    }
}

impl Outer<'_> {
    /// As the sink of a program that may outlive the script; nowhere, where it does not.
    fn lasting(&self, stream: Stream) -> io::Result<Lasting> {
        Ok(match self {
            Self::Inherit(own) if *own == stream => Lasting::Inherit,
            Self::Inherit(Stream::Stdout) => {
                Lasting::File(rustix::stdio::stdout().try_clone_to_owned()?.into())
            }
            Self::Inherit(Stream::Stderr) => {
                Lasting::File(rustix::stdio::stderr().try_clone_to_owned()?.into())
            }
            Self::File(file) => Lasting::File(file.try_clone()?),
            Self::Null | Self::Capture(_) | Self::Pump(_) => Lasting::Null,
        })
    }
}

impl Port {
    fn file_sink<'s>(&self) -> io::Result<Sink<'s>> {
        Ok(match self {
            Self::File(file) => Sink::File(file.try_clone()?),
            Self::Null | Self::Own(_) => Sink::Null,
        })
    }
}

//! Connections to hosts by the user's own OpenSSH: one multiplexed connection for each host, and fresh ones for
//! verification. Knows scripts, and nothing of what they do.
//!
//! The user's `~/.ssh/config` holds, `FLEET_SSH_CONFIG` names another file, and the options in `NIX_SSHOPTS` hold for
//! every connection, as they do for nix. Host keys are checked as strictly as ssh does by default; nothing is asked.

mod destination;
mod failure;
mod master;
mod script;
mod word;

pub(crate) use destination::Destination;
pub(crate) use failure::classify;
pub(crate) use script::{Answer, Password, Privilege, Script};
pub(crate) use word::quote;

use super::tool::{Broken, Limits, Tool, find};
use super::{DriverError, ErrorKind, Io};
use crate::process::{Cancel, Stream};
use std::env;
use std::io::PipeReader;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Exit code of ssh for its own errors.
const SSH_FAILED: i32 = 255;
/// `sockaddr_un` holds 104 bytes on macOS; ssh adds 40 characters of `%C` and a suffix of 17 while it binds.
const LONGEST_DIRECTORY: usize = 104 - 1 - 40 - 17 - 1;
/// How long a host may take for an answer that needs no work.
pub(crate) const ANSWER: Duration = Duration::from_secs(60);
/// How many connections are closed at once.
const CLOSERS: usize = 8;

/// Which connection to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connection {
    /// The host's multiplexed one; opened when it is not there.
    Shared,
    /// A new one of its own, which proves that the host can still be reached.
    Fresh,
}

/// Gets what is known after each line, and the line where it is output.
pub(crate) type Heard<'a> = dyn FnMut(&Answer, Option<(Stream, &str)>) + 'a;

/// All connections of a run. Dropping it closes them.
pub(crate) struct Ssh {
    program: OnceLock<Result<PathBuf, DriverError>>,
    sockets: OnceLock<Option<TempDir>>,
    config: Option<String>,
    options: String,
}

impl Ssh {
    /// Connections with the user's options, taken from the environment.
    pub(crate) fn new() -> Self {
        Self {
            program: OnceLock::new(),
            sockets: OnceLock::new(),
            config: env::var("FLEET_SSH_CONFIG").ok().filter(|path| !path.is_empty()),
            options: env::var("NIX_SSHOPTS").unwrap_or_default(),
        }
    }

    fn program(&self) -> Result<&Path, DriverError> {
        self.program
            .get_or_init(|| find("ssh", "install OpenSSH's client (Debian: openssh-client)"))
            .as_deref()
            .map_err(Clone::clone)
    }

    /// A private directory for control sockets, short enough for a socket's name.
    fn sockets(&self) -> Option<&Path> {
        let make =
            |parent: &Path| tempfile::Builder::new().prefix("fleet-").rand_bytes(6).tempdir_in(parent).ok();
        let directory = self.sockets.get_or_init(|| {
            env::var_os("XDG_RUNTIME_DIR")
                .map(PathBuf::from)
                .filter(|path| {
                    path.is_absolute() && path.as_os_str().len() + "/fleet-123456".len() <= LONGEST_DIRECTORY
                })
                .filter(|path| !path.to_string_lossy().contains(char::is_whitespace))
                .and_then(|path| make(&path))
                .or_else(|| make(Path::new("/tmp")))
        });
        directory.as_ref().map(TempDir::path)
    }

    /// Options that hold whatever the user's own say: ssh keeps the first value that it reads.
    fn strict(&self, connection: Connection, port: Option<u16>) -> Vec<String> {
        // A command or a terminal of the user's own would take the place of ours.
        let mut options =
            ["BatchMode=yes", "RemoteCommand=none", "RequestTTY=no"].map(str::to_owned).to_vec();
        match (connection, self.sockets()) {
            (Connection::Shared, Some(directory)) => {
                options.push("ControlMaster=auto".to_owned());
                options.push(format!("ControlPath={}/%C", directory.display()));
                // When the run is killed, the connection outlives it by no more than this.
                options.push("ControlPersist=60".to_owned());
            }
            _ => options.extend(["ControlMaster=no".to_owned(), "ControlPath=none".to_owned()]),
        }
        options.extend(port.map(|port| format!("Port={port}")));
        options.into_iter().flat_map(|option| ["-o".to_owned(), option]).collect()
    }

    /// Options that the user's own `NIX_SSHOPTS` may change.
    fn weak(&self) -> Vec<String> {
        let mut options: Vec<_> =
            ["ConnectTimeout=10", "ServerAliveInterval=5", "ServerAliveCountMax=3", "ForwardX11=no"]
                .into_iter()
                .flat_map(|option| ["-o".to_owned(), option.to_owned()])
                .collect();
        if let Some(config) = &self.config {
            options.extend(["-F".to_owned(), config.clone()]);
        }
        options
    }

    fn options(&self, connection: Connection, port: Option<u16>) -> Vec<String> {
        let mut options = self.strict(connection, port);
        options.extend(word::split(&self.options));
        options.extend(self.weak());
        options
    }

    /// The value of `NIX_SSHOPTS` that makes nix use a host's shared connection. Nix before 2.26 splits it at blanks and
    /// knows no quotes, so the user's part stays as it is written.
    pub(crate) fn nix_options(&self, destination: &Destination) -> String {
        let strict = self.strict(Connection::Shared, destination.port()).join(" ");
        format!("{strict} {} {}", self.options, self.weak().join(" "))
    }

    /// Runs a script that has little to do there, over the shared connection.
    pub(crate) fn ask(&self, destination: &Destination, script: &Script, io: Io<'_>) -> Answer {
        let limits = Limits { deadline: Some(Instant::now() + ANSWER), ..Limits::new(io.cancel) };
        self.run(destination, Connection::Shared, script, limits, io)
    }

    /// Runs a script there. Values go into the answer, all other lines to the output.
    pub(crate) fn run(
        &self,
        destination: &Destination,
        connection: Connection,
        script: &Script,
        limits: Limits<'_>,
        io: Io<'_>,
    ) -> Answer {
        let input = script.text().into_bytes();
        let call = |tool: Tool| tool.input(input);
        self.converse(destination, connection, script, call, limits, &mut |_, line| {
            if let Some((stream, line)) = line {
                io.output.line(stream, line);
            }
        })
    }

    /// Runs a script there whose text and further input somebody else writes.
    pub(crate) fn run_fed(
        &self,
        destination: &Destination,
        script: &Script,
        feed: PipeReader,
        limits: Limits<'_>,
        heard: &mut Heard<'_>,
    ) -> Answer {
        self.converse(destination, Connection::Shared, script, |tool| tool.feed(feed), limits, heard)
    }

    fn converse(
        &self,
        destination: &Destination,
        connection: Connection,
        script: &Script,
        with_input: impl FnOnce(Tool) -> Tool,
        limits: Limits<'_>,
        heard: &mut Heard<'_>,
    ) -> Answer {
        let mut answer = Answer::new();
        let program = match self.program() {
            Ok(program) => program,
            Err(error) => {
                answer.end = Err(error);
                return answer;
            }
        };
        let tool = Tool::new(program)
            .arg("-T")
            .args(self.options(connection, destination.port()))
            .args(destination.user().map(|user| ["-l", user]).into_iter().flatten())
            .args(["--", destination.address(), "sh -s"]);
        let ended = with_input(tool).lines(limits, &mut |stream, line| {
            let output = match stream {
                Stream::Stdout => answer.take(script.mark(), line),
                Stream::Stderr => Some(line),
            };
            heard(&answer, output.map(|line| (stream, line)));
        });
        let address = destination.address();
        answer.end = match ended {
            Ok(ended) if ended.code == SSH_FAILED => {
                Err(failure::explain(address, ended.said, answer.begun()))
            }
            Ok(ended) => {
                answer.said = ended.said;
                Ok(ended.code)
            }
            Err(Broken::Start(error)) => {
                Err(DriverError::new(ErrorKind::Other, format!("ssh could not be started: {error}")))
            }
            Err(Broken::Cancelled) => Err(DriverError::new(ErrorKind::Cancelled, "stopped")),
            Err(Broken::TimedOut) => {
                Err(DriverError::new(ErrorKind::TimedOut, format!("{address} took too long to answer")))
            }
        };
        answer
    }

    /// Closes the shared connection to a host that will not be there for a while; the next one is new.
    pub(crate) fn disconnect(&self, destination: &Destination) {
        let Ok(program) = self.program() else { return };
        let tool = Tool::new(program)
            .args(self.options(Connection::Shared, destination.port()))
            .args(destination.user().map(|user| ["-l", user]).into_iter().flatten())
            .args(["-O", "exit", "--", destination.address()]);
        let unasked = Cancel::new();
        let limits = Limits { deadline: Some(Instant::now() + ANSWER), ..Limits::new(&unasked) };
        // Where there is none it says so, which is as good.
        let _ = tool.lines(limits, &mut |_, _| {});
    }

    /// Closes all shared connections.
    pub(crate) fn close(&self) {
        let Some(Some(directory)) = self.sockets.get() else { return };
        let Ok(entries) = directory.path().read_dir() else { return };
        let sockets: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        std::thread::scope(|scope| {
            for group in sockets.chunks(sockets.len().div_ceil(CLOSERS).max(1)) {
                scope.spawn(move || {
                    for socket in group {
                        // One that does not answer ends by itself with its ControlPersist.
                        let _ = master::end(socket);
                    }
                });
            }
        });
    }
}

impl Drop for Ssh {
    fn drop(&mut self) {
        self.close();
    }
}

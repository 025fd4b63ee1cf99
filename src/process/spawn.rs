//! One process: what to run, where, for how long.

use super::pipes::{self, Pipes};
use super::wakeup::Wakeup;
use super::{Cancel, Exit, Input, Sink, SpawnError, supervise};
use rustix::io::Errno;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::Duration;

/// A whole environment, shared by the processes that have it.
pub type Environment = Arc<Vec<(OsString, OsString)>>;

/// What to run. [`Process::new`] gives the defaults.
pub struct Process<'a> {
    /// The program's path; it is not looked up in `PATH`, see [`super::find_program`].
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// `argv[0]`, where it is not the program's path.
    pub name: Option<OsString>,
    /// The whole environment; ours where absent.
    pub env: Option<Environment>,
    /// Where to run it; our own directory where absent.
    pub dir: Option<PathBuf>,
    /// Standard input.
    pub stdin: Input,
    /// Standard output.
    pub stdout: Sink<'a>,
    /// Standard error.
    pub stderr: Sink<'a>,
    /// In a process group of its own: signals then reach all of the group. Otherwise it stays in ours (where the
    /// terminal's signals reach it without us), and our signals reach it and its descendants one by one.
    pub group: bool,
    /// Time after which it gets SIGINT.
    pub timeout: Option<Duration>,
    /// Time from that SIGINT to SIGKILL.
    pub grace: Duration,
    /// Time from [`super::Stop::Interrupt`] to SIGKILL; never, where absent: it takes a harder request.
    pub interrupt_grace: Option<Duration>,
}

/// mvdan/sh's time between the two signals (go-task 3.54 keeps its default).
const GRACE: Duration = Duration::from_secs(2);
/// Waits between attempts where the file is busy or the system is short of processes: 1, 2, 4 ... ms.
const ATTEMPTS: u32 = 8;

impl<'a> Process<'a> {
    /// A program with our streams, environment and directory, without a time limit.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            name: None,
            env: None,
            dir: None,
            stdin: Input::Inherit,
            stdout: Sink::Inherit,
            stderr: Sink::Inherit,
            group: false,
            timeout: None,
            grace: GRACE,
            interrupt_grace: None,
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Runs it to its end, on the calling thread.
    ///
    /// # Errors
    /// It was not started. Once it runs there is an [`Exit`], whatever becomes of it.
    pub fn run(self, cancel: &Cancel) -> Result<Exit, SpawnError> {
        let (program, dir) = (self.program.clone(), self.dir.clone());
        let failed = |error| SpawnError::new(&program, dir.as_deref(), error);
        let wakeup = Wakeup::of_this_thread().map_err(failed)?;
        let _registered = cancel.register(wakeup.waker());
        if cancel.is_requested() {
            return Err(SpawnError::cancelled(&program));
        }
        let limits = supervise::Limits {
            group: self.group,
            timeout: self.timeout,
            grace: self.grace,
            interrupt_grace: self.interrupt_grace,
        };
        let (child, pipes) = self.start(cancel).map_err(failed)?;
        supervise::supervise(child, pipes, &limits, cancel, &wakeup).map_err(failed)
    }

    /// Stays on the standard library's `posix_spawn` path, which a `pre_exec`, a uid or a program without a slash beside
    /// a changed `PATH` would leave: a fork costs 26 times as much from a process with 200 MB (measured).
    fn start(self, cancel: &Cancel) -> io::Result<(Child, Pipes<'a>)> {
        let mut command = Command::new(&self.program);
        command.args(&self.args);
        if let Some(name) = &self.name {
            command.arg0(name);
        }
        if let Some(env) = &self.env {
            command.env_clear().envs(env.iter().map(|(name, value)| (name, value)));
        }
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        if self.group {
            command.process_group(0);
        }
        let pipes = pipes::connect(&mut command, self.stdin, self.stdout, self.stderr)?;
        let mut attempt = 0;
        loop {
            match command.spawn() {
                Err(error) if attempt < ATTEMPTS && passes(&error) => {
                    if cancel.sleep(Duration::from_millis(1 << attempt)) {
                        return Err(error);
                    }
                    attempt += 1;
                }
                // `command` holds the process's ends of the pipes: they must close here, or no pipe ever ends.
                result => return result.map(|child| (child, pipes)),
            }
        }
    }
}

/// Whether the reason passes with time: another thread's child holds the file open between its fork and its exec, or the
/// system is short of processes.
fn passes(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::TXTBSY | Errno::AGAIN))
}

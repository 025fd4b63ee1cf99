//! One process: what to run, where, for how long.

use super::pipes::{self, End, Ends, Pipes, Standard};
use super::wakeup::Wakeup;
use super::{Cancel, Exit, Input, Sink, SpawnError, supervise};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
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
    /// Changes to the environment: a value, or `None` to leave it out.
    pub overlay: Vec<(OsString, Option<OsString>)>,
    /// Programs before it in a pipeline, first one first: each reads what the one before it writes, the first one
    /// [`Process::stdin`], and the process itself what the last one writes.
    pub feeders: Vec<Feeder>,
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

/// A program before another one in a pipeline. Environment and directory are those of the [`Process`].
#[derive(Debug)]
pub struct Feeder {
    /// The program's path.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// `argv[0]`, where it is not the program's path.
    pub name: Option<OsString>,
    /// Changes to the environment.
    pub overlay: Vec<(OsString, Option<OsString>)>,
    /// Its standard error.
    pub stderr: FeederError,
}

/// Where standard error of a [`Feeder`] goes.
#[derive(Debug)]
pub enum FeederError {
    /// Where that of the process itself goes.
    Shared,
    /// Nowhere.
    Null,
    /// A file.
    File(File),
    /// Into the pipe, together with its standard output.
    Merge,
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
            overlay: Vec::new(),
            feeders: Vec::new(),
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
        let (own_program, dir) = (self.program.clone(), self.dir.clone());
        let failed = |error| SpawnError::new(&own_program, dir.as_deref(), error);
        let wakeup = Wakeup::of_this_thread().map_err(failed)?;
        let _registered = cancel.register(wakeup.waker());
        if cancel.is_requested() {
            return Err(SpawnError::cancelled(own_program));
        }
        let limits = supervise::Limits {
            group: self.group,
            timeout: self.timeout,
            grace: self.grace,
            interrupt_grace: self.interrupt_grace,
        };
        let (children, pipes) = self.start(cancel).map_err(|(program, error)| {
            SpawnError::new(program.as_deref().unwrap_or(&own_program), dir.as_deref(), error)
        })?;
        supervise::supervise(children, pipes, &limits, cancel, &wakeup).map_err(failed)
    }

    /// Starts everything. What has been started when something does not start is killed. An error names the program.
    fn start(self, cancel: &Cancel) -> Result<(Vec<Child>, Pipes<'a>), (Option<PathBuf>, io::Error)> {
        let unnamed = |error| (None, error);
        let (ends, pipes) = pipes::connect(self.stdin, self.stdout, self.stderr).map_err(unnamed)?;
        let Ends { mut stdin, stdout, stderr } = ends;
        let shared = Shared { env: self.env.as_ref(), dir: self.dir.as_ref(), group: self.group };
        let mut started = Started::default();
        for feeder in self.feeders {
            let (reader, writer) = io::pipe().map_err(unnamed)?;
            let writer = End::Fd(writer.into());
            let stderr = match feeder.stderr {
                FeederError::Shared => stderr.try_clone(),
                FeederError::Null => Ok(End::Null),
                FeederError::File(file) => Ok(End::Fd(file.into())),
                FeederError::Merge => writer.try_clone(),
            };
            let ends = Ends { stdin, stdout: writer, stderr: stderr.map_err(unnamed)? };
            let named = |error| (Some(feeder.program.clone()), error);
            let command =
                shared.command(&feeder.program, &feeder.args, feeder.name.as_ref(), &feeder.overlay);
            started.add(command, ends, &shared, cancel).map_err(named)?;
            stdin = End::Fd(reader.into());
        }
        let command = shared.command(&self.program, &self.args, self.name.as_ref(), &self.overlay);
        started.add(command, Ends { stdin, stdout, stderr }, &shared, cancel).map_err(unnamed)?;
        Ok((std::mem::take(&mut started.children), pipes))
    }
}

/// What the processes of a pipeline have in common.
struct Shared<'s> {
    env: Option<&'s Environment>,
    dir: Option<&'s PathBuf>,
    group: bool,
}

impl Shared<'_> {
    /// Stays on the standard library's `posix_spawn` path, which a `pre_exec`, a uid or a program without a slash beside
    /// a changed `PATH` would leave: a fork costs 26 times as much from a process with 200 MB (measured).
    fn command(
        &self,
        program: &Path,
        args: &[OsString],
        name: Option<&OsString>,
        overlay: &[(OsString, Option<OsString>)],
    ) -> Command {
        let mut command = Command::new(program);
        command.args(args);
        if let Some(name) = name {
            command.arg0(name);
        }
        if let Some(env) = self.env {
            command.env_clear().envs(env.iter().map(|(name, value)| (name, value)));
        }
        for (name, value) in overlay {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(dir) = self.dir {
            command.current_dir(dir);
        }
        command
    }
}

/// Processes that run and that nobody supervises yet.
#[derive(Default)]
struct Started {
    children: Vec<Child>,
}

impl Started {
    fn add(
        &mut self,
        mut command: Command,
        ends: Ends,
        shared: &Shared<'_>,
        cancel: &Cancel,
    ) -> io::Result<()> {
        command.stdin(ends.stdin.into_stdio(Standard::Input)?);
        command.stdout(ends.stdout.into_stdio(Standard::Output)?);
        command.stderr(ends.stderr.into_stdio(Standard::Error)?);
        if shared.group {
            // The first one leads the group of all.
            let leader = self.children.first().and_then(|child| i32::try_from(child.id()).ok());
            command.process_group(leader.unwrap_or(0));
        }
        let mut attempt = 0;
        loop {
            match command.spawn() {
                Ok(child) => {
                    self.children.push(child);
                    // `command` holds the process's ends of the pipes: they close here, or no pipe ever ends.
                    return Ok(());
                }
                Err(error) if attempt < ATTEMPTS && passes(&error) => {
                    if cancel.sleep(Duration::from_millis(1 << attempt)) {
                        return Err(error);
                    }
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Whether the reason passes with time: another thread's child holds the file open between its fork and its exec, or the
/// system is short of processes.
fn passes(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::TXTBSY | Errno::AGAIN))
}

//! One script and what it runs in.

use super::builtin::Options;
use super::expansion::NAME;
use super::ports::OuterStreams;
use super::run::{Flow, Limits, Run, State};
use super::simple::INTERRUPTED;
use super::variables::Variables;
use super::{
    Dialect, Effect, ShellError, Stopped, brief, effect, go_error, loops, options, parse, preamble,
    real_shell,
};
use crate::process::{Cancel, Environment, Exit, Input, Process, Sink, SpawnError};
use crate::word::NotUnderstood;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

/// A script to run, as a task's command is: it ends at the first command that fails (`set -e`).
pub struct Script<'a> {
    /// The text.
    pub text: &'a str,
    /// Whose rules it follows.
    pub dialect: Dialect,
    /// The directory it starts in.
    pub dir: &'a Path,
    /// Its whole environment.
    pub env: Environment,
    /// `set` options, such as `pipefail` or `x`.
    pub set: &'a [String],
    /// `shopt` options, such as `globstar`.
    pub shopt: &'a [String],
    /// Standard input.
    pub stdin: Input,
    /// Standard output.
    pub stdout: Sink<'a>,
    /// Standard error.
    pub stderr: Sink<'a>,
    /// In a process group of its own, see [`Process::group`].
    pub group: bool,
    /// Time after which it is ended.
    pub timeout: Option<Duration>,
    /// See [`Process::interrupt_grace`].
    pub interrupt_grace: Option<Duration>,
}

impl<'a> Script<'a> {
    /// A script with our own streams, without options and without a time limit.
    #[must_use]
    pub fn new(text: &'a str, dir: &'a Path, env: Environment) -> Self {
        Self {
            text,
            dialect: Dialect::default(),
            dir,
            env,
            set: &[],
            shopt: &[],
            stdin: Input::Inherit,
            stdout: Sink::Inherit,
            stderr: Sink::Inherit,
            group: false,
            timeout: None,
            interrupt_grace: None,
        }
    }

    /// Runs it to its end, on the calling thread.
    ///
    /// # Errors
    /// An option is unknown, or there is no shell that starts. A failing script is an [`Exit`].
    pub fn run(self, cancel: &Cancel) -> Result<Exit, ShellError> {
        let options = options::of(self.set, self.shopt)?;
        check_dir(self.dir)?;
        match (options, &self.stdin, parse::parse(self.text, self.dialect)) {
            (Some(options), Input::Inherit | Input::Null | Input::File(_), Ok(parsed))
                if !parsed.runs_beside || (self.stdout.is_lasting() && self.stderr.is_lasting()) =>
            {
                self.run_here(&parsed, options, cancel)
            }
            (_, _, Err(error)) if error.is_wrong => {
                Err(ShellError::Syntax(format!("{}: {}", located(self.text, error.at), error.what)))
            }
            _ => self.delegate(cancel),
        }
    }

    /// Whether it is run without a real shell, and if not, what was met that only a real shell can do.
    ///
    /// # Errors
    /// What was not understood.
    pub fn is_understood(text: &str) -> Result<(), NotUnderstood> {
        parse::parse(text, Dialect::default()).map(|_| ())
    }

    /// Whether it waits for nothing when it is run: it starts no program, and opens no file.
    #[must_use]
    pub fn is_brief(text: &str) -> bool {
        brief::is_brief(text)
    }

    /// What it may change.
    #[must_use]
    pub(in crate::driver) fn effect(text: &str) -> Effect {
        effect::of(text)
    }

    /// Runs a script that was understood.
    fn run_here(self, parsed: &parse::Parsed, options: Options, cancel: &Cancel) -> Result<Exit, ShellError> {
        cancel.poll_signals();
        if cancel.is_requested() {
            return Err(SpawnError::cancelled(NAME).into());
        }
        let mut outer = OuterStreams::new(self.stdin, self.stdout, self.stderr);
        let mut variables = Variables::new(self.env);
        variables.set_private("PWD", self.dir.to_string_lossy().into_owned());
        let state = State {
            variables,
            dir: self.dir.to_owned(),
            status: 0,
            options,
            ports: outer.ports(),
            tolerant: 0,
            jobs: Vec::new(),
        };
        let limits = Limits {
            group: self.group,
            deadline: self.timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
            interrupt_grace: self.interrupt_grace,
        };
        let mut run = Run {
            parsed,
            dialect: self.dialect,
            outer: &mut outer,
            cancel,
            limits,
            state,
            flow: Flow::Next,
            substituted: None,
        };
        run.program(&parsed.program);
        let (flow, status) = (run.flow, run.state.status);
        let (stdout, stderr, output_error) = outer.finish();
        let mut exit = Exit { code: status, stdout, stderr, output_error, ..Exit::default() };
        match flow {
            Flow::Failed(error) => return Err(error),
            Flow::Stopped(Stopped::TimedOut) => exit.timed_out = true,
            Flow::Stopped(Stopped::Cancelled) if status == 0 => exit.code = INTERRUPTED,
            _ => {}
        }
        Ok(exit)
    }

    /// Hands it to a real shell.
    fn delegate(self, cancel: &Cancel) -> Result<Exit, ShellError> {
        let options = options::arguments(self.set, self.shopt, true)?;
        let shell = real_shell::find().ok_or(ShellError::NoShell)?;
        let mut args: Vec<OsString> = Vec::with_capacity(options.len() + 5);
        if shell.bash {
            // Neither `BASH_ENV` nor exported functions: mvdan/sh reads none of them.
            args.extend(["-p".into(), "-e".into()]);
            // As in mvdan/sh, the last command of a pipeline runs in the shell itself.
            args.extend(["-O".into(), "lastpipe".into()]);
            // And `!(a|b)` parses, whatever it then means.
            args.extend(["-O".into(), "extglob".into()]);
            args.extend(options);
        } else {
            args.push("-e".into());
            args.extend(options::arguments(self.set, self.shopt, false)?);
        }
        let text = if shell.bash {
            let traces = self.set.iter().any(|option| matches!(option.as_str(), "x" | "xtrace"));
            let text = match self.dialect {
                Dialect::GoTask if !traces => loops::ending_well(self.text),
                _ => self.text.to_owned(),
            };
            preamble::of(self.text, self.dialect, &self.env) + &text
        } else {
            self.text.to_owned()
        };
        args.extend(["-c".into(), text.into(), NAME.into()]);
        let mut process = Process::new(&shell.path).args(args);
        process.env = Some(self.env);
        process.dir = Some(self.dir.to_owned());
        process.stdin = self.stdin;
        process.stdout = self.stdout;
        process.stderr = self.stderr;
        process.group = self.group;
        process.timeout = self.timeout;
        process.interrupt_grace = self.interrupt_grace;
        Ok(process.run(cancel)?)
    }
}

/// A directory that does not exist is no error yet (go-task 3.54 `execext`).
fn check_dir(dir: &Path) -> Result<(), ShellError> {
    let shown = dir.display();
    match dir.metadata() {
        Ok(found) if !found.is_dir() => Err(ShellError::Directory(format!("{shown} is not a directory"))),
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(ShellError::Directory(format!("could not stat: stat {shown}: {}", go_error::text(&error))))
        }
        _ => Ok(()),
    }
}

/// Line and column of a byte, in bytes, as mvdan/sh shows them.
pub(super) fn located(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1) + 1;
    format!("{line}:{column}")
}

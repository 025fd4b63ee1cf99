//! One script and what it runs in.

use super::{ShellError, interpreter, options};
use crate::process::{Cancel, Environment, Exit, Input, Process, Sink};
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

/// What a script calls itself in messages (mvdan/sh's `$0`).
const NAME: &str = "gosh";

/// A script to run, as a task's command is: it ends at the first command that fails (`set -e`).
pub struct Script<'a> {
    /// The text.
    pub text: &'a str,
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
        self.delegate(cancel)
    }

    /// Hands it to a real shell.
    fn delegate(self, cancel: &Cancel) -> Result<Exit, ShellError> {
        let options = options::arguments(self.set, self.shopt, true)?;
        let shell = interpreter::find().ok_or(ShellError::NoShell)?;
        let mut args: Vec<OsString> = Vec::with_capacity(options.len() + 5);
        if shell.bash {
            // Neither `BASH_ENV` nor exported functions: mvdan/sh reads none of them.
            args.extend(["-p".into(), "-e".into()]);
            args.extend(options);
        } else {
            args.push("-e".into());
            args.extend(options::arguments(self.set, self.shopt, false)?);
        }
        args.extend(["-c".into(), self.text.into(), NAME.into()]);
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

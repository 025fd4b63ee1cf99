//! Simple commands: assignments, our own commands, programs.

use super::builtin::{self, Builtin};
use super::parse::declarations;
use super::ports::{InputPort, Ports};
use super::run::{Flow, Run};
use super::script::located;
use super::syntax::{Redirection, Simple};
use super::{ShellError, Stopped, real_shell};
use crate::process::{Exit, Feeder, Input, Process, SpawnErrorKind, find_program};
use crate::word::clean;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Instant;

/// Not found, or not to be executed.
const NOT_FOUND: i32 = 127;
/// 128 and SIGINT: a program was not started, since the script is to stop.
pub(super) const INTERRUPTED: i32 = 130;

/// A program that is ready to be run.
pub(super) struct Call {
    pub(super) path: PathBuf,
    pub(super) name: OsString,
    pub(super) args: Vec<OsString>,
    pub(super) overlay: Vec<(OsString, Option<OsString>)>,
}

impl Run<'_, '_> {
    pub(super) fn simple(&mut self, simple: &Simple, redirections: &[Redirection]) {
        self.substituted = None;
        let before = self.state.ports.clone();
        let ports = match self.redirect(redirections, &before) {
            Ok(ports) => ports,
            Err(message) => {
                self.complain(&message);
                self.state.status = 1;
                return;
            }
        };
        if !matches!(self.flow, Flow::Next) {
            return;
        }
        self.state.ports = ports;
        self.with_ports(simple);
        self.state.ports = before;
    }

    fn with_ports(&mut self, simple: &Simple) {
        if simple.words.is_empty() {
            for (name, word) in &simple.assignments {
                let Some(value) = self.string(word) else { return };
                self.state.variables.set(name, value);
            }
            // Only now: the words may ask for the status of the command before.
            self.state.status = self.substituted.unwrap_or(0);
            return;
        }
        let declares = simple.builtin == Some(Builtin::Export);
        let words = if declares { simple.words.get(..1).unwrap_or_default() } else { &simple.words };
        let Some(fields) = self.fields(words) else { return };
        let mut saved = Vec::new();
        for (name, word) in &simple.assignments {
            let Some(value) = self.string(word) else { return };
            saved.push(self.state.variables.save(name));
            self.state.variables.export(name, Some(value));
        }
        if declares {
            self.export(simple);
        } else if !matches!(self.flow, Flow::Next) {
            // A command substitution was stopped.
        } else if let Some(builtin) = simple.builtin {
            let args =
                fields.iter().skip(1).map(|field| field.to_string_lossy().into_owned()).collect::<Vec<_>>();
            self.state.status = self.builtin(builtin, &args, simple.at);
        } else if fields.is_empty() {
            self.state.status = 0;
        } else if let Some(call) = self.call(fields) {
            let ports = self.state.ports.clone();
            let input = self.outer.input(&ports.input);
            self.state.status = match input {
                Ok(input) => {
                    self.program_run(call, Vec::new(), input, &ports).map_or(INTERRUPTED, |exit| exit.code)
                }
                Err(_) => 1,
            };
        }
        for saved in saved.into_iter().rev() {
            self.state.variables.restore(saved);
        }
    }

    /// Writes a message to the command's standard error.
    pub(super) fn complain(&mut self, message: &str) {
        self.outer.write(&self.state.ports.error, format!("{message}\n").as_bytes());
    }

    fn print(&mut self, bytes: &[u8]) -> i32 {
        i32::from(!self.outer.write(&self.state.ports.output, bytes))
    }

    fn fail(&mut self, status: i32, message: &str) -> i32 {
        self.complain(message);
        status
    }

    fn export(&mut self, simple: &Simple) {
        let args = simple.words.get(1..).unwrap_or_default();
        for (name, word) in declarations(args).unwrap_or_default() {
            let value = match &word {
                Some(word) => match self.string(word) {
                    Some(value) => Some(value),
                    None => return,
                },
                None => None,
            };
            self.state.variables.export(&name, value);
        }
        self.state.status = 0;
    }

    /// Runs a command of ours; gives its status.
    fn builtin(&mut self, builtin: Builtin, args: &[String], at: usize) -> i32 {
        match builtin {
            Builtin::Succeed | Builtin::Export => 0,
            Builtin::Fail => 1,
            Builtin::Echo => {
                let text = builtin::echo(args);
                self.print(&text)
            }
            Builtin::Printf => self.printf(args),
            Builtin::Test => self.test(args, at),
            Builtin::Bracket => match args.split_last() {
                Some((last, args)) if last == "]" => self.test(args, at),
                _ => self.fail(2, &format!("{}: [: missing matching ]", self.place(at))),
            },
            Builtin::Cd => self.cd(args),
            Builtin::Pwd => self.pwd(args),
            Builtin::Exit => self.exit(args),
            Builtin::Set => match builtin::set(args, &mut self.state.options) {
                Ok(()) => 0,
                Err(option) => self.fail(2, &format!("set: invalid option: {}", builtin::quote(&option))),
            },
            Builtin::Unset => {
                for name in args.iter().filter(|arg| *arg != "-v") {
                    self.state.variables.unset(name);
                }
                0
            }
            Builtin::Break => {
                self.flow = Flow::Break;
                0
            }
            Builtin::Continue => {
                self.flow = Flow::Continue;
                0
            }
            Builtin::Wait => self.wait(args),
            Builtin::CommandV => self.command_v(args.get(1..).unwrap_or_default()),
            Builtin::Command => {
                let Some(call) = self.call(args.iter().map(OsString::from).collect()) else {
                    return NOT_FOUND;
                };
                let ports = self.state.ports.clone();
                let Ok(input) = self.outer.input(&ports.input) else { return 1 };
                self.program_run(call, Vec::new(), input, &ports).map_or(INTERRUPTED, |exit| exit.code)
            }
        }
    }

    pub(super) fn printf(&mut self, args: &[String]) -> i32 {
        let Some((format, args)) = args.split_first() else {
            return self.fail(2, "usage: printf format [arguments]");
        };
        match builtin::printf(format, args) {
            Ok(text) => self.print(&text),
            Err((text, message)) => {
                self.print(&text);
                self.fail(1, &message)
            }
        }
    }

    /// Line and column of a byte of the script.
    fn place(&self, at: usize) -> String {
        located(&self.parsed.text, at)
    }

    fn test(&mut self, args: &[String], at: usize) -> i32 {
        match self.with_test_context(|context| builtin::test(args, context)) {
            Ok(holds) => i32::from(!holds),
            Err(messages) => {
                for message in messages {
                    self.complain(&format!("{}: {message}", self.place(at)));
                }
                2
            }
        }
    }

    pub(super) fn with_test_context<T>(&self, with: impl FnOnce(&builtin::TestContext<'_>) -> T) -> T {
        with(&builtin::TestContext {
            dir: &self.state.dir,
            is_set: &|name| self.state.variables.get(name).is_some(),
            is_terminal: &|stream| match (stream, &self.state.ports) {
                (0, Ports { input: InputPort::Own, .. }) => self.outer.reads_terminal(),
                (1, ports) => self.outer.is_terminal(&ports.output),
                (2, ports) => self.outer.is_terminal(&ports.error),
                _ => false,
            },
        })
    }

    fn cd(&mut self, args: &[String]) -> i32 {
        let target = match args {
            [] => self.parameter("HOME").unwrap_or_default(),
            [dash] if dash == "-" => {
                let target = self.parameter("OLDPWD").unwrap_or_default();
                self.print(format!("{target}\n").as_bytes());
                target
            }
            [target] => target.clone(),
            _ => return self.fail(2, "usage: cd [dir]"),
        };
        if target.is_empty() {
            return self.fail(1, "cd: empty directory path");
        }
        let path = if target.starts_with('/') {
            target.clone()
        } else {
            format!("{}/{target}", self.state.dir.display())
        };
        let path = PathBuf::from(clean(&path));
        let may_enter = || rustix::fs::access(&path, rustix::fs::Access::EXEC_OK).is_ok();
        if !path.is_dir() || !may_enter() {
            return self.fail(1, &format!("cd: no such file or directory: {}", builtin::quote(&target)));
        }
        let old = self.parameter("PWD").unwrap_or_default();
        self.state.variables.set_private("OLDPWD", old);
        self.state.variables.set_private("PWD", path.to_string_lossy().into_owned());
        self.state.dir = path;
        0
    }

    fn pwd(&mut self, args: &[String]) -> i32 {
        let mut physical = false;
        for arg in args {
            match arg.as_str() {
                "-L" => physical = false,
                "-P" => physical = true,
                other => return self.fail(2, &format!("invalid option: {}", builtin::quote(other))),
            }
        }
        let mut path = self.parameter("PWD").unwrap_or_default();
        if physical && let Ok(real) = std::fs::canonicalize(&path) {
            path = real.to_string_lossy().into_owned();
        }
        self.print(format!("{path}\n").as_bytes())
    }

    fn exit(&mut self, args: &[String]) -> i32 {
        let status = match args {
            [] => self.state.status,
            [code] => match code.parse::<i64>() {
                Ok(code) => i32::from(code.rem_euclid(256) as u8),
                Err(_) => {
                    return self.fail(2, &format!("invalid exit status code: {}", builtin::quote(code)));
                }
            },
            _ => return self.fail(1, "exit cannot take multiple arguments"),
        };
        self.flow = Flow::Exit;
        status
    }

    fn command_v(&mut self, names: &[String]) -> i32 {
        let mut status = 0;
        for name in names {
            let found = if builtin::is_program(name) {
                self.find(OsStr::new(name)).ok().map(|path| path.display().to_string())
            } else {
                Some(name.clone())
            };
            status = match found {
                Some(found) => self.print(format!("{found}\n").as_bytes()),
                None => 1,
            };
        }
        status
    }

    fn find(&self, name: &OsStr) -> Result<PathBuf, crate::process::LookupError> {
        let path = self.parameter("PATH").unwrap_or_default();
        find_program(name, OsStr::new(&path), &self.state.dir)
    }

    /// Finds the program of a command; says so and sets the status where there is none.
    pub(super) fn call(&mut self, fields: Vec<OsString>) -> Option<Call> {
        let mut fields = fields.into_iter();
        let name = fields.next()?;
        match self.find(&name) {
            Ok(path) => {
                let (_, overlay) = self.state.variables.environment();
                Some(Call { path, name, args: fields.collect(), overlay })
            }
            Err(error) => {
                self.complain(&error.to_string());
                self.state.status = NOT_FOUND;
                None
            }
        }
    }

    /// Runs a program, with those before it in its pipeline.
    pub(super) fn program_run(
        &mut self,
        call: Call,
        feeders: Vec<Feeder>,
        input: Input,
        ports: &Ports,
    ) -> Option<Exit> {
        let is_pipeline = !feeders.is_empty();
        let (environment, _) = self.state.variables.environment();
        let (stdout, stderr) = self.outer.sinks(&ports.output, &ports.error).ok()?;
        let mut process = Process::new(call.path.clone());
        process.args.clone_from(&call.args);
        process.name = Some(call.name.clone());
        process.env = Some(environment);
        process.overlay.clone_from(&call.overlay);
        process.feeders = feeders;
        process.dir = Some(self.state.dir.clone());
        process.stdin = input;
        process.stdout = stdout;
        process.stderr = stderr;
        process.group = self.limits.group;
        process.timeout =
            self.limits.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        process.interrupt_grace = self.limits.interrupt_grace;
        match process.run(self.cancel) {
            Ok(mut exit) => {
                if exit.timed_out {
                    self.flow = Flow::Stopped(Stopped::TimedOut);
                }
                if let Some(error) = exit.output_error.take() {
                    self.outer.lost.get_or_insert(error);
                }
                Some(exit)
            }
            Err(error) if error.kind == SpawnErrorKind::Cancelled => {
                self.flow = Flow::Stopped(Stopped::Cancelled);
                None
            }
            Err(error) if error.kind == SpawnErrorKind::Format && !is_pipeline => {
                self.script_file(call, ports)
            }
            Err(error) => {
                self.flow = Flow::Failed(error.into());
                None
            }
        }
    }

    /// A file without `#!` is a shell script.
    fn script_file(&mut self, call: Call, ports: &Ports) -> Option<Exit> {
        let Some(shell) = real_shell::find() else {
            self.flow = Flow::Failed(ShellError::NoShell);
            return None;
        };
        let is_path = call.name.as_encoded_bytes().contains(&b'/');
        let mut args = vec![if is_path { call.name } else { call.path.into() }];
        args.extend(call.args);
        let input = self.outer.input(&ports.input).ok()?;
        let name = shell.path.clone().into();
        let call = Call { path: shell.path.clone(), name, args, overlay: call.overlay };
        self.program_run(call, Vec::new(), input, ports)
    }
}

//! The scripts of tasks on this machine, with their output where go-task puts it (go-task 3.54 `internal/output`).

use super::shell::{Dialect, Effect, Script};
use super::{CommandEnvironment, ScriptError, ScriptExit, ScriptRunner, TaskOutput, TaskScript};
use crate::process::{
    Cancel, Capture, Environment, GroupSpool, Input, LinePump, Outlet, PrefixPump, Sink, Stream,
};
use std::ffi::OsString;
use std::sync::Arc;

/// go-task sets no limit; a variable of this size is a mistake.
const CAPTURE_LIMIT: usize = 256 << 20;

type PrefixLook = dyn Fn(&str, Option<usize>) -> Vec<u8> + Send + Sync;

/// Runs scripts in our own process group, where the terminal's signals reach them.
pub struct LocalScripts {
    commands: CommandEnvironment,
    stdout: Outlet,
    dialect: Dialect,
    /// How a prefix looks: text and colour number to bytes.
    prefix: Box<PrefixLook>,
}

impl LocalScripts {
    /// Scripts that write to these streams; `prefix` gives the look of a line's mark.
    pub fn new(
        commands: CommandEnvironment,
        stdout: Outlet,
        prefix: impl Fn(&str, Option<usize>) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        Self { commands, stdout, dialect: Dialect::default(), prefix: Box::new(prefix) }
    }

    /// The same with other rules.
    #[must_use]
    pub fn dialect(self, dialect: Dialect) -> Self {
        Self { dialect, ..self }
    }

    fn environment(&self, script: &TaskScript) -> Environment {
        let base = self.commands.of_script(&script.text);
        let added = &script.env;
        if added.is_empty() {
            return Arc::clone(base);
        }
        let mut whole: Vec<(OsString, OsString)> = (**base).clone();
        whole.extend(added.iter().map(|(name, value)| (name.into(), value.into())));
        Arc::new(whole)
    }
}

impl ScriptRunner for LocalScripts {
    fn is_brief(&self, text: &str) -> bool {
        Script::is_brief(text)
    }

    /// As `task`: where nothing can tell. Else also with programs that are not known: what needs another variable names it.
    fn may_run_beside(&self, text: &str) -> bool {
        match Script::effect(text) {
            Effect::None => true,
            Effect::Programs => self.dialect == Dialect::Bash,
            Effect::Any => false,
        }
    }

    fn is_looked_for(&self, variable: &str) -> bool {
        super::shell::is_looked_for(variable)
    }

    fn say(&self, stderr: &[u8]) {
        // With nobody to read it, the run goes on.
        let _ = Outlet::stderr().write(stderr);
    }

    fn run(&self, script: TaskScript, cancel: &Cancel) -> Result<ScriptExit, ScriptError> {
        let mut request = Script::new(&script.text, &script.dir, self.environment(&script));
        request.dialect = self.dialect;
        request.set = &script.set;
        request.shopt = &script.shopt;
        request.timeout = script.timeout;
        request.stdin = if script.stdin { Input::Inherit } else { Input::Null };
        let failed = |error: super::ShellError| ScriptError(error.to_string());
        let lost = |error: std::io::Error| ScriptError(error.to_string());
        match script.output {
            TaskOutput::Inherit => Ok(exit(&request.run(cancel).map_err(failed)?)),
            TaskOutput::Discard => {
                request.stdout = Sink::Null;
                request.stderr = Sink::Null;
                Ok(exit(&request.run(cancel).map_err(failed)?))
            }
            TaskOutput::Capture => {
                let mut capture = Capture::new(CAPTURE_LIMIT);
                request.stdout = Sink::Pump(&mut capture);
                let ended = request.run(cancel).map_err(failed)?;
                Ok(ScriptExit { stdout: capture.into_bytes(), ..exit(&ended) })
            }
            TaskOutput::Hold => {
                let (mut stdout, mut stderr) = (Capture::new(CAPTURE_LIMIT), Capture::new(CAPTURE_LIMIT));
                request.stdout = Sink::Pump(&mut stdout);
                request.stderr = Sink::Pump(&mut stderr);
                let ended = request.run(cancel).map_err(failed)?;
                let (stdout, stderr) = (stdout.into_bytes(), stderr.into_bytes());
                Ok(ScriptExit { stdout, stderr, ..exit(&ended) })
            }
            TaskOutput::Prefixed { prefix, colour } => {
                let mut pump = PrefixPump::new((self.prefix)(&prefix, colour), self.stdout.clone());
                request.stdout = Sink::Pump(&mut pump);
                request.stderr = Sink::Merge;
                Ok(exit(&request.run(cancel).map_err(failed)?))
            }
            TaskOutput::Group { begin, end, error_only } => {
                let mut spool = GroupSpool::new();
                request.stdout = Sink::Pump(&mut spool);
                request.stderr = Sink::Merge;
                let ended = request.run(cancel).map_err(failed)?;
                let shown = !error_only || !ended.success();
                if shown && !spool.is_empty() {
                    let line =
                        |text: Option<String>| text.map(|text| format!("{text}\n")).unwrap_or_default();
                    spool.replay(&self.stdout, line(begin).as_bytes(), line(end).as_bytes()).map_err(lost)?;
                }
                Ok(exit(&ended))
            }
            TaskOutput::Lines(lines) => {
                let mut stdout = LinePump::new(|line: &str| (lines.0)(Stream::Stdout, line));
                let mut stderr = LinePump::new(|line: &str| (lines.0)(Stream::Stderr, line));
                request.stdout = Sink::Pump(&mut stdout);
                request.stderr = Sink::Pump(&mut stderr);
                Ok(exit(&request.run(cancel).map_err(failed)?))
            }
        }
    }
}

fn exit(ended: &crate::process::Exit) -> ScriptExit {
    ScriptExit { code: ended.code, timed_out: ended.timed_out, ..ScriptExit::default() }
}

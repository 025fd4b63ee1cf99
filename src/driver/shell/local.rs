//! Scripts on this machine, for pipelines.

use super::{Script, Shell, ShellError};
use crate::driver::{CommandEnvironment, DriverError, ErrorKind, Io};
use crate::process::{Input, LinePump, Sink, SpawnErrorKind, Stream};
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Runs scripts on this machine, each in a process group of its own and without standard input.
#[derive(Debug, Clone)]
pub struct LocalShell {
    commands: CommandEnvironment,
}

impl LocalShell {
    /// Scripts with this environment.
    #[must_use]
    pub fn new(commands: CommandEnvironment) -> Self {
        Self { commands }
    }
}

/// What a script gets after an interrupt before it is killed.
const INTERRUPT_GRACE: Duration = Duration::from_secs(30);

impl Shell for LocalShell {
    fn run(
        &self,
        script: &str,
        dir: &Path,
        env: &[(String, String)],
        io: Io<'_>,
    ) -> Result<i32, DriverError> {
        let added = |name: &OsString| env.iter().any(|(own, _)| name == own.as_str());
        let commands = self.commands.of_script(script);
        let mut whole: Vec<(OsString, OsString)> =
            commands.iter().filter(|(name, _)| !added(name)).cloned().collect();
        whole.extend(env.iter().map(|(name, value)| (name.into(), value.into())));
        let mut stdout = LinePump::new(|line: &str| io.output.line(Stream::Stdout, line));
        let mut stderr = LinePump::new(|line: &str| io.output.line(Stream::Stderr, line));
        let mut request = Script::new(script, dir, Arc::new(whole));
        request.stdin = Input::Null;
        request.stdout = Sink::Pump(&mut stdout);
        request.stderr = Sink::Pump(&mut stderr);
        request.group = true;
        request.interrupt_grace = Some(INTERRUPT_GRACE);
        let exit = request.run(io.cancel).map_err(|error| driver_error(&error))?;
        if io.cancel.is_requested() {
            return Err(DriverError::new(ErrorKind::Cancelled, "the script was stopped"));
        }
        match exit.code.checked_sub(128).filter(|&signal| signal > 0 && exit.signalled) {
            Some(signal) => {
                Err(DriverError::new(ErrorKind::Other, format!("the script was killed by signal {signal}")))
            }
            None => Ok(exit.code),
        }
    }
}

fn driver_error(error: &ShellError) -> DriverError {
    let kind = match &error {
        ShellError::NoShell => ErrorKind::MissingProgram,
        ShellError::Spawn(spawn) if spawn.kind == SpawnErrorKind::Cancelled => ErrorKind::Cancelled,
        _ => ErrorKind::Other,
    };
    DriverError::new(kind, error.to_string())
}

//! Pipelines: programs side by side, the first one perhaps a text of ours.

use super::builtin::{self, Builtin};
use super::ports::{InputPort, Port, Ports};
use super::run::{Flow, Run};
use super::syntax::{Command, Kind, RedirectionTarget, Simple};
use crate::process::{Feeder, FeederError, Input};

impl Run<'_, '_> {
    pub(super) fn piped(&mut self, commands: &[Command]) {
        let outside = self.state.ports.clone();
        let mut feeders: Vec<Feeder> = Vec::new();
        let mut input = self.outer.input(&outside.input).unwrap_or(Input::Null);
        let mut failed = 0;
        for (index, command) in commands.iter().enumerate() {
            let Kind::Simple(simple) = &command.kind else { return };
            let last = index + 1 == commands.len();
            let ports = match self.redirect(&command.redirections, &outside) {
                Ok(ports) => ports,
                Err(message) => {
                    self.complain(&message);
                    (input, failed, self.state.status) = (Input::Null, 1, 1);
                    feeders.clear();
                    continue;
                }
            };
            if let InputPort::File(_) | InputPort::Text(_) | InputPort::Null = ports.input
                && index == 0
            {
                input = self.outer.input(&ports.input).unwrap_or(Input::Null);
            }
            if let Some(builtin) = simple.builtin {
                if last {
                    self.simple(simple, &command.redirections);
                    if self.state.options.pipefail && self.state.status == 0 {
                        self.state.status = failed;
                    }
                    return;
                }
                if builtin == Builtin::Fail {
                    failed = 1;
                }
                let Some(text) = self.text_of(builtin, simple, &ports) else { return };
                input = Input::Bytes(text);
                continue;
            }
            let Some(call) = self.piped_call(simple, &ports) else {
                if !matches!(self.flow, Flow::Next) {
                    return;
                }
                // What comes before still runs, into nothing; what comes after reads nothing.
                failed = self.state.status;
                self.run_for_nothing(
                    std::mem::take(&mut feeders),
                    std::mem::replace(&mut input, Input::Null),
                    &outside,
                );
                continue;
            };
            if last {
                let input = std::mem::replace(&mut input, Input::Null);
                let Some(exit) = self.program_run(call, std::mem::take(&mut feeders), input, &ports) else {
                    return;
                };
                let last_failure =
                    exit.feeders.iter().rev().copied().find(|code| *code != 0).unwrap_or(failed);
                let fails = self.state.options.pipefail && exit.code == 0;
                self.state.status = if fails { last_failure } else { exit.code };
            } else {
                let stderr = match &ports.error {
                    Port::Null => FeederError::Null,
                    _ if merges(command) => FeederError::Merge,
                    _ => FeederError::Shared,
                };
                feeders.push(Feeder {
                    program: call.path,
                    args: call.args,
                    name: Some(call.name),
                    overlay: call.overlay,
                    stderr,
                });
            }
        }
    }

    pub(super) fn piped_call(&mut self, simple: &Simple, ports: &Ports) -> Option<super::simple::Call> {
        let outside = std::mem::replace(&mut self.state.ports, ports.clone());
        let mut saved = Vec::new();
        let mut call = None;
        if let Some(fields) = self.fields(&simple.words) {
            for (name, word) in &simple.assignments {
                let value = self.string(word);
                saved.push(self.state.variables.save(name));
                self.state.variables.export(name, value);
            }
            call = self.call(fields);
        }
        for saved in saved.into_iter().rev() {
            self.state.variables.restore(saved);
        }
        self.state.ports = outside;
        call
    }

    /// What one of our own commands writes into a pipe.
    fn text_of(&mut self, builtin: Builtin, simple: &Simple, ports: &Ports) -> Option<Vec<u8>> {
        let fields = self.fields(&simple.words)?;
        let args: Vec<String> =
            fields.iter().skip(1).map(|field| field.to_string_lossy().into_owned()).collect();
        Some(match builtin {
            Builtin::Echo => builtin::echo(&args),
            Builtin::Pwd => format!("{}\n", self.parameter("PWD").unwrap_or_default()).into_bytes(),
            Builtin::Printf => {
                let (format, args) = args
                    .split_first()
                    .map_or(("", args.as_slice()), |(format, args)| (format.as_str(), args));
                match builtin::printf(format, args) {
                    Ok(text) => text,
                    Err((text, message)) => {
                        self.outer.write(&ports.error, format!("{message}\n").as_bytes());
                        text
                    }
                }
            }
            _ => Vec::new(),
        })
    }

    fn run_for_nothing(&mut self, mut feeders: Vec<Feeder>, input: Input, outside: &Ports) {
        let Some(last) = feeders.pop() else { return };
        let ports = Ports { output: Port::Null, ..outside.clone() };
        let call = super::simple::Call {
            path: last.program.clone(),
            name: last.name.unwrap_or_else(|| last.program.into()),
            args: last.args,
            overlay: last.overlay,
        };
        self.program_run(call, feeders, input, &ports);
    }
}

/// Whether a command's standard error goes where its standard output goes.
pub(super) fn merges(command: &Command) -> bool {
    use RedirectionTarget::Duplicate;
    command
        .redirections
        .iter()
        .any(|redirection| redirection.stream == 2 && matches!(redirection.target, Duplicate(1)))
}

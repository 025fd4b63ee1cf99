//! Systems by nix-eval-jobs, where it is on PATH: it evaluates hosts in several processes, starts one anew that has grown
//! too large, and tells of each host by itself (<https://github.com/nix-community/nix-eval-jobs>, "Example").

use super::NixFlake;
use super::budget::Budget;
use super::command::{broken, last_lines};
use super::evaluation::{System, output, toplevel};
use super::expression::{list, string};
use crate::driver::tool::{Limits, Tool};
use crate::driver::{DriverError, ErrorKind, Io};
use crate::model::Platform;
use crate::process::Stream;
use serde_json::Value;
use std::collections::HashMap;

/// What one process needs beside its hosts, MiB: less is not worth a process.
const WORKER_MIB: u64 = 1024;

/// What is known of hosts, by name: those that nothing was told of are missing.
pub(super) type Told = HashMap<String, Result<System, DriverError>>;

impl NixFlake {
    /// The systems of some hosts; `None` where there is no nix-eval-jobs, or one from before `--select`, which could not
    /// evaluate what nix does.
    ///
    /// # Errors
    /// It was stopped or could not be started.
    pub(super) fn by_eval_jobs(
        &self,
        platform: Platform,
        names: &[&str],
        io: Io<'_>,
    ) -> Result<Option<Told>, DriverError> {
        let Some(program) = self.eval_jobs.get_or_init(|| find(io)) else { return Ok(None) };
        let Budget { memory_mib, cores } = self.budget();
        let wanted = u64::try_from(names.len().min(cores)).unwrap_or(1);
        let workers = (memory_mib / WORKER_MIB).clamp(1, wanted.max(1));
        let tool = Tool::new(program)
            .args(["--option", "extra-experimental-features", "nix-command flakes"])
            .args(["--workers", &workers.to_string()])
            .args(["--max-memory-size", &(memory_mib / workers).to_string()])
            .args(["--select", &select(platform, names)])
            .args(["--flake", &self.installable(output(platform))])
            .directory(&self.directory);
        let mut told = Told::new();
        let ended = tool.lines(Limits::new(io.cancel), &mut |stream, line| match stream {
            Stream::Stdout => told.extend(read(line)),
            Stream::Stderr => io.output.line(stream, line),
        });
        ended.map_err(|error| broken(&tool, error))?;
        Ok(Some(told))
    }
}

/// The program, if it knows `--select`.
fn find(io: Io<'_>) -> Option<std::path::PathBuf> {
    let program = which::which("nix-eval-jobs").ok()?;
    let (ended, help) =
        Tool::new(&program).arg("--help").whole(Limits::new(io.cancel), &mut |_, _| ()).ok()?;
    (ended.code == 0 && String::from_utf8_lossy(&help).contains("--select")).then_some(program)
}

/// A function from the output of the flake to the systems of the named hosts. A host that is not there is an error of its
/// own.
fn select(platform: Platform, names: &[&str]) -> String {
    format!(
        "cs: let f = {}; one = name: {{ inherit name; value = \
           if cs ? ${{name}} then f cs.${{name}} else throw (\"the flake has no \" + {} + \".\" + name); }}; \
         in builtins.listToAttrs (map one {})",
        toplevel(platform),
        string(output(platform)),
        list(names.iter().copied())
    )
}

/// What a line tells of a host.
fn read(line: &str) -> Option<(String, Result<System, DriverError>)> {
    let json: Value = serde_json::from_str(line).ok()?;
    let name = json.get("attrPath")?.get(0)?.as_str()?.to_owned();
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    if let Some(error) = text(json.get("error")) {
        let said: Vec<String> = error.lines().map(str::to_owned).collect();
        let message = format!("{name} does not evaluate");
        return Some((name, Err(DriverError::new(ErrorKind::Evaluation, message).said(last_lines(&said)))));
    }
    let derivation = text(json.get("drvPath"))?;
    let output = text(json.get("outputs").and_then(|outputs| outputs.get("out")))?;
    Some((name, Ok(System { derivation, output })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_about_one_host() {
        let line = r#"{"attr":"\"luna.home\"","attrPath":["luna.home"],"drvPath":"/nix/store/a.drv","name":"nixos-system","outputs":{"out":"/nix/store/a"},"system":"x86_64-linux"}"#;
        let (name, system) = read(line).unwrap();
        assert_eq!((name.as_str(), system.unwrap().output.as_str()), ("luna.home", "/nix/store/a"));
        let line = r#"{"attr":"rydev","attrPath":["rydev"],"error":"error:\n       … while calling\n\n       error: not today"}"#;
        let (name, system) = read(line).unwrap();
        let error = system.unwrap_err();
        assert_eq!((name.as_str(), error.kind), ("rydev", ErrorKind::Evaluation));
        assert_eq!(error.said.last().map(String::as_str), Some("       error: not today"));
        // The root, constituents, words.
        for line in [
            r#"{"attr":"","attrPath":[],"error":"x"}"#,
            r#"{"attr":"a","attrPath":["a"],"drvPath":"/x"}"#,
            "[1]",
            "warning: x",
            "",
        ] {
            assert!(read(line).is_none(), "{line}");
        }
    }

    #[test]
    fn names_cannot_leave_their_quotes() {
        let text = select(Platform::Nixos, &["a\"b", "${c}"]);
        assert!(text.ends_with(r#"(map one ["a\"b" "\${c}"])"#), "{text}");
    }
}

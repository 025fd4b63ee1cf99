//! Calls nix. Knows its global options and which of its words are an error, and no flake or host.

use crate::driver::tool::{Broken, Ended, Limits, Tool, find};
use crate::driver::{DriverError, ErrorKind, Io, StorePath};
use crate::process::Stream;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// How many lines of an error are kept.
const KEPT: usize = 15;

/// The nix that is on PATH.
#[derive(Default)]
pub(crate) struct Nix {
    programs: [OnceLock<Result<PathBuf, DriverError>>; 2],
}

impl Nix {
    /// `nix`, with the features that every call needs.
    ///
    /// # Errors
    /// It is not on PATH.
    pub(crate) fn tool(&self) -> Result<Tool, DriverError> {
        let features = ["--extra-experimental-features", "nix-command flakes"];
        self.find(0, "nix").map(|program| Tool::new(program).args(features))
    }

    /// `nix-store`, whose options are the same in every version.
    ///
    /// # Errors
    /// It is not on PATH.
    pub(crate) fn store(&self) -> Result<Tool, DriverError> {
        self.find(1, "nix-store").map(Tool::new)
    }

    /// The paths of a closure that is here and their sizes in bytes; `None` where nix does not tell.
    pub(crate) fn closure(&self, path: &StorePath, io: Io<'_>) -> Option<Vec<(String, u64)>> {
        let tool = self.tool().ok()?.args(["path-info", "--recursive", "--size", path.as_str()]);
        let (ended, text) = answer(&tool, Limits::new(io.cancel), io).ok()?;
        let line = |line: &str| {
            let mut words = line.split_whitespace();
            Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
        };
        (ended.code == 0).then(|| text.lines().filter_map(line).collect())
    }

    fn find(&self, slot: usize, name: &str) -> Result<&Path, DriverError> {
        let help = "install Nix (https://nixos.org/download, Debian: nix-bin)";
        match self.programs.get(slot) {
            Some(program) => program.get_or_init(|| find(name, help)).as_deref().map_err(Clone::clone),
            None => Err(DriverError::new(ErrorKind::Other, "no such program")),
        }
    }
}

/// Runs a tool whose standard output is the answer; standard error goes to the output.
///
/// # Errors
/// It was stopped or could not be started.
pub(crate) fn answer(tool: &Tool, limits: Limits<'_>, io: Io<'_>) -> Result<(Ended, String), DriverError> {
    let mut said = Vec::new();
    let result = tool.whole(limits, &mut |stream, line| {
        if is_told(line) {
            keep(&mut said, line);
            io.output.line(stream, line);
        }
    });
    let (mut ended, bytes) = result.map_err(|error| broken(tool, error))?;
    ended.said = said;
    Ok((ended, String::from_utf8_lossy(&bytes).into_owned()))
}

/// Runs a tool whose lines on both streams are a log.
///
/// # Errors
/// It was stopped or could not be started.
pub(crate) fn log(tool: &Tool, limits: Limits<'_>, io: Io<'_>) -> Result<(Ended, Vec<String>), DriverError> {
    let mut said = Vec::new();
    let mut out = Vec::new();
    let result = tool.lines(limits, &mut |stream, line| {
        if !is_told(line) {
            return;
        }
        keep(&mut said, line);
        if stream == Stream::Stdout {
            keep(&mut out, line);
        }
        io.output.line(stream, line);
    });
    let mut ended = result.map_err(|error| broken(tool, error))?;
    ended.said = said;
    Ok((ended, out))
}

/// Whether a line says something. That evaluations side by side wait for a cache of theirs does not (nix
/// `src/libstore/sqlite.cc`).
fn is_told(line: &str) -> bool {
    !(line.contains("SQLite database '") && line.contains("/eval-cache-") && line.ends_with("' is busy"))
}

fn keep(said: &mut Vec<String>, line: &str) {
    // Twice as many, so that dropping the oldest is paid for by the lines in between.
    if said.len() == 2 * KEPT {
        said.drain(..KEPT);
    }
    said.push(line.to_owned());
}

pub(super) fn broken(tool: &Tool, broken: Broken) -> DriverError {
    let name = tool.name();
    match broken {
        Broken::Start(error) => {
            DriverError::new(ErrorKind::Other, format!("{name} could not be started: {error}"))
        }
        Broken::Cancelled => DriverError::new(ErrorKind::Cancelled, "stopped"),
        Broken::TimedOut => DriverError::new(ErrorKind::TimedOut, format!("{name} took too long")),
    }
}

/// The last lines that matter: from nix's own `error:` on where one is near the end, without warnings about settings.
pub(crate) fn last_lines(said: &[String]) -> Vec<String> {
    let told: Vec<&String> =
        said.iter().filter(|line| !line.starts_with("warning: ") && !line.trim().is_empty()).collect();
    let start = told.len().saturating_sub(KEPT);
    told.into_iter().skip(start).cloned().collect()
}

/// Whether some line says that the disk is full.
pub(crate) fn is_disk_full(said: &[String]) -> bool {
    // The last is SQLite's word, for the store's database.
    let words = ["No space left on device", "Disk quota exceeded", "database or disk is full"];
    said.iter().any(|line| words.iter().any(|word| line.contains(word)))
}

/// The error for a nix, or its daemon, that ended in the middle of a build: nothing is known of what it built.
pub(crate) fn broke_off(code: i32, said: &[String]) -> Option<DriverError> {
    let says = |words: &[&str]| said.iter().any(|line| words.iter().any(|word| line.contains(word)));
    let message = if code > 128 {
        format!("nix was killed while it built (exit code {code})")
    } else if says(&["unexpected end-of-file", "cannot connect to socket at", "Nix daemon disconnected"])
        && !says(&["builder for", "build of", "Cannot build"])
    {
        "the nix daemon broke off while it built".to_owned()
    } else {
        return None;
    };
    let help = "this says nothing of the configuration: look at the memory and at `journalctl -u nix-daemon` where it was built, then run it again";
    let error = DriverError::new(ErrorKind::Other, message).said(last_lines(said)).help(help);
    (!is_disk_full(said)).then_some(error)
}

/// What to do about a nix over there that cannot be spoken with (nix `src/libstore/legacy-ssh-store.cc`, `remote-store.cc`).
pub(crate) fn advice(said: &[String], address: &str) -> Option<String> {
    let says = |text: &str| said.iter().any(|line| line.contains(text));
    if says("cannot open connection to remote store 'daemon'") {
        Some(format!(
            "the nix daemon there breaks off, as it does with a full disk: ssh {address} 'df /nix; journalctl -u nix-daemon'"
        ))
    } else if says("cannot connect to socket at") {
        Some(format!(
            "the nix daemon there does not run: ssh {address} systemctl status nix-daemon.socket nix-daemon"
        ))
    } else if says("nix-store: command not found")
        || says("nix-store: not found")
        || says("Unknown command: nix-store")
    {
        Some(format!("nix-store is not on the PATH that commands have there: ssh {address} 'echo $PATH'"))
    } else if says("protocol mismatch") {
        Some(format!(
            "something there prints before every command; its login shell must be silent: ssh {address} true"
        ))
    } else if says("unexpected end-of-file") {
        Some(format!("nix broke off there: ssh {address} journalctl -u nix-daemon; then run it again"))
    } else {
        None
    }
}

/// Whether a store refused paths that nobody signed whom it trusts (nix `src/libstore/local-store.cc`; 2.8 says "a
/// valid signature", newer versions "a signature by a trusted key").
pub(crate) fn is_unsigned(said: &[String]) -> bool {
    said.iter().any(|line| {
        line.contains("lacks a valid signature") || line.contains("lacks a signature by a trusted key")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn refusals_of_both_wordings_are_known() {
        assert!(is_unsigned(&lines(
            "error: cannot add path '/nix/store/4j5jj9dn4iz9g9rmcf1fxnjfq2a2q40s-linux' because it lacks a valid signature"
        )));
        assert!(is_unsigned(&lines(
            "error: cannot add path '/nix/store/4j5jj9dn4iz9g9rmcf1fxnjfq2a2q40s-linux' because it lacks a signature by a trusted key"
        )));
        assert!(is_disk_full(&lines("error: writing to file: No space left on device")));
        assert!(!is_unsigned(&lines("error: build failed")));
    }

    #[test]
    fn a_busy_cache_is_no_news() {
        assert!(!is_told("warning: SQLite database '/root/.cache/nix/eval-cache-v3/4f.sqlite' is busy"));
        assert!(is_told("error: SQLite database '/nix/var/nix/db/db.sqlite' is busy"));
        assert!(is_told("error: build failed"));
    }

    #[test]
    fn warnings_about_settings_are_not_the_error() {
        let said = lines(
            "warning: Git tree '/x' is dirty\nerror: attribute 'luna' missing\n\n       at flake.nix:1",
        );
        assert_eq!(last_lines(&said), ["error: attribute 'luna' missing", "       at flake.nix:1"]);
    }
}

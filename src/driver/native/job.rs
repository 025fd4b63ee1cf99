//! Follows a job on a host through lost connections, and keeps the end of its log.

use super::{Native, probe};
use crate::driver::ssh::{Answer, Connection, Destination, Privilege, Script};
use crate::driver::tool::Limits;
use crate::driver::{DriverError, ErrorKind, Io, Output};
use crate::model::Host;
use crate::process::{Stop, Stream};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Pause between tries to reach a host again.
const PAUSE: Duration = Duration::from_millis(500);
/// How long an answer may take of a host that was out of reach until the deadline.
const HEARD: Duration = Duration::from_secs(10);
/// How many lines of a log are kept for an error.
const KEPT: usize = 15;

/// Passes lines on and keeps the last ones.
pub(super) struct Tail<'a> {
    inner: &'a dyn Output,
    lines: Mutex<VecDeque<String>>,
}

impl<'a> Tail<'a> {
    pub(super) fn new(inner: &'a dyn Output) -> Self {
        Self { inner, lines: Mutex::default() }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Output for Tail<'_> {
    fn line(&self, stream: Stream, line: &str) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
        drop(lines);
        self.inner.line(stream, line);
    }
}

/// A script that can be sent again when its connection is lost: what it has done it does not do twice.
pub(super) struct Resumable<'a> {
    pub(super) host: &'a Host,
    pub(super) privilege: &'a Privilege,
    pub(super) connection: Connection,
    pub(super) deadline: Instant,
    /// How much longer an answer may take of a host that is in reach.
    pub(super) further: Duration,
    /// For how much longer a host that is out of reach is looked for.
    pub(super) patience: Duration,
    /// Makes the script, given how many lines of its output were heard already.
    pub(super) script: &'a dyn Fn(u64) -> Script,
    /// Takes each answer, also one that broke off.
    pub(super) hear: &'a dyn Fn(&Answer),
}

impl Native {
    /// Sends a script until its answer is complete or the deadline comes. Only a second request to stop is heeded: a
    /// host must not be left half activated. Returns how many lines of output it heard as well.
    ///
    /// # Errors
    /// The last reason why there is no complete answer.
    pub(super) fn resume(&self, work: &Resumable<'_>, io: Io<'_>) -> Result<(Answer, u64), DriverError> {
        let destination = Destination::of(work.host)?;
        let mut heard = 0;
        let mut heard_late = false;
        loop {
            let script = (work.script)(heard).by(work.privilege.clone());
            // Whoever is found again late is heard, at least.
            let answered = work.deadline + work.further;
            let until = if heard_late { answered.max(Instant::now() + HEARD) } else { answered };
            let limits = Limits { heed: Stop::Terminate, deadline: Some(until), ..Limits::new(io.cancel) };
            let answer = self.ssh.run(&destination, work.connection, &script, limits, io);
            (work.hear)(&answer);
            let error = match probe::complete(work.host, &answer) {
                Ok(()) => {
                    heard += answer.lines;
                    return Ok((answer, heard));
                }
                Err(error) => error,
            };
            heard += answer.lines;
            let stopped = io.cancel.requested().is_some_and(|stop| stop >= Stop::Terminate);
            // What ends all processes of a login, or the memory's keeper, ends what follows the job, and not the job.
            let killed = answer.begun() && matches!(answer.end, Ok(code) if code > 128);
            let again = killed
                || matches!(
                    error.kind,
                    ErrorKind::ConnectionLost
                        | ErrorKind::NoAnswer
                        | ErrorKind::Refused
                        | ErrorKind::NameResolution
                );
            if !again || stopped || Instant::now() + PAUSE >= work.deadline + work.patience {
                return Err(error);
            }
            heard_late = true;
            io.output.line(Stream::Stderr, &format!("{}; trying again", error.message));
            std::thread::sleep(PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    /// The job library for a directory of its own, without systemd, and with `shell` for the jobs as well.
    fn library(directory: &Path, shell: &Path) -> String {
        let text = include_str!("job.sh");
        let own = format!("{}{}{text}", include_str!("lock.sh"), include_str!("watchdog.sh"))
            .replace("/run/systemd/system", &directory.join("systemd").display().to_string())
            .replace("/run/current-system", &directory.join("current").display().to_string())
            .replace("/bin/sh", &shell.display().to_string());
        assert!(!own.contains("/run/"));
        let base = directory.display();
        format!("base={base}/base\nsay() {{ printf '%s=%s\\n' \"$1\" \"$2\"; }}\n{own}")
    }

    /// What a script prints, line by line.
    fn run(directory: &Path, shell: &Path, script: &str) -> Vec<String> {
        let script = format!("{}\n{script}", library(directory, shell));
        let output = Command::new(shell).args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{}", shell.display());
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn jobs_run_in_every_shell_and_are_started_once() {
        for name in ["sh", "bash", "busybox"] {
            let Ok(shell) = which::which(name) else {
                eprintln!("SKIPPED: jobs were not tested with {name}, which is not on PATH");
                continue;
            };
            let directory = tempfile::tempdir().unwrap();
            let link = directory.path().join("sh");
            std::os::unix::fs::symlink(shell, &link).unwrap();
            let start = "job_make j 'echo one; sleep 0.1; echo two; printf part; (exit 3)' 'echo; echo three; (exit 4)'; job_start j 60 3600\n";
            let first = run(directory.path(), &link, &format!("{start}job_follow j rc 0; say rc \"$rc\""));
            assert_eq!(first, ["way=process", "one", "two", "part", "rc=3"]);
            // Sent again, after two lines were heard.
            let again = run(directory.path(), &link, &format!("{start}job_follow j rc 2; say rc \"$rc\""));
            assert_eq!(again, ["part", "rc=3"]);
            let rest =
                run(directory.path(), &link, "job_tell j go; job_follow j rc.commit 2; say rc \"$rc\"");
            assert_eq!(rest, ["part", "three", "rc=4"]);
        }
    }

    #[test]
    fn a_job_that_dies_has_no_code_and_one_that_is_told_to_leave_ends() {
        let directory = tempfile::tempdir().unwrap();
        let shell = which::which("sh").unwrap();
        let script =
            "job_make j 'kill -9 $$; sleep 1' ''; job_start j 60 3600; job_follow j rc 0; say rc \"$rc\"";
        let lines = run(directory.path(), &shell, script);
        assert_eq!(lines.last().map(String::as_str), Some("rc="));
        let script = "job_make k : 'echo never'; job_start k 60 3600; job_follow k rc 0; job_tell k leave; job_follow k left 0; say rc \"$rc\"; [ -e $base/k/rc.commit ] || say left 1";
        assert_eq!(run(directory.path(), &shell, script), ["way=process", "rc=0", "left=1"]);
    }

    #[test]
    fn a_job_that_hears_nothing_goes_back_by_itself() {
        let directory = tempfile::tempdir().unwrap();
        let shell = which::which("sh").unwrap();
        let script = "job_make j : :; echo 'echo back' >$base/j/back; job_start j 1 3600; job_follow j left 0; \
             job_tell j go; [ -e $base/j/rc.commit ] || say uncommitted 1";
        assert_eq!(run(directory.path(), &shell, script), ["way=process", "back", "uncommitted=1"]);
    }

    #[test]
    fn without_units_a_job_is_ended_with_all_that_it_has_begun() {
        let directory = tempfile::tempdir().unwrap();
        let shell = which::which("sh").unwrap();
        let began = directory.path().join("began");
        let script = format!(
            "job_make j 'limited sh -c \"sleep 600 & echo \\$! >{began}; wait\"' ''; job_start j 60 3600; \
             until [ -s {began} ]; do sleep 0.1; done; read -r pid <{began}; job_stop j; \
             kill -0 $pid 2>/dev/null && say lives $pid; [ -e $base/j ] || say cleared 1",
            began = began.display()
        );
        assert_eq!(run(directory.path(), &shell, &script), ["way=process", "cleared=1"]);
    }

    #[test]
    fn a_program_of_a_job_is_ended_after_its_limit() {
        let directory = tempfile::tempdir().unwrap();
        let shell = which::which("sh").unwrap();
        let script = "job_make j 'limited sleep 600; echo on' ''; job_start j 60 1; job_follow j rc 0";
        assert_eq!(run(directory.path(), &shell, script), ["way=process", "on"]);
    }

    fn script(program: &Path, text: &str) {
        std::fs::create_dir_all(program.parent().unwrap()).unwrap();
        std::fs::write(program, format!("#!/bin/sh\n{text}")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(program, mode).unwrap();
    }

    /// A job whose text never ends, with a watchdog for `seconds`; the old system's program says so in the log.
    fn hangs(directory: &Path, seconds: u32) -> String {
        let old = directory.join("old");
        let activate = format!(
            "echo \"old system: $1\"\nln -sfn {} {}\n",
            old.display(),
            directory.join("current").display()
        );
        script(&old.join("bin/switch-to-configuration"), &activate);
        format!(
            "job_make fleet-switch-h 'exec sleep 60' :; watchdog_arm fleet-switch-h {} /new {seconds} 3600; \
             job_start fleet-switch-h 60 3600\n",
            old.display()
        )
    }

    #[test]
    fn without_systemd_a_job_that_hangs_is_brought_back_all_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let shell = which::which("sh").unwrap();
        let wait = "until went_back fleet-switch-h; do sleep 0.1; done; tail -n 1 $base/fleet-switch-h/log";
        let lines = run(directory.path(), &shell, &format!("{}{wait}", hangs(directory.path(), 2)));
        assert_eq!(lines, ["watchdog=process", "way=process", "old system: test"]);
    }

    #[test]
    fn a_timer_that_does_not_wait_brings_nothing_back_early_and_is_disarmed() {
        let directory = tempfile::tempdir().unwrap();
        let shell = which::which("sh").unwrap();
        std::fs::create_dir(directory.path().join("systemd")).unwrap();
        // It runs everything at once, as the stand-ins in containers do, and knows no units to stop.
        let at_once = "while [ \"$1\" != -- ]; do shift; done\nshift\n\"$@\" >/dev/null 2>&1 &\n";
        script(&directory.path().join("bin/systemd-run"), at_once);
        script(&directory.path().join("bin/systemctl"), "exit 5\n");
        let fakes = format!("PATH={}:$PATH\n", directory.path().join("bin").display());
        let ends = "until [ -s $base/fleet-switch-h/watchdog ] && [ -s $base/fleet-switch-h/pid ]; do sleep 0.1; done; \
             read -r watchdog <$base/fleet-switch-h/watchdog; unset job; job_stop fleet-switch-h; \
             while kill -0 $watchdog 2>/dev/null; do sleep 0.1; done; [ -e $base/returned ] || say returned 0";
        let lines = run(directory.path(), &shell, &format!("{fakes}{}{ends}", hangs(directory.path(), 600)));
        assert_eq!(lines, ["watchdog=timer", "way=unit", "returned=0"]);
    }
}

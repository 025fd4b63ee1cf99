//! A lease that a host holds while something is done to it: a command there that ends when its session does, whoever or
//! whatever ends that.

use super::Native;
use super::job::Tail;
use crate::driver::ssh::{Answer, Destination, Script};
use crate::driver::tool::Limits;
use crate::driver::{DriverError, ErrorKind, Io};
use crate::model::{Host, Quiesce};
use crate::process::{Cancel, Stop, Stream};
use std::io::{self, PipeWriter, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, channel};
use std::time::{Duration, Instant};

const QUIESCE: &str = include_str!("quiesce.sh");
/// How often the host gets a sign of life.
const BEAT: Duration = Duration::from_secs(5);
/// How long a host waits for one: a link that is gone tells nobody.
const SILENT: Duration = Duration::from_secs(30);
/// How long the command may take to end by the end of its input, and again by SIGTERM.
const GRACE: Duration = Duration::from_secs(5);
/// How long the host may take to tell that it has ended.
const ENDING: Duration = Duration::from_secs(20);
/// How often a request to stop is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// The lease is held; that the channel closes is its end.
struct Held;

impl Native {
    pub(super) fn hold(
        &self,
        host: &Host,
        quiesce: &Quiesce,
        work: &mut dyn FnMut(),
        io: Io<'_>,
    ) -> Result<Option<String>, DriverError> {
        let destination = Destination::of(host)?;
        let ready = quiesce.ready.as_ref().map(|ready| ready.raw().to_owned());
        let script = Script::new(QUIESCE)
            .variable("COMMAND", quiesce.script.raw())
            .variable("READY", ready.as_deref().unwrap_or_default())
            .variable("SILENT", SILENT.as_secs().to_string())
            .variable("GRACE", GRACE.as_secs().to_string());
        let unfed = |error: io::Error| {
            DriverError::new(ErrorKind::Other, format!("no pipe for the lease of {}: {error}", host.name))
        };
        let (feed, writer) = io::pipe().map_err(unfed)?;
        let tail = Tail::new(io.output);
        let heard = Io { output: &tail, cancel: io.cancel };
        let given_up = Cancel::new();
        std::thread::scope(|scope| {
            let (alive, over) = channel::<()>();
            let text = script.text();
            scope.spawn(move || show_life(writer, &text, &over));
            let (tell, news) = channel();
            let (ssh, script, given_up) = (&self.ssh, &script, &given_up);
            let by_line = ready.is_none();
            let session = scope.spawn(move || {
                let limits = Limits::new(given_up);
                ssh.run_fed(&destination, script, feed, limits, &mut |answer, line| {
                    let is_word = matches!(line, Some((Stream::Stdout, _))) && by_line && answer.begun();
                    if is_word || answer.value("ready").is_some() {
                        // Nobody waits for it any more when it is said again.
                        let _ = tell.send(Held);
                    }
                    if let Some((stream, line)) = line {
                        heard.output.line(stream, line);
                    }
                })
            });
            let waited = wait(&news, quiesce.timeout, io.cancel);
            let held = matches!(waited, Waited::Held);
            if held {
                work();
            }
            let lost = held && is_closed(&news);
            drop(alive);
            if !closes(&news, ENDING) {
                given_up.stop(Stop::Kill);
            }
            let answer = session.join().unwrap_or_else(|_| Answer::new());
            match waited {
                Waited::Held => Ok(lost.then(|| end(&answer))),
                waited => Err(refusal(host, quiesce, &waited, &answer, tail.lines())),
            }
        })
    }
}

/// Writes the script and then a line from time to time, until the other end of `over` is gone; with it goes the pipe.
fn show_life(mut writer: PipeWriter, text: &str, over: &Receiver<()>) {
    let mut is_heard = writer.write_all(text.as_bytes()).is_ok();
    while is_heard && over.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
        is_heard = writer.write_all(b"\n").is_ok();
    }
}

/// What waiting for a lease came to.
enum Waited {
    Held,
    Ended,
    TooLong,
    Stopped,
}

fn wait(news: &Receiver<Held>, longest: Duration, cancel: &Cancel) -> Waited {
    let until = Instant::now().checked_add(longest);
    loop {
        match news.recv_timeout(LOOK) {
            Ok(Held) => return Waited::Held,
            Err(RecvTimeoutError::Disconnected) => return Waited::Ended,
            Err(RecvTimeoutError::Timeout) if cancel.is_requested() => return Waited::Stopped,
            Err(RecvTimeoutError::Timeout) if until.is_some_and(|until| Instant::now() >= until) => {
                return Waited::TooLong;
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Whether the session has ended.
fn is_closed(news: &Receiver<Held>) -> bool {
    loop {
        match news.try_recv() {
            Ok(Held) => {}
            Err(TryRecvError::Empty) => return false,
            Err(TryRecvError::Disconnected) => return true,
        }
    }
}

/// Whether the session ends in time.
fn closes(news: &Receiver<Held>, longest: Duration) -> bool {
    let until = Instant::now() + longest;
    loop {
        match news.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Held) => {}
            Err(RecvTimeoutError::Timeout) => return false,
            Err(RecvTimeoutError::Disconnected) => return true,
        }
    }
}

/// How a lease ended that nobody had ended.
fn end(answer: &Answer) -> String {
    match (&answer.end, answer.value("code")) {
        (Err(error), _) => error.message.clone(),
        (Ok(_), Some(code)) => format!("its command ended with exit code {code}"),
        (Ok(_), None) => "its session ended".to_owned(),
    }
}

/// Why there is no lease.
fn refusal(
    host: &Host,
    quiesce: &Quiesce,
    waited: &Waited,
    answer: &Answer,
    said: Vec<String>,
) -> DriverError {
    let name = &host.name;
    let help = format!("nothing was changed on {name}");
    if let Some(why) = answer.value("refused") {
        let message = format!("{name} cannot hold the lease of `quiesce`: {why}");
        return DriverError::new(ErrorKind::MissingProgram, message).help(help);
    }
    match (waited, &answer.end) {
        (Waited::Stopped, _) => DriverError::new(ErrorKind::Cancelled, "stopped before the lease was held"),
        (Waited::TooLong, _) => {
            let seconds = quiesce.timeout.as_secs_f64();
            let message = format!("{name} does not hold the lease of `quiesce` within {seconds} s");
            DriverError::new(ErrorKind::TimedOut, message).said(said).help(help)
        }
        (_, Err(error)) => error.clone(),
        (_, Ok(_)) => {
            let message = format!("{name} does not hold the lease of `quiesce`: {}", end(answer));
            DriverError::new(ErrorKind::Refusal, message).said(said).help(help)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::QUIESCE;
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    /// What the script says where its session ends at once, or where nothing comes any more; `end` says which.
    fn said(shell: &std::path::Path, command: &str, ready: &str, ends: bool) -> Vec<String> {
        let library =
            "say() { printf '%s%s=%s\\n' \"$MARK\" \"$1\" \"$2\"; }\nMARK=mark:\nSILENT=0.5\nGRACE=0.3\n";
        let mut child = Command::new(shell)
            .arg("-s")
            .env("COMMAND", command)
            .env("READY", ready)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(format!("{library}{QUIESCE}").as_bytes()).unwrap();
        let open = (!ends).then_some(input);
        let output = child.wait_with_output().unwrap();
        drop(open);
        let mut lines: Vec<String> =
            String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
        // They come by two ways.
        lines.sort();
        lines
    }

    #[test]
    fn a_lease_ends_with_its_session_and_where_nothing_comes_any_more() {
        for name in ["sh", "bash", "busybox"] {
            let Ok(shell) = which::which(name) else {
                eprintln!("SKIPPED: leases were not tested with {name}, which is not on PATH");
                continue;
            };
            let directory = tempfile::tempdir().unwrap();
            let link = directory.path().join("sh");
            std::os::unix::fs::symlink(shell, &link).unwrap();
            for ends in [true, false] {
                let lines = said(&link, "echo held; cat; echo let go; exit 4", "", ends);
                assert_eq!(lines, ["held", "let go", "mark:code=4", "mark:end=1"], "{name}");
                // One that reads nothing, and what it has started.
                let lines = said(&link, "sleep 1000 & echo $!; exec sleep 1000", "", ends);
                assert_eq!(lines[1..], ["mark:code=143", "mark:end=1"], "{name}");
                // What has ended and was not yet waited for has no words left.
                let child = std::fs::read(format!("/proc/{}/cmdline", lines[0]));
                assert!(child.unwrap_or_default().is_empty(), "{name}: {} is left", lines[0]);
            }
            // One that will not end.
            let lines = said(&link, "trap '' TERM; while :; do sleep 1; done", "true", true);
            assert_eq!(lines, ["mark:end=1", "mark:ready=1"], "{name}");
            // One that ends by itself, before it is ready.
            assert_eq!(said(&link, "exit 5", "false", false), ["mark:code=5", "mark:end=1"], "{name}");
        }
    }
}

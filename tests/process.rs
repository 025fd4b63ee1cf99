//! Processes through the public interface: exit codes, signals, groups, time-outs, output.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as the tests do")]

use fleet::process::{
    Cancel, Capture, Environment, GroupSpool, Input, Outlet, PrefixPump, Process, Pump, Reaction, Signals,
    Sink, SpawnErrorKind, Stop,
};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Long enough that a test which waits for it has clearly gone wrong.
const FOR_EVER: &str = "600";

fn sh<'a>(script: &str) -> Process<'a> {
    let mut process = Process::new("/bin/sh").args(["-c", script]);
    process.stdin = Input::Null;
    process.stdout = Sink::Capture(usize::MAX);
    process.stderr = Sink::Capture(usize::MAX);
    process
}

fn output(script: &str) -> String {
    String::from_utf8(sh(script).run(&Cancel::new()).unwrap().stdout).unwrap()
}

/// Waits until a file has contents: the process has got that far.
fn wait_for(path: &Path) -> String {
    loop {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if text.ends_with('\n') {
            return text;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn is_running(pid: &str) -> bool {
    let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid())).unwrap_or_default();
    // A zombie waits for whoever inherited it and runs no longer.
    rustix::process::test_kill_process(pid).is_ok() && !state.contains(") Z ")
}

fn wait_until_gone(pid: &str) {
    while is_running(pid) {
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn the_code_and_both_streams_come_back() {
    let exit = sh("echo out; echo err >&2; exit 3").run(&Cancel::new()).unwrap();
    assert_eq!((exit.code, exit.timed_out), (3, false));
    assert_eq!((exit.stdout.as_slice(), exit.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
}

#[test]
fn a_signal_is_128_and_its_number() {
    assert_eq!(sh("kill -9 $$").run(&Cancel::new()).unwrap().code, 137);
    assert_eq!(sh("kill -TERM $$").run(&Cancel::new()).unwrap().code, 143);
}

#[test]
fn sigpipe_is_as_it_was_before_us() {
    // Rust programs ignore SIGPIPE; a child that inherited that would see a write error instead.
    let exit = sh("(while :; do echo y; done; echo survived >&2) | :").run(&Cancel::new()).unwrap();
    assert_eq!(String::from_utf8(exit.stderr).unwrap(), "");
}

#[test]
fn merged_streams_keep_their_order() {
    let mut process = sh("echo 1; echo 2 >&2; echo 3; echo 4 >&2");
    process.stderr = Sink::Merge;
    assert_eq!(process.run(&Cancel::new()).unwrap().stdout, b"1\n2\n3\n4\n");
}

#[test]
fn the_environment_and_the_directory_are_whole() {
    let dir = tempfile::tempdir().unwrap();
    let mut process = sh("/usr/bin/env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD=; pwd -P");
    let env: Environment = Arc::new(vec![("ONLY".into(), "a b".into())]);
    process.env = Some(env);
    process.dir = Some(dir.path().to_owned());
    let exit = process.run(&Cancel::new()).unwrap();
    let real = dir.path().canonicalize().unwrap();
    assert_eq!(String::from_utf8(exit.stdout).unwrap(), format!("ONLY=a b\n{}\n", real.display()));
}

#[test]
fn input_larger_than_a_pipe_goes_through_and_unread_input_is_no_error() {
    let mut process = sh("wc -c");
    process.stdin = Input::Bytes(vec![b'x'; 3_000_000]);
    let exit = process.run(&Cancel::new()).unwrap();
    assert_eq!(String::from_utf8(exit.stdout).unwrap().trim(), "3000000");
    let mut process = sh("exit 4");
    process.stdin = Input::Bytes(vec![b'x'; 3_000_000]);
    assert_eq!(process.run(&Cancel::new()).unwrap().code, 4);
}

#[test]
fn what_cannot_be_started_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let plain = dir.path().join("plain");
    std::fs::write(&plain, "text").unwrap();
    let scriptless = dir.path().join("scriptless");
    std::fs::write(&scriptless, "echo").unwrap();
    rustix::fs::chmod(&scriptless, rustix::fs::Mode::from_raw_mode(0o755)).unwrap();
    let missing = dir.path().join("missing");
    for (path, kind) in [
        (&missing, SpawnErrorKind::NotFound),
        (&plain, SpawnErrorKind::NotExecutable),
        (&dir.path().to_owned(), SpawnErrorKind::IsDirectory),
        (&scriptless, SpawnErrorKind::Format),
    ] {
        let error = Process::new(path.clone()).run(&Cancel::new()).unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
    let mut process = sh(":");
    process.dir = Some(missing.clone());
    let error = process.run(&Cancel::new()).unwrap_err();
    assert_eq!((error.kind, error.path), (SpawnErrorKind::NoDirectory, missing));
    let mut process = sh(":");
    process.args.extend((0..40).map(|_| "x".repeat(120_000).into()));
    assert_eq!(process.run(&Cancel::new()).unwrap_err().kind, SpawnErrorKind::TooLong);
}

#[test]
fn nothing_starts_after_a_request_to_stop() {
    let cancel = Cancel::new();
    cancel.stop(Stop::Interrupt);
    assert_eq!(sh(":").run(&cancel).unwrap_err().kind, SpawnErrorKind::Cancelled);
}

#[test]
fn a_time_out_interrupts_and_after_the_grace_kills_the_whole_group() {
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    let script = format!(
        "trap 'echo interrupted' INT; (trap '' INT; exec sleep {FOR_EVER}) & echo $! > {}; \
                          while :; do sleep 0.01; done",
        pid.display()
    );
    let mut process = sh(&script);
    process.group = true;
    process.timeout = Some(Duration::from_millis(300));
    process.grace = Duration::from_millis(200);
    let exit = process.run(&Cancel::new()).unwrap();
    assert!(exit.timed_out);
    assert_eq!((exit.code, exit.stdout.as_slice()), (137, &b"interrupted\n"[..]));
    wait_until_gone(&wait_for(&pid));
}

#[test]
fn a_time_out_reaches_the_descendants_in_our_own_group() {
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    let mut process = sh(&format!("sh -c 'echo $$ > {}; exec sleep {FOR_EVER}'; echo after", pid.display()));
    process.timeout = Some(Duration::from_millis(300));
    let exit = process.run(&Cancel::new()).unwrap();
    assert!(exit.timed_out);
    assert_eq!(exit.code, 130);
    wait_until_gone(&wait_for(&pid));
}

#[test]
fn each_step_of_a_request_is_passed_on() {
    let dir = tempfile::tempdir().unwrap();
    let (ready, seen) = (dir.path().join("ready"), dir.path().join("seen"));
    let script = format!(
        "trap 'echo INT >> {1}' INT; trap 'echo TERM >> {1}' TERM; echo > {0}; while :; do sleep 0.01; done",
        ready.display(),
        seen.display()
    );
    let cancel = Cancel::new();
    let running = {
        let cancel = cancel.child();
        std::thread::spawn(move || {
            let mut process = sh(&script);
            process.group = true;
            process.run(&cancel).unwrap()
        })
    };
    wait_for(&ready);
    cancel.stop(Stop::Interrupt);
    assert_eq!(wait_for(&seen), "INT\n");
    cancel.stop(Stop::Terminate);
    while wait_for(&seen) != "INT\nTERM\n" {}
    cancel.stop(Stop::Kill);
    let exit = running.join().unwrap();
    assert_eq!((exit.code, exit.timed_out), (137, false));
}

#[test]
fn a_grandchild_that_keeps_the_pipe_open_does_not_hold_us_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    // `setsid` takes it out of our reach: it lives on and keeps the pipe.
    let script =
        format!("setsid sh -c 'echo $$ > {}; exec sleep {FOR_EVER}' & sleep {FOR_EVER}", pid.display());
    let cancel = Cancel::new();
    let running = {
        let cancel = cancel.clone();
        std::thread::spawn(move || {
            let mut process = sh(&script);
            process.group = true;
            process.run(&cancel).unwrap()
        })
    };
    let grandchild = wait_for(&pid);
    cancel.stop(Stop::Kill);
    assert_eq!(running.join().unwrap().code, 137);
    assert!(is_running(&grandchild));
    sh(&format!("kill -9 {grandchild}")).run(&Cancel::new()).unwrap();
}

#[test]
fn output_of_a_background_process_is_waited_for() {
    assert_eq!(output("(sleep 0.2; echo late) & echo early"), "early\nlate\n");
}

#[test]
fn a_limit_bounds_what_is_kept_and_not_what_is_read() {
    let mut process = sh("head -c 5000000 /dev/zero; echo done >&2");
    process.stdout = Sink::Capture(10);
    let exit = process.run(&Cancel::new()).unwrap();
    assert_eq!((exit.stdout.len(), exit.stderr.as_slice()), (10, &b"done\n"[..]));
}

/// Keeps what an outlet is given.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn prefixes_stand_before_each_of_100_mb_of_lines() {
    let lines = 2_000_000;
    let script =
        format!("yes 0123456789012345678901234567890123456789012345678 | head -n {lines}; printf 'no end'");
    let kept = Kept::default();
    let mut pump = PrefixPump::new("[p] ", Outlet::new(kept.clone()));
    let mut process = sh(&script);
    process.stdout = Sink::Pump(&mut pump);
    assert!(process.run(&Cancel::new()).unwrap().success());
    let written = kept.0.lock().unwrap();
    let mut rest = written.as_slice();
    let line = b"[p] 0123456789012345678901234567890123456789012345678\n";
    for _ in 0..lines {
        assert!(rest.starts_with(line));
        rest = &rest[line.len()..];
    }
    assert_eq!(rest, b"[p] no end\n");
}

#[test]
fn prefixes_do_not_depend_on_how_the_output_is_cut() {
    let text = b"a\n\nbc\nd";
    for size in 1..=text.len() {
        let kept = Kept::default();
        let mut pump = PrefixPump::new("> ", Outlet::new(kept.clone()));
        for chunk in text.chunks(size) {
            pump.take(chunk).unwrap();
        }
        pump.end().unwrap();
        assert_eq!(kept.0.lock().unwrap().as_slice(), b"> a\n> \n> bc\n> d\n", "buffers of {size}");
    }
}

#[test]
fn a_group_is_written_in_one_piece_and_only_if_there_is_something() {
    for bytes in [0_usize, 10, 3 << 20] {
        let kept = Kept::default();
        let mut spool = GroupSpool::new();
        let mut process = sh(&format!("head -c {bytes} /dev/zero"));
        process.stdout = Sink::Pump(&mut spool);
        process.stderr = Sink::Merge;
        process.run(&Cancel::new()).unwrap();
        assert_eq!(spool.is_empty(), bytes == 0);
        spool.replay(&Outlet::new(kept.clone()), b"begin\n", b"end\n").unwrap();
        let written = kept.0.lock().unwrap();
        let expected = [&b"begin\n"[..], &vec![0; bytes], b"end\n"].concat();
        assert!(*written == if bytes == 0 { Vec::new() } else { expected }, "{bytes} bytes");
    }
}

#[test]
fn a_sink_that_fails_closes_the_pipe_and_is_told() {
    struct Full;
    impl Pump for Full {
        fn take(&mut self, _bytes: &[u8]) -> std::io::Result<()> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
    }
    let mut full = Full;
    let mut process = Process::new("/usr/bin/env").args(["yes"]);
    process.stdout = Sink::Pump(&mut full);
    let exit = process.run(&Cancel::new()).unwrap();
    assert_eq!(exit.code, 128 + 13);
    assert_eq!(exit.output_error.unwrap().kind(), std::io::ErrorKind::BrokenPipe);
}

#[test]
fn files_are_sinks_and_inputs() {
    let mut from = tempfile::tempfile().unwrap();
    from.write_all(b"text").unwrap();
    std::io::Seek::rewind(&mut from).unwrap();
    let mut to = tempfile::tempfile().unwrap();
    let mut process = sh("cat; echo more >&2");
    process.stdin = Input::File(from);
    process.stdout = Sink::File(to.try_clone().unwrap());
    process.stderr = Sink::Merge;
    process.run(&Cancel::new()).unwrap();
    std::io::Seek::rewind(&mut to).unwrap();
    let mut text = String::new();
    to.read_to_string(&mut text).unwrap();
    assert_eq!(text, "textmore\n");
}

#[test]
fn many_processes_at_once_do_not_hold_each_others_pipes() {
    let threads: Vec<_> = (0..16)
        .map(|n| {
            std::thread::spawn(move || (0..10).map(|_| output(&format!("echo {n}"))).collect::<Vec<_>>())
        })
        .collect();
    for (n, thread) in threads.into_iter().enumerate() {
        assert_eq!(thread.join().unwrap(), vec![format!("{n}\n"); 10]);
    }
}

#[test]
fn signals_are_counted_and_their_policy_decides() {
    // One test for all of it: signals reach the whole test program.
    let cancel = Cancel::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let signals = {
        let seen = Arc::clone(&seen);
        Signals::listen(&cancel, move |signal, count| {
            seen.lock().unwrap().push((signal.name(), count));
            if count < 3 { Reaction::Ignore } else { Reaction::Stop(Stop::Interrupt) }
        })
        .unwrap()
    };
    // No thread: whoever waits for a process listens.
    let ours = std::process::id();
    let exit = sh(&format!("kill -INT {ours}; sleep 0.1; kill -HUP {ours}; sleep 0.1")).run(&cancel).unwrap();
    assert_eq!(exit.code, 0, "ignored by the policy");
    assert_eq!(*seen.lock().unwrap(), [("interrupt", 1), ("hangup", 2)]);
    // A thread: heard while nobody waits.
    signals.in_thread().unwrap();
    sh(&format!("kill -TERM {ours}")).run(&Cancel::new()).unwrap();
    while signals.count() < 3 {
        std::thread::sleep(Duration::from_millis(1));
    }
    while !cancel.is_requested() {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(seen.lock().unwrap().last(), Some(&("terminated", 3)));
}

#[test]
fn a_capture_says_what_it_dropped() {
    let mut capture = Capture::new(3);
    capture.take(b"ab").unwrap();
    capture.take(b"cde").unwrap();
    assert_eq!(capture.dropped(), 2);
    assert_eq!(capture.into_bytes(), b"abc");
}

//! `--watch`, as somebody sees it who changes files beside it. Nothing is timed: each test waits for what must happen.
#![cfg(test)]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as the tests do")]

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Long enough that a test which waits for it has clearly gone wrong.
const DEADLINE: Duration = Duration::from_secs(120);

/// A program that watches, and the directory it does so in.
struct Watching {
    dir: TempDir,
    child: Child,
}

impl Watching {
    /// Starts `task` with these words in a directory with this Taskfile and with `src/a.txt`.
    fn task(taskfile: &str, words: &str) -> Self {
        Self::start("task", taskfile, words)
    }

    fn start(name: &str, taskfile: &str, words: &str) -> Self {
        let dir = tempfile::Builder::new().prefix("watch-").tempdir().unwrap();
        fs::create_dir(dir.path().join("src")).unwrap();
        fs::write(dir.path().join("src/a.txt"), "1").unwrap();
        fs::write(dir.path().join("Taskfile.yml"), format!("version: '3'\n{taskfile}")).unwrap();
        let program = dir.path().join(name);
        symlink(env!("CARGO_BIN_EXE_fleet"), &program).unwrap();
        let output = |name: &str| File::create(dir.path().join(name)).unwrap();
        let child = Command::new(program)
            .args(words.split_whitespace())
            .current_dir(dir.path())
            .env("HOME", dir.path())
            .env_remove("XDG_CACHE_HOME")
            // Both would colour what is looked for.
            .env_remove("CI")
            .env_remove("FORCE_COLOR")
            .stdin(Stdio::null())
            .stdout(output("out"))
            .stderr(output("err"))
            .spawn()
            .unwrap();
        Self { dir, child }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes at one stroke, or a run might begin between the opening and the writing.
    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(".new"), text).unwrap();
        fs::rename(self.path(".new"), self.path(name)).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Waits until a file holds a line so many times; gives all of it.
    fn wait_for(&self, file: &str, line: &str, times: usize) -> String {
        let text = || self.read(file);
        let told = || format!("{line} in {file}:\n{}\n{}", self.read("out"), self.read("err"));
        until(|| text().lines().filter(|found| *found == line).count() >= times, told);
        text()
    }

    /// Ends it with a signal; gives the exit code.
    fn end(mut self, signal: Signal) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let status = self.child.wait().unwrap();
        assert_eq!(status.signal(), None);
        status.code()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn until(done: impl Fn() -> bool, told: impl Fn() -> String) {
    let end = Instant::now() + DEADLINE;
    while !done() {
        assert!(Instant::now() < end, "still waiting for {}", told());
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn is_running(pid: &str) -> bool {
    let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    let state = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid())).unwrap_or_default();
    // A zombie waits for whoever inherited it and runs no longer.
    test_kill_process(pid).is_ok() && !state.contains(") Z ")
}

fn wait_until_gone(pid: &str) {
    until(|| !is_running(pid), || format!("the end of {pid}"));
}

/// What a command wrote there, once it is whole.
fn written(path: &Path) -> String {
    let text = || fs::read_to_string(path).unwrap_or_default();
    until(|| text().ends_with('\n'), || path.display().to_string());
    text()
}

const PLAIN: &str = "
tasks:
  w:
    sources: ['src/**/*.txt']
    cmds: ['cat src/a.txt; echo']
";

const FINISHED: &str = "task: task \"w\" finished running";

#[test]
fn a_changed_source_runs_the_task_again() {
    let watching = Watching::task(PLAIN, "--watch w");
    watching.wait_for("err", FINISHED, 1);
    watching.write("src/a.txt", "changed");
    watching.wait_for("out", "changed", 1);
    let told = watching.wait_for("err", FINISHED, 2);
    let mut lines = told.lines();
    assert_eq!(lines.next(), Some("task: Started watching for tasks: w"));
    assert_eq!(lines.next(), Some("task: [w] cat src/a.txt; echo"));
    assert_eq!(watching.end(Signal::INT), Some(0));
}

#[test]
fn sigterm_is_no_failure_and_a_hangup_is() {
    for (signal, code) in [(Signal::TERM, 0), (Signal::HUP, 129)] {
        let watching = Watching::task(PLAIN, "-w w");
        watching.wait_for("err", FINISHED, 1);
        assert_eq!(watching.end(signal), Some(code));
    }
}

#[test]
fn a_source_that_is_moved_over_or_removed_counts() {
    let watching = Watching::task(PLAIN, "-w w");
    watching.wait_for("err", FINISHED, 1);
    watching.write("src/a.txt", "moved");
    watching.wait_for("out", "moved", 1);
    File::create(watching.path("src/b.txt")).unwrap();
    watching.wait_for("err", FINISHED, 3);
    fs::remove_file(watching.path("src/b.txt")).unwrap();
    watching.wait_for("err", FINISHED, 4);
}

#[test]
fn files_in_new_directories_count() {
    let taskfile = "
tasks:
  w:
    sources: ['src/**/*.txt', 'later/*.txt']
    method: none
    cmds: ['find src later -name \"*.txt\" || true']
";
    let watching = Watching::task(taskfile, "-w w");
    watching.wait_for("err", FINISHED, 1);
    fs::create_dir_all(watching.path("src/x/y")).unwrap();
    watching.write("src/x/y/b.txt", "");
    watching.wait_for("out", "src/x/y/b.txt", 1);
    fs::create_dir(watching.path("later")).unwrap();
    watching.write("later/c.txt", "");
    watching.wait_for("out", "later/c.txt", 1);
}

#[test]
fn what_is_no_source_starts_nothing() {
    let watching = Watching::task(PLAIN, "-v -w w");
    watching.wait_for("err", FINISHED, 1);
    watching.wait_for("out", "task: watching new dir: src", 1);
    watching.write("src/b.md", "");
    watching.wait_for("err", "task: skipped for file not in sources: src/b.md", 1);
    watching.write("src/a.txt", "changed");
    let told = watching.wait_for("err", FINISHED, 2);
    assert_eq!(told.matches("task: \"w\" started").count(), 2, "{told}");
}

#[test]
fn what_git_writes_starts_nothing() {
    let taskfile = "
tasks:
  w:
    sources: ['**/*']
    method: none
    cmds: ['true']
";
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("repo/.git")).unwrap();
    let taskfile =
        taskfile.replace("cmds:", &format!("dir: '{}'\n    cmds:", dir.path().join("repo").display()));
    let watching = Watching::task(&taskfile, "-v -w w");
    watching.wait_for("err", FINISHED, 1);
    let hg = dir.path().join("repo/.hg");
    fs::create_dir(&hg).unwrap();
    watching.wait_for("err", &format!("task: event skipped for being an ignored dir: {}", hg.display()), 1);
    fs::write(dir.path().join("repo/file"), "").unwrap();
    let told = watching.wait_for("err", FINISHED, 2);
    assert_eq!(told.matches("task: \"w\" started").count(), 2, "{told}");
}

#[test]
fn sources_of_dependencies_and_called_tasks_count() {
    let taskfile = "
tasks:
  w: {deps: [d], cmds: [{task: 'c'}, {defer: {task: e}}]}
  d: {sources: [src/d], cmds: [echo d]}
  c: {sources: [src/c], cmds: [echo c]}
  e: {sources: [src/e], cmds: [echo e]}
";
    let watching = Watching::task(taskfile, "-w w");
    watching.wait_for("err", FINISHED, 1);
    for (rounds, name) in [(2, "d"), (3, "c"), (4, "e")] {
        watching.write(&format!("src/{name}"), name);
        watching.wait_for("err", FINISHED, rounds);
    }
}

#[test]
fn dynamic_variables_are_anew() {
    let taskfile = "
tasks:
  w:
    vars: {A: {sh: cat src/a.txt}}
    sources: ['src/*']
    cmds: ['echo got {{.A}}']
";
    let watching = Watching::task(taskfile, "-w w");
    watching.wait_for("out", "got 1", 1);
    watching.write("src/a.txt", "2");
    watching.wait_for("out", "got 2", 1);
}

#[test]
fn a_change_stops_the_run_with_all_its_processes() {
    let taskfile = "
tasks:
  w:
    sources: ['src/*']
    cmds: ['echo $$ > pid; (sleep 600; true) & echo $! > below; wait']
";
    let watching = Watching::task(taskfile, "-w w");
    let (first, below) = (written(&watching.path("pid")), written(&watching.path("below")));
    for name in ["pid", "below"] {
        fs::remove_file(watching.path(name)).unwrap();
    }
    watching.write("src/a.txt", "2");
    wait_until_gone(&first);
    wait_until_gone(&below);
    let second = written(&watching.path("pid"));
    assert_ne!(first, second);
    // What was stopped has not failed.
    assert!(!watching.read("err").contains("Failed"));
    assert_eq!(watching.end(Signal::TERM), Some(0));
    wait_until_gone(&second);
}

#[test]
fn what_ignores_the_interrupt_is_killed() {
    let taskfile = "
tasks:
  w:
    sources: ['src/*']
    cmds: ['sh -c ''trap \"\" INT; echo $$ > pid; while :; do sleep 0.05; done''']
";
    let watching = Watching::task(taskfile, "-w w");
    let first = written(&watching.path("pid"));
    fs::remove_file(watching.path("pid")).unwrap();
    watching.write("src/a.txt", "2");
    assert_ne!(written(&watching.path("pid")), first);
    assert!(!is_running(&first));
}

#[test]
fn failures_end_nothing() {
    let taskfile = "
tasks:
  w:
    sources: ['src/*']
    cmds: ['cat src/a.txt; exit 3']
";
    let watching = Watching::task(taskfile, "-w w");
    watching.wait_for("err", "task: Failed to run task \"w\": exit status 3", 1);
    watching.write("src/a.txt", "2");
    watching.wait_for("err", "task: Failed to run task \"w\": exit status 3", 2);
}

#[test]
fn a_task_that_does_not_exist_is_refused_before_anything() {
    let mut watching = Watching::task(PLAIN, "-w nope");
    assert_eq!(watching.child.wait().unwrap().code(), Some(200));
    assert!(watching.read("err").contains("Task \"nope\" does not exist"));
}

#[test]
fn a_task_may_ask_to_be_watched() {
    let taskfile = "
tasks:
  once: {cmds: [echo one]}
  w: {watch: true, sources: ['src/*'], cmds: [cat src/a.txt; echo]}
";
    let watching = Watching::task(taskfile, "w once");
    watching.wait_for("err", FINISHED, 1);
    watching.write("src/a.txt", "2");
    watching.wait_for("err", FINISHED, 2);
    assert_eq!(watching.read("out"), "one\n1\n2\n");
    assert!(watching.read("err").starts_with("task: [once] echo one\ntask: Started watching for tasks: w\n"));
    assert_eq!(watching.end(Signal::INT), Some(0));
}

#[test]
fn run_once_is_once_for_task_and_once_a_round_for_fleet() {
    let taskfile = "
tasks:
  w: {deps: [o, o], sources: ['src/*'], cmds: [echo w]}
  o: {run: once, cmds: [echo o]}
";
    for (name, words, expected) in [("task", "-w w", "o\nw\nw\n"), ("fleet", "run --watch w", "o\nw\no\nw\n")]
    {
        let watching = Watching::start(name, taskfile, words);
        watching.wait_for("err", FINISHED, 1);
        watching.write("src/a.txt", "2");
        watching.wait_for("err", FINISHED, 2);
        assert_eq!(watching.read("out"), expected, "{name}");
    }
}

#[test]
fn fleet_refuses_an_interval_that_is_none() {
    for words in ["run --watch --interval soon w", "run --interval 5s w"] {
        let mut watching = Watching::start("fleet", PLAIN, words);
        assert_eq!(watching.child.wait().unwrap().code(), Some(2), "{words}");
        assert!(watching.read("err").contains("--interval") || watching.read("err").contains("--watch"));
    }
}

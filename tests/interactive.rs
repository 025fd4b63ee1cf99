//! Questions at a terminal, as go-task 3.54 asks them with `--interactive` and for `prompt:`.
#![cfg(test)]

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

const TASKFILE: &str = r#"
version: "3"
silent: true
tasks:
  text: {requires: {vars: [NAME]}, cmds: ['echo "text {{.NAME}}"']}
  choice: {requires: {vars: [{name: KIND, enum: [dev, stage, prod]}]}, cmds: ['echo "choice {{.KIND}}"']}
  deps:
    requires: {vars: [FIRST]}
    deps: [text, choice]
    cmds: ['echo "deps {{.FIRST}} {{.NAME}}"', {task: later}]
  later: {requires: {vars: [LATE, NAME]}, cmds: ['echo "later {{.LATE}} {{.NAME}}"', {task: sees}]}
  sees: 'echo "sees {{.LATE}}"'
  calls: {cmds: [echo before, {task: text}]}
  prompted: {requires: {vars: [NAME]}, prompt: 'Sure, {{.NAME}}?', cmds: [echo prompted]}
"#;

/// What `task` did at a terminal.
struct Talk {
    code: i32,
    /// What it printed to the terminal.
    stdout: String,
    /// What it printed to standard error.
    stderr: String,
}

/// Runs `task` at a terminal.
fn talk(line: &str, answers: &[(&str, &str)]) -> Talk {
    talk_to("task", line, answers)
}

/// Runs the program by a name at a terminal. Each answer is typed when its question stands on standard error.
fn talk_to(program: &str, line: &str, answers: &[(&str, &str)]) -> Talk {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("Taskfile.yml"), TASKFILE).unwrap();
    let task = dir.path().join(program);
    symlink(env!("CARGO_BIN_EXE_fleet"), &task).unwrap();
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let slave = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    let mut child = Command::new(task)
        .args(line.split_whitespace())
        .current_dir(&dir)
        .env("NO_COLOR", "1")
        .env_remove("CI")
        .stdin(slave.try_clone().unwrap())
        .stdout(slave)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut master = File::from(master);
    let mut terminal = master.try_clone().unwrap();
    let printed = std::thread::spawn(move || {
        let (mut all, mut some) = (Vec::new(), [0; 4096]);
        // A terminal that nobody has open any more is an error on Linux, not an end.
        while let Ok(count @ 1..) = terminal.read(&mut some) {
            all.extend_from_slice(&some[..count]);
        }
        all
    });
    let mut stderr = child.stderr.take().unwrap();
    let (mut all, mut some, mut answered) = (String::new(), [0; 4096], 0);
    let mut answers = answers.iter();
    let mut next = answers.next();
    while let Ok(count @ 1..) = stderr.read(&mut some) {
        all.push_str(&String::from_utf8_lossy(&some[..count]));
        if let Some((question, keys)) = next
            && all[answered..].contains(question)
        {
            master.write_all(keys.as_bytes()).unwrap();
            answered = all.len();
            next = answers.next();
        }
    }
    assert_eq!(next, None, "was not asked for; standard error: {all}");
    let code = child.wait().unwrap().code().unwrap();
    let stdout = String::from_utf8(printed.join().unwrap()).unwrap().replace('\r', "");
    Talk { code, stdout, stderr: all }
}

#[test]
fn a_missing_variable_is_asked_for_on_standard_error() {
    let talk = talk("text --interactive", &[("? Enter value for NAME: > ", "Bobx\u{7f}\r")]);
    assert_eq!((talk.code, &*talk.stdout), (0, "text Bob\n"));
    assert!(talk.stderr.ends_with("\r\x1b[J"), "nothing is left of the question: {:?}", talk.stderr);
}

#[test]
fn of_allowed_values_one_is_chosen() {
    let question = "? Select value for KIND:\r\n\u{276f} dev\r\n  stage\r\n  prod\r\n";
    let chosen = |keys| talk("choice --interactive", &[(question, keys)]);
    for (keys, value) in
        [("\r", "dev"), ("\x1b[B\r", "stage"), ("jjj\r", "prod"), ("\x1b[B\x1b[B\x1b[A\r", "stage")]
    {
        assert_eq!(chosen(keys).stdout, format!("choice {value}\n"), "{keys:?}");
    }
    let talk = chosen("j\x1b");
    assert_eq!(talk.code, 205);
    assert!(
        talk.stderr.ends_with("task: Task \"interactive prompt\" cancelled by user\n"),
        "{}",
        talk.stderr
    );
}

#[test]
fn what_dependencies_need_is_asked_for_before_anything_runs_and_once() {
    let answers = [("FIRST: > ", "1\r"), ("NAME: > ", "n\r"), ("KIND:", "\r"), ("LATE: > ", "l\r")];
    let talk = talk("deps -C 1 --interactive", &answers);
    // Of several dependencies the last one begins (go-task 3.54).
    assert_eq!(talk.stdout, "choice dev\ntext n\ndeps 1 n\nlater l n\nsees l\n", "{}", talk.stderr);
}

#[test]
fn who_gives_no_answer_ends_the_run() {
    for keys in ["\x03", "\x1b"] {
        let talk = talk("calls --interactive", &[("NAME: > ", keys)]);
        assert_eq!((talk.code, &*talk.stdout), (205, "before\n"));
        let end = "task: Failed to run task \"calls\": task: Task \"text\" cancelled by user\n";
        assert!(talk.stderr.ends_with(end), "{}", talk.stderr);
    }
}

#[test]
fn the_terminal_is_as_it_was_for_the_prompt_that_follows() {
    // Its question is on standard output: the answer is typed ahead, behind that to the first one.
    let talk = talk("prompted --interactive", &[("NAME: > ", "n\ry\n")]);
    assert_eq!(talk.code, 0, "{}", talk.stderr);
    assert!(talk.stdout.contains("Sure, n? [y/N]: "), "{}", talk.stdout);
    assert!(talk.stdout.ends_with("prompted\n"), "{}", talk.stdout);
}

#[test]
fn nobody_is_asked_without_the_flag_or_when_all_is_given() {
    let missing = talk("text", &[]);
    assert_eq!(missing.code, 206);
    assert_eq!(
        missing.stderr,
        "task: Task \"text\" cancelled because it is missing required variables: NAME\n"
    );
    assert_eq!(talk("text --interactive NAME=x", &[]).stdout, "text x\n");
    assert_eq!(talk("text --interactive NAME=", &[]).stdout, "text \n");
}

#[test]
fn fleet_asks_by_itself() {
    fn talk(line: &str, answers: &[(&str, &str)]) -> Talk {
        talk_to("fleet", line, answers)
    }
    let named = talk("run text", &[("? Enter value for NAME: > ", "Bob\r")]);
    assert_eq!((named.code, &*named.stdout), (0, "text Bob\n"), "{}", named.stderr);
    let given = talk("run text NAME=Ann", &[]);
    assert_eq!((given.code, &*given.stdout), (0, "text Ann\n"));
    let question = "? Select value for KIND:\r\n\u{276f} dev\r\n  stage\r\n  prod\r\n";
    assert_eq!(talk("run choice", &[(question, "\x1b[B\r")]).stdout, "choice stage\n");
    // Everything that is needed is asked for before anything runs.
    let late = talk("run calls", &[("? Enter value for NAME: > ", "Bob\r")]);
    assert_eq!((late.code, &*late.stdout), (0, "before\ntext Bob\n"));
    let cancelled = talk("run text", &[("? Enter value for NAME: > ", "\x03")]);
    assert_eq!((cancelled.code, &*cancelled.stdout), (205, ""));
    assert!(cancelled.stderr.contains("a question was not answered"), "{}", cancelled.stderr);
    for line in ["run text --yes", "run text --json"] {
        let unattended = talk(line, &[]);
        assert_eq!(unattended.code, 206, "{line}");
        assert!(unattended.stderr.contains("needs the variable `NAME`"), "{}", unattended.stderr);
    }
}

//! Scripts through the public interface, with the streams and codes that go-task 3.54 gives.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as the tests do")]

use fleet::driver::{Script, ShellError};
use fleet::process::{Cancel, Input, Sink};
use std::path::Path;
use std::sync::Arc;

/// Exit code, standard output, standard error.
type Ran = (i32, String, String);

struct Case<'a> {
    dir: &'a Path,
    env: &'a [(&'a str, &'a str)],
    set: &'a [&'a str],
    shopt: &'a [&'a str],
}

impl Default for Case<'_> {
    fn default() -> Self {
        Self { dir: Path::new("/"), env: &[], set: &[], shopt: &[] }
    }
}

impl Case<'_> {
    fn try_run(&self, text: &str) -> Result<Ran, ShellError> {
        let mut env = vec![("PATH".into(), std::env::var_os("PATH").unwrap())];
        env.extend(self.env.iter().map(|(name, value)| (name.into(), value.into())));
        let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        let (set, shopt) = (owned(self.set), owned(self.shopt));
        let mut script = Script::new(text, self.dir, Arc::new(env));
        (script.set, script.shopt) = (&set, &shopt);
        script.stdin = Input::Null;
        script.stdout = Sink::Capture(usize::MAX);
        script.stderr = Sink::Capture(usize::MAX);
        let exit = script.run(&Cancel::new())?;
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ok((exit.code, text(exit.stdout), text(exit.stderr)))
    }

    fn run(&self, text: &str) -> Ran {
        self.try_run(text).unwrap()
    }
}

fn run(text: &str) -> Ran {
    Case::default().run(text)
}

fn ran(code: i32, stdout: &str, stderr: &str) -> Ran {
    (code, stdout.to_owned(), stderr.to_owned())
}

#[test]
fn a_script_ends_at_the_first_failure() {
    assert_eq!(run("echo a; false; echo b"), ran(1, "a\n", ""));
    assert_eq!(run("echo a\n(exit 7)\necho b"), ran(7, "a\n", ""));
    assert_eq!(run("set +e; false; echo b"), ran(0, "b\n", ""));
}

#[test]
fn it_calls_itself_gosh() {
    assert_eq!(run("echo $0 $#; : ${x:=}"), ran(0, "gosh 0\n", ""));
}

#[test]
fn options_are_set() {
    assert_eq!(run("false | true; echo on").0, 0);
    let pipefail = Case { set: &["pipefail"], ..Case::default() };
    assert_eq!(pipefail.run("false | true; echo on"), ran(1, "", ""));
    let xtrace = Case { set: &["x"], ..Case::default() };
    assert_eq!(xtrace.run("echo hi"), ran(0, "hi\n", "+ echo hi\n"));
    let bogus = Case { set: &["bogus"], ..Case::default() };
    assert_eq!(bogus.try_run("echo hi").unwrap_err().to_string(), "invalid option: \"bogus\"");
    let bogus = Case { shopt: &["bogus"], ..Case::default() };
    assert_eq!(bogus.try_run("echo hi").unwrap_err().to_string(), "invalid option name: \"bogus\"");
}

#[test]
fn nothing_is_read_before_the_script() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("env");
    std::fs::write(&file, "echo intruder\n").unwrap();
    let env = [("BASH_ENV", file.to_str().unwrap()), ("ENV", file.to_str().unwrap())];
    let case = Case { env: &env, ..Case::default() };
    assert_eq!(case.run("true | cat; echo ${BASH_ENV##*/}"), ran(0, "env\n", ""));
}

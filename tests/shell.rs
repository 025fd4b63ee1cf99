//! Scripts through the public interface, with the streams and codes that go-task 3.54 gives.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as the tests do")]

use fleet::driver::{Dialect, Script, ShellError};
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
    dialect: Dialect,
}

impl Default for Case<'_> {
    fn default() -> Self {
        Self { dir: Path::new("/"), env: &[], set: &[], shopt: &[], dialect: Dialect::Bash }
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
        script.dialect = self.dialect;
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

/// A directory with some files: `sub/`, `link` to it, `file.txt`, `older.txt`, `script.sh`, `plain` (a script without `#!`).
fn fixture() -> tempfile::TempDir {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    std::fs::create_dir(path("sub")).unwrap();
    symlink("sub", path("link")).unwrap();
    std::fs::write(path("file.txt"), "hello\n").unwrap();
    std::fs::write(path("older.txt"), "").unwrap();
    let old = std::time::SystemTime::UNIX_EPOCH;
    std::fs::File::options().write(true).open(path("older.txt")).unwrap().set_modified(old).unwrap();
    for (name, text) in
        [("script.sh", "#!/bin/sh\necho \"script $# $2\"\n"), ("plain", "echo plain \"$0\" \"$@\"\n")]
    {
        std::fs::write(path(name), text).unwrap();
        std::fs::set_permissions(path(name), PermissionsExt::from_mode(0o755)).unwrap();
    }
    dir
}

/// What go-task 3.54 gives for each script in the fixture; `DIR` stands for its path.
#[track_caller]
fn same(cases: &[(&str, i32, &str, &str)]) {
    for (text, code, stdout, stderr) in cases {
        let dir = fixture();
        let path = dir.path().canonicalize().unwrap();
        let env = [("HOME", "/home/me"), ("OLDPWD", "/old")];
        let case = Case { dir: &path, env: &env, ..Case::default() };
        assert_eq!(Script::is_understood(text), Ok(()), "{text}");
        let whole = |text: &str| text.replace("DIR", path.to_str().unwrap());
        assert_eq!(case.run(text), (*code, whole(stdout), whole(stderr)), "{text}");
    }
}

#[test]
fn echo_and_printf_are_go_tasks() {
    same(&[
        ("echo -ne 'a\\tb'", 0, "-ne a\\tb\n", ""),
        ("echo -n a; echo -e 'x\\ty'; echo -E 'a\\tb'", 0, "ax\ty\na\\tb\n", ""),
        ("echo -n -e 'a\\x41\\101\\u00e9\\q'", 0, "aAAé\\q", ""),
        ("printf '%s-%d|%5s|%-5s|%05d\\n' a 3 b c 7", 0, "a-3|    b|c    |00007\n", ""),
        ("printf '%s\\n' a b c", 0, "a\nb\nc\n", ""),
        ("printf '%x %o %u %i %c\\n' 255 8 3 4 hello", 0, "ff 10 3 4 h\n", ""),
        ("printf '%d %d\\n' 1 2 3", 0, "1 2\n3 0\n", ""),
        ("printf '%%|%b|\\n' 'a\\tb'", 0, "%|a\tb|\n", ""),
        ("printf '%q\\n' x", 1, "", "invalid format char: q\n"),
        ("printf", 2, "", "usage: printf format [arguments]\n"),
        ("printf '%'", 1, "", "missing format char\n"),
    ]);
}

#[test]
fn directories_change_by_name_and_errors_say_which() {
    same(&[
        ("cd sub && pwd && cd - && pwd", 0, "DIR/sub\nDIR\nDIR\n", ""),
        ("cd link; pwd; pwd -P", 0, "DIR/link\nDIR/sub\n", ""),
        ("(cd sub; pwd); pwd", 0, "DIR/sub\nDIR\n", ""),
        ("cd nowhere || echo $?", 0, "1\n", "cd: no such file or directory: \"nowhere\"\n"),
        ("cd file.txt", 1, "", "cd: no such file or directory: \"file.txt\"\n"),
        ("cd ''", 1, "", "cd: empty directory path\n"),
        ("cd a b", 2, "", "usage: cd [dir]\n"),
        ("pwd -x", 2, "", "invalid option: \"-x\"\n"),
        ("cd sub; env | grep -c PWD= || true", 0, "0\n", ""),
        ("env | grep PWD=", 0, "OLDPWD=/old\n", ""),
    ]);
}

#[test]
fn what_cannot_be_run_is_127_with_the_reason() {
    same(&[
        ("nosuchcommand", 127, "", "\"nosuchcommand\": executable file not found in $PATH\n"),
        ("./nope || echo $?", 0, "127\n", "stat DIR/nope: no such file or directory\n"),
        ("./file.txt || echo $?", 0, "127\n", "permission denied\n"),
        ("./sub || echo $?", 0, "127\n", "is a directory\n"),
        ("./plain a b", 0, "plain ./plain a b\n", ""),
        ("./script.sh a 'b c'", 0, "script 2 b c\n", ""),
        ("\"$PWD/script.sh\" a b", 0, "script 2 b\n", ""),
        ("nosuchcommand | cat; echo $?", 0, "0\n", "\"nosuchcommand\": executable file not found in $PATH\n"),
        ("sh -c 'kill -9 $$' || echo $?", 0, "137\n", ""),
    ]);
}

#[test]
fn failures_end_a_script_where_they_count() {
    same(&[
        ("true && false; echo no", 1, "", ""),
        ("false && true; echo $?", 0, "1\n", ""),
        ("! true; echo $?", 0, "1\n", ""),
        ("! { false; }; echo no", 1, "", ""),
        ("(exit 7); echo no", 7, "", ""),
        ("(false; echo no) || echo yes", 0, "yes\n", ""),
        ("{ false; echo yes; } || echo no", 0, "yes\n", ""),
        ("if false; then echo a; fi; echo $?", 0, "0\n", ""),
        ("x=$(false); echo no", 1, "", ""),
        ("echo $(false) on", 0, "on\n", ""),
        ("for i in a b; do false; done; echo no", 1, "", ""),
        ("set +e; false; echo $?", 0, "1\n", ""),
        ("set -o pipefail; ls nosuch 2>/dev/null | cat; echo no", 2, "", ""),
        ("ls nosuch 2>/dev/null | cat; echo $?", 0, "0\n", ""),
        ("exit -1", 255, "", ""),
        ("exit abc", 2, "", "invalid exit status code: \"abc\"\n"),
        ("set -u; echo ${NOPE:-d}; echo $NOPE", 1, "d\n", "NOPE: unbound variable\n"),
        ("set -z", 2, "", "set: invalid option: \"-z\"\n"),
    ]);
}

#[test]
fn redirections_open_files_and_join_streams() {
    same(&[
        ("echo x > out; echo y >> out; cat < out", 0, "x\ny\n", ""),
        ("echo x > /nonexistent/x", 1, "", "open /nonexistent/x: no such file or directory\n"),
        ("cat < missing || echo $?", 0, "1\n", "open DIR/missing: no such file or directory\n"),
        ("echo x > sub || echo $?", 0, "1\n", "open DIR/sub: is a directory\n"),
        ("sh -c 'echo out; echo err >&2' > out 2>&1; cat out", 0, "out\nerr\n", ""),
        ("sh -c 'echo out; echo err >&2' 2>&1 >/dev/null", 0, "err\n", ""),
        ("sh -c 'echo out; echo err >&2' 1>&2", 0, "", "out\nerr\n"),
        ("{ echo a; echo b >&2; } > out 2>&1; cat out", 0, "a\nb\n", ""),
        ("for i in a b; do cat; done < file.txt", 0, "hello\n", ""),
        ("cat <<< \"$HOME\"", 0, "/home/me\n", ""),
    ]);
}

#[test]
fn words_expand_once_and_in_order() {
    same(&[
        ("echo *.txt '*.txt' \\*.txt *.nope", 0, "file.txt older.txt *.txt *.txt *.nope\n", ""),
        ("echo {a,b}c ~ ~/x '~'", 0, "ac bc /home/me /home/me/x ~\n", ""),
        ("X='a  b'; echo $X; echo \"$X\"; export Y=$X; env | grep ^Y=", 0, "a b\na  b\nY=a  b\n", ""),
        ("FOO=1; env | grep FOO=", 1, "", ""),
        ("FOO=1 env | grep ^FOO; echo \"[$FOO]\"", 0, "FOO=1\n[]\n", ""),
        ("export A=1; unset A; env | grep ^A= || echo gone", 0, "gone\n", ""),
        ("echo \"$(printf 'a\\n\\n')|\" $(echo 'b  c')", 0, "a| b c\n", ""),
        ("echo a#b # comment", 0, "a#b\n", ""),
        ("case ab in x|a*) echo yes;; *) echo no;; esac", 0, "yes\n", ""),
        ("for i in 1 2 3; do [ $i = 2 ] && continue; echo $i; done", 0, "1\n3\n", ""),
        ("echo hello | tr a-z A-Z | rev", 0, "OLLEH\n", ""),
        ("yes | head -n 2", 0, "y\ny\n", ""),
    ]);
}

#[test]
fn tests_ask_about_files_texts_and_numbers() {
    same(&[
        ("[ -d sub -a -f file.txt ] && [ ! -e nope ] && [ -L link ] && echo ok", 0, "ok\n", ""),
        ("[ a = b -o 2 -gt 1 ] && test file.txt -nt older.txt && echo ok", 0, "ok\n", ""),
        ("[ '(' a = a ')' ] && [ -n $NOPE ] && [ ] || echo $?", 0, "1\n", ""),
        ("[ a = ]", 2, "", "1:1: = must be followed by a word\n"),
        ("[ a", 2, "", "1:1: [: missing matching ]\n"),
        ("[ a b ]", 2, "", "1:1: not a valid test operator: `b`\n1:1: b must be followed by a word\n"),
        ("true &&\n  test a b c", 2, "", "2:3: not a valid test operator: `b`\n"),
        (
            "X=1 [ a b c ] || echo $([ 1 -lt ])",
            0,
            "\n",
            "1:5: not a valid test operator: `b`\n1:25: -lt must be followed by a word\n",
        ),
        ("[ ! = x ]", 2, "", "1:1: not a valid test operator: `x`\n1:1: x must be followed by a word\n"),
    ]);
}

#[test]
fn what_is_not_understood_is_left_to_a_real_shell_as_a_whole() {
    for text in [
        "echo a & wait",
        "f() { echo x; }; f",
        "[[ a =~ ^b ]]",
        "echo $((1 + 1))",
        "trap 'echo x' EXIT",
        "eval echo x",
        "x=(a b)",
        "echo `echo a`",
        "cat file | while read x; do echo $x; done",
        "$COMMAND x",
        "cat <<EOF\nunclosed",
        "echo ${x/#a/b}",
        "echo ${x/a/&&}",
        "echo ${PIPESTATUS[0]} $SECONDS",
        "case a in a) echo 1;& b) echo 2;; esac",
        "cat < <(echo a)",
        "echo \"${x:-'a'}\"",
        "break",
    ] {
        assert!(Script::is_understood(text).is_err(), "{text}");
    }
    let deep = format!("{}true{}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(Script::is_understood(&deep).is_err());
    assert_eq!(run("x=1; f() { echo $((x + 1)); }; f"), ran(0, "2\n", ""));
}

#[test]
fn conditions_here_documents_and_parameters_are_understood() {
    same(&[
        ("[[ abc == a* && ! -d file.txt ]] && [[ abc != \"a*\" ]] && echo ok", 0, "ok\n", ""),
        ("[[ ( 2 -lt 10 || a < b ) && -z $NOPE ]] && echo ok", 0, "ok\n", ""),
        ("[[ a == b ]]; echo no", 1, "", ""),
        (
            "cat <<EOF | tr a-z A-Z\nhome $HOME \\$x $(echo sub) \"q\"\nEOF\necho after",
            0,
            "HOME /HOME/ME $X SUB \"Q\"\nafter\n",
            "",
        ),
        ("cat <<'A' <<-B; echo end\n$raw\nA\n\ttabs\n\tB\n", 0, "tabs\nend\n", ""),
        (
            "f=a/b.tar.gz; echo ${f%.gz} ${f##*/} ${f#*/} ${f:2:1} ${f: -2}",
            0,
            "a/b.tar b.tar.gz b.tar.gz b gz\n",
            "",
        ),
        ("echo ${NEW:=x} $NEW; env | grep -c ^NEW || true", 0, "x x\n0\n", ""),
        ("echo a; echo ${NOPE:?is needed}; echo no", 1, "a\n", "NOPE: is needed\n"),
        ("echo $'a\\tb' \"$@\" x", 0, "a\tb x\n", ""),
        ("sh -c 'echo $#' x \"$@\" \"$*\"", 0, "1\n", ""),
        (
            "x=foobar; echo ${x/o/0} ${x//o/0} ${x/o} \"${x//[aeiou]/_}\" ${x/b*/}",
            0,
            "f0obar f00bar fobar f__b_r foo\n",
            "",
        ),
        (
            "x='a b c'; y=b; echo \"${x// /_}|${x/$y/ Z }|${x/*b/}|${NOPE/a/b}|${x/q/r}\"",
            0,
            "a_b_c|a  Z  c| c||a b c\n",
            "",
        ),
        ("x=a/b/c; echo ${x//\\//-} ${x/}", 0, "a-b-c a/b/c\n", ""),
    ]);
}

#[test]
fn what_is_wrong_in_every_shell_is_said_with_its_place() {
    for (text, message) in [
        ("echo \"a", "1:6: reached EOF without closing quote `\"`"),
        ("echo ok\nfi", "2:1: `fi` can only be used to end an `if`"),
        ("if true; then echo", "1:1: `if` statement must end with `fi`"),
        ("if true; then", "1:10: `then` must be followed by a statement list"),
        ("while true", "1:1: `while <cond>` must be followed by `do`"),
        ("for i in a; do echo", "1:1: `for` statement must end with `done`"),
        ("case a in a) echo", "1:1: `case` statement must end with `esac`"),
        ("{ echo a", "1:1: reached EOF without matching `{` with `}`"),
        ("echo a &&", "1:8: `&&` must be followed by a statement"),
        ("echo a;; echo b", "1:7: `;;` can only be used in a case clause"),
        ("echo a; )", "1:9: `)` can only be used to close a subshell"),
        ("| cat", "1:1: `|` can only immediately follow a statement"),
        ("echo >", "1:6: `>` must be followed by a word"),
        ("echo a > ; cat", "1:8: `>` must be followed by a word"),
        ("echo <<", "1:6: `<<` must be followed by a word"),
        ("cat <<EOF\nunclosed", "1:5: unclosed here-document `EOF`"),
        ("echo (", "1:1: `foo(` must be followed by `)`"),
        ("echo a (b)", "1:8: a command can only contain words and redirects; encountered `(`"),
        ("echo a )", "1:8: a command can only contain words and redirects; encountered `)`"),
        ("X=1 (a)", "1:5: a command can only contain words and redirects; encountered `(`"),
        ("(echo a) b", "1:10: statements must be separated by &, ; or a newline"),
        ("echo $(echo", "1:6: reached EOF without matching `$(` with `)`"),
        ("echo `", "1:6: reached EOF without closing quote \"`\""),
        ("echo $'a", "1:6: reached EOF without closing quote `'`"),
        ("echo ${x", "1:6: reached EOF without matching `${` with `}`"),
        ("echo ${}", "1:8: invalid parameter name"),
        ("echo ${x.y}", "1:9: not a valid parameter expansion operator: `.`"),
        ("a && || b", "1:3: `&&` must be followed by a statement"),
        ("!", "1:1: `!` cannot form a statement alone"),
        ("! ! true", "1:1: cannot negate a command multiple times"),
        ("for", "1:1: `for` must be followed by a literal"),
        ("for x a; do b; done", "1:1: `for foo` must be followed by `in`, `do`, `;`, or a newline"),
        ("case x y", "1:1: `case x` must be followed by `in`"),
        ("case x in ) echo;; esac", "1:11: case patterns must consist of words"),
        ("[[ ]]", "1:1: `[[` must be followed by an expression"),
        ("[[ a", "1:1: reached EOF without matching `[[` with `]]`"),
    ] {
        let error = Case::default().try_run(text).unwrap_err();
        assert_eq!(error.to_string(), message, "{text}");
    }
}

#[test]
fn a_real_shell_says_what_go_task_says() {
    let missing = "\"nosuchcommand\": executable file not found in $PATH\n";
    assert_eq!(run("f() { nosuchcommand; }; f || echo $?"), ran(0, "127\n", missing));
    assert_eq!(run("echo a b | { read x y; }; echo $y"), ran(0, "b\n", ""));
}

#[test]
fn what_mvdan_sh_lacks_is_missing_for_task_alone() {
    let go_task = |text: &str| Case { dialect: Dialect::GoTask, ..Case::default() }.run(text);
    for (text, expected) in [
        ("umask 022; echo no", ran(2, "", "umask: unsupported builtin\n")),
        ("true & kill $! || echo $?; echo on", ran(0, "2\non\n", "kill: unsupported builtin\n")),
        ("trap 'echo x' EXIT INT; echo no", ran(2, "x\n", "trap: INT: invalid signal specification\n")),
        ("trap 'echo x' EXIT; trap EXIT; (exit 3) || echo on", ran(0, "on\n", "")),
        ("f() { echo \"[$SECONDS$BASH_VERSION]\"; }; f", ran(0, "[]\n", "")),
        ("echo $SECONDS ${BASH_SOURCE[0]} ${PIPESTATUS[0]} x", ran(0, "x\n", "")),
        ("x=foobar; echo ${x/#foo/x} ${x/%bar/y}", ran(0, "foobar foobar\n", "")),
        ("f() { [[ xy == !(x|y) ]] && echo parsed; }; f", ran(0, "parsed\n", "")),
    ] {
        assert_eq!(go_task(text), expected, "{text}");
    }
    assert_eq!(run("umask 022; x=foobar; echo ${x/#foo/x}"), ran(0, "xbar\n", ""));
    let case = Case { dialect: Dialect::GoTask, env: &[("HOSTNAME", "here")], ..Case::default() };
    assert_eq!(case.run("f() { echo $HOSTNAME; }; f"), ran(0, "here\n", ""));
}

#[test]
fn an_empty_class_is_a_pattern_that_matches_nothing() {
    let case = Case { shopt: &["nullglob"], ..Case::default() };
    assert_eq!(case.run("echo 1 [$NOPE] [!] \\[\\] [a 2"), ran(0, "1 [] [a 2\n", ""));
    assert_eq!(run("echo 1 [$NOPE]"), ran(0, "1 []\n", ""));
}

proptest::proptest! {
    #[test]
    fn no_text_is_a_panic(text in "[ -~\n\u{e9}]{0,40}|([a-z]{0,3}[ \n;|&<>(){}$\"'`\\\\#!=*?~:-]{1,3}){0,20}") {
        let _ = Script::is_understood(&text);
    }

    #[test]
    fn words_of_the_language_in_any_order_are_no_panic(words in proptest::collection::vec(
        proptest::sample::select(vec![
            "if", "then", "else", "elif", "fi", "for", "in", "do", "done", "while", "case", "esac", "{", "}", "(", ")",
            ";", ";;", "\n", "&&", "||", "|", "!", "a", "$x", "${x:-y}", "$(a)", "'q'", "\"d\"", ">", "<<E", "E", "[[", "]]", "==",
        ]),
        0..25,
    )) {
        let _ = Script::is_understood(&words.join(" "));
    }
}

#[test]
fn a_script_is_ended_when_its_time_is_over() {
    for text in
        ["sleep 600; echo no", "while true; do true; done", "sleep 600 | cat", "trap '' USR1; sleep 600"]
    {
        let env = Arc::new(vec![("PATH".into(), std::env::var_os("PATH").unwrap())]);
        let mut script = Script::new(text, Path::new("/"), env);
        script.stdin = Input::Null;
        script.stdout = Sink::Capture(usize::MAX);
        script.timeout = Some(std::time::Duration::from_millis(200));
        let exit = script.run(&Cancel::new()).unwrap();
        assert!(exit.timed_out, "{text}");
        assert_eq!(exit.stdout, b"", "{text}");
    }
}

#[test]
fn a_script_stops_when_asked_to() {
    for text in ["echo begun > begun; sleep 600; echo no", "echo begun > begun; while true; do true; done"] {
        let dir = tempfile::tempdir().unwrap();
        let cancel = Cancel::new();
        let running = {
            let (path, cancel) = (dir.path().to_owned(), cancel.clone());
            std::thread::spawn(move || {
                let env = Arc::new(vec![("PATH".into(), std::env::var_os("PATH").unwrap())]);
                let mut script = Script::new(text, &path, env);
                script.stdin = Input::Null;
                script.stdout = Sink::Capture(usize::MAX);
                script.run(&cancel).unwrap()
            })
        };
        while !dir.path().join("begun").exists() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        cancel.stop(fleet::process::Stop::Interrupt);
        let exit = running.join().unwrap();
        assert_eq!((exit.code, exit.stdout.as_slice()), (130, &b""[..]), "{text}");
    }
}

#[test]
fn output_of_several_commands_goes_to_one_pump() {
    use fleet::process::{Outlet, PrefixPump};
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut pump = PrefixPump::new("> ", Outlet::new(file.reopen().unwrap()));
    let env = Arc::new(vec![("PATH".into(), std::env::var_os("PATH").unwrap())]);
    let mut script =
        Script::new("printf a; sh -c 'printf b; echo c >&2'; echo d | cat; printf e", Path::new("/"), env);
    script.stdout = Sink::Pump(&mut pump);
    script.stderr = Sink::Merge;
    script.run(&Cancel::new()).unwrap();
    assert_eq!(std::fs::read_to_string(file.path()).unwrap(), "> abc\n> d\n> e\n");
}

//! What Debian's jq 1.6 did (`tests/query/goldens`, written by `tests/query/record`) against what fleet does when it is
//! called `jq`.
#![cfg(test)]

use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/query")
}

/// Standard output, standard error, exit code.
type Done = (Vec<u8>, Vec<u8>, Option<i32>);

fn jq(args: &[String], stdin: &[u8]) -> Done {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fleet"))
        .arg0("jq")
        .args(args)
        .current_dir(here().join("files"))
        .env_clear()
        .envs([("HOME", "/home/somebody"), ("LANG", "C.UTF-8"), ("TZ", "UTC"), ("PATH", "/usr/bin:/bin")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let stdin = stdin.to_vec();
    let writer = std::thread::spawn(move || {
        let _ = input.write_all(&stdin);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    (output.stdout, output.stderr, output.status.code())
}

fn bytes(json: &Json) -> Vec<u8> {
    json.as_str().unwrap().as_bytes().to_vec()
}

fn known() -> BTreeSet<String> {
    let text = fs::read_to_string(here().join("known-differences")).unwrap();
    text.lines().filter(|line| !line.starts_with("# ") && !line.is_empty()).map(str::to_owned).collect()
}

/// Goldens of one file against what fleet does. Those in `known-differences` must differ.
fn check(name: &str) {
    let text = fs::read_to_string(here().join("goldens").join(format!("{name}.json"))).unwrap();
    let records: Vec<Json> = serde_json::from_str(&text).unwrap();
    assert!(records.len() > 50, "{name}: hardly anything is recorded");
    let known = known();
    let mut report = String::new();
    for record in &records {
        let args: Vec<String> =
            record["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap().to_owned()).collect();
        let stdin = bytes(&record["stdin"]);
        let expected: Done = (
            bytes(&record["stdout"]),
            bytes(&record["stderr"]),
            record["code"].as_i64().and_then(|code| i32::try_from(code).ok()),
        );
        let title = serde_json::to_string(&record["args"]).unwrap();
        let done = jq(&args, &stdin);
        if (done == expected) == known.contains(&title) {
            let shown = |done: &Done| {
                let (stdout, stderr) = (String::from_utf8_lossy(&done.0), String::from_utf8_lossy(&done.1));
                format!("{stdout:?} {stderr:?} {:?}", done.2)
            };
            let _ = writeln!(
                report,
                "{title} <- {:?}\n   jq: {}\n  fleet: {}",
                String::from_utf8_lossy(&stdin),
                shown(&expected),
                shown(&done)
            );
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn programs_give_what_jq_gives() {
    check("programs");
}

#[test]
fn programs_of_public_taskfiles_give_what_jq_gives() {
    check("taskfiles");
    check("taskfile-commands");
}

#[test]
fn mistakes_are_told_as_jq_tells_them() {
    check("mistakes");
}

#[test]
fn the_command_line_is_read_as_jq_reads_it() {
    check("command-line");
}

#[test]
fn every_known_difference_is_of_a_recorded_case() {
    let mut titles = BTreeSet::new();
    for entry in fs::read_dir(here().join("goldens")).unwrap() {
        let records: Vec<Json> =
            serde_json::from_str(&fs::read_to_string(entry.unwrap().path()).unwrap()).unwrap();
        titles.extend(records.iter().map(|record| serde_json::to_string(&record["args"]).unwrap()));
    }
    let unknown: Vec<String> = known().difference(&titles).cloned().collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn bytes_that_are_no_utf8_become_replacement_letters() {
    let (stdout, _, code) = jq(&["-c".into(), ".".into()], b"\"\xff\"");
    assert_eq!((stdout.as_slice(), code), ("\"\u{fffd}\"\n".as_bytes(), Some(0)));
    let args = std::ffi::OsStr::from_bytes(b"\"\xff\"");
    let output = Command::new(env!("CARGO_BIN_EXE_fleet")).arg("jq").arg("-n").arg(args).output().unwrap();
    assert_eq!(output.stdout, "\"\u{fffd}\"\n".as_bytes());
}

/// What has no end in jq, or ends it.
#[test]
fn no_program_overflows_the_stack_or_runs_idle_for_ever() {
    let deep = "reduce range(100000) as $i (0; [.])";
    let nested = format!("{}1{}", "(".repeat(20_000), ")".repeat(20_000));
    let minus = format!("1 + {}1", "-".repeat(20_000));
    let braces = "[".repeat(20_000);
    let chain = format!("1{}", "+1".repeat(20_000));
    let stages = format!(".{}", "|.".repeat(20_000));
    for program in [
        "def f: f; f",
        "def f: def g: f; g; f",
        "def f(x): x; def g: f(g); g",
        "def f: [f]; f",
        "def f: 1 + f; f",
        "def f: f | .; f",
        "def f: (f, 1); f",
        "def f: {a: f}; f",
        "def f(g): f(g | .); f(.)",
        deep,
        "null | setpath([range(100000)]; 1)",
        "[range(3000)] | map(\"a\") as $path | {} | setpath($path; 1) | tojson",
        "\"x\" * 1e10",
        "[] | .[1e9] = 1",
        nested.as_str(),
        minus.as_str(),
        braces.as_str(),
        chain.as_str(),
    ] {
        let (_, stderr, code) = jq(&["-n".into(), program.into()], b"");
        let shown = &program[..program.len().min(60)];
        let stderr = String::from_utf8_lossy(&stderr);
        assert!(matches!(code, Some(3 | 5)), "{shown}: {code:?} {}", &stderr[..stderr.len().min(300)]);
        assert!(stderr.starts_with("jq: error"), "{shown}: {}", &stderr[..stderr.len().min(300)]);
    }
    let (stdout, _, code) = jq(&["-n".into(), stages], b"");
    assert_eq!((stdout.as_slice(), code), (b"null\n".as_slice(), Some(0)));
}

/// Tail calls and generators need no room.
#[test]
fn long_runs_end_well() {
    for (program, expected) in [
        ("[limit(100000; repeat(1))] | length", "100000\n"),
        ("0 | until(. > 1000000; . + 1)", "1000001\n"),
        ("last(range(1000000))", "999999\n"),
        ("reduce range(1000000) as $i (0; . + $i)", "499999500000\n"),
        ("def f: if . > 300000 then . else . + 1 | f end; 0 | f", "300001\n"),
        ("def f: if . > 300000 then 0 else 1 + (. + 1 | f) end; 0 | f", "300001\n"),
        ("[range(100000)] | map(. + 1) | add", "5000050000\n"),
        ("[range(20000)] | .[] |= . + 1 | .[-1]", "20000\n"),
        ("reduce range(20000) as $i ({}; .[$i | tostring] = $i) | length", "20000\n"),
        ("0 | [recurse(if . < 100000 then . + 1 else empty end)] | length", "100001\n"),
    ] {
        let (stdout, stderr, code) = jq(&["-n".into(), program.into()], b"");
        let stdout = String::from_utf8_lossy(&stdout);
        assert_eq!(stdout, expected, "{program}: {} {code:?}", String::from_utf8_lossy(&stderr));
    }
}

/// What a later jq has and 1.6 refuses.
#[test]
fn what_jq_17_added_works_as_well() {
    for (program, expected) in [
        ("[.nixosConfigurations | keys.[]]", "[\"luna\"]\n"),
        ("if .none then 1 end | type", "\"object\"\n"),
        ("pick(.nixosConfigurations.luna)", "{\"nixosConfigurations\":{\"luna\":1}}\n"),
        ("\" x \" | trim", "\"x\"\n"),
        ("[skip(1; 1, 2, 3)]", "[2,3]\n"),
        ("[1, [2]] | map(toarray)", "[[1],[2]]\n"),
        ("[-5, 5 | abs]", "[5,5]\n"),
        ("\"abc\" | gsub(\"\"; \"-\")", "\"-a-b-c-\"\n"),
        ("65 | ascii", "\"A\"\n"),
    ] {
        let (stdout, stderr, code) =
            jq(&["-c".into(), program.into()], b"{\"nixosConfigurations\": {\"luna\": 1}, \"x\": 2}");
        assert_eq!(
            String::from_utf8_lossy(&stdout),
            expected,
            "{program}: {}",
            String::from_utf8_lossy(&stderr)
        );
        assert_eq!(code, Some(0), "{program}");
    }
}

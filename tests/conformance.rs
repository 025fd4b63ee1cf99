//! What the real `task` did (`tests/conformance/goldens`, written by `tests/conformance/record`) against what fleet
//! does when it is called `task`.
#![cfg(test)]

use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::num::NonZero;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

/// What using an example leaves in it.
const GENERATED: [&str; 4] = [".fleet", ".task", "runtime", ".git"];

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if GENERATED.contains(&name.as_str()) || name.starts_with("result") {
            continue;
        }
        let target = to.join(entry.file_name());
        let kind = entry.file_type().unwrap();
        if kind.is_symlink() {
            symlink(fs::read_link(entry.path()).unwrap(), target).unwrap();
        } else if kind.is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut pending = vec![root.to_owned()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                // fleet's own state is beside go-task's, which has nothing of it.
                if name != ".fleet" {
                    found.insert(format!("{name}/"), Vec::new());
                    // What a link leads to is seen where it is.
                    if !path.is_symlink() {
                        pending.push(path);
                    }
                }
            } else if path.is_file() {
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Runs one recorded line; gives what differs.
fn differences(project: &Path, record: &Json) -> String {
    let line = record["line"].as_str().unwrap();
    let (line, any_order) = line.strip_prefix('~').map_or((line, false), |line| (line, true));
    let scratch = tempfile::Builder::new().prefix("conformance-").tempdir().unwrap();
    let root = scratch.path().canonicalize().unwrap();
    let (work, home, bin) = (root.join("work"), root.join("home"), root.join("bin"));
    if let Ok(base) = fs::read_to_string(project.join("project")) {
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join(base.trim()), &work);
    }
    copy(project, &work);
    if project.join("git").is_file() {
        fs::create_dir(work.join(".git")).unwrap();
    }
    for own in ["invocations", "project", "git"] {
        let _ = fs::remove_file(work.join(own));
    }
    fs::create_dir_all(&home).unwrap();
    fs::create_dir_all(&bin).unwrap();
    symlink(env!("CARGO_BIN_EXE_fleet"), bin.join("task")).unwrap();
    let (env, arguments) = line.rsplit_once('|').unwrap_or(("", line));
    let (arguments, stdin) = match arguments.split_once(" < ") {
        Some((arguments, file)) => (arguments, fs::File::open(work.join(file.trim())).unwrap().into()),
        None => (arguments, Stdio::null()),
    };
    let before = tree(&work);
    let done = Command::new(bin.join("task"))
        .args(words(arguments))
        .current_dir(&work)
        .env_clear()
        .envs([("LANG", "C.UTF-8"), ("TZ", "UTC"), ("USER", "user")])
        .env("PATH", format!("{}:{}:/usr/bin:/bin", bin.display(), work.join("bin").display()))
        .env("HOME", &home)
        .env("TMPDIR", &root)
        .envs(words(env).iter().filter_map(|word| word.split_once('=')))
        .stdin(stdin)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(root.to_str().unwrap(), "<SCRATCH>");
    let ordered = |text: &str| {
        let mut lines: Vec<&str> = text.split('\n').collect();
        if any_order {
            lines.sort_unstable();
        }
        lines.join("\n")
    };
    let mut differences = String::new();
    let mut compare = |what: &str, expected: &str, found: &str| {
        if expected != found {
            let _ = writeln!(differences, "  {what}:\n    task:  {expected:?}\n    fleet: {found:?}");
        }
    };
    compare("exit", &record["exit"].to_string(), &done.status.code().unwrap_or(-1).to_string());
    compare("stdout", &ordered(record["stdout"].as_str().unwrap()), &ordered(&text(&done.stdout)));
    compare("stderr", &ordered(record["stderr"].as_str().unwrap()), &ordered(&text(&done.stderr)));
    let changed: Vec<String> = tree(&work)
        .iter()
        .filter(|(name, value)| before.get(*name) != Some(value))
        .map(|(name, value)| format!("{name}={:?}", text(value)))
        .collect();
    let recorded = record["files"].as_object().unwrap();
    let recorded: Vec<String> =
        recorded.iter().map(|(name, value)| format!("{name}={:?}", value.as_str().unwrap())).collect();
    compare("files", &recorded.join(" "), &changed.join(" "));
    if differences.is_empty() { differences } else { format!("task {arguments}\n{differences}") }
}

/// As a shell splits words, with single and double quotes.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in text.chars() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (Some(_), inside) => word.get_or_insert_default().push(inside),
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, space) if space.is_whitespace() => words.extend(word.take()),
            (None, plain) => word.get_or_insert_default().push(plain),
        }
    }
    words.extend(word);
    words
}

/// Every recorded call: its case and its record.
fn recorded() -> Vec<(String, Json)> {
    let mut cases: Vec<PathBuf> =
        fs::read_dir(here().join("goldens")).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    let mut all = Vec::new();
    for golden in cases {
        let name = golden.file_stem().unwrap().to_str().unwrap().to_owned();
        let records: Vec<Json> = serde_json::from_str(&fs::read_to_string(&golden).unwrap()).unwrap();
        all.extend(records.into_iter().map(|record| (name.clone(), record)));
    }
    all
}

#[test]
fn fleet_called_task_does_what_task_did() {
    let known = known_differences();
    let all = recorded();
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    let work = || {
        while let Some((name, record)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            let differences = differences(&here().join("cases").join(name), record);
            let line = format!("{name}: {}", record["line"].as_str().unwrap());
            match (differences.is_empty(), known.contains(&line)) {
                (true, true) => failures
                    .lock()
                    .unwrap()
                    .push(format!("{line}\n  is listed as different and is not: take it off the list\n")),
                (false, false) => failures.lock().unwrap().push(format!("{name}: {differences}")),
                _ => {}
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, NonZero::get) {
            scope.spawn(work);
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    assert!(all.len() >= 400, "{} goldens", all.len());
    assert!(
        failures.is_empty(),
        "{} of {} invocations differ\n{}",
        failures.len(),
        all.len(),
        failures.join("\n")
    );
}

/// `tests/conformance/known-differences`: a line each, `case: invocation`, under a comment with the reason.
fn known_differences() -> Vec<String> {
    let text = fs::read_to_string(here().join("known-differences")).unwrap();
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(ToOwned::to_owned).collect()
}

#[test]
fn every_case_is_recorded() {
    for entry in fs::read_dir(here().join("cases")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let lines = fs::read_to_string(entry.path().join("invocations")).unwrap();
        let lines: Vec<&str> =
            lines.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        let golden = fs::read_to_string(here().join("goldens").join(format!("{name}.json")))
            .unwrap_or_else(|_| panic!("{name} is not recorded: run tests/conformance/record"));
        let golden: Json = serde_json::from_str(&golden).unwrap();
        let recorded: Vec<&str> =
            golden.as_array().unwrap().iter().map(|record| record["line"].as_str().unwrap()).collect();
        assert_eq!(recorded, lines, "{name} has changed: run tests/conformance/record");
    }
}

/// The page that says which behaviour is held by which case names every case, and no other.
#[test]
fn the_page_about_the_cases_names_each() {
    let page = fs::read_to_string(here().join("README.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---")).skip(1);
    let named: BTreeSet<String> = rows
        .flat_map(|row| row.trim_end_matches(" |").rsplit(" | ").next().unwrap().split(' '))
        .map(|name| name.trim_matches('`').to_owned())
        .collect();
    let there: BTreeSet<String> = fs::read_dir(here().join("cases"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(named, there);
}

use super::*;
use crate::driver::{CheckOutcome, Output};
use crate::model::{BuildOn, Host, HostName, Platform, Shims};
use crate::process::{Cancel, Stop};
use serde_json::json;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Mutex;
use tempfile::TempDir;

#[derive(Default)]
struct Heard {
    lines: Mutex<Vec<String>>,
    /// Stopped at the first line.
    stop: Option<Cancel>,
}

impl Output for Heard {
    fn line(&self, stream: Stream, line: &str) {
        let mark = if stream == Stream::Stderr { "! " } else { "" };
        self.lines.lock().unwrap().push(format!("{mark}{line}"));
        if let Some(stop) = &self.stop {
            stop.stop(Stop::Terminate);
        }
    }
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// A directory with a plugin `fleet-p` that is this script.
fn plugin(script: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    mode(dir.path(), 0o755);
    let file = dir.path().join("fleet-p");
    std::fs::write(&file, format!("#!/bin/sh\n{script}")).unwrap();
    mode(&file, 0o755);
    dir
}

fn call(dir: &TempDir, name: &str, heard: &Heard, cancel: &Cancel) -> Result<PluginResult, DriverError> {
    let host = Host {
        name: HostName::new("luna").unwrap(),
        platform: Platform::Nixos,
        system: Some("x86_64-linux".to_owned()),
        host_name: "luna".into(),
        address: "luna.example.net".into(),
        user: None,
        port: None,
        build_on: BuildOn::Target,
        build_limits: Default::default(),
        cache: None,
        driver: Default::default(),
        tags: BTreeSet::new(),
        identity: Default::default(),
    };
    let options = json!({"greeting": "Good morning"});
    let request = PluginRequest {
        version: 1,
        plugin: name,
        pipeline: "greet",
        run: "20261123T091500Z-abc123",
        host: Some(&host),
        hosts: &[],
        options: &options,
    };
    let mut path = OsString::from(dir.path());
    path.push(":/usr/bin:/bin");
    let runner = PluginRunner {
        dir: dir.path().to_owned(),
        path: Some(path),
        commands: CommandEnvironment::new(Shims::default()),
        grace: Duration::from_millis(100),
    };
    runner.run(&request, Io { output: heard, cancel })
}

fn run(script: &str) -> (Result<PluginResult, DriverError>, Vec<String>) {
    let heard = Heard::default();
    let result = call(&plugin(script), "p", &heard, &Cancel::new());
    (result, heard.lines.into_inner().unwrap())
}

const SUCCEEDED: &str = r#"echo '{"event":"result","status":"succeeded","message":"fine"}'"#;

#[test]
fn events_become_lines_and_a_result() {
    let (result, heard) = run(&format!(
        r#"cat >request
           pwd >&2
           printf '%s\n' '{{"event":"log","line":"one\ntwo"}}'
           echo '{{"event":"progress","message":"counting","done":1,"total":3}}'
           {SUCCEEDED}"#
    ));
    let passed = PluginResult { outcome: CheckOutcome::Passed, message: Some("fine".to_owned()) };
    assert_eq!(result, Ok(passed));
    let (errors, lines): (Vec<_>, Vec<_>) = heard.iter().partition(|line| line.starts_with("! /"));
    assert_eq!(lines, ["one", "two", "counting (1/3)"]);
    assert_eq!(errors.len(), 1);
}

#[test]
fn it_gets_the_request_on_standard_input() {
    let dir = plugin(&format!("cat >request; {SUCCEEDED}"));
    call(&dir, "p", &Heard::default(), &Cancel::new()).unwrap();
    let request: serde_json::Value =
        serde_json::from_slice(&std::fs::read(dir.path().join("request")).unwrap()).unwrap();
    let text = include_str!("../../../../schema/plugin.schema.json");
    let schema: serde_json::Value = serde_json::from_str(text).unwrap();
    jsonschema::validate(&schema, &request).unwrap();
    assert_eq!(request["plugin"], "p");
    assert_eq!(request["host"]["name"], "luna");
    assert_eq!(request["options"]["greeting"], "Good morning");
}

#[test]
fn a_skip_keeps_its_reason() {
    let (result, _) = run(r#"echo '{"event":"result","status":"skipped","message":"no battery"}'"#);
    assert_eq!(result.unwrap().outcome, CheckOutcome::Skipped("no battery".to_owned()));
}

/// The text of the error, which must be one.
fn failure(script: &str) -> String {
    run(script).0.unwrap_err().to_string()
}

#[test]
fn success_takes_a_result_and_exit_code_0() {
    assert_eq!(failure(r#"echo '{"event":"result","status":"failed","message":"no"}'"#), "no");
    assert!(failure("true").starts_with("the plugin ended without a result\n"));
    let text = failure(&format!("{SUCCEEDED}; echo 'it broke' >&2; exit 3"));
    assert_eq!(text, "the plugin exited with 3, whatever its result said\n  it broke");
    let text = failure(&format!("{SUCCEEDED}; kill -9 $$"));
    assert!(text.starts_with("the plugin exited with 137"), "{text}");
}

#[test]
fn what_is_no_event_breaks_the_protocol() {
    let broken = [
        "echo hello",
        "echo",
        "printf '\\377\\376\\n'",
        "echo '[]'",
        r#"echo '{"event":"unheard of"}'"#,
        r#"echo '{"event":"log","line":"a","colour":"red"}'"#,
        r#"echo '{"event":"result","status":"good"}'"#,
        r#"printf '{"event":"log","li'"#,
    ];
    for script in broken {
        let text = failure(&format!("{script}; {SUCCEEDED}"));
        assert!(text.starts_with("the plugin does not keep to the protocol: `"), "{script}: {text}");
    }
    let text = failure(&format!("{SUCCEEDED}; {SUCCEEDED}"));
    assert!(text.contains("an event came after the result"), "{text}");
}

#[test]
fn a_plugin_that_never_stops_talking_is_stopped() {
    // Neither ends by itself.
    assert!(failure("exec yes").contains("`y` is no event"));
    assert!(failure("exec tr '\\0' x </dev/zero").contains("a line is longer than 64 KiB"));
    assert!(failure("echo garbage; exec sleep 1000").contains("`garbage` is no event"));
    assert!(failure("trap '' INT TERM PIPE; echo garbage; while :; do sleep 1; done").contains("`garbage`"));
}

#[test]
fn a_request_to_stop_reaches_it() {
    let cancel = Cancel::new();
    let heard = Heard { stop: Some(cancel.clone()), ..Heard::default() };
    let dir = plugin(r#"echo '{"event":"log","line":"begun"}'; sleep 1000; echo late"#);
    let error = call(&dir, "p", &heard, &cancel).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    assert_eq!(heard.lines.into_inner().unwrap(), ["begun"]);
}

#[test]
fn one_that_reads_nothing_is_fine() {
    assert!(run(&format!("exec <&-; {SUCCEEDED}")).0.is_ok());
}

#[test]
fn one_that_is_not_there_has_a_suggestion() {
    let error = call(&plugin(""), "pp", &Heard::default(), &Cancel::new()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::MissingProgram);
    assert_eq!(
        error.to_string(),
        "there is no program `fleet-pp` on the PATH\n  help: did you mean `uses: p`?"
    );
    let error = call(&plugin(""), "../../bin/sh", &Heard::default(), &Cancel::new()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refusal);
}

#[test]
fn one_that_others_can_replace_is_refused() {
    let script = format!("touch ran; {SUCCEEDED}");
    let shared_dir = plugin(&script);
    mode(shared_dir.path(), 0o775);
    let shared_file = plugin(&script);
    mode(&shared_file.path().join("fleet-p"), 0o757);
    // A link in a good directory to a program in a bad one.
    let linked = plugin(&script);
    std::fs::remove_file(linked.path().join("fleet-p")).unwrap();
    std::os::unix::fs::symlink(shared_dir.path().join("fleet-p"), linked.path().join("fleet-p")).unwrap();
    for dir in [&shared_dir, &shared_file, &linked] {
        let error = call(dir, "p", &Heard::default(), &Cancel::new()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refusal);
        let text = error.to_string();
        assert!(text.contains("others may write there") && text.contains("chmod go-w"), "{text}");
        assert!(!dir.path().join("ran").exists());
    }
}

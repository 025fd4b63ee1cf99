//! What commands find that fleet starts: `task` is this fleet, and `jq` is there where the machine has none.
#![cfg(test)]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A project, and a PATH with a few programs: neither `task` nor `jq`.
struct Bench {
    dir: tempfile::TempDir,
}

const PROGRAMS: [&str; 17] = [
    "bash", "sh", "env", "cat", "ls", "xargs", "find", "sort", "test", "which", "readlink", "dirname",
    "head", "rm", "mkdir", "sed", "echo",
];

impl Bench {
    fn new(file: &str, text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["bin", "runtime", "work"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        fs::set_permissions(dir.path().join("runtime"), fs::Permissions::from_mode(0o700)).unwrap();
        for name in PROGRAMS {
            if let Ok(path) = which::which(name) {
                symlink(path, dir.path().join("bin").join(name)).unwrap();
            }
        }
        fs::write(dir.path().join("work").join(file), text).unwrap();
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self, name: &str, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
        command
            .arg0(name)
            .args(words)
            .current_dir(self.path("work"))
            .env_clear()
            .env("PATH", self.path("bin"))
            .env("HOME", self.dir.path())
            .env("XDG_RUNTIME_DIR", self.path("runtime"))
            .stdin(Stdio::null());
        command
    }

    fn run(&self, name: &str, words: &[&str]) -> Output {
        self.command(name, words).output().unwrap()
    }

    fn lines(&self, name: &str, words: &[&str]) -> String {
        let output = self.run(name, words);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }
}

const JQ: &str = r#"
version: '3'
silent: true
tasks:
  default:
    - cat nodes.json | jq -r '.endpoints[]'
    - cat nodes.json | jq -r '[.nodes[]] | join(",")'
    - cat nodes.json | jq '.encrypted == false'
    - cat nodes.json | jq '.nodes | length'
    - cat nodes.json | jq -r '.nixosConfigurations | keys.[]'
    - cat nodes.json | jq -r '.data.result[0].value[1] // "0"'
    - cat nodes.json | jq -r '.endpoints[0] // .nodes[0]'
    - cat nodes.json | jq -r '.tasks[] | select(.name | endswith(":test")) | .name | rtrimstr(":test")'
    - cat nodes.json | jq -r '.jobs[] | "\(.short_id) \(.tags | join(","))"'
    - cat nodes.json | jq -c --arg app blog --arg fly blog-1 '{app_name:$app,fly_app_name:$fly}'
    - cat nodes.json | jq -r '."current-context"'
    - "jq -n --exit-status false >/dev/null || echo 'false: 1'"
    - "echo '{' | jq . 2>&1 || echo 'no JSON'"
  variable:
    vars:
      NODES: {sh: "cat nodes.json | jq -r '.nodes[]'"}
    cmds:
      - for: {var: NODES}
        cmd: echo "node {{.ITEM}}"
"#;

const NODES: &str = r#"{"endpoints": ["10.0.0.1", "10.0.0.2"], "nodes": ["a", "b"], "encrypted": false,
 "nixosConfigurations": {"vega": {}, "altair": {}}, "data": {"result": []}, "current-context": "admin@home",
 "tasks": [{"name": "go:test"}, {"name": "lint"}], "jobs": [{"short_id": "ab12", "tags": ["x", "y"]}]}"#;

#[test]
fn jq_programs_run_without_jq() {
    let bench = Bench::new("Taskfile.yml", JQ);
    fs::write(bench.path("work/nodes.json"), NODES).unwrap();
    let expected = "10.0.0.1\n10.0.0.2\na,b\ntrue\n2\naltair\nvega\n0\n10.0.0.1\ngo\nab12 x,y\n\
                    {\"app_name\":\"blog\",\"fly_app_name\":\"blog-1\"}\nadmin@home\nfalse: 1\n\
                    parse error: Unfinished JSON term at EOF at line 2, column 0\nno JSON\n";
    assert_eq!(bench.lines("task", &["default"]), expected);
    assert_eq!(bench.lines("fleet", &["run", "default"]), expected);
    assert_eq!(bench.lines("task", &["variable"]), "node a\nnode b\n");
}

#[test]
fn a_jq_of_the_machine_is_the_one_that_runs() {
    let bench =
        Bench::new("Taskfile.yml", "version: '3'\ntasks: {default: {cmds: ['jq -n 1'], silent: true}}\n");
    let own = bench.path("bin/jq");
    fs::write(&own, "#!/bin/sh\necho mine\n").unwrap();
    fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(bench.lines("task", &[]), "mine\n");
    let always =
        "version: '3'\nfleet: {shims: {jq: always}}\ntasks: {default: {cmds: ['jq -n 1'], silent: true}}\n";
    fs::write(bench.path("work/Fleetfile.yaml"), always).unwrap();
    assert_eq!(bench.lines("fleet", &["run", "default"]), "1\n");
}

const CALLS: &str = r"
version: '3'
tasks:
  default:
    silent: true
    cmds:
      - task --version
      - task --silent inner -- from outside
      - readlink $(which task)
  inner:
    desc: what is called
    cmds: ['echo {{.CLI_ARGS}}']
  list:
    vars: {TASKS: {sh: 'task --list-all --json | jq -r .tasks[].name'}}
    silent: true
    cmds: ['echo {{.TASKS | catLines}}']
";

#[test]
fn task_within_a_task_is_this_fleet() {
    let bench = Bench::new("Taskfile.yml", CALLS);
    let own = fs::canonicalize(env!("CARGO_BIN_EXE_fleet")).unwrap();
    let text = bench.lines("task", &["default"]);
    assert_eq!(text, format!("3.54.0\nfrom outside\n{}\n", own.display()));
    assert_eq!(bench.lines("task", &["list"]), "default inner list\n");
    let other = bench.path("bin/task");
    fs::write(&other, "#!/bin/sh\necho another task\n").unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(bench.lines("task", &["default"]).starts_with("3.54.0\n"));
}

#[test]
fn shims_can_be_turned_off() {
    let text = "version: '3'\nfleet: {shims: false}\ntasks: {default: {cmds: ['which task jq || echo none'], silent: true}}\n";
    let bench = Bench::new("Fleetfile.yaml", text);
    assert_eq!(bench.lines("fleet", &["run", "default"]), "none\n");
}

#[test]
fn path_stays_as_it_is_where_nothing_is_missing() {
    let bench = Bench::new(
        "Taskfile.yml",
        "version: '3'\ntasks: {default: {cmds: ['env | sort | head -n 3'], silent: true}}\n",
    );
    for name in ["task", "jq"] {
        symlink(env!("CARGO_BIN_EXE_fleet"), bench.path("bin").join(name)).unwrap();
    }
    let text = bench.lines("task", &[]);
    assert!(text.contains(&format!("PATH={}\n", bench.path("bin").display())), "{text}");
    assert_eq!(fs::read_dir(bench.path("runtime")).unwrap().count(), 0, "no directory was needed");
}

#[test]
fn nothing_is_made_until_a_program_is_started() {
    let bench = Bench::new(
        "Taskfile.yml",
        "version: '3'\ntasks: {default: {desc: d, cmds: ['echo x', 'true'], silent: true}}\n",
    );
    assert_eq!(bench.lines("task", &[]), "x\n");
    bench.lines("task", &["--list"]);
    assert_eq!(fs::read_dir(bench.path("runtime")).unwrap().count(), 0);
}

/// Where no directory can be ours, commands find what the machine has.
#[test]
fn without_a_place_for_shims_commands_run_all_the_same() {
    let bench =
        Bench::new("Taskfile.yml", "version: '3'\ntasks: {default: {cmds: ['cat word'], silent: true}}\n");
    fs::write(bench.path("work/word"), "said\n").unwrap();
    let mut command = bench.command("task", &[]);
    let output = command.env("XDG_RUNTIME_DIR", "/proc/self").output().unwrap();
    assert_eq!(output.stdout, b"said\n");
    assert!(output.stderr.is_empty());
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap();
    assert!(copied.success());
}

#[test]
fn the_homelab_runs_without_jq() {
    let bench = Bench::new("unused", "");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/homelab");
    copy(&source, &bench.path("work/homelab"));
    let run = |name: &str, words: &[&str]| {
        let output = bench.command(name, words).current_dir(bench.path("work/homelab")).output().unwrap();
        (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code())
    };
    let (text, code) = run("fleet", &["run", "--rehearse", "--yes", "apply-nixos"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("apply-nixos: 4 succeeded"), "{text}");
    let (text, code) = run("task", &["--list-all", "--json"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("\"nix:apply-nixos\""), "{text}");
}

/// A `nix` that knows one host.
const NIX: &str = r#"#!/bin/sh
case "$*" in
*--version*) echo 'nix (Nix) 2.18.1' ;;
*"flake metadata"*) printf '{"url":"path:%s","resolvedUrl":"path:%s","path":"%s","locked":{}}\n' "$PWD" "$PWD" "$PWD" ;;
*darwinConfigurations*) echo '{}' ;;
*) echo '{"luna": {"system": "x86_64-linux", "hostName": "luna"}}' ;;
esac
"#;

const PLUGIN: &str = "#!/bin/sh\ncat >/dev/null\njq -rn '\"by a plugin\"' >>told\n\
                      echo '{\"event\": \"result\", \"status\": \"succeeded\"}'\n";

const PIPELINE: &str = r#"version: '3'
vars: {TOLD: {sh: "jq -n 1"}}
fleet: {flake: ., hosts: {luna: {}}}
pipelines:
  p:
    check:
      - cmd: jq -rn '"by a step"' >>told
      - cmd: basename "$(which task)" >>told
      - uses: asks
      - task: t
    notify:
      - command: "jq -r '\"by a notification\"' >>told"
      - webhook: {command: "jq -rn '\"by a secret\"' >>told"}
tasks:
  t: "jq -rn '\"by a task\"' >>told; echo '{{.TASK_EXE}} {{.TOLD}}' >>told"
"#;

/// Whatever part of a pipeline starts a command.
#[test]
fn every_command_of_a_pipeline_finds_them() {
    let bench = Bench::new("Fleetfile.yaml", PIPELINE);
    for (name, text) in [
        ("bin/ssh", "#!/bin/sh\nexit 255\n"),
        ("bin/nix", NIX),
        ("bin/fleet-asks", PLUGIN),
        ("work/flake.nix", "{ }"),
    ] {
        fs::write(bench.path(name), text).unwrap();
        fs::set_permissions(bench.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    symlink(which::which("basename").unwrap(), bench.path("bin/basename")).unwrap();
    let output = bench.run("fleet", &["run", "p"]);
    let told = fs::read_to_string(bench.path("work/told")).unwrap();
    let mut lines: Vec<&str> = told.lines().collect();
    lines.sort_unstable();
    let expected =
        ["by a notification", "by a plugin", "by a secret", "by a step", "by a task", "task", "task 1"];
    assert_eq!(lines, expected, "{}", String::from_utf8_lossy(&output.stderr));
    fs::remove_file(bench.path("work/told")).unwrap();
    let off = PIPELINE.replace("flake: .,", "flake: ., shims: false,").replace("jq -n 1", "echo 1");
    fs::write(bench.path("work/Fleetfile.yaml"), off).unwrap();
    bench.run("fleet", &["run", "p"]);
    let told = fs::read_to_string(bench.path("work/told")).unwrap_or_default();
    assert!(!told.contains("by a"), "{told}");
}

/// By whatever name it was called itself.
#[test]
fn the_name_of_the_program_can_be_called() {
    let text = "version: '3'\nsilent: true\ntasks:\n  default: {cmds: ['{{.TASK_EXE}} inner']}\n  inner: {cmds: [echo inner]}\n";
    let bench = Bench::new("Taskfile.yml", text);
    assert_eq!(bench.lines("fleet", &["run", "default"]), "inner\n");
    assert_eq!(bench.lines("fleet", &["task"]), "inner\n");
    assert_eq!(bench.lines("task", &[]), "inner\n");
    symlink(env!("CARGO_BIN_EXE_fleet"), bench.path("bin/fleet")).unwrap();
    let fleetfile = format!("{text}fleet: {{shims: false}}\n");
    fs::write(bench.path("work/Taskfile.yml"), fleetfile).unwrap();
    assert_eq!(bench.lines("fleet", &["run", "default"]), "inner\n");
}

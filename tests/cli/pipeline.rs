//! Pipelines are called like tasks: by name, by alias, by tasks, from included files.

use crate::fixture::{FLEET, Fixture};

const REPORT: &str = "deploy: 2 succeeded";

#[test]
fn a_pipeline_has_its_name_and_its_aliases() {
    let fixture = Fixture::fleet();
    fixture.run(["run", "deploy", "--rehearse"]).code(0).stdout_contains(REPORT);
    fixture
        .run(["run", "nix:apply", "--rehearse", "host=luna"])
        .code(0)
        .stdout_contains("deploy: 1 succeeded");
    fixture.run(["plan", "nix:apply", "--rehearse"]).code(0).stdout_contains("deploy: 2 hosts");
}

#[test]
fn tasks_depend_on_and_call_pipelines() {
    let fixture = Fixture::fleet();
    for name in ["calls", "depends"] {
        let ran = fixture.run(["run", name, "--rehearse"]).code(0).stdout_contains(REPORT);
        assert!(ran.stdout.ends_with("after\n"), "{}", ran.stdout);
    }
    let ran = fixture.run(["run", "depends", "--rehearse", "--fail", "luna:build"]).code(3);
    assert!(!ran.stdout.contains("after"), "{}", ran.stdout);
    fixture.run(["run", "hello", "deploy", "--rehearse"]).code(0).stdout_contains("hello\nREHEARSAL");
}

#[test]
fn a_pipeline_takes_over_from_a_task_by_an_alias() {
    let fixture = Fixture::new()
        .file("Fleetfile.yaml", FLEET.replace("tasks:", "includes: {nix: nix.yaml}\ntasks:"))
        .file("nix.yaml", "version: '3'\ntasks: {apply: {desc: by hand, cmds: [echo old]}}\n");
    fixture.run(["run", "nix:apply", "--rehearse"]).code(0).stdout_contains(REPORT);
    let ran = fixture.run(["list"]).code(0).stdout_contains("deploy");
    assert!(!ran.stdout.contains("by hand"), "{}", ran.stdout);
    fixture.run(["check"]).code(0).stderr_contains("runs the pipeline `deploy`, not the task `nix:apply`");
}

const COMMANDS: &str = r#"version: "3"
tasks:
  where: {cmds: ['pwd >task.txt']}
fleet:
  flake: .
  discover: [nixosConfigurations]
  hosts:
    luna: {platform: nixos}
pipelines:
  deploy:
    check:
      - cmd: pwd >cmd.txt
      - task: where
    deploy: {confirm: false}
    notify:
      - command: pwd >notify.txt
"#;

#[test]
fn a_pipeline_of_an_included_file_has_its_namespace() {
    let fixture = Fixture::new()
        .file("lab/Fleetfile.yaml", COMMANDS)
        .file("Fleetfile.yaml", "version: '3'\nincludes: {lab: {taskfile: lab/Fleetfile.yaml, dir: lab}}\n")
        .file(
            "flat.yaml",
            "version: '3'\nincludes: {lab: {taskfile: lab/Fleetfile.yaml, dir: lab, flatten: true}}\n",
        );
    fixture.run(["run", "lab:deploy", "--rehearse"]).code(0).stdout_contains("lab:deploy: 1 succeeded");
    fixture.run(["run", "deploy", "--rehearse"]).code(200);
    fixture
        .run(["run", "deploy", "--rehearse", "-f", "flat.yaml"])
        .code(0)
        .stdout_contains("deploy: 1 succeeded");
    fixture.run(["list"]).code(0).stdout_contains("lab:deploy");
    // State is kept beside the root file.
    assert!(fixture.path(".fleet/runs").exists() && !fixture.path("lab/.fleet").exists());
}

/// A `nix` that knows one host, and an `ssh` that reaches none: enough to see where commands run.
const NIX: &str = r#"#!/bin/sh
case "$*" in
*--version*) echo 'nix (Nix) 2.18.1' ;;
*"flake metadata"*) printf '{"url":"path:%s","resolvedUrl":"path:%s","path":"%s","locked":{}}\n' "$PWD" "$PWD" "$PWD" ;;
*) pwd >>"$LOG"; echo '{"luna": {"system": "x86_64-linux", "hostName": "luna"}}' ;;
esac
"#;

#[test]
fn the_flake_of_an_included_file_is_beside_that_file() {
    let fixture = Fixture::new()
        .file("lab/Fleetfile.yaml", COMMANDS)
        .file("lab/flake.nix", "{ }")
        .file("Fleetfile.yaml", "version: '3'\nincludes: {lab: {taskfile: lab/Fleetfile.yaml, dir: lab}}\n")
        .program("bin/nix", NIX)
        .program("bin/ssh", "#!/bin/sh\necho 'ssh: Could not resolve hostname luna: Name or service not known' >&2\nexit 255\n");
    let mut path = fixture.path("bin").into_os_string();
    path.push(":/usr/bin:/bin");
    let log = fixture.path("log");
    let output = fixture.command(&["run", "lab:deploy"]).env("PATH", path).env("LOG", &log).output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(3), "{said}");
    let lab = format!("{}\n", fixture.path("lab").canonicalize().unwrap().display());
    for file in ["cmd.txt", "task.txt", "notify.txt"] {
        let content = std::fs::read_to_string(fixture.path("lab").join(file));
        assert_eq!(content.ok().as_deref(), Some(&*lab), "{file}: {said}");
    }
}

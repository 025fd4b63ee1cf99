//! Requests that cannot be met: names that nothing has, programs that are missing, nobody to ask.

use crate::fixture::Fixture;

#[test]
fn unknown_names_are_answered_with_near_ones() {
    let fixture = Fixture::fleet();
    fixture.run(["run", "helo"]).code(200).touched_nothing().stderr_contains("did you mean `hello`?");
    fixture.run(["run", "depoy"]).code(200).touched_nothing().stderr_contains("did you mean `deploy`?");
    fixture.run(["run", "zzz"]).code(200).stderr_contains("help: `fleet list --all` shows all");
    fixture.run(["plan", "helo"]).code(200).touched_nothing().stderr_contains("did you mean `hello`?");
    Fixture::new()
        .file("Fleetfile.yaml", "version: '3'\ntasks: {hello: echo, calls: {deps: [helo]}}\n")
        .run(["run", "calls"])
        .code(200)
        .points_at("Fleetfile.yaml:2:37", "helo");
}

#[test]
fn unknown_hosts_and_selectors_show_the_pipeline_that_selects() {
    let fixture = Fixture::fleet();
    let run = |host: &str| {
        fixture
            .run(["run", "deploy", "--rehearse", "--yes", &format!("host={host}")])
            .code(1)
            .touched_nothing()
    };
    run("lunna")
        .stderr_contains("no host is called `lunna`")
        .stderr_contains("did you mean `luna`?")
        .points_at("Fleetfile.yaml:15:12", "'{{.host | default \"*\"}}'")
        .stderr_contains("this is `lunna`");
    run("@dsn").stderr_contains("no host has the tag `dsn`").stderr_contains("did you mean `@dns`?");
    run("luna,,x").stderr_contains("has an empty term").stderr_contains("help: write terms such as");
    run("!*").stderr_contains("leaves no host").stderr_contains("help: ");
    fixture.run(["plan", "deploy", "--rehearse", "lunna"]).code(1).stderr_contains("did you mean `luna`?");
}

#[test]
fn unknown_faults_are_answered_with_near_ones() {
    let fixture = Fixture::fleet();
    let run = |fault: &str| {
        fixture.run(["run", "deploy", "--rehearse", "--yes", "--fail", fault]).code(2).touched_nothing()
    };
    run("luna:buld")
        .stderr_contains("`--fail luna:buld`: there is no stage `buld`")
        .stderr_contains("`build`");
    run("lua:build").stderr_contains("there is no host `lua`").stderr_contains("`luna`");
    run("luna:build=brocken").stderr_contains("there is no kind `brocken`").stderr_contains("help: ");
}

#[test]
fn a_command_line_that_cannot_be_used_ends_with_2() {
    let fixture = Fixture::fleet();
    fixture.run(["lst"]).code(2).touched_nothing().stderr_contains("'list'");
    fixture.run(["rnu", "deploy"]).code(2).touched_nothing().stderr_contains("'run'");
    fixture.run(["hello"]).code(2).touched_nothing().stderr_contains("`fleet run hello`");
    fixture.run(["depoy", "host=luna"]).code(2).touched_nothing().stderr_contains("`fleet run deploy`");
    fixture.run(["run"]).code(2).touched_nothing();
    fixture.run(["run", "X=1"]).code(2).stderr_contains("no task or pipeline is named");
    fixture.run(["run", "deploy", "--fail", "luna:build"]).code(2).stderr_contains("--rehearse");
    fixture.run(["plan", "hello", "luna"]).code(2).stderr_contains("is a task and takes no hosts");
    fixture.run([]).code(2).stderr_contains("Usage: fleet");
}

#[test]
fn missing_programs_are_named_before_anything_is_done() {
    let fixture = Fixture::fleet().only(&[]);
    fixture.run(["run", "hello"]).code(0).stdout_is("hello\n");
    fixture
        .run(["hosts"])
        .code(1)
        .touched_nothing()
        .stderr_contains("`nix` is not on PATH")
        .stderr_contains("help: ");
    fixture
        .run(["run", "deploy", "--yes"])
        .code(1)
        .touched_nothing()
        .stderr_contains("`ssh` is not on PATH")
        .stderr_contains("help: install OpenSSH");
    Fixture::fleet()
        .program("bin/ssh", "#!/bin/sh\n")
        .run_with_path("bin", ["run", "deploy", "--yes"])
        .code(1)
        .touched_nothing()
        .stderr_contains("`nix` is not on PATH");
    Fixture::new()
        .file("Taskfile.yml", "version: '3'\ntasks: {a: {cmds: ['if true; then echo a; fi | cat']}}\n")
        .only(&[])
        .run(["run", "a"])
        .code(201)
        .stderr_contains("neither `bash` nor `sh` is on the PATH; install bash");
    // A rehearsal needs none of them.
    fixture
        .run(["run", "deploy", "--rehearse", "--yes"])
        .code(0)
        .stdout_contains("REHEARSAL: no host was touched");
}

#[test]
fn a_plugin_must_be_there_before_the_run() {
    let fleetfile = "version: '3'\nfleet: {hosts: {luna: {platform: nixos}}}\npipelines:\n  p: {check: [{uses: nothere}], deploy: {}}\n";
    let fixture = Fixture::new().file("Fleetfile.yaml", fleetfile);
    fixture
        .run(["run", "p", "--yes"])
        .code(1)
        .touched_nothing()
        .stderr_contains("there is no program `fleet-nothere` on the PATH")
        .points_at("Fleetfile.yaml:4:15", "{uses: nothere}");
    fixture.run(["check"]).code(1).stderr_contains("fleet-nothere");
    fixture.run(["run", "p", "--rehearse"]).code(0).stderr_contains("⚠ there is no program `fleet-nothere`");
}

#[test]
fn nobody_to_ask_is_told_before_the_flake_is_looked_at() {
    Fixture::fleet()
        .run(["run", "deploy"])
        .code(1)
        .touched_nothing()
        .stderr_contains("standard input is not a terminal")
        .stderr_contains("help: `--yes` goes on without asking")
        .stderr_lacks("flake");
}

#[test]
fn a_flake_that_does_not_evaluate_keeps_the_words_of_nix() {
    let nix = "#!/bin/sh\necho \"error: undefined variable 'foo'\" >&2\necho '       at /flake.nix:3:9:' >&2\nexit 1\n";
    let fixture = Fixture::fleet().program("bin/nix", nix).program("bin/ssh", "#!/bin/sh\nexit 1\n");
    for words in [vec!["hosts"], vec!["plan", "deploy"], vec!["run", "deploy", "--yes"]] {
        let mut path = fixture.path("bin").into_os_string();
        path.push(":/usr/bin:/bin");
        let output = fixture.command(&words).env("PATH", path).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        for part in
            ["error: undefined variable 'foo'", "at /flake.nix:3:9:", "[Fleetfile.yaml:7:10]", "help: "]
        {
            assert!(said.contains(part), "{part} is missing in {words:?}:\n{said}");
        }
        assert!(!fixture.path(".fleet/runs").exists());
    }
}

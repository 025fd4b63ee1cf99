//! What a pipeline says about failures, hooks and many hosts, in rehearsals.

use crate::fixture::{FLEET, Fixture};
use std::fmt::Write as _;

fn with(deploy: &str) -> Fixture {
    Fixture::new().file("Fleetfile.yaml", FLEET.replace("deploy: {}", deploy))
}

const HOOKS: &str = "deploy: {before: [{command: 'quiet {{.HOST}}'}], after: [{command: loud, on: host, timeout: 5s}], health: [{unit: a.service}]}";

#[test]
fn hooks_run_around_the_activation() {
    let fixture = with(HOOKS);
    let ran = fixture.run(["run", "deploy", "--rehearse", "host=luna"]).code(0);
    let steps: Vec<&str> = ran
        .stdout
        .lines()
        .filter_map(|line| line.split_once("rehearsal: would ")?.1.split(" /nix").next())
        .skip_while(|step| !step.starts_with("run"))
        .collect();
    assert_eq!(steps, ["run here: quiet luna", "activate", "look at the unit a.service", "run there: loud"]);
}

#[test]
fn a_hook_that_fails_before_leaves_the_host_as_it_is_and_one_after_degrades_it() {
    let ran = with(HOOKS).run(["run", "deploy", "--rehearse", "--fail", "luna:hook"]).code(3).stdout_contains(
        "luna failed in deploy: hook before the activation `quiet {{.HOST}}`: rehearsed failure of a hook",
    );
    assert!(!ran.stdout.contains("luna  | rehearsal: would activate"), "{}", ran.stdout);

    with("deploy: {after: [{command: loud}], on_failure: roll_back_host}")
        .run(["run", "deploy", "--rehearse", "--fail", "luna:hook"])
        .code(4)
        .stdout_contains("hook after the activation `loud`")
        .stdout_contains("luna   rolled_back");
    // Nothing is done around what is not done.
    let dry = with("deploy: {action: dry-activate, before: [{command: x}]}");
    assert!(!dry.run(["run", "deploy", "--rehearse"]).code(0).stdout.contains("would run"));
}

#[test]
fn hooks_and_shares_that_cannot_be_are_told() {
    let check = |deploy: &str| with(deploy).run(["check"]).code(102);
    check("deploy: {before: [{on: host}]}").stderr_contains("a hook without a `command`");
    check("deploy: {before: [{comand: x}]}").stderr_contains("did you mean `command`?");
    check("deploy: {max_failures: 101%}").points_at("Fleetfile.yaml:17:28", "101%");
    check("deploy: {max_failures: -1}").stderr_contains("out of range");
}

/// What the newest rehearsal would do with luna, from the first lease, hook or activation on.
fn steps(fixture: &Fixture) -> Vec<String> {
    let log = std::fs::read_to_string(fixture.journal_file().with_file_name("hosts/luna.log")).unwrap();
    let steps = log.lines().filter_map(|line| line.split_once("rehearsal: would ")?.1.split(" /nix").next());
    let steps = steps.map(str::to_owned);
    steps.skip_while(|step| !step.starts_with("run") && !step.starts_with("hold")).collect()
}

const LEASE: &str = "deploy: {before: [{command: quiet}], after: [{command: loud}], health: [{unit: a.service}], \
    quiesce: {command: 'drain {{.HOST}} {{.WHERE}}', ready: 'is-drained {{.WHERE}}', timeout: 30s}";

fn leased(further: &str) -> Fixture {
    let deploy = format!("vars: {{WHERE: '{{{{.PLACE}}}}'}}\n    {LEASE}{further}}}");
    let file =
        FLEET.replace("deploy: {}", &deploy).replace("tasks:", "vars: {PLACE: {sh: echo there}}\ntasks:");
    Fixture::new().file("Fleetfile.yaml", file)
}

#[test]
fn a_lease_is_held_from_the_activation_to_the_proof() {
    leased("")
        .run(["plan", "deploy", "--rehearse"])
        .stdout_contains("switch wave 1 (holding a lease): luna, nixpi");
    let fixture = leased("");
    fixture.run(["run", "deploy", "--rehearse", "host=luna"]).code(0);
    let around =
        ["run here: quiet", "hold there: drain luna there", "activate", "look at the unit a.service"];
    assert_eq!(steps(&fixture), [&around[..], &["let go", "run here: loud"]].concat());

    // A reboot takes it along; the way back of a wave has it, too.
    let fixture = leased(", reboot: always");
    fixture.run(["run", "deploy", "--rehearse", "host=luna"]).code(0);
    let held = steps(&fixture).iter().filter(|step| step.starts_with("hold there")).count();
    assert_eq!(held, 2, "{:?}", steps(&fixture));
    let ran = leased(", on_failure: roll_back_wave")
        .run(["run", "deploy", "--rehearse", "--fail", "nixpi:activate"])
        .code(3)
        .stdout_contains("luna   rolled_back");
    assert_eq!(ran.stdout.matches("luna  | rehearsal: would hold there").count(), 2, "{}", ran.stdout);

    // What changes nothing that runs needs none.
    for action in ["boot", "dry-activate"] {
        let ran = leased(&format!(", action: {action}")).run(["run", "deploy", "--rehearse"]).code(0);
        assert!(!ran.stdout.contains("would hold"), "{}", ran.stdout);
    }
}

#[test]
fn without_its_lease_a_host_is_not_touched() {
    let fixture = leased("");
    fixture
        .run(["run", "deploy", "--rehearse", "--fail", "luna:quiesce", "host=luna"])
        .code(3)
        .stdout_contains("luna failed in deploy: rehearsed failure of quiesce: it takes too long");
    assert_eq!(steps(&fixture), ["run here: quiet", "hold there: drain luna there"]);
    leased("")
        .run(["run", "deploy", "--rehearse", "--fail", "luna:quiesce=lost"])
        .code(3)
        .stdout_contains("luna   unreachable");
    // One that is lost meanwhile is told, and what the host proves counts.
    leased("")
        .run(["run", "deploy", "--rehearse", "--fail", "luna:quiesce=wrong"])
        .code(0)
        .stdout_contains("the lease of `quiesce` was lost before all was done: rehearsed loss of a lease");
}

#[test]
fn leases_that_cannot_be_are_told() {
    let check = |deploy: &str| with(deploy).run(["check"]).code(102);
    check("deploy: {quiesce: {ready: x}}").stderr_contains("`quiesce` without a `command`");
    check("deploy: {quiesce: {comand: x}}").stderr_contains("did you mean `command`?");
    check("deploy: {quiese: {command: x}}").stderr_contains("did you mean `quiesce`?");
    check("deploy: {quiesce: {command: x, timeout: soon}}").points_at("Fleetfile.yaml:17:45", "soon");
    check("deploy: {quiesce: {command: ''}}").stderr_contains("`command` is empty");
    check("deploy: {quiesce: hold}").stderr_contains("expected a mapping");
    check("deploy: {quiesce: {command: '{{.HOST'}}").stderr_contains("the template is wrong");
    check("deploy: {before: [{command: '{{.HOST'}]}").stderr_contains("the template is wrong");
}

const AROUND: &str = "check:
      before: [{command: 'wake {{.HOST}}'}, {command: free, on: host}]
      after: [{command: 'checked {{.HOST}}'}]
      at_once: 1
      steps: [disk]
    build: {before: [{command: lend}], after: [{command: give-back}]}
    deploy: {before: [{command: quiet}]}
    notify:
      before: [{command: gather}]
      after: [{command: archive}]
      to: [{command: cat}]";

fn around() -> Fixture {
    Fixture::new().file("Fleetfile.yaml", FLEET.replace("check: [reachable]\n    deploy: {}", AROUND))
}

#[test]
fn every_stage_has_hooks() {
    let plan = around().run(["plan", "deploy", "--rehearse"]).code(0);
    let expected = "\
deploy: 2 hosts
├── check
│   ├── hook before wake {{.HOST}} (1 at once): luna, nixpi
│   ├── probe (1 at once): luna, nixpi
│   ├── hook before free (on the host, 1 at once): luna, nixpi
│   ├── disk 1024 MiB (1 at once): luna, nixpi
│   ├── hook after checked {{.HOST}} (1 at once): luna, nixpi
│   └── access (no build before every host was asked how to become root)
├── build
│   ├── evaluate (every host's derivation)
│   ├── hook before lend: luna, nixpi
│   ├── build: luna on itself, nixpi on itself
│   └── hook after give-back: luna, nixpi
├── deploy
│   ├── confirm (asks before the first host is touched)
│   ├── copy: luna, nixpi
│   └── switch wave 1: luna, nixpi
└── notify
    ├── hook before gather
    ├── notify command (always)
    └── hook after archive
";
    assert_eq!(plan.stdout, expected, "\n{}", plan.stdout);

    let fixture = around();
    let ran = fixture.run(["run", "deploy", "--rehearse", "host=luna"]).code(0);
    let of_luna = [
        "run here: wake luna",
        "run there: free",
        "run here: checked luna",
        "run here: lend",
        "build",
        "run here: give-back",
        "copy",
        "run here: quiet",
        "activate",
    ];
    assert_eq!(steps(&fixture).iter().filter(|step| *step != "connect to luna").collect::<Vec<_>>(), of_luna);
    let at = |text: &str| ran.stdout.find(text).unwrap_or_else(|| panic!("no {text}: {}", ran.stdout));
    assert!(at("would run: gather") < at("would run: archive"), "{}", ran.stdout);
    // One host after another, at last.
    let journal = fixture.journal();
    assert!(journal.iter().any(|event| event["step"] == "hook" && event["event"] == "node_finished"));
    // A rollback checks and builds nothing.
    let back = fixture.run(["rollback", "--rehearse", "--yes", "--like", "deploy"]).code(0);
    assert!(
        !back.stdout.contains("would run here: lend") && back.stdout.contains("would run: gather"),
        "{}",
        back.stdout
    );
}

#[test]
fn a_hook_that_fails_stops_its_host_and_never_what_is_told() {
    let ran = around()
        .run(["run", "deploy", "--rehearse", "--fail", "luna:hook"])
        .code(3)
        .stdout_contains(
            "luna failed in check: hook before check `wake {{.HOST}}`: rehearsed failure of a hook",
        )
        .stdout_contains("nixpi  succeeded");
    assert!(!ran.stdout.contains("luna   | rehearsal: would connect"), "{}", ran.stdout);
    // Those of the notifications are tasks of the run as a whole.
    around()
        .run(["run", "deploy", "--rehearse", "--fail", "cmd=exit7"])
        .code(5)
        .stdout_contains("hook before notify `gather`: the command exited with 7")
        .stdout_contains("rehearsal: would run: archive")
        .stdout_contains("2 succeeded");
}

#[test]
fn stages_with_hooks_that_cannot_be_are_told() {
    let check = |stages: &str| {
        let file = FLEET.replace("check: [reachable]\n    deploy: {}", stages);
        Fixture::new().file("Fleetfile.yaml", file).run(["check"]).code(102)
    };
    check("check: {befor: []}").stderr_contains("did you mean `before`?");
    check("check: {at_once: 0}").stderr_contains("give a number from 1");
    check("check: {steps: [reachabel]}").stderr_contains("did you mean `reachable`?");
    check("check: {before: [{command: '{{.HOST'}]}").stderr_contains("the template is wrong");
    check("build: {after: [{on: host}]}").stderr_contains("a hook without a `command`");
    check("check: []\n    notify: {before: [{command: x, on: host}]}")
        .stderr_contains("a hook of `notify` runs once, on this machine");
    check("check: []\n    notify: {two: []}").stderr_contains("did you mean `to`?");
    // One entry without its list.
    check("check: {task: hello}").stderr_contains("expected a list of steps, found a mapping");
    check("check: []\n    notify: {ntfy: x}")
        .stderr_contains("expected a list of notifications, found a mapping");
    check("check: 3").stderr_contains("expected a list of steps");
}

#[test]
fn what_a_pipeline_would_change_is_shown_without_running_it() {
    let fixture = around();
    let ran = fixture
        .run(["plan", "deploy", "--diff", "--rehearse", "luna"])
        .code(0)
        .stdout_contains("would compare")
        .stdout_contains("restart rehearsal.service")
        .stdout_contains("plan deploy: 1 succeeded");
    // Nothing is done around it, nobody is told, and nothing is activated.
    for never in ["would run", "would hold", "would activate", "would send", "nixpi"] {
        assert!(!ran.stdout.contains(never), "{never}: {}", ran.stdout);
    }
    fixture
        .run(["plan", "hello", "--diff"])
        .code(2)
        .stderr_contains("`hello` is a task, which changes no hosts");
    fixture.run(["plan", "deploy", "--diff", "--format", "json"]).code(2);
    let builds = Fixture::new().file("Fleetfile.yaml", FLEET.replace("deploy: {}", "build: {}"));
    builds
        .run(["plan", "deploy", "--diff"])
        .code(1)
        .stderr_contains("has no `deploy`: it would change no host");
}

/// The fleet with these pools.
fn pools(pools: &str) -> Fixture {
    let hosts = "  pools: POOLS\n  hosts:\n    luna: {platform: nixos, tags: [dns, rack-a]}\n    nixpi: {platform: nixos, tags: [edge, rack-a]}\n";
    let (before, rest) = FLEET.split_once("  hosts:\n").unwrap();
    let (_, after) = rest.split_once("pipelines:").unwrap();
    Fixture::new()
        .file("Fleetfile.yaml", format!("{before}{}pipelines:{after}", hosts.replace("POOLS", pools)))
}

#[test]
fn hosts_of_a_tag_are_changed_so_many_at_once() {
    let fixture = pools("{rack-a: 1, dns: 3}");
    fixture
        .run(["plan", "deploy", "--rehearse"])
        .code(0)
        .stdout_contains("switch wave 1 (1 of @rack-a at once, 3 of @dns at once): luna, nixpi");
    fixture.run(["run", "deploy", "--rehearse"]).code(0).stdout_contains("deploy: 2 succeeded");
    // One after another: none begins before the other has ended.
    let activations: Vec<String> = fixture
        .journal()
        .iter()
        .filter(|event| event["step"] == "activate" && event["event"] != "output")
        .map(|event| event["event"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(activations, ["node_started", "node_finished", "node_started", "node_finished"]);
    // A roll-back is no way around it; who is not selected needs no pool.
    fixture.run(["rollback", "--rehearse", "--yes"]).code(0);
    let alone = fixture.run(["plan", "deploy", "--rehearse", "nixpi"]).code(0);
    assert!(!alone.stdout.contains("@dns"), "{}", alone.stdout);
}

#[test]
fn pools_that_cannot_be_are_told() {
    let check = |text: &str| pools(text).run(["check"]).code(102);
    check("{rack-b: 1}")
        .points_at("Fleetfile.yaml:8:11", "rack-b")
        .stderr_contains("no host has the tag `rack-b`")
        .stderr_contains("did you mean `rack-a`?");
    check("{storage: 1}").stderr_contains("`HOST: {tags: [storage]}`");
    check("{rack-a: 0}").points_at("Fleetfile.yaml:8:19", "0").stderr_contains("give a number from 1");
    check("{rack-a: two}").points_at("Fleetfile.yaml:8:19", "two");
    check("{'@rack-a': 1}").stderr_contains("write `rack-a`; only selectors have the `@`");
    check("[rack-a]").stderr_contains("expected a mapping from tags to numbers of hosts, found a list");
}

/// A fleet of many hosts, the first ones canaries.
fn many(count: usize, deploy: &str) -> Fixture {
    let mut text =
        "version: '3'\nfleet:\n  flake: .\n  discover: [nixosConfigurations]\n  hosts:\n".to_owned();
    for number in 0..count {
        let tags = if number < count / 100 { "{tags: [canary]}" } else { "{}" };
        let _ = writeln!(text, "    h{number:05}: {tags}");
    }
    let _ = write!(text, "pipelines:\n  deploy:\n    check: [reachable, disk]\n    deploy: {deploy}\n");
    Fixture::new().file("Fleetfile.yaml", text)
}

#[test]
fn a_share_of_the_hosts_may_fail() {
    let fixture = many(200, "{waves: [20, '*'], max_failures: 1%}");
    let run = |faults: &[&str]| {
        let output = fixture.command(&[&["run", "deploy", "--rehearse"], faults].concat()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let two = ["--fail", "h00003:activate", "--fail", "h00004:activate"];
    assert!(run(&two).contains("deploy: 198 succeeded, 2 failed"), "2 of 200 are 1 %");
    let stopped = run(&[&two[..], &["--fail", "h00005:activate"]].concat());
    assert!(
        stopped.contains("deploy: 17 succeeded, 3 failed, 180 skipped"),
        "{}",
        stopped.lines().last().unwrap()
    );
}

/// The rehearsal of the largest fleet: every host has one result, and it is the one that its fault makes.
#[test]
fn the_report_of_ten_thousand_hosts_is_complete() {
    let count = 10_000;
    let deploy =
        "{waves: ['@canary', 10%, 25%, 25%, '*'], on_failure: continue, health: [{unit: a.service}]}";
    let fixture = many(count, deploy);
    let faults = [
        ("probe", "unreachable"),
        ("build", "failed"),
        ("activate", "failed"),
        ("activate=exit4", "degraded"),
        ("health", "degraded"),
        ("verify", "failed"),
    ];
    // One in a hundred, at places that no pattern of the waves shares.
    let faulty: Vec<(usize, (&str, &str))> =
        (0..count / 100).map(|index| ((index * 7919 + 13) % count, faults[index % faults.len()])).collect();
    let mut words = ["run", "deploy", "--rehearse"].map(str::to_owned).to_vec();
    for (number, (stage, _)) in &faulty {
        words.extend(["--fail".to_owned(), format!("h{number:05}:{stage}")]);
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let output = fixture.command(&words).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let journal = fixture.journal();
    let report = journal.last().unwrap()["hosts"].as_array().unwrap();
    assert_eq!(report.len(), count);
    let expected: std::collections::HashMap<usize, &str> =
        faulty.iter().map(|(number, (_, result))| (*number, *result)).collect();
    for (number, host) in report.iter().enumerate() {
        assert_eq!(host["host"], format!("h{number:05}"));
        assert_eq!(host["result"], *expected.get(&number).unwrap_or(&"succeeded"), "{host}");
    }
}

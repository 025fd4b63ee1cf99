//! What is told of files that are wrong, and what comes of those that are right, without any task.

use super::{FlakeHost, Part, Place, assemble, decode, rehearsed_hosts, resolve_hosts};
use crate::diagnostic::Diagnostics;
use crate::model::{
    Action, BuildOn, Confirmation, HealthKind, Host, JqShim, NotifyWhen, OnFailure, Platform, Project, Proof,
    RebootPolicy, Share, StepKind,
};
use crate::source::SourceMap;
use crate::template::Map;
use crate::yaml::{Decoder, parse};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::time::Duration;

fn read(text: &str) -> (Project, Diagnostics, SourceMap) {
    let mut sources = SourceMap::default();
    let source = sources.add("/project/Fleetfile.yaml", text);
    let mut project = Project::default();
    let root = match parse(source, text) {
        Ok(document) => document.root,
        Err(error) => return (project, Diagnostics::from(error), sources),
    };
    let mut decoder = Decoder::new();
    let fleetfile = decode(&mut decoder, &root);
    let part = Part { fleetfile, place: Place::root(), dir: "/project".into() };
    let mut diagnostics = decoder.diagnostics;
    diagnostics.extend(assemble(&mut project, vec![part], &sources));
    (project, diagnostics, sources)
}

/// Each finding as `LINE:COLUMN MESSAGE (HELP)`.
fn told(text: &str) -> Vec<String> {
    let (_, diagnostics, sources) = read(text);
    diagnostics
        .iter()
        .map(|finding| {
            let (span, _) = finding.labels.first().expect("a finding has a place");
            let at = sources.line_column(*span).expect("the place is in the file");
            let help = finding.help.as_deref().unwrap_or("-");
            format!("{}:{} {} ({help})", at.line, at.column, finding.message)
        })
        .collect()
}

fn project(text: &str) -> Project {
    let (project, diagnostics, sources) = read(text);
    assert!(diagnostics.is_empty(), "{}", diagnostics.render(&sources, false, 100));
    project
}

#[test]
fn everything_that_can_be_written_is_read() {
    let project = project(
        r#"
fleet:
  flake: ./nix
  discover: [darwinConfigurations, nixosConfigurations]
  defaults: {user: ryan, address: "{{.HOST}}.example.net", build_on: local, port: 2222, tags: [home]}
  hosts:
    luna: {tags: [dns, canary], build_on: target}
    nixpi: {platform: darwin, address: 10.0.0.7, build_on: ryan@builder.example.net}
    plain:
  secrets: {test_keys: [tests/age.txt], test_paths: ["tests/**"]}
  shims: {task: false, jq: always}
pipelines:
  apply:
    desc: Apply
    summary: Long
    aliases: [nix:apply]
    hosts: '@edge'
    platform: nixos
    vars: {A: b}
    check:
      - reachable
      - disk
      - disk: {min_free: 2GiB}
      - {flake: {}, timeout: 1h30m}
      - secrets
      - vm: nginx-basic
      - {cmd: "true", each: host, timeout: 90s}
      - {uses: fleet-smoke, with: {url: x, deep: [1, {a: 2.5}]}, each: host}
    build: {at_once: 2, copy_at_once: 3}
    deploy:
      action: boot
      at_once: 4
      waves: ["@canary", 25%, 3, "*"]
      max_failures: 1
      health:
        - unit: nginx.service
        - {http: "https://{{.HOST}}/healthz", retries: 5, deadline: 30s}
        - tcp: '{{.HOST}}:443'
        - {command: systemctl is-system-running, on: host}
      on_failure: roll_back_host
      reboot: {when: if_needed, timeout: 5m}
      confirm: false
      timeout: 5m
      watchdog: 30s
      settle: 2s
      ignore_units: ['^podman-']
    notify:
      - {ntfy: "https://ntfy.example.org/x", when: [failed, rolled_back]}
      - {webhook: "{{.HOOK}}", when: changed}
      - command: cat
"#,
    );
    let fleet = project.fleet.expect("a fleet");
    assert_eq!(fleet.flake.raw(), "./nix");
    assert_eq!(fleet.discover, [Platform::Darwin, Platform::Nixos]);
    assert_eq!(fleet.defaults.port, Some(2222));
    let names: Vec<&str> = fleet.hosts.keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["luna", "nixpi", "plain"]);
    assert_eq!(fleet.hosts[0].build_on, Some(BuildOn::Target));
    assert_eq!(fleet.hosts[1].build_on, Some(BuildOn::Builder("ryan@builder.example.net".into())));
    assert_eq!(fleet.hosts[1].platform, Some(Platform::Darwin));
    assert!(!fleet.shims.task);
    assert_eq!(fleet.shims.jq, JqShim::Always);
    assert_eq!(fleet.secrets.test_paths[0].raw(), "tests/**");

    let pipeline = &project.pipelines["apply"];
    assert_eq!(pipeline.aliases, ["nix:apply".into()]);
    assert_eq!(pipeline.platform, Some(Platform::Nixos));
    let words: Vec<(&str, bool)> =
        pipeline.check.iter().map(|step| (step.kind.word(), step.each_host)).collect();
    assert_eq!(
        words,
        [
            ("reachable", true),
            ("disk", true),
            ("disk", true),
            ("flake", false),
            ("secrets", false),
            ("vm", false),
            ("cmd", true),
            ("uses", true),
        ]
    );
    assert!(matches!(pipeline.check[1].kind, StepKind::Disk { min_free_mib: 1024 }));
    assert!(matches!(pipeline.check[2].kind, StepKind::Disk { min_free_mib: 2048 }));
    assert_eq!(pipeline.check[3].timeout, Some(Duration::from_secs(5400)));
    let StepKind::Plugin { name, options } = &pipeline.check[7].kind else { panic!("not a plugin") };
    assert_eq!(name, "smoke");
    assert_eq!(options.to_string(), r#"{"url":"x","deep":[1,{"a":2.5}]}"#);
    let deploy = pipeline.deploy.as_ref().expect("a deploy stage");
    assert_eq!(deploy.action, Action::Boot);
    assert!(matches!(
        deploy.waves.as_slice(),
        [Share::Selector(canary), Share::Percent(25), Share::Count(3), Share::Selector(_)] if canary.text() == "@canary"
    ));
    assert_eq!(deploy.max_failures, Some(crate::model::Tolerance::Count(1)));
    assert_eq!(deploy.on_failure, OnFailure::RollBackHost);
    assert_eq!(deploy.confirm, Confirmation::Never);
    assert_eq!(
        (deploy.reboot.when, deploy.reboot.timeout),
        (RebootPolicy::IfNeeded, Duration::from_secs(300))
    );
    assert_eq!(
        deploy.proof,
        Proof {
            timeout: Duration::from_secs(300),
            watchdog: Duration::from_secs(30),
            settle: Duration::from_secs(2),
            ignore_units: vec!["^podman-".to_owned()],
        }
    );
    assert!(matches!(deploy.health[3].kind, HealthKind::Command { on_host: true, .. }));
    assert_eq!((deploy.health[0].retries, deploy.health[1].retries), (3, 5));
    assert_eq!(pipeline.notify[0].when, [NotifyWhen::Failed, NotifyWhen::RolledBack].into());
    assert!(pipeline.notify[2].when.is_empty());
}

#[test]
fn what_is_not_written_has_safe_defaults() {
    let project = project(
        "fleet:\npipelines:\n  a: {deploy: }\n  b: {deploy: {action: dry-activate, on_failure: continue, confirm: true}}\n  w: {deploy: {confirm: wave, diff: true}}\n  c: {build: }\n",
    );
    let fleet = project.fleet.expect("a fleet");
    assert_eq!(fleet.flake.raw(), ".");
    assert_eq!(fleet.discover, [Platform::Nixos, Platform::Darwin]);
    assert!(fleet.shims.task);
    let a = &project.pipelines["a"];
    assert!(a.build.is_some(), "what is deployed must be built");
    assert_eq!(a.hosts.raw(), "{{.host | default \"*\"}}");
    let deploy = a.deploy.as_ref().expect("a deploy stage");
    assert_eq!(
        (deploy.action, deploy.on_failure, deploy.max_failures),
        (Action::Switch, OnFailure::Stop, Some(crate::model::Tolerance::Count(0)))
    );
    assert_eq!(deploy.confirm, Confirmation::Once);
    let b = project.pipelines["b"].deploy.as_ref().expect("a deploy stage");
    assert_eq!((b.confirm, b.max_failures), (Confirmation::Never, None));
    let w = project.pipelines["w"].deploy.as_ref().expect("a deploy stage");
    assert_eq!((w.confirm, w.diff, deploy.diff), (Confirmation::EachWave, true, false));
    assert!(project.pipelines["c"].deploy.is_none());
}

#[test]
fn a_pipeline_that_builds_looks_at_secrets_where_there_are_any() {
    let steps = |text: &str| {
        let project = project(text);
        let check = &project.pipelines["a"].check;
        check.iter().map(|step| step.kind.word()).collect::<Vec<_>>()
    };
    let secrets = "fleet: {secrets: {test_paths: [\"t/**\"]}}\n";
    assert_eq!(
        steps(&format!("{secrets}pipelines: {{a: {{check: [flake], build: {{}}}}}}")),
        ["secrets", "flake"]
    );
    assert_eq!(steps(&format!("{secrets}pipelines: {{a: {{check: [flake]}}}}")), ["flake"]);
    let written = "pipelines: {a: {check: [flake, secrets], deploy: {}}}";
    assert_eq!(steps(&format!("{secrets}{written}")), ["flake", "secrets"]);
    assert_eq!(steps("pipelines: {a: {check: [flake], build: {}}}"), ["flake"]);
}

#[test]
fn what_is_passed_over_says_why() {
    let cases = [
        (
            "fleet: {secrets: {ignore: [{rule: fence, path: x}]}}",
            "1:28 `reason` is missing in an entry of `ignore`",
        ),
        ("fleet: {secrets: {host_keys: {luna: x}}}", "1:37 this cannot be the key of `luna`"),
        ("fleet: {secrets: {test_keys: ['{{.X}}']}}", "1:31 no template is rendered in `fleet.secrets`"),
    ];
    for (text, expected) in cases {
        let found = told(text);
        assert!(found.iter().any(|line| line.starts_with(expected)), "{text}: {found:?}");
    }
}

#[test]
fn each_mistake_has_its_place_and_a_way_out() {
    let cases = [
        ("fleet: {flak: .}", "1:9 unknown key `flak` in fleet (did you mean `flake`?)"),
        (
            "fleet: {discover: [nixosConfiguration]}",
            "1:20 `nixosConfiguration` is not an output that holds hosts (did you mean `nixosConfigurations`?)",
        ),
        (
            "fleet: {hosts: {luna: {adress: x}}}",
            "1:24 unknown key `adress` in host (did you mean `address`?)",
        ),
        ("fleet: {hosts: {luna: {port: 0}}}", "1:30 `port` cannot be 0 (give a number from 1 to 65535)"),
        (
            "fleet: {hosts: {luna: {port: 70000}}}",
            "1:30 `port` cannot be 70000 (give a number from 1 to 65535)",
        ),
        (
            "fleet: {hosts: {luna: {tags: ['@edge']}}}",
            "1:31 `@edge` cannot be a tag (write `edge`; only selectors have the `@`)",
        ),
        (
            "fleet: {hosts: {luna: {build_on: Local}}}",
            "1:34 `Local` is no place to build (did you mean `local`?)",
        ),
        (
            "fleet: {hosts: {luna: {build_on: '-oProxyCommand=x'}}}",
            "1:34 `-oProxyCommand=x` cannot name a builder (write `target`, `local`, `auto` or `[USER@]HOST`)",
        ),
        (
            "fleet: {hosts: {luna: {build_on: Auto}}}",
            "1:34 `Auto` is no place to build (did you mean `auto`?)",
        ),
        (
            "fleet: {hosts: {luna: {push_to: /srv/cache}}}",
            "1:33 `/srv/cache` is not the URL of a store (write it as nix has it: `s3://BUCKET?region=...`, `ssh://HOST`, `file:///DIRECTORY`)",
        ),
        (
            "fleet: {hosts: {luna: {max_jobs: 0}}}",
            "1:34 `max_jobs` cannot be 0 (give a number from 1 to 4096)",
        ),
        ("fleet: {defaults: {job_memory: 2}}", "1:32 `2` is not a size (give a unit: `2GiB`, `2MiB`)"),
        (
            "fleet: {shims: {jq: allways}}",
            "1:21 `allways` is not a case for the embedded jq (did you mean `always`?)",
        ),
        (
            "pipelines: {a: {desc: x}}",
            "1:13 the pipeline `a` has no stage (give it `check`, `build` or `deploy`)",
        ),
        (
            "pipelines: {'a b': {build: {}}}",
            "1:13 `a b` cannot name a pipeline (no white space, none of `=*{}`, and not `-` or `:` first)",
        ),
        (
            "pipelines: {a: {hosts: 'x,', build: {}}}",
            "1:24 the selector `x,` has an empty term (write terms such as `luna`, `rack-*`, `@edge` or \
             `system:aarch64-linux` between `,` and `&`)",
        ),
        ("pipelines: {a: {check: [reachble]}}", "1:25 `reachble` is not a step (did you mean `reachable`?)"),
        (
            "pipelines: {a: {check: [lint]}}",
            "1:25 `lint` is not a step (steps are `reachable`, `disk`, `flake`, `secrets`, and `{vm: NAME}`, \
             `{task: NAME}`, `{cmd: ...}`, `{uses: PLUGIN}`)",
        ),
        ("pipelines: {a: {check: [vm]}}", "1:25 `vm` is not a step (`vm` needs to know which: `{vm: ...}`)"),
        ("pipelines: {a: {check: [{tsk: x}]}}", "1:26 unknown key `tsk` in step (did you mean `task`?)"),
        (
            "pipelines: {a: {check: [{timeout: 1s}]}}",
            "1:25 a step does not say what it is (give one of `reachable`, `disk`, `flake`, `secrets`, `vm`, `task`, \
             `cmd`, `uses`)",
        ),
        (
            "pipelines: {a: {check: [{vm: a, cmd: b}]}}",
            "1:33 a step is either `vm` or `cmd` (make two entries of it)",
        ),
        (
            "pipelines: {a: {check: [{vm: 'a b'}]}}",
            "1:30 `a b` cannot be the name of a check of the flake (letters, digits, `-`, `_` and `.` only, a letter, \
             digit or `_` first)",
        ),
        (
            "pipelines: {a: {check: [{vm: '{{.X}}'}]}}",
            "1:30 `{{.X}}` cannot be the name of a check of the flake (no template is rendered here; write the name \
             itself)",
        ),
        (
            "pipelines: {a: {check: [{cmd: ''}]}}",
            "1:26 `cmd` is empty (give it a value, or take the key out)",
        ),
        ("pipelines: {a: {check: [{flake: {}, vars: {}}]}}", "1:37 `vars` means nothing here (remove it)"),
        (
            "pipelines: {a: {check: [{flake: {}, each: host}]}}",
            "1:37 the step `flake` runs once for the whole run (remove `each`)",
        ),
        (
            "pipelines: {a: {check: [{cmd: x, each: hosts}]}}",
            "1:40 `hosts` is not something a step is repeated for (did you mean `host`?)",
        ),
        (
            "pipelines: {a: {check: [{cmd: x, timeout: 90}]}}",
            "1:43 `90` is not a duration (give a unit: `90s` for seconds, `90m` for minutes)",
        ),
        (
            "pipelines: {a: {check: [{cmd: x, timeout: -1s}]}}",
            "1:43 `timeout` must be longer than nothing (leave the key out for the default)",
        ),
        (
            "pipelines: {a: {check: [{disk: {min_free: 2}}]}}",
            "1:43 `2` is not a size (give a unit: `2GiB`, `2MiB`)",
        ),
        (
            "pipelines: {a: {deploy: {watchdog: 100ms}}}",
            "1:36 a watchdog waits at least one second (a host that goes back before it can be proven is never deployed; the default is `2m`)",
        ),
        (
            "pipelines: {a: {deploy: {ignore_units: ['a(']}}}",
            "1:41 this is no regular expression: unclosed group (for example `^podman-.*\\.service$`)",
        ),
        (
            "pipelines: {a: {build: {at_once: 0}}}",
            "1:34 `at_once` cannot be 0 (give a number from 1 to 100000)",
        ),
        (
            "pipelines: {a: {deploy: {action: swtich}}}",
            "1:34 `swtich` is not an action (did you mean `switch`?)",
        ),
        (
            "pipelines: {a: {deploy: {action: dry_activate}}}",
            "1:34 `dry_activate` is not an action (did you mean `dry-activate`?)",
        ),
        (
            "pipelines: {a: {deploy: {on_failure: roll_back}}}",
            "1:38 `roll_back` is not an answer to failure (known: `stop`, `continue`, `roll_back_host`, `roll_back_wave`)",
        ),
        (
            "pipelines: {a: {deploy: {waves: [101%]}}}",
            "1:34 `101%` is no share of the hosts (give a whole percentage from `1%` to `100%`)",
        ),
        ("pipelines: {a: {deploy: {waves: [0]}}}", "1:34 a wave of 0 hosts is none (give at least 1)"),
        (
            "pipelines: {a: {deploy: {waves: ['{{.X}}']}}}",
            "1:34 a wave cannot be a template (waves are chosen among the hosts that the pipeline's `hosts` selects; use \
             a tag, such as `@canary`)",
        ),
        (
            "pipelines: {a: {deploy: {health: [{http: localhost}]}}}",
            "1:42 `localhost` is not a URL (write the whole address, such as `https://ntfy.example.org/topic`)",
        ),
        (
            "pipelines: {a: {deploy: {health: [{tcp: localhost}]}}}",
            "1:41 `localhost` is not `HOST:PORT` (write host and port, such as `'{{.HOST}}:443'`)",
        ),
        (
            "pipelines: {a: {deploy: {health: [{unit: x, on: host}]}}}",
            "1:45 `on` means nothing here (remove it)",
        ),
        (
            "pipelines: {a: {build: {}, notify: [{ntfy: 'https://x', when: [fail]}]}}",
            "1:64 `fail` is not a case to notify in (known: `succeeded`, `changed`, `failed`, `degraded`, `rolled_back`)",
        ),
        (
            "pipelines: {a: {build: {}, notify: [{ntfy: 'https://x', when: rolled-back}]}}",
            "1:63 `rolled-back` is not a case to notify in (did you mean `rolled_back`?)",
        ),
    ];
    let mut wrong = Vec::new();
    for (text, expected) in cases {
        let found = told(text);
        if found != [expected] {
            wrong.push(format!("{text}\n  expected {expected}\n  found    {}", found.join("\n           ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let found = told(
        "fleet:\n  hosts:\n    -luna: {}\n    nixpi: {port: x, tags: 1}\n  discovr: []\npipelines:\n  a:\n    check: [flke, {cmd: }]\n    build: {at_once: many}\n    deploy: [switch]\n    notify: 3\n  b: build\n",
    );
    let mut lines: Vec<(usize, usize)> = found
        .iter()
        .map(|finding| {
            let (line, rest) = finding.split_once(':').expect("a line");
            let column = rest.split(' ').next().unwrap_or_default();
            (line.parse().expect("a line"), column.parse().expect("a column"))
        })
        .collect();
    lines.sort_unstable();
    let places = [(3, 5), (4, 19), (5, 3), (8, 13), (8, 20), (9, 22), (10, 13), (11, 13), (12, 6)];
    assert_eq!(lines, places, "{found:#?}");
}

#[test]
fn pipelines_do_not_share_a_name() {
    let found = told("pipelines:\n  a: {build: {}, aliases: [c]}\n  b: {build: {}, aliases: [a, c, b]}\n");
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with("3:3 two pipelines are called `a`"), "{found:#?}");
    assert!(found[1].starts_with("3:3 two pipelines are called `c`"), "{found:#?}");
}

fn flake(hosts: &[(&str, Platform, Option<&str>, Option<&str>)]) -> Vec<FlakeHost> {
    let host =
        |(name, platform, system, host_name): &(&str, Platform, Option<&str>, Option<&str>)| FlakeHost {
            name: (*name).to_owned(),
            platform: *platform,
            system: system.map(ToOwned::to_owned),
            host_name: host_name.map(ToOwned::to_owned),
        };
    hosts.iter().map(host).collect()
}

fn lines(hosts: &[Host]) -> Vec<String> {
    let line = |host: &Host| {
        let user = host.user.as_deref().unwrap_or("-");
        let tags: Vec<&str> = host.tags.iter().map(String::as_str).collect();
        format!(
            "{} {:?} {} {user}@{}:{} {:?} [{}]",
            host.name,
            host.platform,
            host.system.as_deref().unwrap_or("?"),
            host.address,
            host.port.unwrap_or(0),
            host.build_on,
            tags.join(" "),
        )
    };
    hosts.iter().map(line).collect()
}

#[test]
fn hosts_are_those_of_the_flake_completed_by_the_fleetfile() {
    let fleet = project(
        r#"
fleet:
  defaults: {user: '{{.WHO}}', address: "{{.HOST_NAME}}.{{.HOST_PLATFORM}}.{{.DOMAIN}}", tags: [home], port: 22}
  hosts:
    luna: {tags: [dns], build_on: big}
    nixpi: {address: "fe80::1%eth0", user: pi, port: 2222, build_on: local}
    big: {build_on: big}
"#,
    )
    .fleet
    .expect("a fleet");
    let found = flake(&[
        ("big", Platform::Nixos, Some("x86_64-linux"), Some("big")),
        ("luna", Platform::Nixos, Some("x86_64-linux"), Some("luna-1")),
        ("nixpi", Platform::Nixos, Some("aarch64-linux"), Some("nixpi")),
        ("broken", Platform::Nixos, None, None),
        ("mac", Platform::Darwin, Some("aarch64-darwin"), Some("mac")),
    ]);
    let vars = Map::from_iter([("DOMAIN".into(), "example.net".into()), ("WHO".into(), "ryan".into())]);
    let (hosts, diagnostics) = resolve_hosts(&fleet, &found, &vars);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(
        lines(&hosts),
        [
            "big Nixos x86_64-linux ryan@big.nixos.example.net:22 Target [home]",
            "luna Nixos x86_64-linux ryan@luna-1.nixos.example.net:22 Builder(\"ryan@big.nixos.example.net\") [dns home]",
            "nixpi Nixos aarch64-linux pi@fe80::1%eth0:2222 Local [home]",
            "broken Nixos ? ryan@broken.nixos.example.net:22 Target [home]",
            "mac Darwin aarch64-darwin ryan@mac.darwin.example.net:22 Target [home]",
        ]
    );
}

#[test]
fn a_fleet_that_says_nothing_takes_the_flake_as_it_is() {
    let fleet = project("fleet: {}").fleet.expect("a fleet");
    let (hosts, _) = resolve_hosts(
        &fleet,
        &flake(&[("a", Platform::Nixos, Some("x86_64-linux"), Some("b"))]),
        &Map::new(),
    );
    assert_eq!(lines(&hosts), ["a Nixos x86_64-linux -@b:0 Target []"]);
}

#[test]
fn a_rehearsal_knows_the_hosts_of_the_fleetfile() {
    let fleet = project("fleet: {hosts: {luna: {}, mac: {platform: darwin}}}").fleet.expect("a fleet");
    let (hosts, diagnostics) = rehearsed_hosts(&fleet, &Map::new());
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(lines(&hosts), ["luna Nixos ? -@luna:0 Target []", "mac Darwin ? -@mac:0 Target []"]);
}

#[test]
fn hosts_that_cannot_be_are_told_with_their_place() {
    let text = r#"
fleet:
  defaults: {address: "{{.ADDRESS}}"}
  hosts:
    lunna: {}
    far: {}
    nixpi: {user: "-l root", address: x}
    rydev: {address: "{{.ADDRESS.x}}"}
    mac: {platform: nixos, address: x}
"#;
    let (project, diagnostics, sources) = read(text);
    assert!(diagnostics.is_empty(), "{}", diagnostics.render(&sources, false, 100));
    let fleet = project.fleet.expect("a fleet");
    let mut found = flake(&[
        ("luna", Platform::Nixos, None, None),
        ("nixpi", Platform::Nixos, None, None),
        ("rydev", Platform::Nixos, None, None),
        ("mac", Platform::Darwin, None, None),
        ("twice", Platform::Nixos, None, None),
        ("twice", Platform::Darwin, None, None),
        ("$(reboot)", Platform::Nixos, None, None),
    ]);
    let vars = Map::from_iter([("ADDRESS".into(), "-oProxyCommand=reboot".into())]);
    let (hosts, diagnostics) = resolve_hosts(&fleet, &found, &vars);
    assert!(hosts.is_empty(), "{hosts:?}");
    let told: Vec<String> = diagnostics
        .iter()
        .map(|finding| {
            let line = finding.labels.first().and_then(|(span, _)| sources.line_column(*span));
            let line = line.map_or(0, |at| at.line);
            format!("{line} {} ({})", finding.message, finding.help.as_deref().unwrap_or("-"))
        })
        .collect();
    let expected = [
        "5 the flake has no host `lunna` (did you mean `luna`?)",
        "6 the flake has no host `far` (nixosConfigurations and darwinConfigurations: `luna`, `nixpi`, `rydev`, \
         `mac`, `twice`, `twice`, `$(reboot)`)",
        "3 the address of host `luna` cannot be `-oProxyCommand=reboot` (an address is a host name or an IP address)",
        "7 the user of host `nixpi` cannot be `-l root` (a user has letters, digits, `-`, `_` and `.`, and begins with a \
         letter, digit or `_`)",
        "8 the address of host `rydev` cannot be rendered: ",
        "9 the host `mac` is a darwin host in the flake (write `platform: darwin`, or take the key out)",
        "3 the address of host `twice` cannot be",
        "2 `twice` is in nixosConfigurations and in darwinConfigurations (rename it in one of them, or take one output \
         out of `fleet.discover`)",
        "0 the flake has a configuration that is left out: `$(reboot)` cannot name a host",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.starts_with(expected), "{told}\n{expected}");
    }
    found.clear();
    let (_, diagnostics) = resolve_hosts(&fleet, &found, &vars);
    let help = diagnostics.iter().next().and_then(|finding| finding.help.clone()).unwrap_or_default();
    assert_eq!(help, "the flake has no host in nixosConfigurations and darwinConfigurations");
}

/// Any tree of the words that decoders look for.
fn tree() -> impl Strategy<Value = Json> {
    let words = prop::sample::select(vec![
        "fleet",
        "pipelines",
        "hosts",
        "defaults",
        "a",
        "check",
        "build",
        "deploy",
        "notify",
        "waves",
        "health",
        "task",
        "cmd",
        "disk",
        "min_free",
        "uses",
        "with",
        "each",
        "host",
        "timeout",
        "90s",
        "switch",
        "25%",
        "@x",
        "!x,",
        "{{",
        "{{.X}}",
        "https://x",
        "when",
        "failed",
        "2GiB",
        "",
        "x y",
        "-x",
        "address",
        "tags",
        "aliases",
        "vars",
    ]);
    let scalar = prop_oneof![
        words.clone().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<bool>().prop_map(Json::from),
        Just(Json::Null),
    ];
    scalar.prop_recursive(7, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::vec((words.clone(), inner), 0..6).prop_map(|entries| {
                Json::Object(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_tree_is_read_and_every_finding_has_a_place(fleet in tree(), pipelines in tree()) {
        let text = json!({"fleet": fleet, "pipelines": {"a": pipelines}}).to_string();
        let (project, diagnostics, sources) = read(&text);
        for finding in diagnostics.iter() {
            prop_assert!(!finding.labels.is_empty(), "{}", finding.message);
            for (span, _) in &finding.labels {
                prop_assert!(sources.line_column(*span).is_some(), "{}", finding.message);
            }
        }
        let told = diagnostics.render(&sources, false, 100);
        prop_assert_eq!(told.is_empty(), diagnostics.is_empty());
        if let Some(fleet) = &project.fleet {
            let (hosts, _) = rehearsed_hosts(fleet, &Map::new());
            prop_assert!(hosts.iter().all(|host| !host.address.starts_with('-')));
        }
    }
}

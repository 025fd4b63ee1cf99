//! Plans as `fleet plan` prints them: the same each time, and no text of a Fleetfile breaks out of its quotes.

#![cfg(test)]

use fleet::model::{
    Action, Build, BuildOn, Deploy, Host, HostName, Notification, NotifyWhen, OnFailure, Pipeline, Platform,
    Selector, Service, Share, Step, StepKind, TagPool, TaskfileId, Text, Variables,
};
use fleet::plan::{Format, Limits, Plan, compile};
use fleet::source::{Span, Spanned};

fn host(name: &str, build_on: BuildOn, tags: &[&str]) -> Host {
    Host {
        name: HostName::new(name).unwrap(),
        platform: Platform::Nixos,
        system: Some("x86_64-linux".into()),
        host_name: name.to_owned(),
        address: format!("{name}.example.net"),
        user: None,
        port: None,
        build_on,
        build_limits: Default::default(),
        cache: None,
        driver: Default::default(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        identity: Default::default(),
    }
}

fn step(kind: StepKind) -> Step {
    Step { kind, each_host: false, timeout: None, span: Span::NONE }
}

fn plan(script: &str) -> Plan {
    let pipeline = Pipeline {
        name: "apply-nixos".into(),
        taskfile: TaskfileId(0),
        span: Span::NONE,
        desc: None,
        summary: None,
        aliases: Vec::new(),
        base_dir: Vec::new(),
        hosts: Text::nowhere("*"),
        platform: None,
        vars: Variables::new(),
        check: vec![
            step(StepKind::Reachable),
            step(StepKind::Disk { min_free_mib: 2048 }),
            step(StepKind::Flake),
            step(StepKind::Command(Text::nowhere(script))),
        ],
        build: Some(Build { at_once: Some(2), copy_at_once: None, span: None }),
        deploy: Some(Deploy {
            waves: vec![Share::Selector(Selector::parse("@canary").unwrap())],
            max_failures: Some(fleet::model::Tolerance::Count(1)),
            on_failure: OnFailure::RollBackHost,
            ..Deploy::new(Action::Switch, Span::NONE)
        }),
        check_at_once: None,
        around: Default::default(),
        notify: vec![Notification {
            when: [NotifyWhen::Failed, NotifyWhen::Degraded].into(),
            ..Notification::new(Service::Ntfy, Text::nowhere("https://ntfy.example.org/secret"), Span::NONE)
        }],
    };
    let hosts = vec![
        host("luna", BuildOn::Target, &["canary"]),
        host("rydev", BuildOn::Local, &["rack-a", "quorum"]),
        host("nixpi", BuildOn::Builder("big.example.net".into()), &["rack-a"]),
    ];
    let pool = |(tag, limit): (&str, usize)| TagPool { tag: Spanned::new(tag.into(), Span::NONE), limit };
    let tags = [("rack-a", 2), ("quorum", 1), ("nobody", 1)].map(pool).to_vec();
    compile(&pipeline, hosts, &Limits { tags, ..Limits::default() })
}

#[test]
fn the_tree_says_what_happens_where() {
    let expected = "\
apply-nixos: 3 hosts
├── check
│   ├── flake (nix flake check)
│   ├── cmd test -f hosts.json
│   ├── probe: luna, rydev, nixpi
│   ├── reachable: luna, rydev, nixpi
│   ├── disk 2048 MiB: luna, rydev, nixpi
│   └── access (no build before every host was asked how to become root)
├── build
│   ├── evaluate (every host's derivation)
│   └── build (2 at once): luna on itself, rydev here, nixpi on big.example.net
├── deploy
│   ├── confirm (asks before the first host is touched)
│   ├── copy: luna, rydev, nixpi
│   ├── switch wave 1: luna
│   ├── wave 1 (at most 1 host failed)
│   └── switch wave 2 (2 of @rack-a at once, 1 of @quorum at once): rydev, nixpi
└── notify
    └── notify ntfy (when failed, degraded)
";
    let printed = plan("test -f hosts.json").print(Format::Tree);
    assert_eq!(printed, expected, "\n{printed}");
}

#[test]
fn long_lists_of_hosts_are_wrapped_and_whole() {
    let hosts = (0..200).map(|index| host(&format!("host-{index:03}"), BuildOn::Local, &[])).collect();
    let pipeline = Pipeline {
        name: "build".into(),
        taskfile: TaskfileId(0),
        span: Span::NONE,
        desc: None,
        summary: None,
        aliases: Vec::new(),
        base_dir: Vec::new(),
        hosts: Text::nowhere("*"),
        platform: None,
        vars: Variables::new(),
        check: Vec::new(),
        build: Some(Build::default()),
        deploy: None,
        notify: Vec::new(),
        check_at_once: None,
        around: Default::default(),
    };
    let printed = compile(&pipeline, hosts, &Limits::default()).print(Format::Tree);
    assert!(printed.lines().all(|line| line.chars().count() <= 101), "{printed}");
    for index in 0..200 {
        assert_eq!(printed.matches(&format!("host-{index:03}")).count(), 1);
    }
}

#[test]
fn json_is_the_whole_plan() {
    let plan = plan("true");
    let text = plan.print(Format::Json);
    assert_eq!(text, plan.print(Format::Json));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let nodes = json["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), plan.nodes.len());
    assert_eq!(json["edges"].as_array().unwrap().len(), plan.edge_count());
    assert_eq!(json["hosts"][2]["name"], "nixpi");
    let waves: Vec<_> =
        nodes.iter().filter(|node| node["step"] == "activate").map(|node| &node["wave"]).collect();
    assert_eq!(waves, [1, 2, 2]);
    let name = |pool: &serde_json::Value| json["pools"][pool.as_u64().unwrap() as usize]["name"].clone();
    let limits = |node: &serde_json::Value| -> Vec<serde_json::Value> {
        node["tag_pools"].as_array().into_iter().flatten().map(name).collect()
    };
    let pools: Vec<_> = nodes.iter().filter(|node| node["step"] == "activate").map(limits).collect();
    assert_eq!(pools, [vec![], vec!["@rack-a", "@quorum"], vec!["@rack-a"]]);
    for edge in json["edges"].as_array().unwrap() {
        assert!(edge["from"].as_u64() < edge["to"].as_u64(), "{edge} runs back");
    }
    assert!(!text.contains("ntfy.example.org"), "an address may be a secret");
}

/// A script that would end a quoted string, a label, a statement or a line in each of the formats.
const HOSTILE: &str = "echo \"a\\\" ]; n0 -> n1\" `b`\n</b> #quot; {x} \u{1b}[31m \\";

#[test]
fn dot_keeps_a_script_in_its_quotes() {
    let printed = plan(HOSTILE).print(Format::Dot);
    let line = printed.lines().find(|line| line.contains("echo")).unwrap();
    assert!(line.starts_with("  n1 [label=\"cmd echo \\\"a\\\\\\\" ]; n0 -> n1\\\" `b`"), "{line}");
    assert!(!printed.contains('\u{1b}'));
    for line in printed.lines() {
        let mut open = false;
        let mut escaped = false;
        for c in line.chars() {
            match c {
                _ if escaped => escaped = false,
                '\\' if open => escaped = true,
                '"' => open = !open,
                _ => {}
            }
        }
        assert!(!open, "an open quote: {line}");
    }
}

#[test]
fn mermaid_keeps_a_script_in_its_quotes() {
    let printed = plan(HOSTILE).print(Format::Mermaid);
    let line = printed.lines().find(|line| line.contains("echo")).unwrap();
    let label = line.strip_prefix("  n1[\"").and_then(|rest| rest.strip_suffix("\"]")).unwrap();
    assert!(!label.contains(['"', '<', '>', '`', '\\', '[', ']', '{', '}']), "{label}");
    assert!(!printed.contains('\u{1b}'));
}

#[test]
fn formats_are_found_by_name() {
    for (name, format) in Format::NAMES {
        assert_eq!(Format::by_name(name), Some(format));
        assert!(plan("true").print(format).ends_with('\n'));
    }
    assert_eq!(Format::by_name("svg"), None);
}

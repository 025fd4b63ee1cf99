//! Selectors as a user writes them, over a small fleet.

#![cfg(test)]

use fleet::model::{BuildOn, Host, HostName, Pipeline, Platform, Selector, TaskfileId, Text, Variables};
use fleet::source::Span;

fn host(name: &str, system: &str, tags: &[&str]) -> Host {
    Host {
        name: HostName::new(name).unwrap(),
        platform: if system.ends_with("darwin") { Platform::Darwin } else { Platform::Nixos },
        system: (!system.is_empty()).then(|| system.to_owned()),
        host_name: name.to_owned(),
        address: name.to_owned(),
        user: None,
        port: None,
        build_on: BuildOn::Target,
        build_limits: Default::default(),
        cache: None,
        driver: Default::default(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        identity: Default::default(),
    }
}

fn fleet() -> Vec<Host> {
    vec![
        host("luna", "x86_64-linux", &["dns", "canary"]),
        host("nixpi", "aarch64-linux", &["edge"]),
        host("rack-1", "x86_64-linux", &["rack", "edge"]),
        host("rack-2", "x86_64-linux", &["rack"]),
        host("mac", "aarch64-darwin", &[]),
        host("broken", "", &["edge"]),
    ]
}

fn names(selector: &str) -> String {
    let hosts = fleet();
    match Selector::parse(selector).and_then(|selector| selector.select(&hosts)) {
        Ok(indices) => indices.iter().map(|index| hosts[*index].name.as_str()).collect::<Vec<_>>().join(" "),
        Err(error) => format!("{error} ({})", error.help()),
    }
}

const ALL: &str = "luna nixpi rack-1 rack-2 mac broken";

#[test]
fn terms_select() {
    for (selector, expected) in [
        ("", ALL),
        ("*", ALL),
        (" ", ALL),
        ("luna", "luna"),
        (" luna ", "luna"),
        ("rack-*", "rack-1 rack-2"),
        ("rack-?", "rack-1 rack-2"),
        ("rack-[2-9]", "rack-2"),
        ("*n*", "luna nixpi broken"),
        ("@edge", "nixpi rack-1 broken"),
        ("system:x86_64-linux", "luna rack-1 rack-2"),
        ("system:aarch64-darwin", "mac"),
        ("broken", "broken"),
    ] {
        assert_eq!(names(selector), expected, "{selector}");
    }
}

#[test]
fn terms_combine() {
    for (selector, expected) in [
        // The order of the fleet, not of the selector; each host once.
        ("mac,luna,mac", "luna mac"),
        ("luna, mac", "luna mac"),
        ("@edge,@rack", "nixpi rack-1 rack-2 broken"),
        ("@edge&@rack", "rack-1"),
        ("@edge & system:aarch64-linux", "nixpi"),
        // A leading `!` takes away from all hosts.
        ("!luna", "nixpi rack-1 rack-2 mac broken"),
        ("! luna", "nixpi rack-1 rack-2 mac broken"),
        ("!@edge", "luna rack-2 mac"),
        ("!rack-*,!mac", "luna nixpi broken"),
        ("*,!luna", "nixpi rack-1 rack-2 mac broken"),
        ("@edge,!nixpi", "rack-1 broken"),
        // From left to right: what was taken away can be added again.
        ("@edge,!@edge,nixpi", "nixpi"),
        ("nixpi,!nixpi,mac", "mac"),
        // Within `&`, `!` is a condition, not a removal.
        ("@edge&!@rack", "nixpi broken"),
        ("!@rack&@edge", "nixpi broken"),
        ("luna,@edge&!nixpi,!broken", "luna rack-1"),
        ("*&!system:x86_64-linux", "nixpi mac broken"),
    ] {
        assert_eq!(names(selector), expected, "{selector}");
    }
}

#[test]
fn a_selector_that_selects_nothing_says_why_and_what_to_do() {
    for (selector, expected) in [
        ("lunna", "the selector `lunna` names no host: no host is called `lunna` (did you mean `luna`?)"),
        (
            "luna,nixpie",
            "the selector `luna,nixpie` names no host: no host is called `nixpie` (did you mean `nixpi`?)",
        ),
        (
            "!nixpie",
            "the selector `!nixpie` names no host: no host is called `nixpie` (did you mean `nixpi`?)",
        ),
        // A tag without its sigil.
        ("edge", "the selector `edge` names no host: no host is called `edge` (did you mean `@edge`?)"),
        ("@egde", "the selector `@egde` names no host: no host has the tag `egde` (did you mean `@edge`?)"),
        (
            "@production",
            "the selector `@production` names no host: no host has the tag `production` \
             (there is: `@canary`, `@dns`, `@edge`, `@rack`)",
        ),
        (
            "system:x86-64-linux",
            "the selector `system:x86-64-linux` names no host: no host is a `x86-64-linux` \
             (did you mean `system:x86_64-linux`?)",
        ),
        (
            "web-*",
            "the selector `web-*` names no host: no host's name matches `web-*` \
             (there is: `broken`, `luna`, `mac`, `nixpi`, `rack-1`, `rack-2`)",
        ),
        (
            "luna,!luna",
            "the selector `luna,!luna` leaves no host (`fleet hosts SELECTOR` shows what each part selects)",
        ),
    ] {
        assert_eq!(names(selector), expected, "{selector}");
    }
}

#[test]
fn a_selector_that_is_none_is_refused() {
    for selector in
        [",", "luna,", ",luna", "luna,,mac", "luna&", "&", "!", "@", "@edge&", "system:", "!!luna", "! "]
    {
        let told = names(selector);
        assert!(told.contains("has an empty term"), "{selector}: {told}");
    }
    let told = names("rack-[");
    assert!(told.contains("has a bad glob `rack-[`"), "{told}");
    let told = names("a\u{1b}[2J,");
    assert!(!told.contains('\u{1b}'), "control characters reach the terminal: {told:?}");
}

#[test]
fn an_empty_fleet_has_nothing_to_select() {
    let error = Selector::parse("luna").unwrap().select(&[]).unwrap_err();
    assert_eq!(error.to_string(), "the selector `luna` leaves no host");
}

#[test]
fn matching_forgives_parts_that_match_no_host() {
    let hosts = fleet();
    let matching = |text| Selector::parse(text).unwrap().matching(&hosts);
    assert_eq!(matching("@canary,@production"), [0]);
    assert!(matching("@production").is_empty());
    assert_eq!(matching("!@production").len(), hosts.len());
}

#[test]
fn ten_thousand_hosts_are_selected_by_a_long_selector() {
    let hosts: Vec<Host> =
        (0..10_000).map(|n| host(&format!("host-{n}"), "x86_64-linux", &["all"])).collect();
    let text = (0..200).map(|n| format!("host-{n}")).collect::<Vec<_>>().join(",");
    assert_eq!(Selector::parse(&text).unwrap().select(&hosts).unwrap().len(), 200);
}

#[test]
fn the_error_can_stand_at_its_place_in_a_file() {
    let error = Selector::parse("lunna").unwrap().select(&fleet()).unwrap_err();
    let diagnostic = error.diagnostic(Span::NONE);
    assert!(diagnostic.labels.is_empty());
    assert_eq!(diagnostic.help.as_deref(), Some("did you mean `luna`?"));
}

#[test]
fn a_pipeline_selects_only_hosts_of_its_platform() {
    let pipeline = |platform| Pipeline {
        name: "apply-nixos".into(),
        taskfile: TaskfileId(0),
        base_dir: Vec::new(),
        span: Span::NONE,
        desc: None,
        summary: None,
        aliases: Vec::new(),
        hosts: Text::nowhere("*"),
        platform,
        vars: Variables::new(),
        check: Vec::new(),
        build: None,
        deploy: None,
        notify: Vec::new(),
        check_at_once: None,
        around: Default::default(),
    };
    let select = |platform, selector| match pipeline(platform).select(selector, fleet(), Span::NONE) {
        Ok(hosts) => hosts.iter().map(|host| host.name.to_string()).collect::<Vec<_>>().join(" "),
        Err(diagnostic) => diagnostic.message,
    };
    assert_eq!(select(None, "*"), ALL);
    assert_eq!(select(Some(Platform::Nixos), "*"), "luna nixpi rack-1 rack-2 broken");
    assert_eq!(select(Some(Platform::Darwin), "*"), "mac");
    assert_eq!(select(Some(Platform::Nixos), "nixpi,rack-2"), "nixpi rack-2");
    assert_eq!(
        select(Some(Platform::Nixos), "mac"),
        "the pipeline `apply-nixos` is for nixos hosts, and the selector `mac` names others: `mac`"
    );
    assert_eq!(
        select(Some(Platform::Nixos), "luna,mac"),
        "the pipeline `apply-nixos` is for nixos hosts, and the selector `luna,mac` names others: `mac`"
    );
    assert_eq!(
        select(Some(Platform::Nixos), "lunna"),
        "the selector `lunna` names no host: no host is called `lunna`"
    );
    assert!(select(None, "a,,b").contains("empty term"));
}

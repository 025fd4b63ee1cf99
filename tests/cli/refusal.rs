//! What is refused before any host is changed, each with the way out.

use crate::fixture::{FLEET, Fixture};

/// The reason that the report of the newest run gives for a host.
fn reason(fixture: &Fixture, host: &str) -> (String, String) {
    let journal = fixture.journal();
    let hosts = journal.last().unwrap()["hosts"].as_array().unwrap().clone();
    let report = hosts.iter().find(|report| report["host"] == host).unwrap();
    let text = |key: &str| report[key].as_str().unwrap_or_default().to_owned();
    (text("result"), text("reason"))
}

#[test]
fn another_machine_is_refused() {
    let fixture = Fixture::fleet();
    fixture.run(["run", "deploy", "--rehearse", "--fail", "luna:identity"]).code(3);
    let (result, why) = reason(&fixture, "luna");
    assert_eq!(result, "failed");
    assert!(why.starts_with("luna calls itself `another`, not `luna`"), "{why}");
    assert!(why.contains("`host_name: another` of luna in the Fleetfile"), "{why}");
    assert!(
        !fixture.journal().iter().any(|event| event["step"] == "copy"
            && event["host"] == "luna"
            && event["status"] == "succeeded")
    );

    // The name that it has until this deployment.
    let known = FLEET.replace("tags: [dns]}", "tags: [dns], host_name: another}");
    let fixture = fixture.file("Fleetfile.yaml", known);
    fixture.run(["run", "deploy", "--rehearse", "--fail", "luna:identity"]).code(0);

    let pinned = FLEET.replace("tags: [dns]}", "tags: [dns], machine_id: 0123456789ABCDEF0123456789abcdef}");
    let fixture = fixture.file("Fleetfile.yaml", pinned);
    fixture.run(["run", "deploy", "--rehearse"]).code(3);
    let (_, why) = reason(&fixture, "luna");
    assert!(why.starts_with("luna has the machine id none, not 0123456789abcdef0123456789abcdef"), "{why}");
    assert!(why.contains("correct `machine_id` of luna"), "{why}");
}

#[test]
fn an_identity_that_cannot_be_one_is_told_at_once() {
    for (written, words, help) in [
        ("machine_id: abc", "abc", "32 hexadecimal digits"),
        ("host_name: '$(id)'", "'$(id)'", "letters, digits"),
        ("host_name: -oProxyCommand=x", "-oProxyCommand=x", "letters, digits"),
    ] {
        let fixture =
            Fixture::new().file("Fleetfile.yaml", FLEET.replace("tags: [dns]}", &format!("{written}}}")));
        fixture.run(["check"]).code(102).stderr_contains(help).stderr_contains(words.trim_matches('\''));
    }
}

#[test]
fn an_older_revision_is_refused() {
    let fixture = Fixture::fleet();
    fixture.run(["run", "deploy", "--rehearse", "--fail", "nixpi:revision"]).code(3);
    let (result, why) = reason(&fixture, "nixpi");
    assert_eq!(result, "failed");
    assert!(
        why.contains("runs revision rehearsed-newer-revision, and the flake is at an older one"),
        "{why}"
    );
    assert!(why.contains("`--allow-older`"), "{why}");
    fixture.run(["run", "deploy", "--rehearse", "--fail", "nixpi:revision", "--allow-older"]).code(0);
    // To go back is what a rollback is for.
    fixture.run(["rollback", "--rehearse", "--fail", "nixpi:revision"]).code(0);
}

/// A `nix` that knows the hosts of [`FLEET`], and a git tree that is dirty.
fn dirty(policy: &str) -> Fixture {
    let nix = r#"#!/bin/sh
case "$*" in
*--version*) echo 'nix (Nix) 2.18.1' ;;
*darwinConfigurations*) echo '{}' ;;
*) echo '{"luna": {"system": "x86_64-linux", "hostName": "luna"}, "nixpi": {"system": "x86_64-linux", "hostName": "nixpi"}}' ;;
esac
"#;
    let refused =
        "#!/bin/sh\necho 'ssh: Could not resolve hostname luna: Name or service not known' >&2\nexit 255\n";
    let fixture = Fixture::new()
        .file("Fleetfile.yaml", FLEET.replace("deploy: {}", policy))
        .file("flake.nix", "{ }")
        .file(".gitignore", "/bin\n")
        .program("bin/nix", nix)
        .program("bin/ssh", refused);
    let mut path = fixture.path("bin").into_os_string();
    path.push(":/usr/bin:/bin");
    let fixture = fixture.env("PATH", path);
    fixture
        .shell("git init -q && git add -A && git -c user.name=t -c user.email=t@t commit -qm first && echo >>flake.nix")
        .code(0);
    fixture
}

#[test]
fn a_dirty_tree_is_refused_where_a_clean_one_is_wanted() {
    let fixture = dirty("deploy: {clean_tree: true}");
    fixture
        .run(["run", "deploy", "--yes"])
        .code(1)
        .touched_nothing()
        .points_at("Fleetfile.yaml:17:5", "deploy")
        .stderr_contains("the tree has uncommitted changes")
        .stderr_contains("`--allow-dirty`");
    // The hosts cannot be reached: the run has begun.
    fixture.run(["run", "deploy", "--yes", "--allow-dirty"]).code(3).stdout_contains("unreachable");
    dirty("deploy: {}").run(["run", "deploy", "--yes"]).code(3).stdout_contains("unreachable");
}

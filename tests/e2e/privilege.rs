//! sudo with a password, and users that nix does not trust.

use crate::Homelab;

#[test]
fn the_sudo_password_is_asked_for_once_on_a_terminal() {
    let Some(homelab) = Homelab::up("privilege::the_sudo_password_is_asked_for_once_on_a_terminal") else {
        return;
    };
    let run = homelab.run_on_terminal(&["apply-nixos", "host=nixpi,luna", "--yes"]);
    run.assert_results(&["luna succeeded", "nixpi succeeded"]);
    assert_eq!(run.code, 0, "{}", run.printed);
    assert_eq!(run.printed.to_lowercase().matches("password").count(), 1, "{}", run.printed);
    // It is nowhere: not on the screen, not in the journal, not in a log.
    assert!(!run.printed.contains("testbed\n"), "{}", run.printed);
    assert!(run.logs.values().all(|log| !log.contains("testbed\n")));
}

#[test]
fn nothing_is_built_for_any_host_while_a_password_is_missing() {
    let Some(homelab) = Homelab::up("privilege::nothing_is_built_for_any_host_while_a_password_is_missing")
    else {
        return;
    };
    // luna needs no password and would be built at once; the one for nixpi is typed late.
    let run = homelab
        .typing(&["--password", "testbed", "--late", "3"], &["apply-nixos", "host=nixpi,luna", "--yes"]);
    run.assert_results(&["luna succeeded", "nixpi succeeded"]);
    let asked = run.spans("probe").iter().map(|span| span.to).max().unwrap();
    assert!(asked >= 3000, "the password was not waited for: {:?}", run.spans("probe"));
    let built: Vec<_> = run.spans("build");
    assert_eq!(built.len(), 2);
    assert!(built.iter().all(|span| span.from >= asked), "built before the password: {built:?}");
}

#[test]
fn without_a_terminal_a_password_is_an_error_before_the_build() {
    let Some(homelab) = Homelab::up("privilege::without_a_terminal_a_password_is_an_error_before_the_build")
    else {
        return;
    };
    let run = homelab.run(&["apply-nixos", "host=nixpi", "--yes"]);
    run.assert_results(&["nixpi failed"]);
    assert_ne!(run.code, 0);
    assert!(run.reason("nixpi").contains("password"), "{}", run.reason("nixpi"));
    assert!(run.spans("build").is_empty(), "it was built all the same");
    assert!(homelab.activations("nixpi").is_empty());
}

#[test]
fn a_wrong_password_is_an_error_before_the_build() {
    let Some(homelab) = Homelab::up("privilege::a_wrong_password_is_an_error_before_the_build") else {
        return;
    };
    let script = r#"sed -i "s|^ryan:[^:]*:|ryan:$(openssl passwd -6 another):|" /etc/shadow"#;
    homelab.testbed(&["exec", "nixpi", "sh", "-c", script]);
    let run = homelab.run_on_terminal(&["apply-nixos", "host=nixpi", "--yes"]);
    run.assert_results(&["nixpi failed"]);
    assert!(run.reason("nixpi").contains("password"), "{}", run.reason("nixpi"));
    assert!(run.spans("build").is_empty(), "it was built all the same");
}

#[test]
fn a_user_who_may_not_use_sudo_is_told_so_before_the_build() {
    let Some(homelab) = Homelab::up("privilege::a_user_who_may_not_use_sudo_is_told_so_before_the_build")
    else {
        return;
    };
    let edit = |script: &str| homelab.testbed(&["exec", "nixpi", "sh", "-c", script]);
    edit("sed -i '/^ryan/d' /etc/sudoers");
    let run = homelab.run_on_terminal(&["apply-nixos", "host=nixpi", "--yes"]);
    run.assert_results(&["nixpi failed"]);
    let reason = run.reason("nixpi");
    assert!(reason.starts_with("ryan may not use sudo on nixpi"), "{reason}");
    assert!(reason.contains("not in the sudoers file") && reason.contains("user: root"), "{reason}");
    assert!(run.spans("build").is_empty(), "it was built all the same");

    edit("printf '%s\\n' 'ryan ALL=(ALL:ALL) NOPASSWD: ALL' 'Defaults:ryan requiretty' >>/etc/sudoers");
    let run = homelab.run(&["apply-nixos", "host=nixpi", "--yes"]);
    run.assert_results(&["nixpi failed"]);
    let reason = run.reason("nixpi");
    assert!(
        reason.starts_with("sudo on nixpi cannot be used") && reason.contains("must have a tty"),
        "{reason}"
    );

    // What sudo says besides changes nothing.
    edit("sed -i '/requiretty/d' /etc/sudoers; echo 'Defaults lecture=always, insults' >>/etc/sudoers");
    homelab.run(&["apply-nixos", "host=nixpi", "--yes"]).assert_results(&["nixpi succeeded"]);
}

#[test]
fn sudo_takes_unsigned_paths_in_for_a_user_who_is_not_trusted() {
    let Some(homelab) = Homelab::up("privilege::sudo_takes_unsigned_paths_in_for_a_user_who_is_not_trusted")
    else {
        return;
    };
    let fleetfile = std::fs::read_to_string(homelab.dir().join("Fleetfile.yaml")).unwrap();
    let local = fleetfile.replace("nixos-bootstrap: {", "nixos-bootstrap: {build_on: local, ");
    assert_ne!(fleetfile, local);
    homelab.write("Fleetfile.yaml", &local);
    let run = homelab.run(&["apply-nixos", "host=nixos-bootstrap", "--yes"]);
    run.assert_results(&["nixos-bootstrap succeeded"]);
}

#[test]
fn a_missing_trusted_user_is_found_before_the_build() {
    let Some(homelab) = Homelab::up("privilege::a_missing_trusted_user_is_found_before_the_build") else {
        return;
    };
    let trust = |users: &str| {
        let script = format!(
            "sed -i 's/^trusted-users = .*/trusted-users = {users}/' /etc/nix/nix.conf; pkill -x nix-daemon; sleep 0.5; \
             rm -f /nix/var/nix/daemon-socket/socket; setsid nix-daemon </dev/null >/dev/null 2>&1 &"
        );
        homelab.testbed(&["exec", "nixpi", "sh", "-c", &script]);
    };
    trust("root");
    let run = homelab.run_on_terminal(&["apply-nixos", "host=nixpi", "--yes"]);
    run.assert_results(&["nixpi failed"]);
    let reason = run.reason("nixpi");
    assert!(reason.starts_with("nix on nixpi takes no unsigned paths from ryan"), "{reason}");
    assert!(reason.contains("trusted-users of nixpi") && reason.contains("build_on: target"), "{reason}");
    assert!(!run.logs["nixpi"].contains("building '"), "{}", run.logs["nixpi"]);

    // By a group.
    trust("root @ryan");
    let run = homelab.run_on_terminal(&["apply-nixos", "host=nixpi", "--yes"]);
    run.assert_results(&["nixpi succeeded"]);
    // What it has already, nobody copies.
    trust("root");
    homelab.run_on_terminal(&["apply-nixos", "host=nixpi", "--yes"]).assert_results(&["nixpi unchanged"]);
}

//! One host fails; the others do not, and the report says which and why.

use crate::Homelab;

/// All but one host succeeded; the run as a whole did not.
#[track_caller]
fn assert_only(run: &crate::run::Run, host: &str, result: &str) {
    let expected: Vec<String> = crate::homelab::HOSTS
        .iter()
        .map(|name| format!("{name} {}", if *name == host { result } else { "succeeded" }))
        .collect();
    run.assert_results(&expected.iter().map(String::as_str).collect::<Vec<_>>());
    assert_ne!(run.code, 0, "{}", run.printed);
}

#[test]
fn a_host_that_does_not_build_fails_alone_with_the_words_of_nix() {
    let Some(homelab) = Homelab::up("fault::a_host_that_does_not_build_fails_alone_with_the_words_of_nix")
    else {
        return;
    };
    homelab.write("hosts/rydev/broken", "");
    let run = homelab.run_on_terminal(&["apply-nixos", "--yes"]);
    assert_only(&run, "rydev", "failed");
    assert!(run.printed.contains("hosts/rydev/broken: this host is set not to build"), "{}", run.printed);
    assert!(run.logs["rydev"].contains("hosts/rydev/broken: this host is set not to build"));
    assert!(homelab.activations("rydev").is_empty());
}

#[test]
fn a_host_that_does_not_evaluate_hides_no_other() {
    let Some(homelab) = Homelab::up("fault::a_host_that_does_not_evaluate_hides_no_other") else { return };
    homelab.write("hosts/rydev/eval-error", "");
    // preview-nixos has no `flake` check, which would be about all hosts at once.
    let run = homelab.run_on_terminal(&["preview-nixos"]);
    assert_only(&run, "rydev", "failed");
    assert!(
        run.printed.contains("hosts/rydev/eval-error: this host is set not to evaluate"),
        "{}",
        run.printed
    );
}

#[test]
fn a_host_that_is_down_is_unreachable() {
    let Some(homelab) = Homelab::up("fault::a_host_that_is_down_is_unreachable") else { return };
    homelab.fault(&["luna", "down"]);
    let run = homelab.run_on_terminal(&["apply-nixos", "--yes"]);
    assert_only(&run, "luna", "unreachable");
    let reason = run.reason("luna");
    assert!(reason.contains("No route to host") || reason.contains("timed out"), "{reason}");
    assert!(run.spans("build").iter().all(|span| span.host != "luna"), "it was built all the same");
}

#[test]
fn a_host_that_refuses_connections_is_unreachable() {
    let Some(homelab) = Homelab::up("fault::a_host_that_refuses_connections_is_unreachable") else { return };
    homelab.fault(&["rydev", "sshd-stop"]);
    let run = homelab.run_on_terminal(&["apply-nixos", "--yes"]);
    assert_only(&run, "rydev", "unreachable");
    assert!(run.reason("rydev").contains("refused"), "{}", run.reason("rydev"));
}

#[test]
fn a_host_with_another_key_is_not_trusted() {
    let Some(homelab) = Homelab::up("fault::a_host_with_another_key_is_not_trusted") else { return };
    homelab.fault(&["rydev", "hostkey"]);
    let run = homelab.run_on_terminal(&["apply-nixos", "--yes"]);
    assert_only(&run, "rydev", "unreachable");
    assert!(run.reason("rydev").contains("host key"), "{}", run.reason("rydev"));
}

#[test]
fn a_host_with_a_full_disk_fails_before_it_is_changed() {
    let Some(homelab) = Homelab::up("fault::a_host_with_a_full_disk_fails_before_it_is_changed") else {
        return;
    };
    homelab.fault(&["luna", "diskfull"]);
    let run = homelab.run_on_terminal(&["apply-nixos", "--yes"]);
    assert_only(&run, "luna", "failed");
    assert!(run.reason("luna").contains("MiB"), "{}", run.reason("luna"));
    assert!(homelab.activations("luna").is_empty());
}

#[test]
fn a_host_whose_units_fail_is_degraded_and_names_them() {
    let Some(homelab) = Homelab::up("fault::a_host_whose_units_fail_is_degraded_and_names_them") else {
        return;
    };
    homelab.fault(&["luna", "activation-fails", "4"]);
    let run = homelab.run_on_terminal(&["apply-nixos", "--yes"]);
    assert_only(&run, "luna", "degraded");
    assert!(run.reason("luna").contains("testbed.service"), "{}", run.reason("luna"));
    // It does run the new system: that is what makes it degraded and not failed.
    assert_eq!(run.host("luna")["after"]["path"], homelab.current_system("luna"));
}

#[test]
fn a_host_whose_activation_is_refused_keeps_its_system() {
    let Some(homelab) = Homelab::up("fault::a_host_whose_activation_is_refused_keeps_its_system") else {
        return;
    };
    let first = homelab.run(&["apply-nixos", "host=luna", "--yes"]);
    first.assert_results(&["luna succeeded"]);
    let before = homelab.current_system("luna");

    homelab.write("hosts/luna/version", "2");
    homelab.fault(&["luna", "activation-fails", "1"]);
    let run = homelab.run(&["apply-nixos", "host=luna", "--yes"]);
    run.assert_results(&["luna failed"]);
    assert_ne!(run.code, 0);
    assert_eq!(homelab.current_system("luna"), before);
    assert_eq!(run.host("luna")["after"]["path"], before);
}

#[test]
fn an_activation_outlives_the_connection() {
    let Some(homelab) = Homelab::up("fault::an_activation_outlives_the_connection") else { return };
    homelab.fault(&["luna", "drop-during-activation", "4"]);
    let run = homelab.run(&["apply-nixos", "host=luna", "--yes"]);
    run.assert_results(&["luna succeeded"]);
    assert_eq!(run.code, 0, "{}", run.printed);
    assert_eq!(run.host("luna")["after"]["path"], homelab.current_system("luna"));
    assert!(homelab.activations("luna").iter().all(|(_, _, code)| *code == 0));
}

#[test]
fn a_check_that_fails_touches_no_host() {
    let Some(homelab) = Homelab::up("fault::a_check_that_fails_touches_no_host") else { return };
    homelab.write("checks/fail", "1");
    let run = homelab.run(&["apply-nixos", "host=luna,rydev", "--yes"]);
    run.assert_results(&["luna skipped", "rydev skipped"]);
    assert_ne!(run.code, 0);
    assert!(run.printed.contains("checks/fail: this check is set to fail"), "{}", run.printed);
    for host in ["luna", "rydev"] {
        assert_eq!(homelab.testbed(&["exec", host, "ls", "/nix/store"]), "");
    }
}

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
fn a_host_where_the_user_is_not_trusted_says_so_when_it_is_built_elsewhere() {
    let Some(homelab) =
        Homelab::up("privilege::a_host_where_the_user_is_not_trusted_says_so_when_it_is_built_elsewhere")
    else {
        return;
    };
    let fleetfile = std::fs::read_to_string(homelab.dir().join("Fleetfile.yaml")).unwrap();
    let local = fleetfile.replace("nixos-bootstrap: {", "nixos-bootstrap: {build_on: local, ");
    assert_ne!(fleetfile, local);
    homelab.write("Fleetfile.yaml", &local);
    let run = homelab.run(&["apply-nixos", "host=nixos-bootstrap", "--yes"]);
    // Either root on the host takes the paths in, or the report tells what the user lacks; never a bare failure.
    match run.results()[0].as_str() {
        "nixos-bootstrap succeeded" => {}
        "nixos-bootstrap failed" => {
            assert!(run.reason("nixos-bootstrap").contains("trust"), "{}", run.reason("nixos-bootstrap"));
        }
        other => panic!("{other}: {}", run.printed),
    }
}

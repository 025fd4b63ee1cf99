//! Hosts that are well get what was asked for, and no more.

use crate::Homelab;
use crate::homelab::HOSTS;

#[test]
fn four_hosts_get_a_new_generation_at_the_same_time_and_then_are_left_alone() {
    let Some(homelab) =
        Homelab::up("deployment::four_hosts_get_a_new_generation_at_the_same_time_and_then_are_left_alone")
    else {
        return;
    };
    // On a line this slow, and with a switch of a second, work that may overlap does.
    for host in HOSTS {
        homelab.fault(&[host, "slow", "5", "40"]);
        homelab.fault(&[host, "activation-slow", "1"]);
    }

    let first = homelab.run_on_terminal(&["apply-nixos", "--yes"]);
    first.assert_results(&[
        "luna succeeded",
        "rydev succeeded",
        "nixos-bootstrap succeeded",
        "nixpi succeeded",
    ]);
    assert_eq!(first.code, 0, "{}", first.printed);
    assert!(first.overlap("copy"), "no two copies overlap: {:?}", first.spans("copy"));
    assert!(first.overlap("activate"), "no two activations overlap: {:?}", first.spans("activate"));
    for host in HOSTS {
        let after = first.host(host)["after"]["path"].as_str().unwrap().to_owned();
        assert!(after.contains(&format!("-nixos-system-{host}-25.05.1")), "{after}");
        assert_eq!(homelab.current_system(host), after);
        assert_eq!(homelab.profile(host), after);
        assert!(homelab.boot_entry(host).contains(&after), "{host} would boot another system");
        assert!(homelab.activations(host).iter().all(|(_, path, code)| *path == after && *code == 0));
    }

    for host in HOSTS {
        homelab.testbed(&["heal", host]);
    }
    let activations: Vec<_> = HOSTS.iter().map(|host| homelab.activations(host)).collect();
    let second = homelab.run_on_terminal(&["apply-nixos", "--yes"]);
    second.assert_results(&[
        "luna unchanged",
        "rydev unchanged",
        "nixos-bootstrap unchanged",
        "nixpi unchanged",
    ]);
    assert_eq!(second.code, 0, "{}", second.printed);
    assert_eq!(HOSTS.iter().map(|host| homelab.activations(host)).collect::<Vec<_>>(), activations);

    homelab.change_all("2");
    let third = homelab.run_on_terminal(&["apply-nixos", "--yes"]);
    third.assert_results(&[
        "luna succeeded",
        "rydev succeeded",
        "nixos-bootstrap succeeded",
        "nixpi succeeded",
    ]);
    for host in HOSTS {
        assert_eq!(third.host(host)["before"]["path"], first.host(host)["after"]["path"]);
        assert_eq!(third.host(host)["after"]["number"], 2);
        assert!(homelab.current_system(host).contains("25.05.2"));
    }
}

#[test]
fn only_the_selected_hosts_are_touched() {
    let Some(homelab) = Homelab::up("deployment::only_the_selected_hosts_are_touched") else { return };
    let run = homelab.run(&["apply-nixos", "host=@development,luna", "--yes"]);
    run.assert_results(&["luna succeeded", "rydev succeeded"]);
    assert_eq!(run.code, 0, "{}", run.printed);
    for untouched in ["nixos-bootstrap", "nixpi"] {
        assert!(homelab.activations(untouched).is_empty());
        assert_eq!(homelab.testbed(&["exec", untouched, "ls", "/nix/store"]), "");
    }
}

#[test]
fn a_deployment_is_asked_for_on_the_terminal_and_only_yes_is_yes() {
    let Some(homelab) =
        Homelab::up("deployment::a_deployment_is_asked_for_on_the_terminal_and_only_yes_is_yes")
    else {
        return;
    };
    for answer in ["n", ""] {
        let run = homelab.typing(&["--answer", answer], &["apply-nixos", "host=luna"]);
        assert!(run.printed.contains("apply-nixos: switch 1 host? [y/N]"), "{}", run.printed);
        run.assert_results(&["luna cancelled"]);
        assert_eq!(run.code, 6, "{}", run.printed);
        assert!(homelab.activations("luna").is_empty());
    }
    let run = homelab.typing(&["--answer", "y"], &["apply-nixos", "host=luna"]);
    run.assert_results(&["luna succeeded"]);
    assert!(run.printed.contains("nixos-system-luna-25.05.1"), "{}", run.printed);
}

#[test]
fn a_preview_tells_what_would_happen_and_changes_nothing() {
    let Some(homelab) = Homelab::up("deployment::a_preview_tells_what_would_happen_and_changes_nothing")
    else {
        return;
    };
    let run = homelab.run(&["preview-nixos", "host=luna"]);
    run.assert_results(&["luna succeeded"]);
    assert_eq!(run.code, 0, "{}", run.printed);
    assert!(
        run.logs["luna"].contains("would start the following units: status-page.service"),
        "{}",
        run.logs["luna"]
    );
    assert!(homelab.activations("luna").is_empty());
    assert_eq!(homelab.current_system("luna"), "");
    assert_eq!(homelab.profile("luna"), "");
}

#[test]
fn what_a_deployment_would_change_is_shown_before_the_question() {
    let Some(homelab) =
        Homelab::up("deployment::what_a_deployment_would_change_is_shown_before_the_question")
    else {
        return;
    };
    homelab.run(&["apply-nixos", "host=luna", "--yes"]).assert_results(&["luna succeeded"]);
    let before = homelab.current_system("luna");
    homelab.write("hosts/luna/version", "2");
    homelab.write(
        "hosts/luna/default.nix",
        "{ runtime }: { units.\"wireguard-wg0.service\" = { description = \"VPN\"; exec = \"${runtime}/bin/sleep 1000\"; }; }\n",
    );
    let looked = homelab.fleet(&["plan", "apply-nixos", "luna", "--diff"]);
    let looked = crate::run::Run::read(homelab.dir(), &looked);
    assert!(
        looked.code == 0 && looked.printed.contains("changed nixos-system-luna 25.05.1 -> 25.05.2"),
        "{}",
        looked.printed
    );
    assert!(looked.printed.contains("! start   wireguard-wg0.service"), "{}", looked.printed);
    assert_eq!((homelab.current_system("luna"), homelab.activations("luna").len()), (before.clone(), 2));
    let run = homelab.typing(&["--answer", "n"], &["apply-nixos", "host=luna", "--diff"]);
    run.assert_results(&["luna cancelled"]);
    let shown: Vec<_> = run.journal.iter().filter(|event| event["event"] == "diff").collect();
    assert_eq!(shown.len(), 1, "{}", run.printed);
    let diff = shown[0];
    assert_eq!((&diff["host"], &diff["before"]), (&"luna".into(), &before.as_str().into()));
    let system =
        diff["packages"].as_array().unwrap().iter().find(|it| it["name"] == "nixos-system-luna").unwrap();
    assert_eq!(system["change"], "changed");
    assert_eq!((&system["before"][0], &system["after"][0]), (&"25.05.1".into(), &"25.05.2".into()));
    let units: Vec<String> = diff["units"]
        .as_array()
        .unwrap()
        .iter()
        .map(|unit| {
            format!("{} {} {}", unit["change"], unit["unit"], unit["carries_connection"]).replace('"', "")
        })
        .collect();
    assert_eq!(
        units,
        [
            "stop zone-check.service false",
            "restart status-page.service false",
            "start wireguard-wg0.service true"
        ]
    );
    let at = |text: &str| run.printed.find(text).unwrap_or_else(|| panic!("no {text}: {}", run.printed));
    assert!(at("changed nixos-system-luna 25.05.1 -> 25.05.2") < at("apply-nixos: switch 1 host? [y/N]"));
    assert!(at("! start wireguard-wg0.service") < at("switch 1 host?"));
    assert_eq!(homelab.current_system("luna"), before);
    assert_eq!(homelab.activations("luna").len(), 2, "a question is no activation");

    // With --yes it is told all the same; what touches nothing shows it as well.
    let run = homelab.run(&["preview-nixos", "host=luna", "--diff"]);
    run.assert_results(&["luna succeeded"]);
    assert!(run.printed.contains("changed nixos-system-luna 25.05.1 -> 25.05.2"), "{}", run.printed);
    let run = homelab.run(&["apply-nixos", "host=luna", "--diff", "--yes"]);
    run.assert_results(&["luna succeeded"]);
    assert!(
        run.printed.contains("! start   wireguard-wg0.service: the connection may hang on it"),
        "{}",
        run.printed
    );
}

#[test]
fn hosts_are_those_of_the_flake() {
    let Some(homelab) = Homelab::up("deployment::hosts_are_those_of_the_flake") else { return };
    let listed = homelab.fleet(&["hosts", "--json"]);
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.status.success(), "{text}{}", String::from_utf8_lossy(&listed.stderr));
    let hosts: serde_json::Value = serde_json::from_str(&text).unwrap();
    let hosts = hosts.as_array().unwrap();
    let system = |name: &str| {
        let host = hosts.iter().find(|host| host["name"] == name);
        host.unwrap_or_else(|| panic!("no {name} in {text}"))["system"].as_str().unwrap().to_owned()
    };
    for name in HOSTS {
        assert_eq!(system(name), format!("{}-linux", std::env::consts::ARCH));
    }
    assert_eq!(system("macbook"), "aarch64-darwin");
    assert_eq!(hosts.len(), 5);
}

//! What surrounds a deployment is broken in ways that are nobody's configuration: the report says what it is.

use crate::Homelab;
use crate::run::Run;
use serde_json::json;
use std::time::Duration;

const PIPELINES: &str = "
  hurried:
    platform: nixos
    deploy: {confirm: false, timeout: 6s, watchdog: 3s}
  settled:
    platform: nixos
    deploy: {confirm: false, settle: 6s}
";

fn up(test: &str) -> Option<Homelab> {
    let homelab = Homelab::up(test)?;
    let fleetfile = std::fs::read_to_string(homelab.dir().join("Fleetfile.yaml")).unwrap() + PIPELINES;
    homelab.write("Fleetfile.yaml", &fleetfile);
    Some(homelab)
}

/// Puts a program before the real one of a host; `REAL` in it is that.
fn stand_in(homelab: &Homelab, host: &str, name: &str, script: &str) {
    let script = script.replace("REAL", &format!("/usr/bin/{name}"));
    let make = "mkdir -p /run/wrappers/bin && printf '#!/bin/sh\\n%s\\n' \"$2\" >/run/wrappers/bin/$1 && \
        chmod 755 /run/wrappers/bin/$1";
    homelab.testbed(&["exec", host, "sh", "-c", make, "sh", name, &script]);
}

#[test]
fn a_nix_that_is_broken_over_there_is_not_a_host_out_of_reach() {
    let Some(homelab) = up("surroundings::a_nix_that_is_broken_over_there_is_not_a_host_out_of_reach") else {
        return;
    };
    // The daemon does not run; nix is killed while it builds; nix breaks off in the middle of the copy.
    homelab.testbed(&["exec", "luna", "pkill", "-x", "nix-daemon"]);
    stand_in(&homelab, "rydev", "nix-store", "case $* in *--realise*) kill -9 $$ ;; esac; exec REAL \"$@\"");
    let breaks =
        "case $* in *--serve*) dd bs=1 count=40000 2>/dev/null | REAL \"$@\" ;; *) exec REAL \"$@\" ;; esac";
    stand_in(&homelab, "nixpi", "nix-store", breaks);
    let run = homelab.run_on_terminal(&["hurried", "host=luna,rydev,nixpi"]);
    run.assert_results(&["luna failed", "rydev failed", "nixpi failed"]);
    let reason = run.reason("luna");
    assert!(reason.contains("the nix daemon there does not run"), "{reason}");
    let reason = run.reason("rydev");
    assert!(reason.contains("nix was killed while it built (exit code 137)"), "{reason}");
    let reason = run.reason("nixpi");
    assert!(reason.contains("nix broke off there"), "{reason}");
}

#[test]
fn what_the_user_has_set_for_ssh_does_not_stand_in_the_way() {
    let Some(homelab) = up("surroundings::what_the_user_has_set_for_ssh_does_not_stand_in_the_way") else {
        return;
    };
    // In front of the test hosts' own configuration.
    let script = "own=$PWD/.git/ssh_config; { echo 'Host *'; echo 'RemoteCommand echo mine'; echo 'RequestTTY force'; \
        for file in ~/.ssh/config /etc/ssh/ssh_config; do [ ! -e $file ] || echo \"Include $file\"; done; } >$own; \
        NIX_SSHOPTS=\"-F $own\" exec \"$@\"";
    let output = homelab
        .start_program(&[
            "sh",
            "-c",
            script,
            "sh",
            env!("CARGO_BIN_EXE_fleet"),
            "run",
            "hurried",
            "host=luna",
        ])
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let printed = text(&output.stdout) + &text(&output.stderr);
    assert!(printed.contains("1 succeeded"), "{printed}");

    let wrong = "echo 'Nonsense yes' >.git/ssh_config; NIX_SSHOPTS=\"-F $PWD/.git/ssh_config\" exec \"$@\"";
    let words = ["sh", "-c", wrong, "sh", env!("CARGO_BIN_EXE_fleet"), "run", "hurried", "host=luna"];
    let run = Run::read(homelab.dir(), &homelab.start_program(&words).output().unwrap());
    run.assert_results(&["luna failed"]);
    assert!(run.reason("luna").contains("ssh -G luna"), "{}", run.reason("luna"));

    // A login that runs something else is told as that.
    let forced = "sed -i '1i ForceCommand echo This account is restricted' /etc/ssh/sshd_config; kill -HUP $(cat /run/sshd.pid)";
    homelab.testbed(&["exec", "rydev", "sh", "-c", forced]);
    std::thread::sleep(Duration::from_secs(1));
    let run = homelab.run(&["hurried", "host=rydev"]);
    run.assert_results(&["rydev failed"]);
    let reason = run.reason("rydev");
    assert!(
        reason.contains("does not run the script that it is sent") && reason.contains("ForceCommand"),
        "{reason}"
    );
}

#[test]
fn an_old_system_that_is_not_whole_is_named() {
    let Some(homelab) = up("surroundings::an_old_system_that_is_not_whole_is_named") else { return };
    homelab.run(&["hurried", "host=luna"]).assert_results(&["luna succeeded"]);
    let old = homelab.current_system("luna");
    homelab.testbed(&["exec", "luna", "rm", "-rf", &old]);
    homelab.write("hosts/luna/version", "2");
    let run = homelab.run(&["hurried", "host=luna"]);
    run.assert_results(&["luna succeeded"]);
    assert_eq!(run.host("luna")["guarded"], json!({"activation": "unit", "watchdog": "before_gone"}));
    assert!(
        run.printed.contains("no longer whole: there was nothing to go back to: luna"),
        "{}",
        run.printed
    );
}

#[test]
fn a_fleet_that_slept_past_the_watchdog_says_that_the_host_went_back() {
    let Some(homelab) = up("surroundings::a_fleet_that_slept_past_the_watchdog_says_that_the_host_went_back")
    else {
        return;
    };
    homelab.run(&["hurried", "host=luna"]).assert_results(&["luna succeeded"]);
    let first = homelab.current_system("luna");
    homelab.write("hosts/luna/version", "2");
    homelab.fault(&["luna", "at", "verify", "hold"]);
    let mut fleet = homelab.start(&["run", "hurried", "host=luna", "--json"]);
    let fleet = fleet.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let signal = |name: &str| {
        let sent = std::process::Command::new("kill").args([name, &fleet.id().to_string()]).status().unwrap();
        assert!(sent.success());
    };
    let held = "until [ -e /run/testbed/faults/held ]; do sleep 0.1; done";
    homelab.testbed(&["exec", "luna", "sh", "-c", held]);
    signal("-STOP");
    homelab.testbed(&["exec", "luna", "rm", "/run/testbed/faults/held"]);
    let back = "until [ -e /run/fleet/returned ]; do sleep 0.1; done";
    homelab.testbed(&["exec", "luna", "sh", "-c", back]);
    std::thread::sleep(Duration::from_secs(4));
    signal("-CONT");
    let output = fleet.wait_with_output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let finished = printed.lines().find(|line| line.contains("\"event\":\"host_finished\"")).unwrap();
    let report: serde_json::Value = serde_json::from_str(finished).unwrap();
    assert_eq!(report["result"], "rolled_back", "{printed}");
    assert_eq!(report["guarded"], json!({"activation": "unit", "watchdog": "timer"}), "{printed}");
    assert_eq!((homelab.current_system("luna"), homelab.profile("luna")), (first.clone(), first));
}

#[test]
fn who_follows_an_activation_may_be_killed() {
    let Some(homelab) = up("surroundings::who_follows_an_activation_may_be_killed") else { return };
    homelab.run(&["settled", "host=luna"]).assert_results(&["luna succeeded"]);
    homelab.write("hosts/luna/version", "2");
    homelab.fault(&["luna", "at", "activate", "hold"]);
    let run = std::thread::scope(|scope| {
        let run = scope.spawn(|| homelab.run(&["settled", "host=luna"]));
        let kill = "until [ -e /run/testbed/faults/held ]; do sleep 0.1; done; sleep 1; pkill -KILL -f '[O]WNER='; \
            sleep 2; rm /run/testbed/faults/held";
        homelab.testbed(&["exec", "luna", "sh", "-c", kill]);
        run.join().unwrap()
    });
    run.assert_results(&["luna succeeded"]);
    assert!(run.logs["luna"].contains("trying again"), "{}", run.logs["luna"]);
    assert_eq!(homelab.profile("luna"), homelab.current_system("luna"));
}

#[test]
fn an_activation_that_is_killed_on_its_host_leaves_nothing() {
    let Some(homelab) = up("surroundings::an_activation_that_is_killed_on_its_host_leaves_nothing") else {
        return;
    };
    homelab.run(&["settled", "host=luna"]).assert_results(&["luna succeeded"]);
    let first = homelab.current_system("luna");
    homelab.write("hosts/luna/version", "2");
    homelab.fault(&["luna", "at", "activate", "hold"]);
    let run = std::thread::scope(|scope| {
        let run = scope.spawn(|| homelab.run(&["settled", "host=luna"]));
        let kill = "until [ -e /run/testbed/faults/held ]; do sleep 0.1; done; \
            kill -KILL $(cat /run/fleet/fleet-switch-*/pid)";
        homelab.testbed(&["exec", "luna", "sh", "-c", kill]);
        run.join().unwrap()
    });
    run.assert_results(&["luna failed"]);
    assert!(run.reason("luna").contains(&format!("still runs {first}")), "{}", run.reason("luna"));
    let left = "ls /run/fleet | grep -E 'lock|fleet-switch' || :; \
        systemctl list-units --all --plain --no-legend 'fleet-*' | grep fleet- || :";
    assert_eq!(homelab.testbed(&["exec", "luna", "sh", "-c", left]), "");
}

#[test]
fn a_host_that_boots_before_its_proof_is_told_as_that() {
    let Some(homelab) = up("surroundings::a_host_that_boots_before_its_proof_is_told_as_that") else {
        return;
    };
    homelab.run(&["settled", "host=luna"]).assert_results(&["luna succeeded"]);
    let first = homelab.current_system("luna");
    homelab.write("hosts/luna/version", "2");
    let run = std::thread::scope(|scope| {
        let run = scope.spawn(|| homelab.run(&["settled", "host=luna"]));
        let other = format!(
            "until [ \"$(readlink -f /run/current-system)\" != {first} ]; do sleep 0.1; done; sleep 2; systemctl reboot"
        );
        homelab.testbed(&["exec", "luna", "sh", "-c", &other]);
        run.join().unwrap()
    });
    run.assert_results(&["luna failed"]);
    assert!(
        run.reason("luna").starts_with("luna has booted before its new system was proven"),
        "{}",
        run.reason("luna")
    );
    assert_eq!(homelab.current_system("luna"), first);
}

//! A host holds a lease for as long as it is activated, is left as it is without one, and lets go whatever becomes of fleet.

use crate::Homelab;
use crate::aftermath::Aftermath;
use crate::told::Told;
use std::os::unix::process::CommandExt as _;

const PIPELINES: &str = r#"
  leased:
    platform: nixos
    deploy:
      confirm: false
      watchdog: 2s
      before: [{command: test ! -e /tmp/held, on: host}]
      quiesce: {command: 'touch /tmp/held; echo held; cat; rm /tmp/held; echo let go'}
      health: [{command: test -e /tmp/held, on: host, retries: 0, deadline: 5s}]
      after: [{command: test ! -e /tmp/held, on: host}]
  asked:
    platform: nixos
    deploy:
      confirm: false
      quiesce: {command: sleep 1000 & exec sleep 1001, ready: test -e /tmp/go, timeout: 2s}
  refused: {platform: nixos, deploy: {confirm: false, quiesce: {command: 'echo no place left >&2; exit 3'}}}
  short: {platform: nixos, deploy: {confirm: false, quiesce: {command: 'echo held; sleep 1; exit 7'}}}
  rebooted:
    platform: nixos
    deploy:
      confirm: false
      reboot: always
      quiesce: {command: 'echo held >>/var/tmp/leases; echo held; cat; echo let go >>/var/tmp/leases'}
"#;

fn up(test: &str) -> Option<Homelab> {
    let homelab = Homelab::up(test)?;
    let fleetfile = std::fs::read_to_string(homelab.dir().join("Fleetfile.yaml")).unwrap() + PIPELINES;
    homelab.write("Fleetfile.yaml", &fleetfile);
    Some(homelab)
}

fn on(homelab: &Homelab, script: &str) -> String {
    homelab.testbed(&["exec", "luna", "timeout", "60", "sh", "-c", script]).trim().to_owned()
}

/// Waits until nothing of a lease is there, and says what is when that takes too long.
fn left(homelab: &Homelab) -> String {
    on(
        homelab,
        "for i in $(seq 150); do \
           left=$(ls /tmp/held 2>/dev/null; ps -eo args | grep -E '[f]leet-quiesce|[s]leep 100[01]' | cut -c1-60); \
           [ -n \"$left\" ] || break; sleep 0.1; \
         done; echo \"$left\"",
    )
}

#[test]
fn a_host_holds_its_lease_until_it_is_proven() {
    let Some(homelab) = up("quiesce::a_host_holds_its_lease_until_it_is_proven") else { return };
    let run = homelab.run(&["leased", "host=luna"]);
    run.assert_results(&["luna succeeded"]);
    assert!(
        run.logs["luna"].contains("held\n") && run.logs["luna"].contains("let go"),
        "{}",
        run.logs["luna"]
    );
    assert_eq!(homelab.profile("luna"), homelab.current_system("luna"));
    assert_eq!(left(&homelab), "");

    // One that is lost meanwhile is told, and the host is what it proves to be.
    homelab.write("hosts/luna/version", "2");
    homelab.fault(&["luna", "activation-slow", "3"]);
    let run = homelab.run(&["short", "host=luna"]);
    homelab.testbed(&["heal", "luna"]);
    run.assert_results(&["luna succeeded"]);
    let lost = "the lease of `quiesce` was lost before all was done: its command ended with exit code 7";
    assert!(run.reason("luna").contains(lost), "{}", run.reason("luna"));
    assert!(run.logs["luna"].contains(lost), "{}", run.logs["luna"]);

    // Each is held anew for the reboot, which ends it.
    homelab.write("hosts/luna/version", "3");
    let run = homelab.run(&["rebooted", "host=luna"]);
    run.assert_results(&["luna succeeded"]);
    let leases = on(&homelab, "cat /var/tmp/leases");
    assert_eq!(leases.lines().take(3).collect::<Vec<_>>(), ["held", "let go", "held"]);
    assert_eq!(left(&homelab), "");
}

#[test]
fn a_host_without_its_lease_is_left_as_it_is() {
    let Some(homelab) = up("quiesce::a_host_without_its_lease_is_left_as_it_is") else { return };
    let run = homelab.run(&["asked", "host=luna"]);
    run.assert_results(&["luna failed"]);
    let reason = run.reason("luna");
    assert!(reason.contains("luna does not hold the lease of `quiesce` within 2 s"), "{reason}");
    assert!(reason.contains("nothing was changed on luna"), "{reason}");
    let run = homelab.run(&["refused", "host=luna"]);
    run.assert_results(&["luna failed"]);
    let reason = run.reason("luna");
    assert!(
        reason.contains("its command ended with exit code 3") && reason.contains("no place left"),
        "{reason}"
    );
    assert!(homelab.activations("luna").is_empty());
    let after = Aftermath::of(&homelab, "luna");
    assert_eq!((after.runs.as_str(), after.left.as_str()), ("", ""));
    assert_eq!(left(&homelab), "");

    // It is there, and a command that reads nothing is ended.
    on(&homelab, "touch /tmp/go");
    homelab.run(&["asked", "host=luna"]).assert_results(&["luna succeeded"]);
    assert_eq!(left(&homelab), "");
}

#[test]
fn a_lease_goes_when_fleet_is_killed() {
    let Some(homelab) = up("quiesce::a_lease_goes_when_fleet_is_killed") else { return };
    homelab.run(&["leased", "host=luna"]).assert_results(&["luna succeeded"]);
    let first = homelab.current_system("luna");
    homelab.write("hosts/luna/version", "2");
    homelab.fault(&["luna", "activation-slow", "6"]);
    let mut command = homelab.start(&["run", "leased", "host=luna", "--json"]);
    command.process_group(0);
    let mut fleet = Told::start(command);
    let code = fleet.listen(|event, fleet| {
        if event["event"] == "output" && event["line"] == "held" {
            on(&homelab, "until [ -s /run/fleet/fleet-switch-*/pid ]; do sleep 0.1; done; test -e /tmp/held");
            fleet.kill().unwrap();
        }
    });
    assert_eq!(code, 137);
    assert_eq!(left(&homelab), "", "{}", fleet.printed());
    // The activation goes on without it, and the host goes back by itself.
    on(&homelab, "until ! ls -d /run/fleet/lock 2>/dev/null; do sleep 0.2; done");
    assert_eq!(homelab.current_system("luna"), first);
    homelab.testbed(&["heal", "luna"]);
    homelab.run(&["leased", "host=luna"]).assert_results(&["luna succeeded"]);
}

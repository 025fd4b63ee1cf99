//! Health is looked at before a new system is made lasting: a host that is not well does not boot it, and goes back where
//! that is the policy or where nobody comes back to tell.

use crate::Homelab;

const PIPELINES: &str = "
  stays:
    platform: nixos
    deploy:
      confirm: false
      health: [{command: test ! -e /tmp/sick, on: host, retries: 0, deadline: 2s}]
  returns:
    platform: nixos
    deploy:
      confirm: false
      on_failure: roll_back_host
      health: [{command: test ! -e /tmp/sick, on: host, retries: 0, deadline: 2s}]
  cut:
    platform: nixos
    deploy:
      confirm: false
      watchdog: 2s
      health: [{command: sudo sh -c 'ip link set eth0 down; setsid sh -c \"sleep 25; ip link set eth0 up\" >/dev/null 2>&1 &', on: host, retries: 0, deadline: 2s}]
  settled:
    platform: nixos
    deploy: {confirm: false, settle: 2s}
  ignoring:
    platform: nixos
    deploy: {confirm: false, ignore_units: ['^flaky-']}
";

fn up(test: &str) -> Option<Homelab> {
    let homelab = Homelab::up(test)?;
    let fleetfile = std::fs::read_to_string(homelab.dir().join("Fleetfile.yaml")).unwrap() + PIPELINES;
    homelab.write("Fleetfile.yaml", &fleetfile);
    Some(homelab)
}

fn left(homelab: &Homelab) -> String {
    let script = "ls /run/fleet 2>/dev/null | grep -E 'lock|fleet-switch' || :; \
        systemctl list-units --all --plain --no-legend 'fleet-*' | grep fleet- || :";
    homelab.testbed(&["exec", "luna", "sh", "-c", script])
}

#[test]
fn what_is_not_well_is_not_made_lasting_and_goes_back_by_policy() {
    let Some(homelab) = up("health::what_is_not_well_is_not_made_lasting_and_goes_back_by_policy") else {
        return;
    };
    homelab.run(&["stays", "host=luna"]).assert_results(&["luna succeeded"]);
    let first = homelab.current_system("luna");
    assert_eq!(homelab.profile("luna"), first);

    homelab.testbed(&["exec", "luna", "touch", "/tmp/sick"]);
    homelab.write("hosts/luna/version", "2");
    let run = homelab.run(&["returns", "host=luna"]);
    run.assert_results(&["luna rolled_back"]);
    assert_eq!(run.code, 4, "{}", run.printed);
    let reason = run.reason("luna");
    assert!(
        reason.contains("health check `cmd") && reason.contains("went back to its old system"),
        "{reason}"
    );
    assert_eq!((homelab.current_system("luna"), homelab.profile("luna")), (first.clone(), first.clone()));
    assert!(homelab.boot_entry("luna").contains(&first), "{}", homelab.boot_entry("luna"));
    assert_eq!(left(&homelab), "");

    let run = homelab.run(&["stays", "host=luna"]);
    run.assert_results(&["luna degraded"]);
    let reason = run.reason("luna");
    assert!(
        reason.contains("health check `cmd") && reason.contains(&format!("will boot {first}")),
        "{reason}"
    );
    assert_ne!(homelab.current_system("luna"), first);
    assert_eq!(homelab.profile("luna"), first, "what is not well was made lasting");
    assert!(homelab.boot_entry("luna").contains(&first), "{}", homelab.boot_entry("luna"));
    assert_eq!(left(&homelab), "");

    homelab.testbed(&["exec", "luna", "rm", "/tmp/sick"]);
    let run = homelab.run(&["stays", "host=luna"]);
    run.assert_results(&["luna succeeded"]);
    assert_eq!(homelab.profile("luna"), homelab.current_system("luna"));
    assert_eq!(left(&homelab), "");
}

#[test]
fn a_link_that_is_lost_while_health_is_looked_at_brings_the_old_system_back() {
    let Some(homelab) =
        up("health::a_link_that_is_lost_while_health_is_looked_at_brings_the_old_system_back")
    else {
        return;
    };
    homelab.run(&["stays", "host=luna"]).assert_results(&["luna succeeded"]);
    let first = homelab.current_system("luna");
    homelab.write("hosts/luna/version", "2");
    let run = homelab.run(&["cut", "host=luna"]);
    run.assert_results(&["luna rolled_back"]);
    assert_eq!((homelab.current_system("luna"), homelab.profile("luna")), (first.clone(), first));
    assert_eq!(left(&homelab), "");
}

#[test]
fn units_are_looked_at_after_a_while_and_some_count_for_nothing() {
    let Some(homelab) = up("health::units_are_looked_at_after_a_while_and_some_count_for_nothing") else {
        return;
    };
    let unit = |name: &str, command: &str| {
        format!(
            "{{ runtime }}: {{ units.\"{name}.service\" = {{ description = \"A unit\"; exec = \"${{runtime}}/bin/{command}\"; }}; }}\n"
        )
    };
    homelab.run(&["settled", "host=luna"]).assert_results(&["luna succeeded"]);
    // It dies a moment after it was started, when switch-to-configuration has ended with 0.
    homelab.write("hosts/luna/default.nix", &unit("late", "timeout 1 ${runtime}/bin/sleep 100"));
    let run = homelab.run(&["settled", "host=luna"]);
    run.assert_results(&["luna degraded"]);
    let reason = run.reason("luna");
    assert!(reason.contains("late.service has failed\n  result: "), "{reason}");

    homelab.write("hosts/luna/default.nix", &unit("flaky-one", "false"));
    let run = homelab.run(&["ignoring", "host=luna"]);
    run.assert_results(&["luna succeeded"]);
    assert!(
        run.logs["luna"].contains("flaky-one.service has failed, which is ignored"),
        "{}",
        run.logs["luna"]
    );
    assert_eq!(homelab.profile("luna"), homelab.current_system("luna"));
}

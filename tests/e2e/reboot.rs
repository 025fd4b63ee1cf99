//! Reboots: where they are needed, one after another, proven by a new boot id and what was booted.

use crate::Homelab;
use crate::run::Run;

const PIPELINES: &str = "
  always: {platform: nixos, deploy: {confirm: false, reboot: always}}
  needed:
    platform: nixos
    deploy:
      confirm: false
      reboot: {when: if_needed, timeout: 40s}
      health: [{unit: status-page.service}]
  short: {platform: nixos, deploy: {confirm: false, reboot: {when: always, timeout: 6s}}}
  never: {platform: nixos, deploy: {confirm: false}}
";

fn up(test: &str) -> Option<Homelab> {
    let homelab = Homelab::up(test)?;
    let fleetfile = std::fs::read_to_string(homelab.dir().join("Fleetfile.yaml")).unwrap() + PIPELINES;
    homelab.write("Fleetfile.yaml", &fleetfile);
    Some(homelab)
}

fn boot_id(homelab: &Homelab, host: &str) -> String {
    homelab.testbed(&["exec", host, "cat", "/proc/sys/kernel/random/boot_id"])
}

fn booted(homelab: &Homelab, host: &str) -> String {
    homelab.testbed(&["exec", host, "sh", "-c", "readlink -e /run/booted-system || :"]).trim().to_owned()
}

fn reboots(run: &Run) -> usize {
    run.logs.values().filter(|log| log.contains(" reboots")).count()
}

#[test]
fn hosts_are_rebooted_where_it_is_needed_and_one_after_another() {
    let Some(homelab) = up("reboot::hosts_are_rebooted_where_it_is_needed_and_one_after_another") else {
        return;
    };
    let hosts = ["luna", "rydev"];
    let before = hosts.map(|host| boot_id(&homelab, host));
    let first = homelab.run(&["always", "host=luna,rydev"]);
    first.assert_results(&["luna succeeded", "rydev succeeded"]);
    assert!(!first.overlap("reboot"), "{:?}", first.spans("reboot"));
    for (host, before) in hosts.into_iter().zip(before) {
        assert_ne!(boot_id(&homelab, host), before, "{host} was not rebooted");
        assert_eq!(booted(&homelab, host), homelab.current_system(host));
        assert_eq!(first.host(host)["after"]["path"], homelab.current_system(host));
    }

    // No new kernel, no reboot.
    homelab.write("hosts/luna/version", "2");
    let run = homelab.run(&["needed", "host=luna"]);
    run.assert_results(&["luna succeeded"]);
    assert_eq!(reboots(&run), 0, "{}", run.printed);

    // A new one, and nobody wants the reboot: it is told, by the run and by the status.
    homelab.write("hosts/luna/kernel", "another kernel\n");
    let run = homelab.run(&["never", "host=luna"]);
    run.assert_results(&["luna succeeded"]);
    assert_eq!(run.host("luna")["needs_reboot"], serde_json::json!(["kernel"]));
    assert!(run.printed.contains("reboot needed\n  luna: kernel"), "{}", run.printed);

    // A run that has nothing else to do for it makes up for that.
    let before = boot_id(&homelab, "luna");
    let run = homelab.run(&["needed", "host=luna"]);
    run.assert_results(&["luna succeeded"]);
    assert_ne!(boot_id(&homelab, "luna"), before);
    assert_eq!(booted(&homelab, "luna"), homelab.current_system("luna"));
    assert!(run.host("luna")["needs_reboot"].is_null(), "{}", run.printed);
    let left = homelab.testbed(&["exec", "luna", "sh", "-c", "ls /run/fleet 2>/dev/null || :"]);
    assert_eq!(left, "");
}

#[test]
fn a_host_that_does_not_come_back_or_boots_another_system_is_told_as_that() {
    let Some(homelab) = up("reboot::a_host_that_does_not_come_back_or_boots_another_system_is_told_as_that")
    else {
        return;
    };
    homelab.run(&["always", "host=luna,rydev"]).assert_results(&["luna succeeded", "rydev succeeded"]);
    let old = booted(&homelab, "rydev");
    homelab.fault(&["luna", "reboot-hangs"]);
    homelab.fault(&["rydev", "reboot-old"]);
    homelab.write("hosts/luna/version", "2");
    homelab.write("hosts/rydev/version", "2");
    let run = homelab.run(&["short", "host=luna,rydev"]);
    run.assert_results(&["luna unknown", "rydev failed"]);
    assert_eq!(run.code, 3, "{}", run.printed);
    assert!(run.reason("luna").contains("not back within 6 s"), "{}", run.reason("luna"));
    assert!(run.reason("rydev").contains(&format!("it booted {old}")), "{}", run.reason("rydev"));
    assert_eq!(run.host("rydev")["after"]["path"], homelab.current_system("rydev"));
    homelab.testbed(&["heal", "luna"]);
}

//! Making a system lasting may hang, as the installation of a boot loader can: it ends, and the lock is let go.

use crate::Homelab;

const PIPELINES: &str = "
  hurried:
    platform: nixos
    deploy: {confirm: false, timeout: 3s}
  for-next-boot:
    platform: nixos
    deploy: {confirm: false, timeout: 3s, action: boot}
";

#[test]
fn a_boot_loader_that_hangs_is_ended_and_nothing_is_left() {
    let Some(homelab) = Homelab::up("commit::a_boot_loader_that_hangs_is_ended_and_nothing_is_left") else {
        return;
    };
    let fleetfile = std::fs::read_to_string(homelab.dir().join("Fleetfile.yaml")).unwrap() + PIPELINES;
    homelab.write("Fleetfile.yaml", &fleetfile);
    homelab.run(&["hurried", "host=luna,rydev"]).assert_results(&["luna succeeded", "rydev succeeded"]);
    let first = homelab.current_system("luna");
    let boots = homelab.profile("rydev");
    // Whoever writes there waits for a reader.
    for host in ["luna", "rydev"] {
        homelab.testbed(&["exec", host, "mkfifo", "/boot/loader/loader.conf.new"]);
        homelab.write(&format!("hosts/{host}/version"), "2");
    }
    let (luna, rydev) = std::thread::scope(|scope| {
        let luna = scope.spawn(|| homelab.fleet(&["run", "hurried", "host=luna", "--json"]));
        let rydev = scope.spawn(|| homelab.fleet(&["run", "for-next-boot", "host=rydev", "--json"]));
        (luna.join().unwrap(), rydev.join().unwrap())
    });
    let result = |output: &std::process::Output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().find(|line| line.contains("\"event\":\"host_finished\"")).unwrap().to_owned();
        serde_json::from_str::<serde_json::Value>(&line).unwrap()
    };
    let luna = result(&luna);
    assert_eq!(luna["result"], "degraded", "{luna}");
    let reason = luna["reason"].as_str().unwrap();
    assert!(reason.contains("took too long") && reason.contains(&format!("will boot {first}")), "{reason}");
    assert_ne!(homelab.current_system("luna"), first);
    assert_eq!(homelab.profile("luna"), first, "what is not in the boot loader must not be in the profile");
    let rydev = result(&rydev);
    assert_eq!(rydev["result"], "failed", "{rydev}");
    assert!(rydev["reason"].as_str().unwrap().contains("took too long"), "{rydev}");
    assert_eq!(homelab.profile("rydev"), boots);
    for host in ["luna", "rydev"] {
        let left = "ls /run/fleet 2>/dev/null | grep -E 'lock|fleet-switch' || :; pgrep -f 'switch-to-[c]onfiguration' || :; \
            systemctl list-units --all --plain --no-legend 'fleet-*' | grep fleet- || :";
        assert_eq!(homelab.testbed(&["exec", host, "sh", "-c", left]), "");
        homelab.testbed(&["exec", host, "rm", "/boot/loader/loader.conf.new"]);
    }
    homelab.run(&["hurried", "host=luna,rydev"]).assert_results(&["luna succeeded", "rydev succeeded"]);
    assert_eq!(homelab.profile("luna"), homelab.current_system("luna"));
}

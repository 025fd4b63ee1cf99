//! Hosts that other programs deploy. The programs are stand-ins that do what the real ones are documented to do: they take
//! the same arguments, print, set the profile, activate, and end with the same codes.

use crate::Homelab;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// What all of them do: `deploy_to HOST ACTION` with the flake in the current directory.
const COMMON: &str = r#"#!/bin/sh
set -eu
echo "$(basename "$0") $*" >>"$STAND_INS/calls"
deploy_to() {
  system=$(nix eval --raw ".#nixosConfigurations.$1.config.system.build.toplevel.outPath")
  [ -e "$system" ] || nix build --no-link ".#nixosConfigurations.$1.config.system.build.toplevel"
  nix copy --no-check-sigs --to "ssh://root@$1" "$system" 2>/dev/null
  profile=$system
  [ -z "${WRAPS:-}" ] || profile=$(ssh "root@$1" "d=\$(mktemp -d) && mkdir \$d/activatable && ln -s $system/* \$d/activatable/ &&
    nix-store --add \$d/activatable")
  case $2 in switch | boot) ssh "root@$1" nix-env -p /nix/var/nix/profiles/system --set "$profile" ;; esac
  echo "activating $1"
  ssh "root@$1" "$system/bin/switch-to-configuration" "$2"
}
"#;

/// A directory of stand-ins.
struct StandIns(tempfile::TempDir);

impl StandIns {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn program(&self, name: &str, body: &str) {
        let path = self.0.path().join(name);
        fs::write(&path, format!("{COMMON}{body}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.0.path().join("calls")).unwrap_or_default()
    }

    fn run(&self, homelab: &Homelab, arguments: &[&str]) -> crate::run::Run {
        let path = format!("{}:{}", self.0.path().display(), std::env::var("PATH").unwrap());
        let directory = self.0.path().to_str().unwrap();
        homelab.run_with(&[("PATH", &path), ("STAND_INS", directory)], "", arguments)
    }
}

fn deployed_by(homelab: &Homelab, hosts: &[(&str, &str)]) {
    let file: PathBuf = homelab.dir().join("Fleetfile.yaml");
    let mut text = fs::read_to_string(file).unwrap();
    for (host, driver) in hosts {
        let other = text.replace(&format!("{host}: {{"), &format!("{host}: {{driver: {driver}, "));
        assert_ne!(text, other);
        text = other;
    }
    homelab.write("Fleetfile.yaml", &text);
}

#[test]
fn hosts_are_deployed_by_the_programs_that_they_name_and_proven_all_the_same() {
    let Some(homelab) =
        Homelab::up("driver::hosts_are_deployed_by_the_programs_that_they_name_and_proven_all_the_same")
    else {
        return;
    };
    deployed_by(&homelab, &[("luna", "nixos-rebuild"), ("rydev", "colmena"), ("nixos-bootstrap", "deploy")]);

    // A missing program is told before anything else, with its place.
    let hosts = ["apply-nixos", "host=luna,rydev,nixos-bootstrap", "--yes"];
    let missing = homelab.run(&hosts);
    assert_eq!((missing.code, missing.journal.len()), (1, 0), "{}", missing.printed);
    assert!(
        missing.printed.contains("`colmena` is not on PATH, and is to deploy rydev"),
        "{}",
        missing.printed
    );
    assert!(missing.printed.contains("nixpkgs: deploy-rs"), "{}", missing.printed);
    let check = homelab.fleet(&["check"]);
    let told = String::from_utf8_lossy(&check.stderr).into_owned();
    assert_eq!(check.status.code(), Some(1), "{told}");
    assert!(told.contains("`nixos-rebuild` is not on PATH, and is to deploy luna"), "{told}");
    // Other hosts are not kept from anything by it.
    homelab.run_on_terminal(&["apply-nixos", "host=nixpi", "--yes"]).assert_results(&["nixpi succeeded"]);

    let programs = StandIns::new();
    programs.program("nixos-rebuild", r#"name=${4#*#}; deploy_to "$name" "$1""#);
    programs.program("colmena", r#"deploy_to "$3" "$6""#);
    programs.program("deploy", r#"WRAPS=1; for last; do :; done; deploy_to "${last#*#}" switch"#);
    let run = programs.run(&homelab, &hosts);
    run.assert_results(&["luna succeeded", "nixos-bootstrap succeeded", "rydev succeeded"]);
    assert_eq!(run.code, 0, "{}", run.printed);
    let calls = programs.calls();
    for call in [
        "nixos-rebuild switch --fast --flake .#luna --target-host ryan@luna --build-host ryan@luna --use-remote-sudo",
        "colmena apply --on rydev --config",
        "deploy --skip-checks --hostname nixos-bootstrap --ssh-user ryan --ssh-opts=-o",
    ] {
        assert!(calls.contains(call), "{call} in {calls}");
    }
    for host in ["luna", "rydev", "nixos-bootstrap"] {
        assert_eq!(run.host(host)["after"]["path"], homelab.current_system(host), "{}", run.printed);
        assert!(run.logs[host].contains(&format!("activating {host}")), "{}", run.logs[host]);
    }
    assert_eq!((&run.host("luna")["built_on"], run.host("rydev").get("built_on")), (&"target".into(), None));

    // Nothing is done twice, a wrapped profile included.
    let again = programs.run(&homelab, &hosts);
    again.assert_results(&["luna unchanged", "nixos-bootstrap unchanged", "rydev unchanged"]);
    assert_eq!(programs.calls(), calls);
}

#[test]
fn a_program_that_lies_or_fails_changes_no_result() {
    let Some(homelab) = Homelab::up("driver::a_program_that_lies_or_fails_changes_no_result") else { return };
    deployed_by(&homelab, &[("luna", "nixos-rebuild"), ("rydev", "colmena")]);
    let programs = StandIns::new();
    programs.program("nixos-rebuild", "echo 'all is well'; exit 0");
    programs.program("colmena", "echo '[ERROR] Failed to push system closure'; exit 1");
    let run = programs.run(&homelab, &["apply-nixos", "host=luna,rydev", "--yes"]);
    run.assert_results(&["luna failed", "rydev failed"]);
    assert_eq!(run.code, 3, "{}", run.printed);
    assert!(run.reason("luna").contains("still runs"), "{}", run.reason("luna"));
    assert!(
        run.logs["luna"].contains("nixos-rebuild reports success, and luna runs another system"),
        "{}",
        run.logs["luna"]
    );
    let reason = run.reason("rydev");
    assert!(reason.contains("colmena for rydev failed with exit code 1"), "{reason}");
    assert!(reason.contains("Failed to push system closure"), "{reason}");
    for host in ["luna", "rydev"] {
        assert_eq!((homelab.current_system(host), homelab.profile(host)), (String::new(), String::new()));
    }

    // A unit that fails under a program that ends with 0 is told as after the native sequence.
    programs.program("nixos-rebuild", r#"deploy_to luna switch || :"#);
    homelab.write("hosts/luna/failing-unit", "");
    let run = programs.run(&homelab, &["apply-nixos", "host=luna", "--yes"]);
    run.assert_results(&["luna degraded"]);
    assert!(run.reason("luna").contains("failing.service has failed"), "{}", run.reason("luna"));
}

#[test]
fn health_and_the_way_back_are_the_same_whoever_deploys() {
    let Some(homelab) = Homelab::up("driver::health_and_the_way_back_are_the_same_whoever_deploys") else {
        return;
    };
    deployed_by(&homelab, &[("luna", "nixos-rebuild")]);
    let pipelines = "
  stays:
    platform: nixos
    deploy: {confirm: false, timeout: 20s, health: [{command: test ! -e /tmp/sick, on: host, retries: 0, deadline: 2s}]}
  returns:
    platform: nixos
    deploy:
      confirm: false
      on_failure: roll_back_host
      health: [{command: test ! -e /tmp/sick, on: host, retries: 0, deadline: 2s}]
";
    homelab.write(
        "Fleetfile.yaml",
        &(fs::read_to_string(homelab.dir().join("Fleetfile.yaml")).unwrap() + pipelines),
    );
    let programs = StandIns::new();
    programs.program("nixos-rebuild", "deploy_to luna switch");
    let run = programs.run(&homelab, &["returns", "host=luna"]);
    run.assert_results(&["luna succeeded"]);
    let driver = serde_json::json!({"activation": "driver", "watchdog": "driver"});
    assert_eq!(run.host("luna")["guarded"], driver);
    assert!(run.printed.contains("another program, without fleet's watchdog: luna"), "{}", run.printed);
    let first = homelab.current_system("luna");

    homelab.testbed(&["exec", "luna", "touch", "/tmp/sick"]);
    homelab.write("hosts/luna/version", "2");
    let run = programs.run(&homelab, &["returns", "host=luna"]);
    run.assert_results(&["luna rolled_back"]);
    assert!(run.reason("luna").contains("health check `cmd"), "{}", run.reason("luna"));
    assert_eq!((homelab.current_system("luna"), homelab.profile("luna")), (first.clone(), first.clone()));
    assert!(homelab.boot_entry("luna").contains(&first), "{}", homelab.boot_entry("luna"));

    let run = programs.run(&homelab, &["stays", "host=luna"]);
    run.assert_results(&["luna degraded"]);
    assert!(run.reason("luna").contains("health check `cmd"), "{}", run.reason("luna"));
    homelab.testbed(&["exec", "luna", "rm", "/tmp/sick"]);
    let second = homelab.current_system("luna");
    assert_ne!(second, first);

    // It has done all, and says that it has not.
    programs.program("nixos-rebuild", "deploy_to luna switch; exit 1");
    homelab.write("hosts/luna/version", "3");
    let run = programs.run(&homelab, &["stays", "host=luna"]);
    run.assert_results(&["luna degraded"]);
    assert!(
        run.reason("luna").contains("nixos-rebuild for luna failed with exit code 1"),
        "{}",
        run.reason("luna")
    );
    let third = homelab.current_system("luna");
    assert!(third != second && homelab.profile("luna") == third);

    // It never ends.
    programs.program("nixos-rebuild", "exec sleep 300");
    homelab.write("hosts/luna/version", "4");
    let run = programs.run(&homelab, &["stays", "host=luna"]);
    run.assert_results(&["luna failed"]);
    assert!(run.reason("luna").contains(&format!("still runs {third}")), "{}", run.reason("luna"));
}

//! Deployments to a host with a real systemd (`tests/testbed/booted`): its transient units, its timers and its reloads, which
//! the shims of the other hosts only stand in for.

use crate::homelab::repository;
use crate::requirement;
use crate::run::Run;
use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// No secrets, one host; short waits.
const FLEETFILE: &str = "version: '3'
fleet:
  flake: .
  secrets: {test_keys: [tests/keys/age.txt], test_paths: ['tests/**']}
  defaults: {user: root, address: 127.0.0.1, build_on: local}
pipelines:
  apply:
    platform: nixos
    hosts: luna
    deploy: {action: switch, confirm: false, watchdog: 4s, timeout: 8s}
  apply-and-reboot:
    platform: nixos
    hosts: luna
    deploy: {action: switch, confirm: false, reboot: {when: always, timeout: 2m}}
";

/// Until a host that was left alone has gone back: the time for the activation, for its proof, and to be reached again.
const RETURN: Duration = Duration::from_secs(90);

struct Booted {
    dir: tempfile::TempDir,
    project: tempfile::TempDir,
}

impl Booted {
    /// Boots it; `None`, and the test is reported as skipped, where that cannot be.
    fn up(test: &str) -> Option<Self> {
        let test = format!("e2e::booted::{test}");
        if !requirement::met(&test, &["root", "nix", "ssh", "busybox", "git", "systemd-nspawn"]) {
            return None;
        }
        let booted = Self { dir: tempfile::tempdir().unwrap(), project: tempfile::tempdir().unwrap() };
        let up = booted.command("up", &[]).output().unwrap();
        if up.status.code() == Some(77) {
            let why = String::from_utf8_lossy(&up.stderr).into_owned();
            let _ = writeln!(std::io::stderr(), "\nSKIPPED {test}: {}", why.trim());
            return None;
        }
        assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
        let flake = Command::new(repository().join("tests/testbed/testbed"))
            .args(["flake".as_ref(), booted.project.path().as_os_str()])
            .output()
            .unwrap();
        assert!(flake.status.success(), "{}", String::from_utf8_lossy(&flake.stderr));
        let write = |file: &str, text: &str| fs::write(booted.project.path().join(file), text).unwrap();
        write("Fleetfile.yaml", FLEETFILE);
        write("hosts/luna/default.nix", "{ runtime }: { }\n");
        Some(booted)
    }

    fn command(&self, verb: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(repository().join("tests/testbed/booted"));
        command.arg(verb).arg(self.dir.path()).args(arguments).stdin(Stdio::null());
        command
    }

    /// What a shell command on the host prints.
    fn host(&self, script: &str) -> String {
        let output = self.command("exec", &["sh", "-c", script]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn current(&self) -> String {
        self.host("readlink -e /run/current-system")
    }

    /// Units of fleet that systemd still knows.
    fn units(&self) -> String {
        self.host(
            "systemctl list-units --all --plain --no-legend --no-pager 'fleet-switch*' 'fleet-watchdog*'",
        )
    }

    fn change(&self, version: &str) {
        fs::write(self.project.path().join("hosts/luna/version"), version).unwrap();
    }

    fn fleet(&self, pipeline: &str) -> Command {
        let mut command = self.command("run", &[env!("CARGO_BIN_EXE_fleet"), "run", pipeline, "--yes"]);
        command.current_dir(self.project.path());
        command
    }

    fn run(&self, pipeline: &str) -> Run {
        let output: Output = self.fleet(pipeline).output().unwrap();
        Run::read(self.project.path(), &output)
    }

    fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let end = Instant::now() + RETURN;
        while !holds() {
            assert!(Instant::now() < end, "{what}: {}", self.host("ls -l /run/fleet; cat /run/fleet/*/log"));
            std::thread::sleep(Duration::from_millis(300));
        }
    }
}

impl Drop for Booted {
    fn drop(&mut self) {
        let _ = self.command("down", &[]).status();
    }
}

fn kill(child: &mut std::process::Child) {
    // `booted run` and nsenter have become fleet.
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_real_systemd_keeps_the_job_through_its_reload_and_brings_back_what_nobody_proves() {
    let Some(booted) =
        Booted::up("a_real_systemd_keeps_the_job_through_its_reload_and_brings_back_what_nobody_proves")
    else {
        return;
    };

    // The first system has nothing to go back to; the second one has a timer.
    for version in ["1", "2"] {
        booted.change(version);
        let run = booted.run("apply");
        assert_eq!(run.code, 0, "{}", run.printed);
        assert_eq!(run.host("luna")["result"], "succeeded", "{}", run.printed);
        assert_eq!(booted.units(), "");
        assert_eq!(booted.host("ls /run/fleet"), "committed");
        assert_eq!(booted.host("systemctl is-system-running"), "running");
    }
    let proven = booted.current();
    assert_eq!(booted.host("readlink -e /nix/var/nix/profiles/system"), proven);
    assert_eq!(booted.run("apply").host("luna")["result"], "unchanged");

    // fleet is killed while the activation runs: the job waits for its proof in vain.
    booted.change("3");
    booted.host("touch /run/hang");
    let mut fleet = booted.fleet("apply").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    booted.until("it begins", || booted.units().contains("fleet-switch"));
    assert!(booted.units().contains(".timer"), "{}", booted.units());
    kill(&mut fleet);
    booted.host("rm /run/hang");
    booted.until("it goes back by itself", || booted.host("cat /run/fleet/returned").contains("code 0"));
    assert_eq!(booted.current(), proven);
    booted.until("nothing is left", || booted.units().is_empty());

    // The job itself is killed: the timer is there still.
    booted.change("4");
    booted.host("rm -f /run/fleet/returned; touch /run/hang");
    let mut fleet = booted.fleet("apply").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    booted.until("it begins", || booted.units().contains("fleet-switch"));
    kill(&mut fleet);
    booted.host("systemctl kill --signal=KILL 'fleet-switch-*.service'; rm /run/hang");
    booted.until("the timer brings it back", || booted.host("cat /run/fleet/returned").contains("code 0"));
    assert_eq!(booted.current(), proven);
    booted.until("nothing is left", || booted.units().is_empty());
    assert_eq!(booted.host("ls /run/fleet/lock"), "");

    // And after all that it can be deployed to.
    booted.change("5");
    let run = booted.run("apply");
    assert_eq!(run.host("luna")["result"], "succeeded", "{}", run.printed);
}

#[test]
fn a_reboot_is_proven_by_what_has_booted() {
    let Some(booted) = Booted::up("a_reboot_is_proven_by_what_has_booted") else { return };
    let boot = || booted.host("cat /proc/sys/kernel/random/boot_id");
    let first = boot();
    booted.change("1");
    let run = booted.run("apply-and-reboot");
    assert_eq!(run.host("luna")["result"], "succeeded", "{}", run.printed);
    assert_ne!(boot(), first);
    assert_eq!(booted.host("readlink /run/booted-system"), booted.current());
    assert_eq!(booted.host("ls /run/fleet"), "");
}

//! The testbed keeps what its README promises; the other tests stand on that.

use crate::Homelab;
use std::fs;

/// What a shell script on luna prints, run by ryan with sudo over ssh.
fn as_root(homelab: &Homelab, script: &str) -> String {
    let quoted = script.replace('\'', r"'\''");
    homelab.testbed(&["run", "ssh", "ryan@luna", &format!("sudo sh -c '{quoted}'")])
}

#[test]
fn a_transient_unit_outlives_the_session_that_started_it() {
    let Some(homelab) = Homelab::up("testbed::a_transient_unit_outlives_the_session_that_started_it") else {
        return;
    };
    as_root(
        &homelab,
        "systemd-run --quiet --no-block --unit=job sh -c 'until [ -e /run/go ]; do sleep 0.1; done; echo went; exit 3'",
    );
    assert_eq!(as_root(&homelab, "systemctl show -p ActiveState --value job"), "active\n");
    let after = as_root(
        &homelab,
        "touch /run/go; while systemctl is-active -q job; do sleep 0.1; done; \
         systemctl show -p Result -p ExecMainStatus --value job; systemctl is-system-running || :; \
         systemctl list-units --failed --plain --no-legend | cut -d' ' -f1; journalctl -u job -o cat | grep went; \
         systemctl reset-failed job; systemctl is-system-running",
    );
    assert_eq!(after, "exit-code\n3\ndegraded\njob.service\nwent\nrunning\n");
}

#[test]
fn a_timer_fires_unless_it_is_stopped() {
    let Some(homelab) = Homelab::up("testbed::a_timer_fires_unless_it_is_stopped") else { return };
    let fired = as_root(
        &homelab,
        "systemd-run --quiet --unit=a --on-active=1 touch /run/a; systemd-run --quiet --unit=b --on-active=1 touch /run/b; \
         systemctl stop b.timer; until [ -e /run/a ]; do sleep 0.1; done; sleep 1; ls /run/a /run/b 2>/dev/null || :",
    );
    assert_eq!(fired, "/run/a\n");
}

#[test]
fn nothing_is_left_when_it_is_down() {
    let Some(homelab) = Homelab::up("testbed::nothing_is_left_when_it_is_down") else { return };
    homelab.fault(&["luna", "slow"]);
    homelab.fault(&["rydev", "down"]);
    homelab.testbed(&["run", "sh", "-c", "sleep 1000 >/dev/null 2>&1 &"]);
    let state = homelab.state();
    assert!(!processes_that_name(&state).is_empty());

    homelab.testbed(&["down"]);
    assert_eq!(processes_that_name(&state), Vec::<String>::new());
    assert!(!std::path::Path::new(&state).exists());
    assert!(!fs::read_to_string("/proc/self/mountinfo").unwrap().contains(&state));
    homelab.testbed(&["down"]);
}

/// The command lines of processes whose command or environment names a directory.
fn processes_that_name(directory: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap() {
        let path = entry.unwrap().path();
        let read =
            |name: &str| String::from_utf8_lossy(&fs::read(path.join(name)).unwrap_or_default()).into_owned();
        let command = read("cmdline");
        if command.contains(directory) || read("environ").contains(directory) {
            found.push(command.replace('\0', " "));
        }
    }
    found
}

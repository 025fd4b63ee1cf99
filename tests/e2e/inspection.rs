//! What only a real host can tell of itself, and commands on it.

use crate::Homelab;
use serde_json::Value as Json;

fn status(homelab: &Homelab, arguments: &[&str]) -> Json {
    let output = homelab.fleet(&[&["status", "--json"], arguments].concat());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str::<Json>(&text).unwrap()[0].clone()
}

#[test]
fn status_is_what_the_host_has() {
    let Some(homelab) = Homelab::up("inspection::status_is_what_the_host_has") else { return };
    assert_eq!(status(&homelab, &["luna"])["current"], Json::Null);
    let run = homelab.run(&["apply-nixos", "host=luna", "--yes"]);
    run.assert_results(&["luna succeeded"]);
    let now = status(&homelab, &["luna", "--drift"]);
    assert_eq!(now["current"], homelab.current_system("luna"));
    assert_eq!(now["profile"], now["current"]);
    assert_eq!(now["generation"], 1);
    assert!(now["age_s"].as_u64().unwrap() < 600, "{now}");
    assert_eq!(now["revision"].as_str().unwrap().len(), 40, "{now}");
    assert_eq!((&now["drift"], &now["failed_units"]), (&Json::Bool(false), &Json::Array(Vec::new())));

    homelab.change_all("2");
    let changed = status(&homelab, &["luna", "--drift"]);
    assert_eq!(changed["drift"], true);
    assert!(changed["intended"].as_str().unwrap().ends_with("-nixos-system-luna-25.05.2"), "{changed}");

    // Root by sudo, here and with the words as they are.
    let output =
        homelab.fleet(&["exec", "luna", "--sudo", "--", "sh", "-c", "id -u; echo \"$1\"", "-", "a  b"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "luna | 0\nluna | a  b\n");

    interrupted(&homelab, now["current"].as_str().unwrap());
    locked(&homelab);
}

/// What a run that was killed left, and what the host did then.
fn interrupted(homelab: &Homelab, current: &str) {
    let gone = current.replace("25.05.1", "25.05.9");
    let back = format!(
        "mkdir -p /run/fleet/fleet-switch-0123; printf '%s\\n' 'job fleet-switch-0123' 'from {gone}' 'to {current}' \
         'code 0' \"at $(($(date +%s) - 120))\" >/run/fleet/returned"
    );
    homelab.testbed(&["exec", "luna", "sh", "-c", &back]);
    let left = status(homelab, &["luna"]);
    assert_eq!(left["interrupted"], serde_json::json!(["fleet-switch-0123"]));
    assert_eq!((&left["went_back"]["from"], &left["went_back"]["code"]), (&gone.clone().into(), &0.into()));
    let text = homelab.fleet(&["status", "luna"]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(text.contains(&format!("went back by itself 2 min ago: nobody had proven {gone}")), "{text}");
    assert!(text.contains("broken off and not cleared: fleet-switch-0123"), "{text}");
}

/// A lock that another run has, and how it is taken away.
fn locked(homelab: &Homelab) {
    let lock = "printf '%s\\n' 'version 1' 'owner eve@desk' 'run 20260101T000000Z-abcdef' 'job fleet-switch-0123' \
                \"since $(date +%s)\" \"boot $(cat /proc/sys/kernel/random/boot_id)\" >/run/fleet/lock";
    homelab.testbed(&["exec", "luna", "sh", "-c", lock]);
    let held = status(homelab, &["luna"]);
    assert_eq!((&held["lock"]["owner"], &held["lock"]["stale"]), (&"eve@desk".into(), &Json::Null));
    assert_eq!(held["interrupted"], Json::Array(Vec::new()), "somebody is at it");
    // Nobody can be asked whether the run is still alive.
    let refused = homelab.fleet(&["unlock", "luna"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("help: `--yes` takes their locks away"), "{said}");
    assert_ne!(status(homelab, &["luna"])["lock"], Json::Null);

    homelab.testbed(&["exec", "luna", "touch", "-d", "-3600 seconds", "/run/fleet/lock"]);
    let cleared = homelab.fleet(&["unlock", "luna"]);
    let told = String::from_utf8_lossy(&cleared.stdout).into_owned();
    assert_eq!(cleared.status.code(), Some(0), "{told}");
    assert!(
        told.starts_with("luna: eve@desk has been changing it") && told.ends_with("luna: unlocked\n"),
        "{told}"
    );
    assert_eq!(status(homelab, &["luna"])["lock"], Json::Null);
}

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
}

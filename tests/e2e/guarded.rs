//! The report says how an activation was guarded: where a host has no systemd-run, and where there was nothing to go back to.

use crate::Homelab;
use serde_json::json;

#[test]
fn the_report_names_what_guarded_an_activation_less_than_usual() {
    let Some(homelab) = Homelab::up("guarded::the_report_names_what_guarded_an_activation_less_than_usual")
    else {
        return;
    };
    let apply = ["apply-nixos", "host=luna", "--yes"];
    let run = homelab.run(&apply);
    run.assert_results(&["luna succeeded"]);
    assert_eq!(run.host("luna")["guarded"], json!({"activation": "unit", "watchdog": "nothing_before"}));
    let told = "\nless guarded\n  first deployment: there was nothing to go back to: luna\n";
    assert!(run.printed.contains(told), "{}", run.printed);

    homelab.write("hosts/luna/version", "2");
    let run = homelab.run(&apply);
    run.assert_results(&["luna succeeded"]);
    assert_eq!(run.host("luna")["guarded"], json!({"activation": "unit", "watchdog": "timer"}));
    assert!(!run.printed.contains("less guarded"), "{}", run.printed);

    let run = homelab.run(&apply);
    run.assert_results(&["luna unchanged"]);
    assert!(run.host("luna")["guarded"].is_null(), "{}", run.printed);

    // As in a container without systemd.
    homelab.testbed(&["exec", "luna", "mv", "/run/systemd/system", "/run/systemd/elsewhere"]);
    homelab.write("hosts/luna/version", "3");
    let run = homelab.run(&apply);
    run.assert_results(&["luna succeeded"]);
    assert_eq!(run.host("luna")["guarded"], json!({"activation": "process", "watchdog": "process"}));
    let told =
        "\nless guarded\n  no systemd-run: activated by a background process, watched by another: luna\n";
    assert!(run.printed.contains(told), "{}", run.printed);
    assert_eq!(homelab.profile("luna"), homelab.current_system("luna"));
}

//! A run that did not do all of its work is gone on with.

use crate::Homelab;
use crate::run::Run;

#[test]
fn a_resumed_run_leaves_alone_what_was_proven() {
    let Some(homelab) = Homelab::up("resume::a_resumed_run_leaves_alone_what_was_proven") else { return };
    homelab.fault(&["rydev", "down"]);
    let run = homelab.run(&["apply-nixos", "host=luna,rydev", "--yes"]);
    run.assert_results(&["luna succeeded", "rydev unreachable"]);
    let luna = homelab.activations("luna");
    homelab.testbed(&["heal", "rydev"]);

    let output = homelab.fleet(&["resume", "last", "--yes"]);
    let resumed = Run::read(homelab.dir(), &output);
    resumed.assert_results(&["luna succeeded", "rydev succeeded"]);
    assert_eq!(resumed.code, 0, "{}", resumed.printed);
    assert_eq!(homelab.activations("luna"), luna);
    assert!(homelab.current_system("rydev").contains("-nixos-system-rydev-"));
    let message = |step: &str| {
        let ended = |event: &&serde_json::Value| event["event"] == "node_finished" && event["step"] == step;
        let event = resumed.journal.iter().find(ended);
        event.unwrap_or_else(|| panic!("no {step}: {}", resumed.printed))["message"].to_string()
    };
    assert!(message("flake").contains("done in run "), "{}", message("flake"));

    // The hosts of one run get one revision.
    homelab.fault(&["rydev", "down"]);
    homelab.run(&["apply-nixos", "host=rydev", "--yes"]).assert_results(&["rydev unreachable"]);
    homelab.change_all("2");
    let output = homelab.fleet(&["resume", "last", "--yes"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("-dirty") && said.contains("check that revision out"), "{said}");
}

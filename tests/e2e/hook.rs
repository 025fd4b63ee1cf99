//! Hooks of every stage, here and on the host, in their order, and what one that fails makes of its host.

use crate::Homelab;
use crate::run::Span;

const PIPELINES: &str = r#"
  hooked:
    platform: nixos
    check:
      at_once: 1
      before: [{command: 'echo before-check {{.HOST}} >>order'}, {command: 'test ! -e /tmp/busy', on: host}]
      after: [{command: 'echo after-check {{.HOST}} >>order'}]
      steps: [disk]
    build:
      before: [{command: 'echo before-build {{.HOST}} >>order'}]
      after: [{command: 'touch /tmp/built', on: host}]
    deploy: {confirm: false, before: [{command: 'test -e /tmp/built', on: host}]}
    notify:
      before: [{command: 'echo before-notify >>order'}]
      after: [{command: 'echo after-notify >>order; exit 3'}]
      to: [{command: 'cat >/dev/null; echo notify >>order'}]
"#;

#[test]
fn hooks_of_stages_run_in_their_order_and_stop_their_host() {
    let Some(homelab) = Homelab::up("hook::hooks_of_stages_run_in_their_order_and_stop_their_host") else {
        return;
    };
    let fleetfile = std::fs::read_to_string(homelab.dir().join("Fleetfile.yaml")).unwrap() + PIPELINES;
    homelab.write("Fleetfile.yaml", &fleetfile);
    homelab.testbed(&["exec", "rydev", "touch", "/tmp/busy"]);
    let run = homelab.run(&["hooked", "host=luna,rydev"]);
    run.assert_results(&["luna succeeded", "rydev failed"]);
    let reason = run.reason("rydev");
    assert!(
        reason.contains("hook before check `test ! -e /tmp/busy`: the command exited with 1"),
        "{reason}"
    );
    assert!(homelab.activations("rydev").is_empty());
    let failures = run.report()["failures"].to_string();
    assert!(failures.contains("hook after notify") && failures.contains("exited with 3"), "{failures}");
    let order = std::fs::read_to_string(homelab.dir().join("order")).unwrap();
    let of_luna: Vec<&str> = order.lines().filter(|line| !line.contains("rydev")).collect();
    assert_eq!(
        of_luna,
        [
            "before-check luna",
            "after-check luna",
            "before-build luna",
            "before-notify",
            "notify",
            "after-notify"
        ]
    );
    assert!(order.contains("before-check rydev") && !order.contains("after-check rydev"), "{order}");
    let mut checks: Vec<Span> = run.spans("probe");
    checks.sort_by_key(|span| span.from);
    assert!(checks.len() == 2 && checks[0].to <= checks[1].from, "{checks:?}");
}

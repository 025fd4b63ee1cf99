//! One run at a time changes a host, and another is told whose it is.

use crate::Homelab;

/// A lock as another run of fleet has it, touched that many seconds ago.
fn lock(homelab: &Homelab, host: &str, seconds: u32) {
    let script = format!(
        "mkdir -p /run/fleet; printf '%s\\n' 'version 1' 'owner eve@desk' 'run 20260101T000000Z-abcdef' \
         'job fleet-switch-1' \"since $(date +%s)\" \"boot $(cat /proc/sys/kernel/random/boot_id)\" >/run/fleet/lock; \
         touch -d '-{seconds} seconds' /run/fleet/lock"
    );
    homelab.testbed(&["exec", host, "sh", "-c", &script]);
}

#[test]
fn another_operator_is_told_who_has_the_host_and_a_stale_lock_counts_for_nothing() {
    let Some(homelab) =
        Homelab::up("lock::another_operator_is_told_who_has_the_host_and_a_stale_lock_counts_for_nothing")
    else {
        return;
    };
    lock(&homelab, "luna", 0);
    lock(&homelab, "rydev", 3600);
    let run = homelab.run(&["apply-nixos", "host=luna,rydev", "--yes"]);
    run.assert_results(&["luna failed", "rydev succeeded"]);
    let reason = run.reason("luna");
    assert!(reason.starts_with("luna is locked: eve@desk has been changing it for "), "{reason}");
    assert!(reason.contains("fleet unlock luna"), "{reason}");
    assert!(homelab.activations("luna").is_empty());
    // The other's lock is still there, our own is not.
    let there = |host: &str| homelab.testbed(&["exec", host, "sh", "-c", "ls /run/fleet"]).contains("lock");
    assert!(there("luna") && !there("rydev"));
}

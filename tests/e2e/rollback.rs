//! Hosts go back to generations that they have had.

use crate::Homelab;

#[test]
fn a_host_goes_back_to_the_generation_before_and_to_a_named_one() {
    let Some(homelab) = Homelab::up("rollback::a_host_goes_back_to_the_generation_before_and_to_a_named_one")
    else {
        return;
    };
    let mut systems = Vec::new();
    for version in ["1", "2"] {
        homelab.change_all(version);
        homelab.run(&["apply-nixos", "host=luna", "--yes"]).assert_results(&["luna succeeded"]);
        systems.push(homelab.current_system("luna"));
    }
    let generation = || homelab.testbed(&["exec", "luna", "readlink", "/nix/var/nix/profiles/system"]);
    let back = |arguments: &[&str]| {
        let output = homelab.fleet(&[&["rollback", "luna", "--yes"], arguments].concat());
        crate::run::Run::read(homelab.dir(), &output)
    };

    let run = back(&[]);
    run.assert_results(&["luna succeeded"]);
    assert_eq!((run.code, run.host("luna")["after"]["number"].as_u64()), (0, Some(1)), "{}", run.printed);
    assert_eq!(homelab.current_system("luna"), systems[0]);
    assert_eq!(homelab.profile("luna"), systems[0]);
    assert!(homelab.boot_entry("luna").contains(&systems[0]));
    // It is the old generation, not a new one with the old system.
    assert_eq!(generation(), "system-1-link\n");

    let run = back(&[]);
    run.assert_results(&["luna failed"]);
    assert!(run.reason("luna").contains("no generation before its current one, 1"), "{}", run.reason("luna"));
    let run = back(&["--to", "2"]);
    run.assert_results(&["luna succeeded"]);
    assert_eq!(
        (homelab.current_system("luna"), generation().as_str()),
        (systems[1].clone(), "system-2-link\n")
    );
    back(&["--to", "2"]).assert_results(&["luna unchanged"]);

    // What fails on the way back is told as it is of a deployment.
    homelab.fault(&["luna", "activation-fails", "1"]);
    let run = back(&[]);
    run.assert_results(&["luna failed"]);
    assert_eq!((homelab.profile("luna"), run.code), (systems[1].clone(), 3), "{}", run.printed);
}

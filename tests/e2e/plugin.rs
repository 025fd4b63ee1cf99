//! The plugin of `examples/plugin`, run for real hosts.

use crate::Homelab;
use crate::homelab::repository;
use std::process::Command;

#[test]
fn a_plugin_is_run_for_each_host() {
    let Some(homelab) = Homelab::up("plugin::a_plugin_is_run_for_each_host") else { return };
    let examples = tempfile::tempdir().unwrap();
    let plugin = examples.path().join("plugin");
    for (from, to) in
        [(repository().join("examples/plugin"), "plugin"), (homelab.dir().to_owned(), "homelab")]
    {
        assert!(
            Command::new("cp").arg("-r").arg(from).arg(examples.path().join(to)).status().unwrap().success()
        );
    }

    // The line of examples/plugin/README.md.
    let fleet = env!("CARGO_BIN_EXE_fleet").rsplit_once('/').unwrap().0;
    let script = format!(
        r#"cd '{}'; fleet() {{ '{fleet}/fleet' "$@"; }}; PATH="$PWD/bin:$PATH" fleet run greet"#,
        plugin.display()
    );
    let printed = homelab.testbed(&["run", "sh", "-c", &script]);
    for host in crate::homelab::HOSTS {
        assert!(printed.contains(&format!("Good morning, {host}!")), "{printed}");
    }
}

//! What fleet keeps in `.fleet/`: where it cannot, and what an earlier run left there.

use crate::fixture::{Fixture, Ran};

#[track_caller]
fn refused(fixture: &Fixture) -> Ran {
    fixture
        .run(["run", "deploy", "--rehearse", "--yes"])
        .code(1)
        .stdout_is("")
        .stderr_contains("error: cannot keep a journal in .fleet: ")
        .stderr_contains("help: ")
        .stderr_contains("No host was touched")
}

#[test]
fn a_state_directory_that_cannot_be_made_ends_the_run_before_it_begins() {
    refused(&Fixture::fleet().file(".fleet", "a file")).stderr_contains("move it away");
    let nowhere = Fixture::fleet();
    std::os::unix::fs::symlink("/proc/sys", nowhere.path(".fleet")).unwrap();
    refused(&nowhere);
}

/// Runs in a mount namespace where `.fleet` is a file system of its own.
fn mounted(options: &str) -> Option<Ran> {
    let fixture = Fixture::fleet().directory(".fleet");
    let mount = format!("mount -t tmpfs -o {options} none .fleet");
    let able = fixture.shell(&format!(
        "unshare --map-root-user --mount sh -c '{mount}' 2>&1 || unshare --mount sh -c '{mount}'"
    ));
    if able.code != Some(0) {
        let why = format!("{}{}", able.stdout, able.stderr);
        crate::fixture::skip(&format!(
            ".fleet on a file system with {options}: needs `unshare --mount`: {why}"
        ));
        return None;
    }
    let run = format!("{mount} && $FLEET run deploy --rehearse --yes");
    Some(fixture.shell(&format!(
        "if unshare --map-root-user --mount true 2>/dev/null; then U='unshare --map-root-user --mount'; else U='unshare --mount'; fi; $U sh -c '{run}'"
    )))
}

#[test]
fn a_read_only_state_directory_is_told_before_any_host() {
    if let Some(ran) = mounted("ro") {
        ran.code(1)
            .stdout_is("")
            .stderr_contains("Read-only file system")
            .stderr_contains("make the directory writable");
    }
}

#[test]
fn a_full_state_directory_is_told_before_any_host() {
    for size in ["4k", "16k", "256k"] {
        if let Some(ran) = mounted(&format!("size={size}")) {
            ran.code(1)
                .stdout_is("")
                .stderr_contains("No space left on device")
                .stderr_contains("free some space");
        }
    }
}

#[test]
fn a_run_that_did_not_end_is_told_by_the_next() {
    let journal = concat!(
        r#"{"at_ms":0,"event":"run_started","version":1,"run":"20260101T000000Z-aaaaaa","name":"deploy","started":"2026-01-01T00:00:00Z","rehearsal":false,"hosts":["luna","nixpi"],"nodes":9,"revision":null}"#,
        "\n",
        r#"{"at_ms":5,"event":"node_started","node":3,"stage":"deploy","step":"activate","host":"luna"}"#,
        "\n",
    );
    let fixture = Fixture::fleet().file(".fleet/runs/20260101T000000Z-aaaaaa/journal.jsonl", journal);
    fixture
        .run(["run", "deploy", "--rehearse", "--yes"])
        .code(0)
        .stderr_contains("note: run 20260101T000000Z-aaaaaa of deploy, begun 2026-01-01T00:00:00Z, did not come to its end:")
        .stderr_contains("luna: deploy: activate had begun, its end is not known")
        .stderr_contains("nixpi: nothing had begun");
    // Told once: the run after it looks at its own predecessor.
    fixture.run(["run", "deploy", "--rehearse", "--yes"]).code(0).silent();
}

#[test]
fn a_journal_of_another_time_is_no_reason_to_stop() {
    for garbage in
        ["", "not json\n", "{\"event\": 7}\n", "{\"at_ms\":0,\"event\":\"run_started\",\"hosts\":3}\n"]
    {
        Fixture::fleet()
            .file(".fleet/runs/20260101T000000Z-aaaaaa/journal.jsonl", garbage)
            .run(["run", "deploy", "--rehearse", "--yes"])
            .code(0)
            .stdout_contains("deploy: 2 succeeded");
    }
}

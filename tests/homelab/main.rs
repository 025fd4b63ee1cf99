//! Every task of `examples/homelab` behaves as under go-task 3.54: same output on both streams, same exit code. The
//! goldens were written by the real `task`; `RECORD_WITH=/path/to/task cargo test --test homelab` writes them anew.

#![cfg(test)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What is typed behind `task`; the words joined by `_` are the name of the golden.
const CASES: &[&[&str]] = &[
    &["--list"],
    &["--list-all"],
    &["default"],
    &["nix:validate"],
    &["nix:validate", "host=luna"],
    &["nix:validate", "host=none"],
    &["nix:build-nixos"],
    &["nix:build-nixos", "host=luna"],
    &["nix:build-nixos", "host=none"],
    &["nix:apply-nixos"],
    &["nix:apply-nixos", "host=luna"],
    &["--yes", "nix:apply-nixos", "host=luna"],
    &["--yes", "nix:apply-nixos", "host=nixpi", "ssh_user=pi", "DOMAIN=example.org"],
    &["nix:build-darwin"],
    &["nix:build-darwin", "host=other"],
    &["nix:apply-darwin"],
    &["nix:test-vm"],
    &["nix:test-vm", "host=luna"],
    &["nix:update"],
    &["nix:update", "input=nixpkgs"],
    &["--dry", "nix:update"],
    &["sops:edit"],
    &["sops:edit", "file=secrets/luna.sops.yaml"],
    &["sops:edit", "file=none"],
    &["sops:re-encrypt"],
    &["--dry", "sops:re-encrypt"],
    &["sops:.rotate"],
    &["nix:.prompt_to_continue"],
    &["nix:aply-nixos", "host=luna"],
];

/// Stand-ins for the programs that the tasks call.
const PROGRAMS: &[(&str, &str)] = &[
    (
        "nix",
        r#"#!/bin/sh
echo "nix $*"
if [ "$2" = --out-link ]; then
  mkdir -p "$BIN/out/bin"
  ln -sfn "$BIN/out" "$3"
  for host in luna rydev; do
    printf '#!/bin/sh\necho "%s is running"\n' "$host" >"$BIN/out/bin/run-$host-vm"
    chmod +x "$BIN/out/bin/run-$host-vm"
  done
fi
"#,
    ),
    ("nix-shell", "#!/bin/sh\necho \"nix-shell $*\"\n"),
    ("sops", "#!/bin/sh\necho \"sops $*\"\necho \"a warning of sops\" >&2\n"),
];

/// A copy of the homelab, with the programs that its tasks find.
struct Homelab {
    dir: tempfile::TempDir,
}

impl Homelab {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/homelab");
        let copied =
            Command::new("cp").arg("-r").arg(source).arg(dir.path().join("homelab")).status().unwrap();
        assert!(copied.success());
        fs::create_dir(dir.path().join("bin")).unwrap();
        for (name, script) in PROGRAMS {
            let path = dir.path().join("bin").join(name);
            fs::write(&path, script).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        std::os::unix::fs::symlink(program(), dir.path().join("bin/task")).unwrap();
        Self { dir }
    }

    /// Runs a program of the copy's PATH in the homelab, as from a script: no terminal, nothing on standard input.
    fn run(&self, name: &str, arguments: &[&str]) -> Output {
        let bin = self.dir.path().join("bin");
        Command::new(bin.join(name))
            .args(arguments)
            .current_dir(self.dir.path().join("homelab"))
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .env("BIN", &bin)
            .env("HOME", self.dir.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Exit code and streams as text, without the place of the copy.
    fn golden(&self, output: &Output) -> String {
        let place = self.dir.path().to_str().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(place, "DIR");
        format!(
            "exit code: {}\n--- stdout\n{}--- stderr\n{}",
            output.status.code().unwrap(),
            text(&output.stdout),
            text(&output.stderr)
        )
    }
}

/// What is called `task`: fleet, or the real one to record with.
fn program() -> PathBuf {
    std::env::var_os("RECORD_WITH").map_or_else(|| env!("CARGO_BIN_EXE_fleet").into(), PathBuf::from)
}

fn golden_file(case: &[&str]) -> PathBuf {
    let name = case.join("_").trim_start_matches('-').replace([':', '/'], ".");
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/homelab/golden").join(name)
}

#[test]
fn every_task_behaves_as_under_task() {
    let mut different = Vec::new();
    for case in CASES {
        let homelab = Homelab::new();
        let got = homelab.golden(&homelab.run("task", case));
        if std::env::var_os("RECORD_WITH").is_some() {
            fs::write(golden_file(case), got).unwrap();
            continue;
        }
        let expected = fs::read_to_string(golden_file(case)).unwrap();
        if got != expected {
            different.push(format!("task {}\n=== expected\n{expected}\n=== got\n{got}", case.join(" ")));
        }
    }
    assert!(
        different.is_empty(),
        "{} of {} differ\n{}",
        different.len(),
        CASES.len(),
        different.join("\n\n")
    );
}

/// What a task prints and how it ends do not depend on which file it was reached by: the Fleetfile or the Taskfile.
#[test]
fn tasks_of_the_fleetfile_are_those_of_the_taskfile() {
    if std::env::var_os("RECORD_WITH").is_some() {
        return;
    }
    for case in
        [&["nix:build-nixos", "host=luna"][..], &["sops:re-encrypt"], &["nix:validate"], &["nix:update"]]
    {
        let homelab = Homelab::new();
        std::os::unix::fs::symlink(program(), homelab.dir.path().join("bin/fleet")).unwrap();
        let got = homelab.golden(&homelab.run("fleet", &[&["run"], case].concat()));
        assert_eq!(got, fs::read_to_string(golden_file(case)).unwrap(), "fleet run {}", case.join(" "));
    }
}

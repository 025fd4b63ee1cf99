//! Test hosts, with a copy of the homelab to deploy to them.

use crate::requirement;
use crate::run::Run;
use serde_json::Value as Json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The hosts of the homelab.
pub(crate) const HOSTS: [&str; 4] = ["luna", "rydev", "nixos-bootstrap", "nixpi"];

/// What sudo on nixpi wants.
const PASSWORD: &str = "testbed";

/// Four hosts that are up, and the repository of the one who keeps them. Gone when dropped.
pub(crate) struct Homelab {
    testbed: String,
    dir: tempfile::TempDir,
    /// Whether the hosts go down with it.
    owns: bool,
}

impl Homelab {
    /// Brings the hosts up; `None`, and the test is reported as skipped, where that cannot be.
    pub(crate) fn up(test: &str) -> Option<Self> {
        Self::up_with(HOSTS.len(), test)
    }

    /// The same with more hosts: host5, host6 and so on.
    pub(crate) fn up_with(hosts: usize, test: &str) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        if !requirement::met(&format!("e2e::{test}"), &["root", "nix", "ssh", "sudo", "busybox", "ip", "git"])
        {
            return None;
        }
        let testbed = format!("e2e-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let homelab = Self { testbed, dir: tempfile::tempdir().unwrap(), owns: true };
        homelab.testbed(&["up", &hosts.to_string()]);
        homelab.testbed(&["flake", homelab.dir.path().to_str().unwrap()]);
        Some(homelab)
    }

    /// Another repository for the same hosts, which must outlive it.
    pub(crate) fn beside(&self) -> Self {
        let homelab = Self { testbed: self.testbed.clone(), dir: tempfile::tempdir().unwrap(), owns: false };
        homelab.testbed(&["flake", homelab.dir.path().to_str().unwrap()]);
        homelab
    }

    /// The repository.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(repository().join("tests/testbed/testbed"));
        command.args(arguments).env("FLEET_TESTBED", &self.testbed).env("FLEET_TESTBED_QUIET", "1");
        // In continuous integration output has colours, and the tests read words.
        command.env("NO_COLOR", "1");
        command.stdin(Stdio::null());
        command
    }

    /// What a command of the testbed prints; it must succeed.
    pub(crate) fn testbed(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(
            output.status.success(),
            "testbed {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Where the testbed keeps its state.
    pub(crate) fn state(&self) -> String {
        format!("/run/fleet-testbed/{}", self.testbed)
    }

    /// Breaks something, as `testbed fault` has it.
    pub(crate) fn fault(&self, arguments: &[&str]) {
        self.testbed(&[&["fault"], arguments].concat());
    }

    /// Writes a file of the repository. It stays uncommitted, as it is while somebody works on it.
    pub(crate) fn write(&self, file: &str, text: &str) {
        fs::write(self.dir().join(file), text).unwrap();
        let added = Command::new("git")
            .args(["add", "--intent-to-add", file])
            .current_dir(self.dir())
            .status()
            .unwrap();
        assert!(added.success());
    }

    /// Takes what is no longer there out of git's index.
    pub(crate) fn forget(&self, below: &str) {
        let added = Command::new("git").args(["add", "-u", below]).current_dir(self.dir()).status().unwrap();
        assert!(added.success());
    }

    /// Gives every host a new generation.
    pub(crate) fn change_all(&self, version: &str) {
        for host in HOSTS {
            self.write(&format!("hosts/{host}/version"), version);
        }
    }

    /// fleet where the hosts are, to be started; the process is fleet's own, as long as it runs.
    pub(crate) fn start(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&["run", env!("CARGO_BIN_EXE_fleet")]);
        command.args(arguments).current_dir(self.dir());
        command
    }

    /// A program where the hosts are, to be started; the process is its own, as long as it runs.
    pub(crate) fn start_program(&self, words: &[&str]) -> Command {
        let mut command = self.command(&[&["run"], words].concat());
        command.current_dir(self.dir());
        command
    }

    /// Runs fleet where the hosts are, without a terminal.
    pub(crate) fn fleet(&self, arguments: &[&str]) -> Output {
        self.command(&["run", "setsid", "--wait", env!("CARGO_BIN_EXE_fleet")])
            .args(arguments)
            .current_dir(self.dir())
            .output()
            .unwrap()
    }

    /// Runs a pipeline without a terminal, with variables of the environment and lines of nix's configuration.
    pub(crate) fn run_with(&self, environment: &[(&str, &str)], nix: &str, arguments: &[&str]) -> Run {
        let configured = "NIX_CONFIG=\"$NIX_CONFIG\n$FURTHER\"; export NIX_CONFIG; exec setsid --wait \"$@\"";
        let output = self
            .command(&["run", "sh", "-c", &configured.replace("\\n", "\n"), "sh"])
            .args([env!("CARGO_BIN_EXE_fleet"), "run"])
            .args(arguments)
            .envs(environment.iter().copied())
            .env("FURTHER", nix)
            .current_dir(self.dir())
            .output()
            .unwrap();
        Run::read(self.dir(), &output)
    }

    /// Runs a pipeline without a terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let output = self.fleet(&[&["run"], arguments].concat());
        Run::read(self.dir(), &output)
    }

    /// Runs a pipeline on a terminal, where the sudo password is typed when asked for.
    pub(crate) fn run_on_terminal(&self, arguments: &[&str]) -> Run {
        self.typing(&["--password", PASSWORD], arguments)
    }

    /// Runs a pipeline on a terminal; `options` of `testbed/terminal` say what is typed there.
    pub(crate) fn typing(&self, options: &[&str], arguments: &[&str]) -> Run {
        let terminal = repository().join("tests/testbed/terminal");
        let output = self
            .command(&["run", terminal.to_str().unwrap()])
            .args(options)
            .args([env!("CARGO_BIN_EXE_fleet"), "run"])
            .args(arguments)
            .current_dir(self.dir())
            .output()
            .unwrap();
        Run::read(self.dir(), &output)
    }

    /// What still runs on the deployer's side when every fleet has ended; connections of one that was killed end within a
    /// minute.
    pub(crate) fn processes_left(&self) -> Vec<String> {
        let until = Instant::now() + Duration::from_secs(70);
        loop {
            // The deployer itself sleeps; wires are the testbed's.
            let script = "ps -eo pid,args | while read -r pid args; do \
                [ \"$(readlink /proc/$pid/ns/net)\" = \"$(readlink /proc/self/ns/net)\" ] && echo \"$args\"; done; :";
            let said = self.testbed(&["run", "sh", "-c", script]);
            let ours = ["sleep infinity", "wire.py", "ps -eo", "sh -c ps", "readlink"];
            let left: Vec<String> = said
                .lines()
                .filter(|line| !ours.iter().any(|word| line.contains(word)))
                .map(str::to_owned)
                .collect();
            if left.is_empty() || Instant::now() > until {
                return left;
            }
            std::thread::sleep(Duration::from_secs(1));
        }
    }

    /// The system that a host runs now, as the host has it; empty before the first deployment.
    pub(crate) fn current_system(&self, host: &str) -> String {
        self.testbed(&["exec", host, "sh", "-c", "readlink -e /run/current-system || :"]).trim().to_owned()
    }

    /// The system that a host's profile points to.
    pub(crate) fn profile(&self, host: &str) -> String {
        self.testbed(&["exec", host, "sh", "-c", "readlink -e /nix/var/nix/profiles/system || :"])
            .trim()
            .to_owned()
    }

    /// What the loader of a host starts.
    pub(crate) fn boot_entry(&self, host: &str) -> String {
        let script =
            "cd /boot/loader 2>/dev/null && cat \"entries/$(sed -n 's/^default //p' loader.conf)\" || :";
        self.testbed(&["exec", host, "sh", "-c", script])
    }

    /// The activations that ended on a host, oldest first: action, store path and exit code.
    pub(crate) fn activations(&self, host: &str) -> Vec<(String, String, i64)> {
        let log = self.testbed(&["log", host]);
        let entries = log.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
        entries
            .filter(|entry| entry["phase"] == "end")
            .map(|entry| {
                let text = |key: &str| entry[key].as_str().unwrap().to_owned();
                (text("action"), text("path"), entry["code"].as_i64().unwrap())
            })
            .collect()
    }
}

impl Drop for Homelab {
    fn drop(&mut self) {
        if self.owns {
            let _ = self.command(&["down"]).status();
        }
    }
}

/// The repository of fleet itself.
pub(crate) fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

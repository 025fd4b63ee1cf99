//! Tests of the flake as gates, with nix and a flake without inputs, in a store of their own: what fails stops a pipeline
//! before anything is built.

#![cfg(test)]

mod requirement;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const NIX: &[&str] = &["nix"];

const FLEETFILE: &str = r#"version: "3"
fleet: {flake: ., defaults: {build_on: local}}
pipelines:
  apply-nixos:
    platform: nixos
    hosts: '{{.host | default "luna"}}'
    check: [{vm: services}, {vm: switch}]
    build: {}
"#;

/// One host, and two checks for each system; `switch` fails when the file `fail` says so.
const FLAKE: &str = r#"{
  outputs = { self }:
    let
      build = system: name: script: derivation { inherit name system; builder = "/bin/sh"; args = [ "-c" script ]; };
      checks = system: {
        services = build system "check-services" "echo ok > $out";
        switch = build system "check-switch" (
          if builtins.readFile ./fail != "" then "echo 'fail: this check is set to fail' >&2; exit 1" else "echo ok > $out"
        );
      };
    in
    {
      nixosConfigurations.luna = {
        pkgs.stdenv.hostPlatform.system = "x86_64-linux";
        config = {
          nixpkgs.hostPlatform.system = "x86_64-linux";
          networking.hostName = "luna";
          system.build.toplevel = build "x86_64-linux" "nixos-system-luna" "echo > $out";
        };
      };
      checks.x86_64-linux = checks "x86_64-linux";
      checks.aarch64-linux = checks "aarch64-linux";
    };
}
"#;

/// A project in a directory of its own.
struct Homelab {
    dir: tempfile::TempDir,
}

struct Ran {
    code: Option<i32>,
    out: String,
}

impl Ran {
    #[track_caller]
    fn code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.out);
        self
    }

    #[track_caller]
    fn says(self, text: &str) -> Self {
        assert!(self.out.contains(text), "should have said {text:?}:\n{}", self.out);
        self
    }
}

impl Homelab {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("lab")).unwrap();
        let homelab = Self { dir };
        homelab.write("Fleetfile.yaml", FLEETFILE);
        homelab.write("flake.nix", FLAKE);
        homelab.write("fail", "");
        homelab
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.path("lab").join(path), text).unwrap();
    }

    fn fleet(&self, words: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_fleet"))
            .args(words)
            .current_dir(self.path("lab"))
            .env("NIX_STORE_DIR", self.path("store"))
            .env("NIX_STATE_DIR", self.path("state"))
            .env("NIX_LOG_DIR", self.path("log"))
            .env("NIX_REMOTE", "")
            .env("NIX_CONFIG", "experimental-features = nix-command flakes\nbuild-users-group =\nsandbox = false\nflake-registry =\nsubstituters =\n")
            .env("HOME", self.path("home"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env_remove("CI")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { code: output.status.code(), out: text(&output.stdout) + &text(&output.stderr) }
    }
}

#[test]
fn tests_run_once_until_something_changes() {
    if !requirement::met("gates::tests_run_once_until_something_changes", NIX) {
        return;
    }
    let homelab = Homelab::new();
    homelab.fleet(&["test", "services"]).code(0).says("services: passed in ").says("1 passed\n");
    homelab.fleet(&["test", "services"]).code(0).says("services: cached\n1 cached\n");
    let all = homelab.fleet(&["test"]).code(0).says("services: cached").says("switch: passed");
    assert!(!all.out.contains("failed"), "{}", all.out);

    homelab.write("fail", "1");
    let failed = homelab.fleet(&["test", "services", "switch"]).code(5);
    let failed = failed.says("services: cached").says("switch: failed: checks.").says("1 failed, 1 cached");
    failed.says("| ").says("fail: this check is set to fail");
    let json = homelab.fleet(&["test", "--json", "switch"]).code(5);
    let tests: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&tests[0]["name"], &tests[0]["result"]), (&"switch".into(), &"failed".into()));
    homelab
        .fleet(&["test", "servces"])
        .code(5)
        .says("the flake has no check `servces`")
        .says("did you mean `services`?");
}

#[test]
fn a_test_of_another_system_is_skipped_and_not_passed() {
    if !requirement::met("gates::a_test_of_another_system_is_skipped_and_not_passed", NIX) {
        return;
    }
    let homelab = Homelab::new();
    let other = FLAKE
        .replace("checks.x86_64-linux = checks", "checks.riscv64-linux = checks")
        .replace("checks.aarch64-linux = checks \"aarch64-linux\";", "");
    assert_ne!(other, FLAKE);
    homelab.write("flake.nix", &other);
    homelab
        .fleet(&["test", "services"])
        .code(0)
        .says("services: skipped: services is a check of riscv64-linux, this is ")
        .says("1 skipped");
    homelab.fleet(&["test"]).code(0).says("services: skipped: a check of riscv64-linux");
}

/// A stand-in for nix that keeps what it finds in its environment: tests are not told where keys are.
#[test]
fn tests_do_not_get_the_keys_of_whoever_runs_them() {
    let homelab = Homelab::new();
    fs::create_dir(homelab.path("bin")).unwrap();
    let nix = format!(
        "#!/bin/sh\ncase \"$*\" in *eval*) echo '{{}}' ;; *path-info*) exit 1 ;; *build*) env >{} ;; esac\n",
        homelab.path("env").display()
    );
    let program = homelab.path("bin/nix");
    fs::write(&program, nix).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", homelab.path("bin").display(), std::env::var("PATH").unwrap());
    let output = Command::new(env!("CARGO_BIN_EXE_fleet"))
        .args(["test", "services"])
        .current_dir(homelab.path("lab"))
        .envs([
            ("PATH", &*path),
            ("SOPS_AGE_KEY", "AGE-SECRET-KEY-1X"),
            ("SOPS_AGE_KEY_FILE", "/root/keys.txt"),
        ])
        .envs([
            ("GNUPGHOME", "/root/.gnupg"),
            ("SOPS_AGE_SSH_PRIVATE_KEY_FILE", "/root/.ssh/id"),
            ("KEPT", "1"),
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
    let env = fs::read_to_string(homelab.path("env")).unwrap();
    assert!(env.contains("KEPT=1"), "{env}");
    for name in ["SOPS_AGE_KEY", "SOPS_AGE_SSH_PRIVATE_KEY", "GNUPGHOME"] {
        assert!(!env.lines().any(|line| line.starts_with(name)), "{name} is there:\n{env}");
    }
}

#[test]
fn a_step_for_a_test_that_the_flake_has_not_is_told_beforehand() {
    if !requirement::met("gates::a_step_for_a_test_that_the_flake_has_not_is_told_beforehand", NIX) {
        return;
    }
    let homelab = Homelab::new();
    homelab.fleet(&["check", "--eval"]).code(0);
    homelab.write("Fleetfile.yaml", &FLEETFILE.replace("{vm: services}", "{vm: service}"));
    homelab.fleet(&["check"]).code(0);
    homelab
        .fleet(&["check", "--eval"])
        .code(1)
        .says("the flake has no check `service`")
        .says("Fleetfile.yaml:7:")
        .says("did you mean `services`?");
}

/// A test may be built from files for tests and test keys; what is real is found before anything is built.
#[test]
fn a_test_that_has_something_real_is_not_built() {
    if !requirement::met("gates::a_test_that_has_something_real_is_not_built", NIX) {
        return;
    }
    let homelab = Homelab::new();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/homelab");
    for path in ["secrets/luna.sops.yaml", "tests/secrets/rydev.sops.yaml", "tests/keys/age.txt"] {
        fs::create_dir_all(homelab.path("lab").join(path).parent().unwrap()).unwrap();
        homelab.write(path, &fs::read_to_string(example.join(path)).unwrap());
    }
    let identity = age::x25519::Identity::generate();
    homelab.write("own.txt", age::secrecy::ExposeSecret::expose_secret(&identity.to_string()));
    let secrets =
        "defaults: {build_on: local}, secrets: {test_keys: [tests/keys/age.txt], test_paths: [\"tests/**\"]}";
    homelab.write("Fleetfile.yaml", &FLEETFILE.replace("defaults: {build_on: local}", secrets));
    let with = |path: &str| {
        let flake = FLAKE.replace("derivation { inherit", &format!("derivation {{ has = ./{path}; inherit"));
        assert_ne!(flake, FLAKE);
        homelab.write("flake.nix", &flake);
        homelab.fleet(&["test", "services"])
    };
    with("secrets/luna.sops.yaml")
        .code(5)
        .says("services: failed: the test `services` would be built with what is not for tests")
        .says("-luna.sops.yaml: a copy of `secrets/luna.sops.yaml`, which is no file for tests");
    let own = with("own.txt").code(5).says("-own.txt: an age identity, which is no test key");
    assert!(!own.out.contains("AGE-SECRET-KEY"), "{}", own.out);
    // A directory of which only one file is real.
    with("secrets").code(5).says("-secrets/luna.sops.yaml: a copy of `secrets/luna.sops.yaml`");
    let store = fs::read_dir(homelab.path("store")).unwrap();
    let built: Vec<String> = store
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with("-check-services"))
        .collect();
    assert!(built.is_empty(), "{built:?}");
    with("tests/secrets/rydev.sops.yaml").code(0).says("services: passed");
    with("tests/keys/age.txt").code(0).says("services: passed");
}

#[test]
fn what_fails_stops_a_pipeline_before_anything_is_built() {
    if !requirement::met("gates::what_fails_stops_a_pipeline_before_anything_is_built", &["nix", "ssh"]) {
        return;
    }
    let homelab = Homelab::new();
    homelab
        .fleet(&["run", "apply-nixos", "host=lunar", "--yes"])
        .code(1)
        .says("no host is called `lunar`")
        .says("did you mean `luna`?")
        .says("Fleetfile.yaml:6:");
    homelab.write("fail", "1");
    let failed = homelab.fleet(&["run", "apply-nixos", "--yes"]).code(5);
    let failed = failed.says("vm switch").says("fail: this check is set to fail");
    let begun = "[build: derivation] failed";
    assert!(!failed.out.contains(begun), "{}", failed.out);
    // Without it the build begins, and ends there: systems are built in the usual store only.
    homelab.write("fail", "");
    let built = homelab.fleet(&["run", "apply-nixos", "--yes"]).code(3);
    built.says("cached: unchanged since it passed").says(begun).says("is not a store path");
}

/// Real nixpkgs is not there; what the tests import is in their arguments, and the files they name are there.
#[test]
fn the_tests_for_real_nixos_are_whole() {
    if !requirement::met("gates::the_tests_for_real_nixos_are_whole", &["nix-instantiate"]) {
        return;
    }
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/homelab/tests/vm");
    for name in ["nginx-basic", "test-secret"] {
        let flake = fs::read_to_string(dir.join("flake.nix")).unwrap();
        assert!(flake.contains(&format!("{name} = test ./{name}.nix;")));
        let machine = "(t.nodes.machine { pkgs.writeTextDir = _: _: \"\"; config.sops.secrets.registry_token.path = \"/p\"; })";
        let expression = format!(
            "let t = import {}/{name}.nix {{ sops-nix.nixosModules.sops = {{ }}; }}; in \
             builtins.seq (builtins.toJSON (removeAttrs {machine} [ \"imports\" ])) (t.name + t.testScript)",
            dir.display()
        );
        let store = tempfile::tempdir().unwrap();
        let output = Command::new("nix-instantiate")
            .args(["--eval", "--strict", "--expr", &expression])
            .env("NIX_STORE_DIR", store.path().join("store"))
            .env("NIX_STATE_DIR", store.path().join("state"))
            .env("NIX_LOG_DIR", store.path().join("log"))
            .env("NIX_REMOTE", "")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(text.starts_with(&format!("\"{name}")), "{text}");
    }
}

//! `flake.nix` parses and evaluates. There is no nixpkgs here: `tests/nixpkgs-stand-in` has just what the flake uses.

#![cfg(test)]

mod requirement;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const NIX: &[&str] = &["nix"];

/// A copy of what the flake needs, with a nix store of its own.
struct Copy {
    dir: tempfile::TempDir,
}

impl Copy {
    fn new() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let dir = tempfile::tempdir().unwrap();
        for path in [
            "flake.nix",
            "Cargo.toml",
            "Cargo.lock",
            "build.rs",
            "src",
            "schema",
            "tests/nixos",
            "tests/nixpkgs-stand-in",
        ] {
            copy(&root.join(path), &dir.path().join("flake").join(path));
        }
        Self { dir }
    }

    /// Replaces text in a file, which must hold it.
    fn replace(&self, file: &str, from: &str, to: &str) {
        let path = self.dir.path().join("flake").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} does not hold {from:?}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }

    fn nix(&self, arguments: &[&str]) -> Output {
        let here = self.dir.path();
        Command::new("nix")
            .args(arguments)
            .args(["--no-write-lock-file", "--override-input", "nixpkgs"])
            .arg(format!("path:{}", here.join("flake/tests/nixpkgs-stand-in").display()))
            .env("NIX_STORE_DIR", here.join("store"))
            .env("NIX_STATE_DIR", here.join("state"))
            .env("NIX_LOG_DIR", here.join("log"))
            .env("NIX_REMOTE", "")
            .env("NIX_CONFIG", "experimental-features = nix-command flakes\nbuild-users-group =\nflake-registry =\nsubstituters =\n")
            .env("HOME", here)
            .env("XDG_CACHE_HOME", here.join("cache"))
            .current_dir(here.join("flake"))
            .output()
            .unwrap()
    }

    fn flake(&self, attribute: &str) -> String {
        format!("path:{}#{attribute}", self.dir.path().join("flake").display())
    }

    /// What nix says of all outputs.
    fn show(&self) -> Output {
        self.nix(&["flake", "show", "--json", &self.flake("").replace('#', "")])
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn every_output_evaluates_on_every_system() {
    if !requirement::met("flake::every_output_evaluates_on_every_system", NIX) {
        return;
    }
    let shown = Copy::new().show();
    assert!(shown.status.success(), "{}", stderr(&shown));
    let outputs: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    for system in ["x86_64-linux", "aarch64-linux", "x86_64-darwin", "aarch64-darwin"] {
        assert_eq!(outputs["packages"][system]["default"]["name"], format!("fleet-{version}"));
        assert_eq!(outputs["apps"][system]["default"]["type"], "app");
        assert_eq!(outputs["devShells"][system]["default"]["type"], "derivation");
    }
    for system in ["x86_64-linux", "aarch64-linux"] {
        for check in ["deploy", "dropped", "reboot", "watchdog"] {
            assert_eq!(outputs["checks"][system][check]["name"], format!("fleet-{check}"));
        }
        assert_eq!(outputs["checks"][system]["package"]["name"], format!("fleet-{version}"));
    }
    assert_eq!(outputs["overlays"]["default"]["type"], "nixpkgs-overlay");
}

#[test]
fn the_app_is_the_packages_program() {
    if !requirement::met("flake::the_app_is_the_packages_program", NIX) {
        return;
    }
    let copy = Copy::new();
    let program = copy.nix(&["eval", "--raw", &copy.flake("apps.x86_64-linux.default.program")]);
    assert!(program.status.success(), "{}", stderr(&program));
    assert!(String::from_utf8_lossy(&program.stdout).ends_with("/bin/fleet"));
}

/// The flake that the operator deploys in the tests with virtual machines, with one of their generations.
fn generation(copy: &Copy, module: &str) -> Output {
    let tests = copy.dir.path().join("flake/tests");
    let dir = copy.dir.path().join("generation");
    fs::create_dir_all(&dir).unwrap();
    let flake = fs::read_to_string(tests.join("nixos/flake.nix.in")).unwrap();
    let stand_in = tests.join("nixpkgs-stand-in");
    let flake = flake.replace("@nixpkgs@", stand_in.to_str().unwrap()).replace("@system@", "x86_64-linux");
    fs::write(dir.join("flake.nix"), flake).unwrap();
    fs::copy(tests.join("nixos/target.nix"), dir.join("target.nix")).unwrap();
    fs::copy(tests.join("nixos").join(module), dir.join("generation.nix")).unwrap();
    let toplevel = "nixosConfigurations.target.config.system.build.toplevel.name";
    copy.nix(&["eval", "--raw", &format!("path:{}#{toplevel}", dir.display())])
}

#[test]
fn the_generations_that_machines_get_evaluate() {
    if !requirement::met("flake::the_generations_that_machines_get_evaluate", NIX) {
        return;
    }
    let copy = Copy::new();
    for module in ["generation.nix", "slow-generation.nix"] {
        let evaluated = generation(&copy, module);
        assert!(evaluated.status.success(), "{module}: {}", stderr(&evaluated));
        assert_eq!(evaluated.stdout, b"nixos-system");
    }
    copy.replace("tests/nixos/slow-generation.nix", "activationScripts", "activationScript");
    let misspelt = generation(&copy, "slow-generation.nix");
    assert!(
        stderr(&misspelt).contains("there is no option system.activationScript"),
        "{}",
        stderr(&misspelt)
    );
}

/// git-hooks.nix, pre-commit and prek get the same hooks.
#[test]
fn the_hooks_are_those_of_the_manifest() {
    if !requirement::met("flake::the_hooks_are_those_of_the_manifest", NIX) {
        return;
    }
    let copy = Copy::new();
    let hooks = copy.nix(&["eval", "--json", &copy.flake("gitHooks.x86_64-linux")]);
    assert!(hooks.status.success(), "{}", stderr(&hooks));
    let hooks: serde_json::Value = serde_json::from_slice(&hooks.stdout).unwrap();
    let manifest =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/.pre-commit-hooks.yaml")).unwrap();
    let mut ids: Vec<&str> = manifest.lines().filter_map(|line| line.strip_prefix("- id: ")).collect();
    ids.sort_unstable();
    assert_eq!(hooks.as_object().unwrap().keys().collect::<Vec<_>>(), ids);
    for hook in manifest.split("- id: ").skip(1) {
        let id = hook.lines().next().unwrap();
        let value = |key: &str| {
            let key = format!("  {key}: ");
            hook.lines().find_map(|line| line.strip_prefix(&key)).map(str::to_owned)
        };
        let entry = hooks[id]["entry"].as_str().unwrap();
        let (program, words) = entry.split_once(' ').unwrap();
        assert!(program.ends_with("/bin/fleet"), "{entry}");
        assert_eq!(Some(format!("fleet {words}")), value("entry"));
        assert_eq!(hooks[id]["name"].as_str().map(str::to_owned), value("name"));
        assert_eq!(hooks[id]["files"].as_str().map(str::to_owned), value("files"));
        assert_eq!(hooks[id]["pass_filenames"], false);
    }
}

/// The stand-in is worth something only if it refuses what nixpkgs would refuse.
#[test]
fn what_is_misspelt_does_not_evaluate() {
    if !requirement::met("flake::what_is_misspelt_does_not_evaluate", NIX) {
        return;
    }
    for (file, from, to, complaint) in [
        ("flake.nix", "buildRustPackage", "buildRustPakage", "buildRustPakage"),
        ("flake.nix", "cargoLock.lockFile", "cargoLokc.lockFile", "cargoLock"),
        ("flake.nix", "cargoLock.lockFile", "cargoLock.lockfile", "lockFile"),
        ("flake.nix", "./build.rs ./src", "./build.rs ./srcs", "srcs"),
        ("flake.nix", "licenses.mit", "licenses.mti", "mti"),
        ("flake.nix", "pkgs.clippy", "pkgs.clipy", "clipy"),
        ("flake.nix", "runNixOSTest", "runNixosTest", "runNixosTest"),
        ("flake.nix", "dropped.nix", "droped.nix", "droped.nix"),
        ("tests/nixos/pair.nix", "writableStore", "writeableStore", "virtualisation.writeableStore"),
        ("tests/nixos/target.nix", "services.openssh", "services.opensh", "services.opensh"),
        ("tests/nixos/pair.nix", "system.build.toplevel", "system.build.topLevel", "topLevel"),
        ("tests/nixos/pair.nix", "testScript =", "testscript =", "testScript"),
        ("tests/nixos/dropped.nix", "slow-generation", "slow-genration", "slow-genration"),
    ] {
        let copy = Copy::new();
        copy.replace(file, from, to);
        let shown = copy.show();
        assert!(!shown.status.success(), "{file} with {to:?} evaluates");
        assert!(stderr(&shown).contains(complaint), "{file} with {to:?}: {}", stderr(&shown));
    }
}

//! `fleet init`: what it writes, and what it leaves alone.

use crate::fixture::Fixture;

const FLAKE: &str = r#"{
  outputs = _: {
    nixosConfigurations.luna = {
      config = { networking.hostName = "luna"; };
      pkgs.stdenv.hostPlatform.system = "x86_64-linux";
    };
  };
}
"#;

#[test]
fn what_is_there_stays_and_without_a_flake_there_is_nothing_to_write() {
    let text = "version: '3'\n";
    let fixture = Fixture::new().file("flake.nix", FLAKE).file("Fleetfile.yml", text);
    fixture
        .run(["init"])
        .code(1)
        .stderr_contains("there is a Fleetfile.yml already")
        .stderr_contains("help: ");
    assert_eq!(std::fs::read_to_string(fixture.path("Fleetfile.yml")).unwrap(), text);
    assert!(!fixture.path("Fleetfile.yaml").exists());
    let empty = Fixture::new();
    empty.run(["init"]).code(1).stderr_contains("there is no flake.nix here").stderr_contains("help: ");
    assert!(!empty.path("Fleetfile.yaml").exists());
}

#[test]
fn the_tasks_of_before_keep_their_names() {
    let fixture = Fixture::new()
        .file("flake.nix", FLAKE)
        .file("Taskfile.yml", "version: '3'\ntasks: {apply-nixos: echo by hand, lint: echo linted}\n");
    if fixture.shell("command -v nix git").code != Some(0) {
        return crate::fixture::skip("fleet init with a flake: needs `nix` and `git`");
    }
    fixture.shell("git init -q && git add .").code(0);
    fixture
        .run(["init"])
        .code(0)
        .stdout_contains("wrote Fleetfile.yaml\nhosts: luna\n")
        .stdout_contains("fleet plan deploy-nixos\n");
    fixture.run(["run", "lint"]).code(0).stdout_contains("linted");
    fixture.run(["run", "apply-nixos"]).code(0).stdout_contains("by hand");
    fixture.run(["check", "--strict"]).code(0);
    fixture.run(["run", "deploy-nixos", "--rehearse", "--yes"]).code(0).stdout_contains("1 succeeded");
}

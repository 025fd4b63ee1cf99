{
  description = "fleet: runs Taskfiles fast and deploys NixOS fleets truthfully";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";

  outputs = { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      linux = [ "x86_64-linux" "aarch64-linux" ];
      systems = linux ++ [ "x86_64-darwin" "aarch64-darwin" ];
      forEach = systems: value: lib.genAttrs systems (system: value nixpkgs.legacyPackages.${system});
      manifest = (builtins.fromTOML (builtins.readFile ./Cargo.toml)).package;

      package = pkgs: pkgs.rustPlatform.buildRustPackage {
        pname = manifest.name;
        inherit (manifest) version;
        src = lib.fileset.toSource {
          root = ./.;
          fileset = lib.fileset.unions [ ./Cargo.toml ./Cargo.lock ./build.rs ./src ./schema ];
        };
        cargoLock.lockFile = ./Cargo.lock;
        # The tests need more of the repository than the program; `tests/all` runs them.
        doCheck = false;
        meta = {
          inherit (manifest) description;
          license = lib.licenses.mit;
          mainProgram = "fleet";
          platforms = systems;
        };
      };
    in
    {
      packages = forEach systems (pkgs: { default = package pkgs; });

      overlays.default = final: _: { fleet = package final; };

      apps = forEach systems (pkgs: {
        default = {
          type = "app";
          program = lib.getExe self.packages.${pkgs.stdenv.hostPlatform.system}.default;
        };
      });

      devShells = forEach systems (pkgs: {
        default = pkgs.mkShell {
          packages = [ pkgs.cargo pkgs.clippy pkgs.rustc pkgs.rustfmt pkgs.nix pkgs.openssh pkgs.git ];
        };
      });

      # Hooks for git-hooks.nix; `.pre-commit-hooks.yaml` has the same.
      gitHooks = forEach systems (pkgs:
        let
          hook = name: part: more: {
            enable = true;
            inherit name;
            entry = "${lib.getExe self.packages.${pkgs.stdenv.hostPlatform.system}.default} hook run --only ${part}";
            pass_filenames = false;
          } // more;
        in
        {
          fleet-check = hook "fleet check" "check" { files = "\\.ya?ml$"; };
          fleet-secrets = hook "fleet secrets" "secrets" { };
          fleet-run = hook "fleet run" "tasks" { };
        });

      checks = forEach linux (pkgs:
        let
          fleet = self.packages.${pkgs.stdenv.hostPlatform.system}.default;
          pair = import ./tests/nixos/pair.nix { inherit fleet nixpkgs; };
          inMachines = test: pkgs.testers.runNixOSTest (import test pair);
        in
        {
          package = fleet;
          deploy = inMachines ./tests/nixos/deploy.nix;
          dropped = inMachines ./tests/nixos/dropped.nix;
          reboot = inMachines ./tests/nixos/reboot.nix;
          watchdog = inMachines ./tests/nixos/watchdog.nix;
        });
    };
}

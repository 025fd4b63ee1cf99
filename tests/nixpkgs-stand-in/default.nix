let
  inherit (builtins) all attrNames concatMap concatStringsSep isAttrs isFunction isString listToAttrs mapAttrs;
  systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];

  genAttrs = names: value: listToAttrs (map (name: { inherit name; value = value name; }) names);
  expect = condition: message: value: if condition then value else throw "nixpkgs-stand-in: ${message}";

  lib = {
    inherit genAttrs;
    getExe = package: "${package}/bin/${package.meta.mainProgram}";
    licenses.mit.spdxId = "MIT";
    nixosSystem = { system, modules }:
      let configurations = map (evaluate { }) modules;
      in builtins.deepSeq (map (configuration: configuration.checked) configurations) {
        config.system.build = (builtins.head configurations).system.build;
      };
    fileset = {
      # Like nixpkgs', these refuse files that are not there.
      unions = files: map (file: expect (builtins.pathExists file) "there is no ${toString file}" file) files;
      toSource = { root, fileset }: builtins.deepSeq fileset root;
    };
  };

  packagesOf = system:
    let
      derivationOf = name: meta: derivation { inherit name system; builder = "/bin/sh"; args = [ "-c" "exit 1" ]; } // { inherit meta; };
      program = name: derivationOf name { mainProgram = name; };
      checkMeta = { description, license, mainProgram, platforms }@meta:
        expect (isString license.spdxId && all (platform: builtins.elem platform systems) platforms) "bad meta" meta;
    in
    genAttrs [ "cargo" "clippy" "git" "nix" "openssh" "rustc" "rustfmt" ] program // {
      stdenv.hostPlatform = { inherit system; };
      # Functions without `...`: an argument that nixpkgs does not have is an error.
      rustPlatform.buildRustPackage = { pname, version, src, cargoLock, doCheck ? true, meta }:
        builtins.seq (builtins.readFile (({ lockFile }: lockFile) cargoLock))
          (builtins.seq src (derivationOf "${pname}-${version}" (checkMeta meta)));
      mkShell = { packages }: builtins.deepSeq (map (package: package.drvPath) packages) (derivationOf "shell" { });
      testers.runNixOSTest = { name, nodes, testScript }:
        let
          configurations = mapAttrs (_: node: evaluate (mapAttrs (_: configuration: configuration) configurations) node) nodes;
          script = testScript { nodes = configurations; };
        in
        builtins.deepSeq script (builtins.deepSeq (mapAttrs (_: configuration: configuration.checked) configurations) (derivationOf name { }));
    };

  # The options that the test's machines set, with true for a leaf.
  options = {
    boot = {
      initrd.kernelModules = true;
      loader = { systemd-boot.enable = true; efi.canTouchEfiVariables = true; };
    };
    environment = { etc = true; systemPackages = true; };
    networking.hostName = true;
    nix.settings = { experimental-features = true; substituters = true; hashed-mirrors = true; connect-timeout = true; trusted-users = true; };
    security.sudo.wheelNeedsPassword = true;
    services.openssh.enable = true;
    system = { activationScripts = true; includeBuildDependencies = true; extraDependencies = true; switch.enable = true; };
    users.users.ryan = { isNormalUser = true; extraGroups = true; };
    virtualisation = { cores = true; memorySize = true; diskSize = true; writableStore = true; useBootLoader = true; useEFIBoot = true; };
  };
  unknown = path: options: settings: concatMap
    (name:
      let here = path ++ [ name ];
      in
      if !(options ? ${name}) then [ (concatStringsSep "." here) ]
      else if options.${name} == true then [ ]
      else if isAttrs settings.${name} then unknown here options.${name} settings.${name}
      else [ (concatStringsSep "." here) ])
    (attrNames settings);

  evaluate = nodes: node:
    let
      arguments = { inherit nodes lib; config = { }; pkgs = packagesOf "x86_64-linux"; };
      settings = if isFunction node then node arguments else if isAttrs node then node else (import node) arguments;
      wrong = unknown [ ] options settings;
    in
    {
      checked = expect (wrong == [ ]) "there is no option ${concatStringsSep ", " wrong}" (builtins.deepSeq settings true);
      system.build.toplevel = derivation { name = "nixos-system"; system = "x86_64-linux"; builder = "/bin/sh"; };
      nixpkgs.hostPlatform.system = "x86_64-linux";
    };
in
{
  inherit lib;
  outPath = ./.;
  legacyPackages = genAttrs systems packagesOf;
}

{
  description = "A homelab: four NixOS hosts of two architectures and a Mac";

  # No inputs: `nixos/` stands in for nixpkgs, so that the example evaluates and builds anywhere, without a network.
  outputs = { self }:
    let
      nixos = import ./nixos { revision = self.rev or "dirty"; };
      directories = path:
        let entries = builtins.readDir path;
        in builtins.filter (name: entries.${name} == "directory") (builtins.attrNames entries);
      each = names: value: builtins.listToAttrs (map (name: { inherit name; value = value name; }) names);
    in
    {
      nixosConfigurations = each (directories ./hosts) (name: nixos.nixosSystem name (./hosts + "/${name}"));
      darwinConfigurations = each (directories ./darwin) (name: nixos.darwinSystem name (./darwin + "/${name}"));
      checks = each [ "x86_64-linux" "aarch64-linux" ] (system: import ./checks { inherit nixos system; hosts = directories ./hosts; });
    };
}

{
  description = "The homelab's services in virtual machines, for real NixOS: the example itself needs no inputs";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";
  inputs.sops-nix.url = "github:Mic92/sops-nix";
  inputs.sops-nix.inputs.nixpkgs.follows = "nixpkgs";

  outputs = { self, nixpkgs, sops-nix }: {
    checks = nixpkgs.lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (system:
      let test = file: nixpkgs.legacyPackages.${system}.testers.runNixOSTest (import file { inherit sops-nix; });
      in
      {
        nginx-basic = test ./nginx-basic.nix;
        test-secret = test ./test-secret.nix;
      });
  };
}

# As target.nix, and it boots by its own loader, so that what is booted is what was made the default.
{ ... } @ arguments:
let base = import ./target.nix arguments;
in base // {
  boot.loader = { systemd-boot.enable = true; efi.canTouchEfiVariables = true; };
  virtualisation = base.virtualisation // { useBootLoader = true; useEFIBoot = true; };
}

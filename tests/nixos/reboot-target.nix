# As target.nix, and it boots by its own loader, so that what is booted is what was made the default.
{ ... }: {
  boot.loader.systemd-boot.enable = true;
  boot.loader.efi.canTouchEfiVariables = true;
  virtualisation.useBootLoader = true;
  virtualisation.useEFIBoot = true;
  services.openssh.enable = true;
  security.sudo.wheelNeedsPassword = false;
  nix.settings = {
    experimental-features = [ "nix-command" "flakes" ];
    substituters = [ ];
    trusted-users = [ "root" "ryan" ];
  };
  users.users.ryan = {
    isNormalUser = true;
    extraGroups = [ "wheel" ];
  };
  system.switch.enable = true;
  virtualisation.writableStore = true;
}

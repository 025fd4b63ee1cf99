# The machine that is deployed to, in its first and (with the file of flake.nix.in) in its second generation.
{ ... }: {
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

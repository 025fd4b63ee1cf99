# A service gets its secret, with a file and a key that are for tests only: `fleet secrets check` looks that they are.
{ sops-nix }:
{
  name = "test-secret";
  nodes.machine = { config, ... }: {
    imports = [ sops-nix.nixosModules.sops ];
    sops = {
      defaultSopsFile = ../secrets/rydev.sops.yaml;
      age = { keyFile = "/run/test-key.txt"; sshKeyPaths = [ ]; };
      gnupg.sshKeyPaths = [ ];
      secrets.registry_token.owner = "registry";
    };
    # sops-nix refuses keys in the store; this one is public, and copied to where a real one would be.
    system.activationScripts.testKey = "install -m 400 ${../keys/age.txt} /run/test-key.txt";
    system.activationScripts.setupSecrets.deps = [ "testKey" ];
    users.users.registry = { isSystemUser = true; group = "registry"; };
    users.groups.registry = { };
    systemd.services.registry = {
      wantedBy = [ "multi-user.target" ];
      serviceConfig = { User = "registry"; Type = "oneshot"; RemainAfterExit = true; };
      script = "test -s ${config.sops.secrets.registry_token.path}";
    };
  };
  testScript = ''
    machine.wait_for_unit("registry.service")
    machine.succeed("test $(stat -c %U /run/secrets/registry_token) = registry")
  '';
}

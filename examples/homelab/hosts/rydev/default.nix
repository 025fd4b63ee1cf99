# Development machine.
{ runtime }: {
  sops = {
    age.sshKeyPaths = [ "/etc/ssh/ssh_host_ed25519_key" ];
    secrets.registry_token.sopsFile = ../../secrets/rydev.sops.yaml;
  };
}

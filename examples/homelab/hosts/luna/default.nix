# Name server and status pages: the canary of every deployment.
{ runtime }: {
  sops = {
    defaultSopsFile = ../../secrets/luna.sops.yaml;
    age.sshKeyPaths = [ "/etc/ssh/ssh_host_ed25519_key" ];
    secrets.dns_key = { };
  };
  units."zone-check.service" = { description = "Check of the DNS zones"; type = "oneshot"; exec = "${runtime}/bin/true"; };
}

{ nixos, system, hosts }:
let
  check = name: script: nixos.build system "check-${name}" { } "${script}; echo ok > $out";
in
{
  # Every host has a system that nix knows.
  hosts = check "hosts" (builtins.concatStringsSep "; " (map
    (name: "case ${nixos.fileOr "x86_64-linux" (../hosts + "/${name}/system")} in x86_64-linux | aarch64-linux) ;; *) exit 1 ;; esac")
    hosts));

  # Stands for a virtual-machine test: a name that a pipeline can ask for with `vm: services`.
  # Its machine has a secret for tests, under the test key.
  services = check "services" "true" // {
    nodes.web.config.sops = {
      defaultSopsFile = ../tests/secrets/rydev.sops.yaml;
      age.keyFile = "/run/age-keys.txt";
      secrets.registry_token = { };
    };
  };

  # Fails when told so: `echo 1 > checks/fail`.
  switch = check "switch" (
    if nixos.fileOr "" ./fail != "" then "echo 'checks/fail: this check is set to fail' >&2; exit 1" else "true"
  );
}

# The status page answers, and goes on doing so when nginx is started again.
{ sops-nix }:
{
  name = "nginx-basic";
  nodes.machine = { pkgs, ... }: {
    services.nginx = {
      enable = true;
      virtualHosts.localhost.root = pkgs.writeTextDir "index.html" "all is well";
    };
  };
  testScript = ''
    machine.wait_for_unit("nginx.service")
    machine.wait_for_open_port(80)
    machine.succeed("curl --fail --silent http://localhost/ | grep 'all is well'")
    machine.systemctl("restart nginx.service")
    machine.wait_for_open_port(80)
    machine.succeed("curl --fail --silent http://localhost/")
  '';
}

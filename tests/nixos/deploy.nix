# A test in two virtual machines: `operator` deploys to `target` with fleet, by ssh and sudo, with real systemd and the
# real switch-to-configuration. The new configuration is evaluated and built inside, without a network: it is the one
# that `target` already runs, plus one file, so that all it is built from is in the operator's store.
{ fleet, nixpkgs }:
{
  name = "fleet-deploy";

  nodes.operator = { config, pkgs, nodes, ... }: {
    environment.systemPackages = [ fleet pkgs.git ];
    nix.settings = {
      experimental-features = [ "nix-command" "flakes" ];
      substituters = [ ];
      hashed-mirrors = null;
      connect-timeout = 1;
    };
    # What it takes to build a system that differs a little from the one that `target` has.
    system.includeBuildDependencies = true;
    system.extraDependencies = [ nodes.target.system.build.toplevel nixpkgs.outPath ];
    virtualisation = {
      cores = 2;
      memorySize = 4096;
      diskSize = 8192;
      writableStore = true;
    };
  };

  nodes.target = import ./target.nix;

  testScript = { nodes, ... }: ''
    start_all()
    operator.wait_for_unit("multi-user.target")
    target.wait_for_unit("sshd.service")

    operator.succeed("mkdir -p /root/.ssh /root/flake")
    operator.succeed("ssh-keygen -q -t ed25519 -N ''' -f /root/.ssh/id_ed25519")
    key = operator.succeed("cat /root/.ssh/id_ed25519.pub").strip()
    target.succeed(f"install -d -o ryan -m 700 /home/ryan/.ssh && echo '{key}' > /home/ryan/.ssh/authorized_keys && chown ryan /home/ryan/.ssh/authorized_keys")
    operator.succeed("ssh-keyscan -t ed25519 target > /root/.ssh/known_hosts")

    operator.succeed("cp ${./flake.nix.in} /root/flake/flake.nix && cp ${./target.nix} /root/flake/target.nix")
    operator.succeed("sed -i -e 's,@nixpkgs@,${nixpkgs.outPath},' -e 's,@system@,${nodes.target.nixpkgs.hostPlatform.system},' /root/flake/flake.nix")
    operator.copy_from_host("${./Fleetfile.yaml}", "/root/flake/Fleetfile.yaml")
    operator.succeed("cd /root/flake && git init -q && git add -A && nix flake lock && git add -A")

    target.fail("test -e /etc/deployed-by-fleet")
    before = target.succeed("readlink -f /run/current-system").strip()
    operator.succeed("cd /root/flake && fleet run apply --yes >&2")
    target.succeed("test -e /etc/deployed-by-fleet")
    after = target.succeed("readlink -f /run/current-system").strip()
    assert before != after, "the target still runs the old system"
    assert after == target.succeed("readlink -f /nix/var/nix/profiles/system").strip(), "the profile is another system"

    with subtest("a second run changes nothing"):
        report = operator.succeed("cd /root/flake && fleet run apply --yes")
        assert "unchanged" in report, report
        assert after == target.succeed("readlink -f /run/current-system").strip()
  '';
}

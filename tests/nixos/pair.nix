# What the tests in two virtual machines share: `operator` deploys to `target` with fleet, by ssh and sudo, with real
# systemd and the real switch-to-configuration. The new configuration is evaluated and built inside, without a network: it
# is the one that `target` already runs, plus `generation` (a module that adds text files only), so that all it is built
# from is in the operator's store.
#
# `script` is the test once both machines are up. It has: `before`, the system that `target` started with; `deploy(options)`
# and `begin(options)`, fleet in the foreground and in the background; `ended()`, its exit code and what it printed;
# `running()`, `profile()`, `booted()`, the systems of the target; `clean()`, that nothing of fleet is left on it.
{ fleet, nixpkgs }:
{ name, generation ? ./generation.nix, machine ? ./target.nix, script }:
{
  inherit name;

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

  nodes.target = import machine;

  testScript = { nodes, ... }: ''
    target.start(allow_reboot=True)
    start_all()
    operator.wait_for_unit("multi-user.target")
    target.wait_for_unit("sshd.service")

    operator.succeed("mkdir -p /root/.ssh /root/flake")
    operator.succeed("ssh-keygen -q -t ed25519 -N ''' -f /root/.ssh/id_ed25519")
    key = operator.succeed("cat /root/.ssh/id_ed25519.pub").strip()
    target.succeed(f"install -d -o ryan -m 700 /home/ryan/.ssh && echo '{key}' > /home/ryan/.ssh/authorized_keys && chown ryan /home/ryan/.ssh/authorized_keys")
    operator.succeed("ssh-keyscan -t ed25519 target > /root/.ssh/known_hosts")

    operator.succeed("cp ${./flake.nix.in} /root/flake/flake.nix && cp ${machine} /root/flake/target.nix && cp ${generation} /root/flake/generation.nix")
    operator.succeed("sed -i -e 's,@nixpkgs@,${nixpkgs.outPath},' -e 's,@system@,${nodes.target.nixpkgs.hostPlatform.system},' /root/flake/flake.nix")
    operator.copy_from_host("${./Fleetfile.yaml}", "/root/flake/Fleetfile.yaml")
    operator.succeed("cd /root/flake && git init -q && git add -A && nix flake lock && git add -A")

    def running():
        return target.succeed("readlink -f /run/current-system").strip()

    def booted():
        return target.succeed("readlink -f /run/booted-system").strip()

    def profile():
        return target.succeed("readlink -f /nix/var/nix/profiles/system").strip()

    def deploy(options="", pipeline="apply"):
        return operator.succeed(f"cd /root/flake && fleet run {pipeline} --yes {options} 2>&1 | tee /dev/stderr; exit ''${{PIPESTATUS[0]}}")

    def begin(options="", pipeline="apply"):
        operator.succeed(f"cd /root/flake && (fleet run {pipeline} --yes {options} >/tmp/report 2>&1; echo $? >/tmp/code) >/dev/null 2>&1 &")

    def ended():
        operator.wait_for_file("/tmp/code")
        return int(operator.succeed("cat /tmp/code")), operator.succeed("cat /tmp/report")

    def clean():
        units = target.succeed("systemctl list-units --all --plain --no-legend 'fleet-*'")
        assert units.strip() == "", units

    before = running()
    target.fail("test -e /etc/deployed-by-fleet")

    ${script}
  '';
}

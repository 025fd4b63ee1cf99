"""The deployer: the network (a bridge all hosts hang on) and the view of the machine from which hosts are reached.

It is one sleeping process that holds a network and a mount namespace. Commands join it: they see this machine's files,
but their own /etc/hosts, ssh_config and empty /nix."""

import os
import shlex
import subprocess

import process
from bed import Problem, keygen, make_nix_directory

NETWORK = "192.0.2"  # RFC 5737: for documentation; exists in our namespaces only
NIX_CONFIG = """experimental-features = nix-command flakes
substituters =
flake-registry =
build-users-group =
sandbox = false
connect-timeout = 5
"""

HOLD = """
set -eu
ip link set lo up
ip link add br0 type bridge forward_delay 0
ip addr add "$1.1/24" dev br0
ip link set br0 up
mount --bind "$2/etc-hosts" /etc/hosts
mount --bind "$2/ssh_config" /etc/ssh/ssh_config
[ -z "$3" ] || mount -t tmpfs -o "mode=755,size=$3" fleet-testbed /nix
: > "$2/ready"
exec sleep infinity
"""


def address(index):
    return f"{NETWORK}.{9 + index}"


def start(bed):
    """Writes the keys and client files for the hosts of the bed and starts the holder unless it runs."""
    directory = bed.path("deployer")
    keygen(f"{directory}/id_ed25519", "deployer")
    write_client_files(bed)
    if bed.is_up():
        return
    make_nix_directory()
    # A nix that itself lives in /nix would lose its own files under a fresh store.
    own_store = not os.path.realpath(subprocess.getoutput("command -v nix")).startswith("/nix/")
    size = os.environ.get("FLEET_TESTBED_STORE", "4g") if own_store else ""
    with open(f"{directory}/log", "w") as log:
        holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "--propagation", "slave", "sh", "-c", HOLD, "fleet-testbed", NETWORK, directory, size],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    if not process.await_(lambda: os.path.exists(f"{directory}/ready"), 30, lambda: holder.poll() is None):
        with open(f"{directory}/log") as log:
            raise Problem(f"the deployer's network did not come up:\n{log.read()}")
    process.remember(f"{directory}/pid", holder.pid)


def write_client_files(bed):
    """Rewritten in place: they are bind-mounted, a new inode would not be seen."""
    directory = bed.path("deployer")
    table = [(address(index), name) for index, name in enumerate(bed.host_names(), 1)]
    known = []
    for ip, name in table:
        os.makedirs(bed.path("host", name), exist_ok=True)
        key = bed.path("host", name, "ssh_host_ed25519_key")
        keygen(key, name)
        with open(f"{key}.pub") as file:
            known.append(f"{name},{ip} {' '.join(file.read().split()[:2])}\n")
    write(f"{directory}/known_hosts", "".join(known))
    write(f"{directory}/etc-hosts", f"127.0.0.1 localhost {os.uname().nodename}\n" + "".join(f"{ip} {name}\n" for ip, name in table))
    write(f"{directory}/ssh_config", f"""Host *
  IdentityFile {directory}/id_ed25519
  IdentitiesOnly yes
  UserKnownHostsFile {directory}/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  ConnectTimeout 10
""")


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def holder_pid(bed):
    bed.require_up()
    return process.recall(bed.path("deployer", "pid"))


def ip(bed, *args):
    """`ip ARGS` in the deployer's network; raises Problem with what it said."""
    done = subprocess.run(["nsenter", "-t", str(holder_pid(bed)), "-n", "ip", *args], capture_output=True, text=True)
    if done.returncode != 0:
        raise Problem(f"ip {' '.join(args)}: {done.stderr.strip()}")
    return done.stdout


def environment(bed):
    return {
        "NIX_CONFIG": NIX_CONFIG,
        "NIX_REMOTE": "",
        # Nix caches evaluations by store path: they must not outlive the store.
        "XDG_CACHE_HOME": bed.path("deployer", "cache"),
        "FLEET_TESTBED": bed.name,
        "FLEET_TESTBED_HOSTS": " ".join(bed.host_names()),
    }


def run(bed, command):
    """Becomes the command, in the same directory, with the deployer's network, names, keys and store."""
    arguments = ["nsenter", "-t", str(holder_pid(bed)), "-n", "-m", f"--wdns={os.getcwd()}", "--", *command]
    os.execvpe("nsenter", arguments, {**os.environ, **environment(bed)})


def describe(bed):
    import host

    bed.require_up()
    lines = [f"export {key}={shlex.quote(value)}\n" for key, value in environment(bed).items()]
    lines.append("# host              address       sudo of ryan           ryan is a trusted user of nix\n")
    for one in bed.hosts():
        sudo = f"password {host.PASSWORD!r}" if one.asks_password() else "no password"
        lines.append(f"# {one.name:17} {one.address:13} {sudo:22} {'yes' if one.trusts_ryan() else 'no'}\n")
    lines.append("# These addresses exist in the testbed only: tests/testbed/testbed run CMD...\n")
    return "".join(lines)

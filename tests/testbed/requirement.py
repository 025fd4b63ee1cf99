"""What the machine must have for the testbed, and how to get what it lacks."""

import os
import shutil
import subprocess

from bed import Problem

# program -> Debian package
PROGRAMS = {
    "nix": "nix-bin",
    "nix-daemon": "nix-bin",
    "/usr/sbin/sshd": "openssh-server",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "sudo": "sudo",
    "/bin/busybox": "busybox-static",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "setsid": "util-linux",
    "pkill": "procps",
    "openssl": "openssl",
    "git": "git",
}


def root():
    if os.geteuid() != 0:
        raise Problem("this needs root: it makes network, mount and process namespaces (try: sudo tests/testbed/testbed ...)")


def check():
    """Raises a Problem that names everything that is missing."""
    if os.uname().sysname != "Linux":
        raise Problem("the testbed is made of Linux namespaces; this machine is not Linux")
    missing = sorted({package for program, package in PROGRAMS.items() if not shutil.which(program)})
    busybox = shutil.which("/bin/busybox")
    if busybox and not is_static(busybox):
        missing.append("busybox-static")
    if missing:
        raise Problem(f"missing: apt-get install -y --no-install-recommends {' '.join(missing)}")
    trial = subprocess.run(
        ["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1"],
        capture_output=True, text=True)
    if trial.returncode != 0:
        reason = trial.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise Problem("this machine does not allow network, mount, uts and pid namespaces with veth links "
                      f"({reason[0]}); in a container this needs --privileged")


def is_static(program):
    """Whether an ELF file is linked statically: it names no interpreter (PT_INTERP)."""
    with open(program, "rb") as file:
        head = file.read(4096)
    if head[:4] != b"\x7fELF" or head[4] != 2:
        return False
    offset = int.from_bytes(head[32:40], "little")
    size, number = int.from_bytes(head[54:56], "little"), int.from_bytes(head[56:58], "little")
    types = [int.from_bytes(head[offset + i * size:offset + i * size + 4], "little") for i in range(number)]
    return 3 not in types

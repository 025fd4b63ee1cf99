"""Copies of examples/homelab for the hosts of a testbed."""

import os
import shutil
import subprocess

from bed import NAMES, Problem, say
from host import HERE

SOURCE = os.path.normpath(f"{HERE}/../../examples/homelab")


def create(directory, names):
    """A git repository in `directory`, all committed: the homelab, for hosts of this machine's architecture, with the
    static busybox that it builds with, and with one host for each name (default: its own four)."""
    if os.path.isdir(directory) and os.listdir(directory):
        raise Problem(f"{directory} is not empty")
    if not os.path.exists("/bin/busybox"):
        raise Problem("missing: apt-get install -y --no-install-recommends busybox-static")
    shutil.copytree(SOURCE, directory, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns(".fleet", ".task", "result", "result-*", "runtime"))
    add_runtime(f"{directory}/nixos/runtime/bin")
    for name in names or NAMES:
        host = f"{directory}/hosts/{name}"
        if not os.path.exists(host):
            os.mkdir(host)
            write(f"{host}/default.nix", "{ runtime }: { }\n")
            write(f"{host}/version", "1\n")
        write(f"{host}/system", f"{os.uname().machine}-linux\n")
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"],
                      ["-c", "user.name=Ryan", "-c", "user.email=ryan@localhost", "commit", "-q", "-m", "Homelab"]):
        subprocess.run(["git", "-C", directory, *arguments], check=True)
    say(f"the homelab is in {directory}")


def add_runtime(directory):
    """busybox, and each of its commands as a link to it."""
    os.makedirs(directory)
    shutil.copy("/bin/busybox", f"{directory}/busybox")
    os.chmod(f"{directory}/busybox", 0o755)
    for command in subprocess.run(["/bin/busybox", "--list"], capture_output=True, text=True, check=True).stdout.split():
        if command != "busybox":
            os.symlink("busybox", f"{directory}/{command}")


def write(path, text):
    with open(path, "w") as file:
        file.write(text)

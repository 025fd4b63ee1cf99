"""Copies of examples/homelab for the hosts of a testbed."""

import os
import re
import shutil
import subprocess

import age
from bed import NAMES, Problem, say
from host import HERE

SOURCE = os.path.normpath(f"{HERE}/../../examples/homelab")


def create(directory, names, host_keys):
    """A git repository in `directory`, all committed: the homelab, for hosts of this machine's architecture, with the
    static busybox that it builds with, and with one host for each name (default: its own four). `host_keys` are files
    with the public keys of hosts: what the homelab says is for a host is said to be for the key that it has."""
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
    for name, file in host_keys.items():
        give_key(directory, name, age.recipient(file))
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


def give_key(directory, name, key):
    """Only the labels change: nobody on these hosts decrypts anything."""
    rules = f"{directory}/.sops.yaml"
    with open(rules) as file:
        found = re.search(rf"&{re.escape(name)} (age1\w+)", file.read())
    for path in [rules, f"{directory}/secrets/{name}.sops.yaml"] if found else []:
        with open(path) as file:
            text = file.read()
        write(path, text.replace(found[1], key))


def write(path, text):
    with open(path, "w") as file:
        file.write(text)

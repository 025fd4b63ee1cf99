"""One testbed: its name, its state directory, its hosts, and bringing all of it up and down."""

import concurrent.futures
import contextlib
import fcntl
import os
import re
import shutil
import subprocess

import process

ROOT = "/run/fleet-testbed"
NAMES = ("luna", "rydev", "nixos-bootstrap", "nixpi")
MOST_HOSTS = 200
NIX_MARK = f"{ROOT}/.made-nix"  # exists when /nix, the place to mount the deployer's store on, was made by us


class Problem(Exception):
    """Something that the person at the keyboard can act on."""


def host_name(index):
    return NAMES[index - 1] if index <= len(NAMES) else f"host{index}"


class Bed:
    def __init__(self, name):
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}", name):
            raise Problem(f"FLEET_TESTBED={name!r}: use up to 32 letters, digits, '-', '_' and '.'")
        self.name = name
        self.state = f"{ROOT}/{name}"

    @classmethod
    def from_environment(cls):
        return cls(os.environ.get("FLEET_TESTBED") or "fleet")

    def path(self, *parts):
        return os.path.join(self.state, *parts)

    def is_up(self):
        return process.recall(self.path("deployer", "pid")) is not None

    def host_names(self):
        try:
            with open(self.path("hosts")) as file:
                return file.read().split()
        except OSError:
            return []

    def hosts(self):
        import host

        self.require_up()
        return [host.Host(self, index, name) for index, name in enumerate(self.host_names(), 1)]

    def host(self, name):
        found = [host for host in self.hosts() if host.name == name]
        if not found:
            raise Problem(f"no host {name!r}; there are: {', '.join(self.host_names())}")
        return found[0]

    def require_up(self):
        if not self.is_up():
            raise Problem(f"the testbed {self.name!r} is not up (tests/testbed/testbed up)")

    def up(self, wanted):
        """Brings up the deployer and `wanted` hosts (default: 4, or as many as there were); starts what has died."""
        import deployer

        with self.lock():
            before = self.host_names()
            number = max(wanted or len(before) or len(NAMES), len(before))
            try:
                os.makedirs(self.path("deployer"), exist_ok=True)
                os.chmod(self.state, 0o755)
                with open(self.path("hosts"), "w") as file:
                    file.writelines(f"{host_name(index)}\n" for index in range(1, number + 1))
                deployer.start(self)
                with concurrent.futures.ThreadPoolExecutor(max_workers=16) as pool:
                    started = list(pool.map(lambda host: host.start(), self.hosts()))
            except BaseException:
                if not before:
                    self.remove()
                raise
        say(f"{self.name}: {' '.join(self.host_names())} {'are up' if any(started) else 'were up already'}")

    def down(self):
        with self.lock():
            there = os.path.isdir(self.state)
            self.remove()
        say(f"{self.name}: {'down' if there else 'was not up'}")

    def remove(self):
        """Ends every process in our namespaces, which takes the namespaces and mounts with them, and forgets the rest."""
        pids = []
        for index, name in enumerate(self.host_names(), 1):
            for file in ("wire", "init", "outer"):
                pids.append(process.recall(self.path("host", name, file)))
        holder = process.recall(self.path("deployer", "pid"))
        if holder:
            pids += [pid for pid in process.in_namespace("net", holder) if pid != holder]
        for pid in pids + [holder]:
            if pid:
                process.kill(pid)
        shutil.rmtree(self.state, ignore_errors=True)
        remove_unused_nix_directory()

    @contextlib.contextmanager
    def lock(self):
        """One `up` or `down` of any testbed at a time: they share /nix as a mount point."""
        os.makedirs(ROOT, exist_ok=True)
        with open("/run/lock/fleet-testbed", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def make_nix_directory():
    if not os.path.isdir("/nix"):
        os.mkdir("/nix")
        open(NIX_MARK, "w").close()


def remove_unused_nix_directory():
    others = [entry for entry in os.listdir(ROOT) if not entry.startswith(".")] if os.path.isdir(ROOT) else []
    if others:
        return
    if os.path.exists(NIX_MARK):
        # Not while anybody uses it: removing a directory takes the mounts on it in other namespaces away.
        with contextlib.suppress(OSError):
            os.rmdir("/nix")
    shutil.rmtree(ROOT, ignore_errors=True)


def say(text):
    if not os.environ.get("FLEET_TESTBED_QUIET"):
        os.write(2, f"{text}\n".encode())


def keygen(path, comment):
    if not os.path.exists(path):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path], check=True)

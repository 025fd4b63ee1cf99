"""One host: a process tree of its own with its own network address, file system, /nix store, sshd and nix-daemon."""

import os
import subprocess

import deployer
import process
from bed import Problem

HERE = os.path.dirname(os.path.realpath(__file__))
PASSWORD = "testbed"
PATH = "/run/wrappers/bin:/run/current-system/sw/bin:/etc/testbed/bin:/usr/sbin:/usr/bin:/sbin:/bin"
STORE_SIZE = os.environ.get("FLEET_TESTBED_HOST_STORE", "2g")


class Host:
    def __init__(self, bed, index, name):
        self.bed, self.index, self.name = bed, index, name
        self.address = deployer.address(index)
        self.cable = f"h{index}"  # the deployer's end of the link to this host

    def path(self, *parts):
        return self.bed.path("host", self.name, *parts)

    def asks_password(self):
        return self.name == "nixpi"

    def trusts_ryan(self):
        return self.name != "nixos-bootstrap"

    def pid(self):
        found = process.recall(self.path("init"))
        if found is None:
            raise Problem(f"{self.name} does not run (tests/testbed/testbed up starts it)")
        return found

    def start(self):
        """Starts the host and waits until sshd and nix-daemon answer. False when it runs already."""
        if process.recall(self.path("init")):
            return False
        environment = {
            "PATH": os.environ["PATH"], "HOST": self.name, "ADDRESS": self.address, "STATE": self.path(), "GUEST": f"{HERE}/guest",
            "DEPLOYER_KEY": self.bed.path("deployer", "id_ed25519.pub"), "HOST_PATH": PATH, "STORE_SIZE": STORE_SIZE,
            "PASSWORD_HASH": subprocess.run(["openssl", "passwd", "-6", PASSWORD], capture_output=True, text=True, check=True).stdout.strip(),
            "SUDO_TAG": "" if self.asks_password() else "NOPASSWD:",
            "TRUSTED_USERS": "root ryan" if self.trusts_ryan() else "root",
        }
        with open(self.path("log"), "w") as log:
            outer = subprocess.Popen(
                ["unshare", "--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--propagation", "private",
                 "bash", f"{HERE}/guest/init"],
                env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        process.remember(self.path("outer"), outer.pid)
        running = lambda: outer.poll() is None  # noqa: E731
        if not process.await_(lambda: process.first_child(outer.pid), 30, running):
            self.fail("did not start")
        init = process.first_child(outer.pid)
        process.remember(self.path("init"), init)
        deployer.ip(self.bed, "link", "add", self.cable, "type", "veth", "peer", "name", "eth0", "netns", str(init))
        deployer.ip(self.bed, "link", "set", self.cable, "master", "br0", "up")
        if not process.await_(lambda: os.path.exists(f"/proc/{init}/root/run/testbed/ready"), 60, running):
            self.fail("did not come up")
        return True

    def fail(self, what):
        with open(self.path("log")) as log:
            raise Problem(f"{self.name} {what}:\n{log.read()}")

    def nsenter(self):
        return ["nsenter", "-t", str(self.pid()), "-m", "-u", "-i", "-n", "-p", "-r", "-w", "--"]

    def environment(self):
        return {"PATH": PATH, "HOME": "/root", "TERM": os.environ.get("TERM", "dumb")}

    def exec(self, command):
        """Becomes a command on the host, as root."""
        os.execvpe("nsenter", self.nsenter() + ["env", "-i", *[f"{k}={v}" for k, v in self.environment().items()], *command], os.environ)

    def sh(self, script, *args):
        """Runs a shell script on the host as root; its output. Raises Problem when it fails."""
        done = subprocess.run(
            self.nsenter() + ["env", "-i", *[f"{k}={v}" for k, v in self.environment().items()], "sh", "-euc", script, "testbed", *args],
            capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise Problem(f"{self.name}: {done.stderr.strip() or done.stdout.strip() or f'exit code {done.returncode}'}")
        return done.stdout

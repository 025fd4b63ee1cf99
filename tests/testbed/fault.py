"""Faults: ways to break one host, and mending all of them. Each is small, real where it can be, and undone by `heal`."""

import subprocess
import sys

import deployer
import process
from bed import Problem, say
from host import HERE, STORE_SIZE

FAULTS = "/run/testbed/faults"  # on the host: read by guest/bin/activation-hook


def down(host):
    """the cable is out: "No route to host" after 3 s, or the client's own time-out"""
    deployer.ip(host.bed, "link", "set", host.cable, "down")
    deployer.ip(host.bed, "neigh", "flush", "dev", "br0", "to", host.address)


def blackhole(host):
    """packets vanish: connecting hangs as long as the client lets it"""
    wire(host, "--loss", "100")


def slow(host, delay="80", rate="8"):
    """[MS=80] [MBIT=8] one-way delay and rate, both ways"""
    wire(host, "--delay", number(delay), "--rate", number(rate))


def loss(host, percent="20"):
    """[PCT=20] of all packets are lost, each way"""
    wire(host, "--loss", number(percent))


def diskfull(host, left="256"):
    """[KIB=256] so much is left in the host's /nix"""
    host.sh('used=$(df -k --output=used /nix | tail -n 1); mount -o "remount,size=$((used + $1))k" /nix', number(left))


def profile_ro(host):
    """the profiles directory is read-only: copies work, a new generation cannot be set"""
    host.sh("""d=/nix/var/nix/profiles; mkdir -p $d; mount --bind $d $d; mount -o remount,bind,ro $d""")


# sshd restarts by executing itself: for a moment nobody listens, or the one before still does.
ANSWERS = """
    address=$(sed -n 's/^ListenAddress //p' /etc/ssh/sshd_config)
    key=$(ssh-keygen -y -f /etc/ssh/ssh_host_ed25519_key | cut -d' ' -f2)
    for _ in $(seq 500); do
        ssh-keyscan -T 2 -t ed25519 "$address" 2>/dev/null | grep -qF "$key" && break
        sleep 0.02
    done"""


def sshd_stop(host, how=""):
    """[hard] connections are refused; hard ends open sessions too"""
    if how not in ("", "hard"):
        raise Problem(f"sshd-stop {how}: the argument is `hard` or nothing")
    host.sh('kill "$(cat /run/sshd.pid)"; while [ -e /run/sshd.pid ]; do sleep 0.02; done')
    if how:
        host.sh("pkill -KILL -x sshd || :")


def hostkey(host):
    """the host shows another host key"""
    host.sh("""cd /etc/ssh; [ -e real_key ] || mv ssh_host_ed25519_key real_key; rm -f ssh_host_ed25519_key*
               ssh-keygen -q -t ed25519 -N '' -f ssh_host_ed25519_key; kill -HUP "$(cat /run/sshd.pid)" """)
    host.sh(ANSWERS)


def drop_during_activation(host, seconds="5"):
    """[S=5] the link goes as activation starts and is back after S seconds"""
    activation(host, "drop-during-activation", number(seconds))


def activation_fails(host, code="4"):
    """[RC=4] 4: activated, a unit fails; 2: an activation script fails; 1, 11, 100, ..: before it; 101: halfway"""
    activation(host, "activation-fails", number(code))


def activation_hangs(host):
    """activation waits, holding its lock, until healed"""
    activation(host, "activation-hangs", "")


def activation_slow(host, seconds="5"):
    """[S=5] activation takes S seconds longer"""
    activation(host, "activation-slow", number(seconds))


def reboot_hangs(host):
    """the host does not come back from its next reboot until healed"""
    activation(host, "reboot-hangs", "")


def reboot_old(host):
    """the loader boots what was booted, whatever is the default"""
    activation(host, "reboot-old", "")


def reboot_slow(host, seconds="5"):
    """[S=5] a reboot takes S seconds"""
    activation(host, "reboot-slow", number(seconds))


# Faults as the host itself can make them, in the middle of an activation; $1 is the argument.
THERE = {
    "down": "ip link set eth0 down",
    "drop": "ip link set eth0 down; setsid sh -c 'sleep \"$1\"; ip link set eth0 up' drop \"${1:-5}\" </dev/null >/dev/null 2>&1 9>&- &",
    "blackhole": f"ip route replace blackhole {deployer.NETWORK}.1",
    "sshd-stop": 'kill "$(cat /run/sshd.pid)"; while [ -e /run/sshd.pid ]; do sleep 0.02; done; [ -z "$1" ] || pkill -KILL -x sshd || :',
    "diskfull": 'used=$(df -k --output=used /nix | tail -n 1); mount -o "remount,size=$((used + ${1:-256}))k" /nix',
    "profile-ro": "d=/nix/var/nix/profiles; mount --bind $d $d; mount -o remount,bind,ro $d",
    "hostkey": """cd /etc/ssh; mv ssh_host_ed25519_key real_key; ssh-keygen -q -t ed25519 -N '' -f ssh_host_ed25519_key
                  kill -HUP "$(cat /run/sshd.pid)"; sleep 0.5""",
    "hold": f": >{FAULTS}/held; while [ -e {FAULTS}/held ]; do sleep 0.1; done",
    "activation-fails": f'echo "${{1:-1}}" >{FAULTS}/activation-fails',
}
MOMENTS = {"begin": "begin", "activate": "activate", "verify": "units"}  # stages of guest/bin/activation-hook


def at(host, moment, kind, arg=""):
    """begin|activate|verify KIND [ARG]: the host breaks itself before, in the middle of, after its next activation; `hold` waits there"""
    if moment not in MOMENTS or kind not in THERE:
        raise Problem(f"at {moment} {kind}: one of {', '.join(MOMENTS)}, and one of {', '.join(THERE)}")
    activation(host, f"at-{MOMENTS[moment]}", f"set -- '{arg}'\n{THERE[kind]}")


def degraded(host):
    """a unit that no deployment touches fails again and again"""
    host.sh("mkdir -p /run/testbed/units/backup.service; cd /run/testbed/units/backup.service; "
            "echo failed > ActiveState; : > FailsAgain; echo failed > SubState; echo exit-code > Result; echo 1 > ExecMainStatus; "
            "echo 'Nightly backup' > Description")


KINDS = {
    "down": down, "blackhole": blackhole, "slow": slow, "loss": loss, "diskfull": diskfull, "profile-ro": profile_ro,
    "sshd-stop": sshd_stop, "hostkey": hostkey, "drop-during-activation": drop_during_activation,
    "activation-fails": activation_fails, "activation-hangs": activation_hangs, "activation-slow": activation_slow,
    "reboot-hangs": reboot_hangs, "reboot-old": reboot_old, "reboot-slow": reboot_slow, "at": at, "degraded": degraded,
}


def describe(indent):
    return "\n".join(f"{indent}{name:23} {kind.__doc__}" for name, kind in KINDS.items())


def inject(host, kind, args):
    if kind not in KINDS:
        raise Problem(f"unknown fault {kind!r}; one of: {', '.join(KINDS)}")
    function = KINDS[kind]
    if len(args) > function.__code__.co_argcount - 1:
        raise Problem(f"{kind}: too many arguments: {' '.join(args)}")
    function(host, *args)
    say(f"{host.name}: {' '.join([kind, *args])}")


def heal(host):
    unwire(host)
    deployer.ip(host.bed, "link", "set", host.cable, "up")
    host.sh(f"""
        rm -rf {FAULTS} /run/testbed/units/backup.service /run/testbed/units/testbed.service
        ip link set eth0 up
        ip route del blackhole {deployer.NETWORK}.1 2>/dev/null || :
        mount -o remount,size={STORE_SIZE} /nix
        while mountpoint -q /nix/var/nix/profiles; do umount -l /nix/var/nix/profiles; done
        cd /etc/ssh
        if [ -e real_key ]; then mv real_key ssh_host_ed25519_key; ssh-keygen -y -f ssh_host_ed25519_key >ssh_host_ed25519_key.pub; [ ! -e /run/sshd.pid ] || kill -HUP "$(cat /run/sshd.pid)"; fi
        [ -e /run/sshd.pid ] || /usr/sbin/sshd -E /var/log/sshd.log""")
    host.sh(ANSWERS)
    say(f"{host.name}: healed")


def activation(host, kind, value):
    host.sh('mkdir -p "$1"; printf "%s\\n" "$3" > "$1/$2"', FAULTS, kind, value)


def number(text):
    if not text.isdecimal():
        raise Problem(f"{text!r} is not a number")
    return text


def wire(host, *options):
    """Puts wire.py between the host's cable and the bridge."""
    unwire(host)
    near, far = f"n{host.index}", f"f{host.index}"
    deployer.ip(host.bed, "link", "add", near, "type", "veth", "peer", "name", far)
    deployer.ip(host.bed, "link", "set", far, "master", "br0", "up")
    deployer.ip(host.bed, "link", "set", near, "up")
    deployer.ip(host.bed, "link", "set", host.cable, "nomaster")
    holder = ["nsenter", "-t", str(deployer.holder_pid(host.bed)), "-n", "--"]
    program = [sys.executable, f"{HERE}/wire.py"]
    # Frames that cross the wire need real checksums and real sizes, which veth leaves to a network card.
    subprocess.run([*holder, *program, "--plain", far], check=True)
    subprocess.run(["nsenter", "-t", str(host.pid()), "-n", "--", *program, "--plain", "eth0"], check=True)
    with open(host.path("wire.log"), "w") as log:
        started = subprocess.Popen([*holder, *program, host.cable, near, *options], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=log, start_new_session=True, text=True)
    if not started.stdout.readline():
        with open(host.path("wire.log")) as log:
            raise Problem(f"{host.name}: the wire did not start:\n{log.read()}")
    process.remember(host.path("wire"), started.pid)


def unwire(host):
    pid = process.recall(host.path("wire"))
    if pid:
        process.kill(pid)
    if f"n{host.index}@" in deployer.ip(host.bed, "-br", "link"):
        deployer.ip(host.bed, "link", "del", f"n{host.index}")
    deployer.ip(host.bed, "link", "set", host.cable, "master", "br0")

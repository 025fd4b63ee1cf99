"""Processes that outlive the command that started them: remembered by pid and start time, so that none but ours is
ever signalled. Does not know what they are for."""

import os
import signal
import time


def start_time(pid):
    """Clock ticks since boot at which the process began, or None when it is gone (or a zombie)."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


def remember(path, pid):
    with open(path, "w") as file:
        file.write(f"{pid} {start_time(pid)}\n")


def recall(path):
    """The pid written by `remember`, or None when that process no longer runs."""
    try:
        with open(path) as file:
            pid, began = file.read().split()
    except (OSError, ValueError):
        return None
    return int(pid) if start_time(pid) == began else None


def kill(pid):
    """Ends a process at once and waits until it is gone."""
    began = start_time(pid)
    if began is None:
        return
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    deadline = time.monotonic() + 10
    while start_time(pid) == began and time.monotonic() < deadline:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass
        time.sleep(0.01)


def first_child(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            children = file.read().split()
    except OSError:
        return None
    return int(children[0]) if children else None


def in_namespace(kind, of_pid):
    """The pids of all processes in the namespace of that kind (`net`, ...) that `of_pid` is in, but never our own."""
    wanted = os.readlink(f"/proc/{of_pid}/ns/{kind}")
    if wanted == os.readlink(f"/proc/self/ns/{kind}"):
        return []
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            try:
                if os.readlink(f"/proc/{entry}/ns/{kind}") == wanted:
                    found.append(int(entry))
            except OSError:
                pass
    return found


def await_(condition, seconds, alive=lambda: True):
    """Polls until `condition()` is true. False when the time is up or `alive()` stops being true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline or not alive():
            return False
        time.sleep(0.02)
    return True

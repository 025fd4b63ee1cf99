"""A wire between two network interfaces, in user space: delay, rate and loss, each way. (The kernel's netem would do,
but many kernels are built without it.) Address resolution always passes, so that a lost host looks silent, not absent.

usage: wire.py IF IF [--delay MS] [--rate MBIT] [--loss PCT]      prints a line when it carries packets
       wire.py --plain IF                                         only turns the interface's offloads off
"""

import argparse
import array
import collections
import fcntl
import random
import select
import socket
import struct
import time

ETH_P_ALL, ETH_P_ARP = 0x0003, 0x0806
SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC, PACKET_IGNORE_OUTGOING = 263, 1, 1, 23
SIOCETHTOOL = 0x8946
OFFLOADS = (0x15, 0x17, 0x1F, 0x24, 0x2C)  # ETHTOOL_S: RXCSUM, TXCSUM, TSO, GSO, GRO
QUEUE = 1000  # frames that may wait, each way; more are dropped, as a real queue does


def plain(interface):
    """Turns checksum and segmentation offloads off."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for offload in OFFLOADS:
            value = array.array("B", struct.pack("II", offload, 0))
            request = struct.pack("16sP", interface.encode(), value.buffer_info()[0]) + bytes(16)
            try:
                fcntl.ioctl(control, SIOCETHTOOL, request)
            except OSError:
                pass  # not every driver has every offload


def port(interface):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    sock.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP,
                    struct.pack("iHH8s", socket.if_nametoindex(interface), PACKET_MR_PROMISC, 0, b""))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    sock.bind((interface, 0))
    sock.setblocking(False)
    return sock


class Direction:
    """One way through the wire: frames come in at `source` and leave by `target` when their time has come."""

    def __init__(self, source, target, options):
        self.source, self.target, self.options = source, target, options
        self.waiting = collections.deque()  # (when, frame); delay is constant, so the order is that of arrival
        self.idle_at = 0.0

    def receive(self):
        for _ in range(64):  # then let the other direction have its turn
            try:
                frame = self.source.recv(1 << 16)
            except OSError:
                return
            resolution = struct.unpack_from("!H", frame, 12)[0] == ETH_P_ARP
            if not resolution and random.random() * 100 < self.options.loss or len(self.waiting) >= QUEUE:
                continue
            self.idle_at = max(self.idle_at, time.monotonic())
            if self.options.rate:
                self.idle_at += len(frame) * 8 / (self.options.rate * 1e6)
            self.waiting.append((self.idle_at + self.options.delay / 1000, frame))

    def send_due(self):
        now = time.monotonic()
        while self.waiting and self.waiting[0][0] <= now:
            try:
                self.target.send(self.waiting.popleft()[1])
            except OSError:
                pass  # the interface is down: the frame is lost

    def next_due(self):
        return self.waiting[0][0] if self.waiting else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("interfaces", nargs="+")
    for option in ("--delay", "--rate", "--loss"):
        parser.add_argument(option, type=float, default=0)
    options = parser.parse_args()
    for interface in options.interfaces:
        plain(interface)
    if options.plain:
        return
    a, b = (port(interface) for interface in options.interfaces)
    directions = [Direction(a, b, options), Direction(b, a, options)]
    print("ready", flush=True)
    while True:
        due = [direction.next_due() for direction in directions if direction.waiting]
        readable, _, _ = select.select([a, b], [], [], max(0.0, min(due) - time.monotonic()) if due else None)
        for direction in directions:
            if direction.source in readable:
                direction.receive()
            direction.send_due()


main()

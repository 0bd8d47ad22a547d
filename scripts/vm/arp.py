# SPDX-License-Identifier: GPL-2.0
"""Asks on the VMs' LAN, again and again, who has an address, and keeps who answered when."""

import socket
import struct
import threading
import time

from .lan import Lan

_ARP = struct.Struct("!HHBBH6s4s6s4s")
_ETHERTYPE = 0x0806
_BROADCAST = b"\xff" * 6


class AddressWatch:
    """A station of its own on the LAN that sends ARP probes (RFC 5227) for one IPv4 address."""

    MAC = bytes.fromhex("5254004bff00")
    EVERY = 0.05
    """seconds between two probes"""

    def __init__(self, lan: Lan, address: str):
        self._lan = lan
        self._probe = (_BROADCAST + self.MAC + struct.pack("!H", _ETHERTYPE) + _ARP.pack(
            1, 0x0800, 6, 4, 1, self.MAC, bytes(4), bytes(6), socket.inet_aton(address)))
        self._stop = threading.Event()
        self.answers: list[tuple[float, str]] = []
        """(time, MAC) of every answer"""
        lan.attach(self.MAC, self._heard)
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5)
        self._lan.detach(self.MAC)

    def _ask(self) -> None:
        while not self._stop.wait(self.EVERY):
            self._lan.inject(self._probe)

    def _heard(self, frame: bytes) -> None:
        kind = struct.unpack_from("!H", frame, 12)[0]
        if kind != _ETHERTYPE or len(frame) < 14 + _ARP.size:
            return
        _, _, _, _, operation, mac, sender, _, _ = _ARP.unpack_from(frame, 14)
        if operation == 2 and sender == self._probe[-4:]:
            self.answers.append((time.time(), mac.hex(":")))

    def overlaps(self) -> list[tuple[str, str, float]]:
        """Pairs of stations that held the address at once, and for how many seconds."""
        spans: dict[str, list[float]] = {}
        for when, mac in self.answers:
            spans.setdefault(mac, [when, when])[1] = when
        order = sorted(spans.items(), key=lambda s: s[1][0])
        return [(earlier, later, min(a[1], b[1]) - b[0])
                for (earlier, a), (later, b) in zip(order, order[1:]) if b[0] <= a[1]]

# SPDX-License-Identifier: GPL-2.0
"""A small Ethernet switch in a thread: the LAN of the VMs, without touching the host's network."""

import os
import selectors
import socket
import threading
from typing import Callable


class Lan:
    """Ports are pairs of unix datagram sockets, one pair per VM."""

    def __init__(self, folder: str):
        self._folder = folder
        self._ports: dict[str, socket.socket] = {}
        self._where: dict[bytes, str] = {}
        self._stations: dict[bytes, Callable[[bytes], None]] = {}
        self._selector = selectors.DefaultSelector()
        self._wake_r, self._wake_w = os.pipe()
        self._selector.register(self._wake_r, selectors.EVENT_READ)
        self._stop = False
        self._thread = threading.Thread(target=self._forward, daemon=True)
        self._thread.start()

    def add(self, name: str) -> tuple[str, str]:
        """New port; returns (path of the VM's socket, path of the switch's socket)."""
        path = f"{self._folder}/lan-{name}"
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sock.setblocking(False)
        sock.bind(path + ".s")
        self._ports[name] = sock
        self._selector.register(sock, selectors.EVENT_READ, name)
        os.write(self._wake_w, b"x")
        return path + ".v", path + ".s"

    def attach(self, mac: bytes, heard: Callable[[bytes], None]) -> None:
        """A station of the harness itself: frames to its MAC are handed over in the switch's thread."""
        self._stations[mac] = heard

    def detach(self, mac: bytes) -> None:
        self._stations.pop(mac, None)

    def inject(self, frame: bytes) -> None:
        """Send a frame from a station of the harness."""
        self._switch("", frame)

    def close(self) -> None:
        self._stop = True
        os.write(self._wake_w, b"x")
        self._thread.join(5)
        for sock in self._ports.values():
            sock.close()
        os.close(self._wake_r)
        os.close(self._wake_w)

    def _forward(self) -> None:
        while not self._stop:
            for key, _ in self._selector.select():
                if key.data is None:
                    os.read(self._wake_r, 64)
                    continue
                try:
                    frame = key.fileobj.recv(65536)
                except OSError:
                    continue
                if len(frame) >= 14:
                    self._switch(key.data, frame)

    def _switch(self, source: str, frame: bytes) -> None:
        self._where[frame[6:12]] = source
        station = self._stations.get(frame[:6])
        if station:
            station(frame)
            return
        known = None if frame[0] & 1 else self._where.get(frame[:6])
        for name, sock in list(self._ports.items()):
            if name == source or (known and name != known):
                continue
            try:
                sock.sendto(frame, f"{self._folder}/lan-{name}.v")
            except OSError:
                pass    # that VM is not running, or slow: a switch drops

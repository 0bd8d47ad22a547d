# SPDX-License-Identifier: GPL-2.0
"""A small Ethernet switch in a thread: the LAN of the VMs, without touching the host's network."""

import os
import selectors
import socket
import threading
from collections import deque
from typing import Callable

BUFFER = 256        # frames a port keeps for a VM that is slow; the kernel's queue of a socket has room for ten
LOOK_AGAIN = 0.002  # seconds; nothing tells when that queue has room


class Lan:
    """Ports are pairs of unix datagram sockets, one pair per VM."""

    def __init__(self, folder: str):
        self._folder = folder
        self._ports: dict[str, socket.socket] = {}
        self._waiting: dict[str, deque[bytes]] = {}
        self._where: dict[bytes, str] = {}
        self._stations: dict[bytes, Callable[[bytes], None]] = {}
        self._selector = selectors.DefaultSelector()
        self._wake_r, self._wake_w = os.pipe()
        self._selector.register(self._wake_r, selectors.EVENT_READ)
        self._stop = False
        self._lock = threading.RLock()
        """held by who switches: the thread, or a station that sends"""
        self._thread = threading.Thread(target=self._forward, daemon=True)
        self._thread.start()

    def add(self, name: str) -> tuple[str, str]:
        """New port; returns (path of the VM's socket, path of the switch's socket)."""
        path = f"{self._folder}/lan-{name}"
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sock.setblocking(False)
        sock.bind(path + ".s")
        self._waiting[name] = deque(maxlen=BUFFER)
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
            for key, _ in self._selector.select(LOOK_AGAIN if any(self._waiting.values()) else None):
                if key.data is None:
                    os.read(self._wake_r, 64)
                    continue
                try:
                    frame = key.fileobj.recv(65536)
                except OSError:
                    continue
                if len(frame) >= 14:
                    self._switch(key.data, frame)
            with self._lock:
                for name in list(self._ports):
                    self._send(name)

    def _switch(self, source: str, frame: bytes) -> None:
        with self._lock:
            self._where[frame[6:12]] = source
            station = self._stations.get(frame[:6])
            if station:
                station(frame)
                return
            known = None if frame[0] & 1 else self._where.get(frame[:6])
            for name in list(self._ports):
                if name == source or (known and name != known):
                    continue
                self._waiting[name].append(frame)
                self._send(name)

    def _send(self, name: str) -> None:
        """What waits at a port, in order, as far as the VM takes it."""
        waiting = self._waiting[name]
        while waiting:
            try:
                self._ports[name].sendto(waiting[0], f"{self._folder}/lan-{name}.v")
            except BlockingIOError:
                return
            except OSError:
                waiting.clear()     # that VM is not running
                return
            waiting.popleft()

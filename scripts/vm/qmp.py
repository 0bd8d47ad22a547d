# SPDX-License-Identifier: GPL-2.0
"""The few QEMU monitor commands the harness needs."""

import json
import os
import socket
import threading
from typing import Any, Optional


class QmpError(Exception):
    """QEMU refused a monitor command."""


class Qmp:
    """Monitor connection of one QEMU; listens before QEMU starts. Any thread."""

    def __init__(self, path: str):
        self.path = path
        self._lock = threading.Lock()
        self._stream: Optional[Any] = None
        self._conn: Optional[socket.socket] = None
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(path)
        self._listener.listen(1)
        self._listener.settimeout(30)

    def connect(self) -> None:
        """Wait for QEMU and shake hands."""
        self._conn, _ = self._listener.accept()
        self._conn.settimeout(30)
        self._stream = self._conn.makefile("rw")
        self._stream.readline()
        self.command("qmp_capabilities")

    def command(self, name: str, /, **arguments: Any) -> Any:
        """Run a command, return its answer; QmpError if refused."""
        with self._lock:
            self._stream.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
            self._stream.flush()
            while True:
                line = self._stream.readline()
                if not line:
                    raise QmpError(f"{name}: QEMU has gone")
                answer = json.loads(line)
                if "error" in answer:
                    raise QmpError(f"{name}: {answer['error']['desc']}")
                if "return" in answer:
                    return answer["return"]

    def close(self) -> None:
        for sock in (self._stream, self._conn, self._listener):
            if sock:
                try:
                    sock.close()
                except OSError:
                    pass
        try:
            os.unlink(self.path)
        except FileNotFoundError:
            pass

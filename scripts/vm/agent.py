# SPDX-License-Identifier: GPL-2.0
"""Host end of the agent in a VM: run a command there, get its output and exit status.

Context and locking: one reader thread per VM; every public method may be called from any thread.
"""

import itertools
import os
import queue
import signal
import socket
import struct
import threading
import time
from dataclasses import dataclass
from typing import Callable, Optional

from .poll import scaled

_HEADER = struct.Struct("<IIB3x")


class AgentGone(Exception):
    """The VM went away while a command was running in it."""


class CommandFailed(Exception):
    """A command in a VM had an exit status that was not expected."""


@dataclass
class Result:
    """What a command in a VM came to."""

    argv: list[str]
    status: int
    """exit status, or minus the signal that ended it"""
    out: str
    err: str


class Job:
    """A command running in a VM; its lines arrive in @on_line with their time of arrival."""

    def __init__(self, agent: "Agent", number: int, argv: list[str],
                 on_line: Optional[Callable[[float, str], None]] = None):
        self.agent, self.number, self.argv, self.on_line = agent, number, argv, on_line
        self.out = bytearray()
        self.err = bytearray()
        self.status: Optional[int] = None
        self.gone = False
        self.done = threading.Event()
        self._partial = b""

    def feed(self, now: float, kind: str, data: bytes) -> None:
        if kind == "E":
            self.err += data
            return
        self.out += data
        if self.on_line:
            lines = (self._partial + data).split(b"\n")
            self._partial = lines.pop()
            for line in lines:
                self.on_line(now, line.decode(errors="replace"))

    def wait(self, timeout: float) -> Result:
        """Result of the command; TimeoutError (the command is killed) or AgentGone."""
        timeout = scaled(timeout)
        if not self.done.wait(timeout):
            self.kill()
            raise TimeoutError(f"{self.agent.name}: {' '.join(self.argv)}: no end after {timeout:g} s\n"
                               f"{self.out.decode(errors='replace')}{self.err.decode(errors='replace')}")
        if self.gone or self.status is None:
            raise AgentGone(f"{self.agent.name}: went away during: {' '.join(self.argv)}")
        return Result(self.argv, self.status, self.out.decode(errors="replace"), self.err.decode(errors="replace"))

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to the command's process group."""
        self.agent.send("K", self.number, bytes([number]))


class Agent:
    """Connection to the agent of one VM; listens before the VM starts."""

    def __init__(self, name: str, path: str):
        self.name, self.path = name, path
        self.boot_id: Optional[str] = None
        self.ready = threading.Event()
        self._numbers = itertools.count(1)
        self._jobs: dict[int, Job] = {}
        self._lock = threading.Lock()
        self._conn: Optional[socket.socket] = None
        self._out: "queue.Queue[Optional[bytes]]" = queue.Queue()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(path)
        self._listener.listen(1)
        self._threads = [threading.Thread(target=self._read, daemon=True),
                         threading.Thread(target=self._write, daemon=True)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """The VM is gone: every running command ends in AgentGone."""
        self._out.put(None)
        for sock in (self._listener, self._conn):
            if sock:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                sock.close()
        try:
            os.unlink(self.path)
        except FileNotFoundError:
            pass
        self._fail_all()

    def send(self, kind: str, number: int, payload: bytes) -> None:
        """Queue one message for the guest."""
        self._out.put(_HEADER.pack(len(payload), number, ord(kind)) + payload)

    def start(self, argv: list[str], on_line: Optional[Callable[[float, str], None]] = None) -> Job:
        """Start a command, do not wait for it."""
        return self._job("R", argv, b"".join(a.encode() + b"\0" for a in argv), on_line)

    def run(self, argv: list[str], timeout: float = 60, check: bool = True) -> Result:
        """Run a command to its end; CommandFailed if @check and the status is not 0."""
        result = self.start(argv).wait(timeout)
        if check and result.status != 0:
            raise CommandFailed(f"{self.name}: {' '.join(argv)}: status {result.status}\n{result.out}{result.err}")
        return result

    def put(self, path: str, content: bytes, mode: int = 0o644, timeout: float = 30) -> None:
        """Write a file in the guest."""
        payload = b"%o\0" % mode + path.encode() + b"\0" + content
        result = self._job("P", ["put", path], payload, None).wait(timeout)
        if result.status != 0:
            raise CommandFailed(f"{self.name}: write {path}: {os.strerror(result.status)}")

    def _job(self, kind: str, argv: list[str], payload: bytes,
             on_line: Optional[Callable[[float, str], None]]) -> Job:
        job = Job(self, next(self._numbers), argv, on_line)
        with self._lock:
            if self._conn is None:
                raise AgentGone(f"{self.name}: is not running, cannot: {' '.join(argv)}")
            self._jobs[job.number] = job
        self.send(kind, job.number, payload)
        return job

    def _write(self) -> None:
        while (data := self._out.get()) is not None:
            try:
                if self._conn:
                    self._conn.sendall(data)
            except OSError:
                return

    def _exactly(self, length: int) -> bytes:
        data = bytearray()
        while len(data) < length:
            part = self._conn.recv(length - len(data))
            if not part:
                raise ConnectionError
            data += part
        return bytes(data)

    def _read(self) -> None:
        try:
            conn, _ = self._listener.accept()
            self._conn = conn
            while True:
                length, number, kind = _HEADER.unpack(self._exactly(_HEADER.size))
                payload = self._exactly(length)
                self._handle(time.time(), chr(kind), number, payload)
        except OSError:
            pass
        self._fail_all()

    def _handle(self, now: float, kind: str, number: int, payload: bytes) -> None:
        if kind == "H":
            self.boot_id = payload.decode().strip()
            self.ready.set()
            return
        with self._lock:
            job = self._jobs.get(number)
            if job and kind == "X":
                del self._jobs[number]
        if not job:
            return
        if kind == "X":
            job.status = struct.unpack("<i", payload)[0]
            job.done.set()
        else:
            job.feed(now, kind, payload)

    def _fail_all(self) -> None:
        with self._lock:
            self._conn = None
            jobs, self._jobs = list(self._jobs.values()), {}
        for job in jobs:
            job.gone = True
            job.done.set()

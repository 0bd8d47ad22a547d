# SPDX-License-Identifier: GPL-2.0
"""SCSI commands through the sg driver."""

import array
import fcntl
import os
import struct
import threading
from dataclasses import dataclass
from typing import Optional

SG_IO = 0x2285
SG_SCSI_RESET = 0x2284
SG_SCSI_RESET_DEVICE = 1
_HEADER = struct.Struct("@iiBBHIPPPIIiPBBBBHHiII")


@dataclass
class Answer:
    """How a command ended."""

    status: int
    host: int
    """host byte: 0 = the device answered"""
    sense: bytes
    data: bytes

    @property
    def good(self) -> bool:
        return self.status == 0 and self.host == 0

    @property
    def code(self) -> Optional[tuple[int, int, int]]:
        """(sense key, ASC, ASCQ) of a CHECK CONDITION."""
        if self.status != 2 or len(self.sense) < 14:
            return None
        return self.sense[2] & 0xF, self.sense[12], self.sense[13]


class Device:
    """One /dev/sgN."""

    def __init__(self, path: str):
        self.path = path
        self.fd = os.open(path, os.O_RDWR)

    def close(self) -> None:
        os.close(self.fd)

    def run(self, cdb: bytes, out: bytes = b"", expect: int = 0, timeout: float = 30) -> Answer:
        """Run a command with data @out, or with a buffer for @expect octets."""
        direction = -2 if out else -3 if expect else -1
        buffer = array.array("B", out or bytes(expect) or b"\0")
        command = array.array("B", cdb)
        sense = array.array("B", bytes(64))
        length = len(out) or expect
        header = bytearray(_HEADER.pack(
            ord("S"), direction, len(cdb), len(sense), 0, length, buffer.buffer_info()[0],
            command.buffer_info()[0], sense.buffer_info()[0], int(timeout * 1000), 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0))
        fcntl.ioctl(self.fd, SG_IO, header, True)
        fields = _HEADER.unpack(header)
        status, written, host, residual = fields[13], fields[16], fields[17], fields[19]
        data = b"" if out else bytes(buffer[:max(0, expect - residual)])
        return Answer(status, host, bytes(sense[:written]), data)

    def reset(self) -> None:
        """LOGICAL UNIT RESET."""
        fcntl.ioctl(self.fd, SG_SCSI_RESET, struct.pack("=i", SG_SCSI_RESET_DEVICE))


class Pending(threading.Thread):
    """A command that may take long, in a thread of its own."""

    def __init__(self, device: Device, *args, **kwargs):
        super().__init__(daemon=True)
        self._call = (device, args, kwargs)
        self.answer: Optional[Answer] = None
        self.error: Optional[OSError] = None
        self.start()

    def run(self) -> None:
        device, args, kwargs = self._call
        try:
            self.answer = device.run(*args, **kwargs)
        except OSError as error:
            self.error = error

    @property
    def waiting(self) -> bool:
        return self.is_alive()

    def wait(self, timeout: float) -> Answer:
        """Its answer; TimeoutError if there is none."""
        self.join(timeout)
        if self.is_alive():
            raise TimeoutError(f"command still outstanding after {timeout:g} s")
        if self.error:
            raise self.error
        return self.answer

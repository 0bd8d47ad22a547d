# SPDX-License-Identifier: GPL-2.0
"""Reads captures and says how many of their packets carry knell frames, iSCSI NOPs, or something else."""

import struct
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

ISCSI_PORT = 3260
CERT_PORT = 5731
OP_RECEIVE = 0xd8
OP_SEND = 0xda

_OPCODES = {0x00: "nop-out", 0x01: "command", 0x02: "task management", 0x03: "login", 0x04: "text", 0x05: "data-out",
            0x06: "logout", 0x20: "nop-in", 0x21: "response", 0x22: "task management response",
            0x23: "login response", 0x24: "text response", 0x25: "data-in", 0x26: "logout response", 0x31: "r2t",
            0x32: "async", 0x3f: "reject"}


@dataclass
class Pdu:
    """Something iSCSI or a certificate, with the time of the packet that completed it."""

    time: float
    kind: str
    """'knell send', 'knell receive', 'knell data', 'knell response', 'certificate', or an iSCSI PDU"""
    size: int
    to_target: bool
    data: bytes = b""
    """the data segment of knell's own PDUs, the payload of a certificate"""

    @property
    def ours(self) -> bool:
        """Whether it is knell's own."""
        return self.kind.startswith("knell") or self.kind == "certificate"


@dataclass
class _Stream:
    """One direction of a TCP connection, put together as far as the packets allow."""

    to_target: bool
    next_seq: int | None = None
    data: bytearray = field(default_factory=bytearray)
    later: dict[int, bytes] = field(default_factory=dict)

    def add(self, seq: int, payload: bytes) -> None:
        if self.next_seq is None:
            self.next_seq = seq
        self.later[seq] = payload if len(payload) >= len(self.later.get(seq, b"")) else self.later[seq]
        progress = True
        while progress:
            progress = False
            for start in sorted(self.later, key=lambda s: (s - self.next_seq) & 0xffffffff):
                skip = (self.next_seq - start) & 0xffffffff
                if skip < 1 << 31:
                    part = self.later.pop(start)
                    if skip < len(part):
                        self.data += part[skip:]
                        self.next_seq = (self.next_seq + len(part) - skip) & 0xffffffff
                    progress = True
                    break


def packets(path: Path) -> Iterator[tuple[float, bytes]]:
    """(time, Ethernet frame) of every packet; a capture cut short ends early."""
    data = path.read_bytes()
    if len(data) < 24:
        return
    order = "<" if data[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    at = 24
    while at + 16 <= len(data):
        sec, usec, size, _ = struct.unpack_from(order + "IIII", data, at)
        at += 16
        if at + size > len(data):
            return
        yield sec + usec / 1e6, data[at:at + size]
        at += size


def _ipv4(frame: bytes) -> tuple[int, bytes, bytes, bytes] | None:
    """(protocol, source, destination, payload) of an unfragmented IPv4 packet."""
    while frame[12:14] == b"\x81\x00":  # VLAN tag
        frame = frame[:12] + frame[16:]
    if len(frame) < 34 or frame[12:14] != b"\x08\x00":
        return None
    head = (frame[14] & 15) * 4
    total = struct.unpack_from(">H", frame, 16)[0]
    return frame[23], frame[26:30], frame[30:34], frame[14 + head:14 + total]


class Reader:
    """Decodes one capture of a storage link."""

    def __init__(self) -> None:
        self.pdus: list[Pdu] = []
        self._packets: list[tuple[float, str, tuple]] = []
        self._mailboxes: set[tuple] = set()
        self._streams: dict[tuple, _Stream] = {}
        self._tags: dict[tuple, str] = {}

    def read(self, path: Path) -> "Reader":
        for when, frame in packets(path):
            self._packet(when, frame)
        return self

    @property
    def packets(self) -> Iterator[tuple[float, str]]:
        """(time, kind) of every packet: 'mailbox' (a TCP connection to a mailbox), 'tcp', 'udp', 'arp', 'other'."""
        for when, kind, key in self._packets:
            yield when, "mailbox" if key in self._mailboxes else kind

    def _packet(self, when: float, frame: bytes) -> None:
        ip = _ipv4(frame)
        if ip is None:
            self._packets.append((when, "arp" if frame[12:14] == b"\x08\x06" else "other", ()))
            return
        protocol, source, dest, payload = ip
        if protocol == 17 and len(payload) >= 8:
            self._packets.append((when, "udp", ()))
            if struct.unpack_from(">H", payload, 2)[0] == CERT_PORT:
                self.pdus.append(Pdu(when, "certificate", len(payload) - 8, True, payload[8:]))
        elif protocol == 6 and len(payload) >= 20:
            sport, dport, seq = struct.unpack_from(">HHI", payload, 0)
            flags, body = payload[13], payload[(payload[12] >> 4) * 4:]
            key = (source, sport, dest, dport)
            self._packets.append((when, "tcp", key))
            if ISCSI_PORT not in (sport, dport):
                return
            if flags & 2:
                self._streams[key] = _Stream(dport == ISCSI_PORT, (seq + 1) & 0xffffffff)
            stream = self._streams.setdefault(key, _Stream(dport == ISCSI_PORT))
            if body:
                stream.add(seq, body)
                self._pdus_of(when, key, stream)
        else:
            self._packets.append((when, "other", ()))

    def _pdus_of(self, when: float, key: tuple, stream: _Stream) -> None:
        while len(stream.data) >= 48:
            bhs = bytes(stream.data[:48])
            length = int.from_bytes(bhs[5:8], "big")
            whole = 48 + bhs[4] * 4 + length + (-length % 4)
            if len(stream.data) < whole:
                return
            start = 48 + bhs[4] * 4
            kind = self._kind(key, stream, bhs)
            data = bytes(stream.data[start:start + length]) if kind.startswith("knell") else b""
            del stream.data[:whole]
            self.pdus.append(Pdu(when, kind, length, stream.to_target, data))

    def _kind(self, key: tuple, stream: _Stream, bhs: bytes) -> str:
        opcode = bhs[0] & 0x3f
        kind = _OPCODES.get(opcode, f"opcode {opcode:#x}")
        pair = (key if stream.to_target else key[2:] + key[:2]) + (bhs[16:20],)
        if opcode == 0x01 and bhs[32] in (OP_SEND, OP_RECEIVE):
            name = "knell send" if bhs[32] == OP_SEND else "knell receive"
            self._tags[pair] = name
            self._mailboxes |= {key, key[2:] + key[:2]}
            return name
        if opcode in (0x21, 0x25, 0x31) and pair in self._tags:
            name = {0x21: "knell response", 0x25: "knell data", 0x31: "knell r2t"}[opcode]
            if opcode == 0x21 or bhs[1] & 1:    # the last word about this command
                del self._tags[pair]
            return name
        return kind


@dataclass
class Count:
    """What went over one link in a span of time."""

    pdus: Counter
    packets: Counter

    @property
    def ours(self) -> int:
        """Number of knell's own PDUs and certificates."""
        return sum(n for kind, n in self.pdus.items() if kind.startswith("knell") or kind == "certificate")


def count(path: Path, begin: float = 0, end: float = float("inf")) -> Count:
    """Count a capture between two times (host clock)."""
    reader = Reader().read(path)
    return Count(Counter(p.kind for p in reader.pdus if begin <= p.time <= end),
                 Counter(kind for when, kind in reader.packets if begin <= when <= end))

# SPDX-License-Identifier: GPL-2.0
"""Frames and commands of the wire format, made by hand so that the tests do not trust the code under test."""

import hmac
import struct
from dataclasses import dataclass

MAGIC = 0x4B4E4C48
HOP_MAX = 4096
HELLO, NODE, APP, CLAIM, ORDER, PROBE, PROBE_REPLY, MESSAGE = range(1, 9)
JOINING, STANDBY, ACTIVE, RECOVERED, LEFT, LOST, DOWN = range(1, 8)
SERVER, ROUTER = 1, 2
ALL = 0xFFFF
CERT_MAGIC, CERT_PORT = 0x4B4E4C43, 5731
PANIC = 1

HOP = struct.Struct(">IBBHIII")
FRAME = struct.Struct(">BBBBIHHIIHH")
HELLO_BODY = struct.Struct(">HBBIIII")
NODE_BODY = struct.Struct(">HHBBBBIIIIQ")
APP_BODY = struct.Struct(">HHBBHIHHIIQ")
RUNNING = 4


def _table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _table()


def crc32c(data: bytes) -> int:
    """CRC-32C, seed and final inversion included."""
    crc = 0xFFFFFFFF
    for octet in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ octet) & 0xFF]
    return crc ^ 0xFFFFFFFF


def seal(frame: bytes, seq: int, incarnation: int, **odd) -> bytes:
    """Hop header and frame; @odd overrides fields of the header."""
    field = {"magic": MAGIC, "version": 1, "flags": 0, "length": len(frame), "seq": seq,
             "incarnation": incarnation, "crc": crc32c(frame), **odd}
    return HOP.pack(*field.values()) + frame


def frame(kind: int, body: bytes, *, cluster: int, origin: int, epoch: int, seq: int = 0, dest: int = ALL,
          hops: int = 4) -> bytes:
    """Frame header and body."""
    return FRAME.pack(1, kind, hops, 0, cluster, origin, dest, epoch, seq, len(body), 0) + body


def hello(node: int, *, cluster: int, epoch: int, incarnation: int, role: int = SERVER, peer_incarnation: int = 0,
          peer_seq: int = 0) -> bytes:
    """A HELLO frame."""
    body = HELLO_BODY.pack(node, role, 0, epoch, incarnation, peer_incarnation, peer_seq)
    return frame(HELLO, body, cluster=cluster, origin=node, epoch=epoch, hops=0)


def node_record(node: int, status: int, *, epoch: int, seq: int, role: int = SERVER, reason: int = 0,
                generation: int = 0) -> bytes:
    """A node record written by the node itself."""
    return NODE_BODY.pack(node, node, status, reason, role, 0, epoch, seq, generation, 0, 0)


def app_record(app: int, owner: int, version: int, *, epoch: int, state: int = RUNNING) -> bytes:
    """An application's record written by the owner itself."""
    return APP_BODY.pack(app, owner, state, 0, owner, epoch, 0, 0, version, 0, 0)


def certificate(node: int, *, cluster: int, epoch: int, key: bytes) -> bytes:
    """Death certificate of a node that panicked."""
    signed = struct.pack(">IBBHII", CERT_MAGIC, 1, PANIC, node, cluster, epoch)
    return signed + hmac.digest(key, signed, "sha256")


def send_cdb(seq: int, length: int, flags: int = 0, signature: int = 0x4B, control: int = 0) -> bytes:
    """KNELL SEND."""
    return struct.pack(">BBIBHB", 0xDA, signature, seq, flags, length, control)


def receive_cdb(ack: int, length: int = HOP_MAX, flags: int = 0, signature: int = 0x4B, control: int = 0) -> bytes:
    """KNELL RECEIVE."""
    return struct.pack(">BBIBHB", 0xD8, signature, ack, flags, length, control)


@dataclass
class Received:
    """A hop buffer that arrived, taken apart."""

    seq: int
    incarnation: int
    kind: int
    origin: int
    body: bytes


def open_hop(data: bytes) -> Received:
    """Check and take apart what a RECEIVE returned; ValueError if it is malformed."""
    magic, version, flags, length, seq, incarnation, crc = HOP.unpack_from(data)
    rest = data[HOP.size:]
    if (magic, version, flags, length) != (MAGIC, 1, 0, len(rest)) or crc != crc32c(rest):
        raise ValueError(f"malformed hop buffer {data[:32].hex()}")
    fields = FRAME.unpack_from(rest)
    return Received(seq, incarnation, fields[1], fields[5], rest[FRAME.size:])

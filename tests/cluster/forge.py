# SPDX-License-Identifier: GPL-2.0
"""Makes knell frames and certificates by hand, right and wrong ones, for scenarios about forgery."""

import hmac
import struct

CLUSTER = 0x4b4e0001
HOP_MAGIC, CERT_MAGIC = 0x4b4e4c48, 0x4b4e4c43
FRAME_NODE = 2
NODE_ALL = 0xffff
STATUS_DOWN, REASON_PANIC, ROLE_SERVER = 7, 1, 1
TERMINAL = 0xffffffff


def crc32c(data: bytes) -> int:
    """CRC-32C as in the hop header."""
    crc = 0xffffffff
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def certificate(node: int, epoch: int, secret: str, cluster: int = CLUSTER) -> bytes:
    """Death certificate of a node, signed with a secret (64 hexadecimal digits)."""
    head = struct.pack(">IBBHII", CERT_MAGIC, 1, REASON_PANIC, node, cluster, epoch)
    return head + hmac.digest(bytes.fromhex(secret), head, "sha256")


def death_notice(node: int, epoch: int, origin: int, origin_epoch: int, cluster: int = CLUSTER) -> bytes:
    """Parameter list of a KNELL SEND that says a node is DOWN."""
    record = struct.pack(">HHBBBBIIIIQ", node, node, STATUS_DOWN, REASON_PANIC, ROLE_SERVER, 0, epoch, TERMINAL, 0, 0, 0)
    frame = struct.pack(">BBBBIHHIIHH", 1, FRAME_NODE, 4, 0, cluster, origin, NODE_ALL, origin_epoch, 0,
                        len(record), 0) + record
    return struct.pack(">IBBHIII", HOP_MAGIC, 1, 0, len(frame), 0, 0, crc32c(frame)) + frame


def send_cdb(length: int) -> list[str]:
    """KNELL SEND outside the hop sequence, as arguments for sg_raw."""
    return [f"{octet:02x}" for octet in struct.pack(">BBIBHB", 0xda, 0x4b, 0, 1, length, 0)]

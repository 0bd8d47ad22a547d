# SPDX-License-Identifier: GPL-2.0
"""SCSI commands as they should be, and what can be wrong with one: drawn from a random source."""

import random
import struct
from dataclasses import dataclass

HOP_MAX = 4096


@dataclass
class Command:
    """A command block and its data; both ways at once is not possible through sg."""

    cdb: bytes
    data: bytes = b""
    """to the device"""
    expect: int = 0
    """octets from the device"""


def _cdb(opcode: int, size: int, length: int, at: int, width: int, **fields: int) -> bytes:
    """@length stands in @width octets at @at; fields are b1=..., b2=..."""
    cdb = bytearray(size)
    cdb[0] = opcode
    cdb[at:at + width] = (length & ((1 << 8 * width) - 1)).to_bytes(width, "big")
    for name, value in fields.items():
        cdb[int(name[1:])] = value
    return bytes(cdb)


_READS = (
    lambda n, x: _cdb(0x00, 6, 0, 4, 1),                            # TEST UNIT READY
    lambda n, x: _cdb(0x03, 6, n, 4, 1),                            # REQUEST SENSE
    lambda n, x: _cdb(0x12, 6, n, 3, 2),                            # INQUIRY
    lambda n, x: _cdb(0x12, 6, n, 3, 2, b1=1, b2=(0x00, 0x80, 0x83, 0x86, 0xB0, 0xB1, 0xB2, x)[x % 8]),    # ... VPD
    lambda n, x: _cdb(0x1A, 6, n, 4, 1, b2=x),                      # MODE SENSE(6)
    lambda n, x: _cdb(0x5A, 10, n, 7, 2, b2=x),                     # MODE SENSE(10)
    lambda n, x: _cdb(0xA0, 12, n, 6, 4, b2=x % 4),                 # REPORT LUNS
    lambda n, x: _cdb(0xA3, 12, n, 6, 4, b1=(0x0A, 0x0C, 0x05, x)[x % 4]),      # MAINTENANCE IN
    lambda n, x: _cdb(0x5E, 10, n, 7, 2, b1=x % 5),                 # PERSISTENT RESERVE IN
    lambda n, x: _cdb(0x4D, 10, n, 7, 2, b2=x),                     # LOG SENSE
    lambda n, x: _cdb(0x1C, 6, n, 3, 2),                            # RECEIVE DIAGNOSTIC RESULTS
    lambda n, x: _cdb(0x84, 16, n, 10, 4, b1=x % 32),               # RECEIVE COPY RESULTS
    lambda n, x: _cdb(0xA2, 12, n, 6, 4),                           # SECURITY PROTOCOL IN
    lambda n, x: _cdb(0x3C, 10, n, 6, 3, b1=x % 32),                # READ BUFFER
    lambda n, x: _cdb(0x25, 10, 0, 2, 4),                           # READ CAPACITY(10)
    lambda n, x: _cdb(0x9E, 16, n, 10, 4, b1=0x10),                 # READ CAPACITY(16)
    lambda n, x: _cdb(0x08, 6, n, 4, 1),                            # READ(6)
    lambda n, x: _cdb(0x28, 10, n, 7, 2),                           # READ(10)
    lambda n, x: _cdb(0x88, 16, n, 10, 4),                          # READ(16)
    lambda n, x: struct.pack(">BBIBHB", 0xD8, 0x4B, x, 0, HOP_MAX, 0),          # KNELL RECEIVE
)
_WRITES = (
    lambda n, x: _cdb(0x5F, 10, n, 5, 4, b1=x % 8),                 # PERSISTENT RESERVE OUT
    lambda n, x: _cdb(0x16, 6, n, 3, 2),                            # RESERVE(6)
    lambda n, x: _cdb(0x17, 6, n, 3, 2),                            # RELEASE(6)
    lambda n, x: _cdb(0x56, 10, n, 7, 2),                           # RESERVE(10)
    lambda n, x: _cdb(0x57, 10, n, 7, 2),                           # RELEASE(10)
    lambda n, x: _cdb(0x15, 6, n, 4, 1, b1=0x10),                   # MODE SELECT(6)
    lambda n, x: _cdb(0x55, 10, n, 7, 2, b1=0x10),                  # MODE SELECT(10)
    lambda n, x: _cdb(0xA4, 12, n, 6, 4, b1=0x0A),                  # SET TARGET PORT GROUPS
    lambda n, x: _cdb(0x1D, 6, n, 3, 2, b1=x),                      # SEND DIAGNOSTIC
    lambda n, x: _cdb(0x3B, 10, n, 6, 3, b1=x % 32),                # WRITE BUFFER
    lambda n, x: _cdb(0x83, 16, n, 10, 4, b1=x % 32),               # EXTENDED COPY
    lambda n, x: _cdb(0xB5, 12, n, 6, 4),                           # SECURITY PROTOCOL OUT
    lambda n, x: _cdb(0x04, 6, 0, 4, 1),                            # FORMAT UNIT
    lambda n, x: _cdb(0x1B, 6, x % 4, 4, 1),                        # START STOP UNIT
    lambda n, x: _cdb(0x35, 10, 0, 7, 2),                           # SYNCHRONIZE CACHE
    lambda n, x: _cdb(0x42, 10, n, 7, 2),                           # UNMAP
    lambda n, x: _cdb(0x93, 16, n, 10, 4),                          # WRITE SAME(16)
    lambda n, x: _cdb(0x89, 16, n, 12, 2),                          # COMPARE AND WRITE
    lambda n, x: _cdb(0x0A, 6, n, 4, 1),                            # WRITE(6)
    lambda n, x: _cdb(0x2A, 10, n, 7, 2),                           # WRITE(10)
    lambda n, x: _cdb(0x8A, 16, n, 10, 4),                          # WRITE(16)
    lambda n, x: struct.pack(">BBIBHB", 0xDA, 0x4B, x, x % 3, n & 0xFFFF, 0),   # KNELL SEND
)
_LENGTHS = (0, 0, 1, 4, 8, 20, 24, 36, 44, 64, 96, 252, 255, 256, 512, 4095, 4096, 4097, 8192, 32768)
# PERSISTENT RESERVE OUT as far as the target core of 6.1 bears it, with or without knell. After a REGISTER with SPEC_I_PT
# that it refuses it keeps a reference to the LUN for ever, and removing the LUN waits for it. PREEMPT AND ABORT runs in the
# very work that it flushes, when the fabric queues its commands as tcm_loop does. APTPL would write a file.
_APTPL, _ALL_TG_PT, _SPEC_I_PT = 1, 4, 8
_PREEMPT_AND_ABORT = 5
_ACTIONS = (0, 1, 2, 3, 4, 6, 7)
_CLAIMED = (0, 1, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF)


def _data(source: random.Random, size: int) -> bytes:
    return source.randbytes(size) if source.random() < 0.7 else bytes(size)


def _spoil(source: random.Random, command: Command) -> Command:
    """Another direction or amount of data, or other octets in the block."""
    cdb = bytearray(command.cdb)
    kind = source.randrange(6)
    if kind == 0:
        return Command(command.cdb, b"", len(command.data)) if command.data else Command(command.cdb, bytes(command.expect))
    if kind == 1:
        size = source.choice(_LENGTHS)
        return Command(command.cdb, _data(source, size)) if command.data else Command(command.cdb, b"", size)
    if kind == 2:
        return Command(command.cdb)
    if kind == 3:
        cdb[-1] = source.randrange(256)
    elif kind == 4:
        cdb = bytearray(source.randbytes(source.choice((6, 10, 12, 16))))
    else:
        for _ in range(1 + source.randrange(3)):
            cdb[1 + source.randrange(len(cdb) - 1)] = source.choice((0, 1, 0x7F, 0x80, 0xFF, source.randrange(256)))
    return Command(bytes(cdb), command.data, command.expect)


def any_command(source: random.Random) -> Command:
    """A command of any kind; about every second one has something wrong."""
    size = source.choice(_LENGTHS)
    claimed = source.choice(_CLAIMED) if source.random() < 0.2 else size
    some = source.randrange(256)
    if source.random() < 0.5:
        make = source.choice(_READS)
        command = Command(make(claimed, some), b"", HOP_MAX if make is _READS[-1] else size)
    else:
        command = Command(source.choice(_WRITES)(claimed, some), _data(source, size))
    return _spoil(source, command) if source.random() < 0.5 else command


def reservation(source: random.Random) -> Command:
    """PERSISTENT RESERVE IN or OUT, mostly right: two keys, all actions and types, odd parameter lists."""
    if source.random() < 0.4:
        size = source.choice((0, 4, 8, 24, 64, 256))
        command = Command(_cdb(0x5E, 10, source.choice((size, size, 0xFFFF)), 7, 2, b1=source.randrange(5)), b"", size)
    else:
        keys = [source.choice((0, 77, 78, source.getrandbits(64))) for _ in range(2)]
        flags = source.choice((0, 0, 0, _ALL_TG_PT))
        data = struct.pack(">QQIBBH", *keys, 0, flags, 0, 0)
        size = source.choice((24, 24, 24, 24, 23, 25, 0, 8))
        command = Command(_cdb(0x5F, 10, source.choice((size, size, size, 0xFFFFFFFF)), 5, 4,
                               b1=source.choice(_ACTIONS), b2=source.randrange(16)), data.ljust(size, b"\0")[:size])
    if source.random() < 0.2:
        command = _spoil(source, command)
    out = command.cdb[0] == 0x5F
    if (not out and command.cdb[0] != 0x5E or out and command.cdb[1] & 0x1F == _PREEMPT_AND_ABORT
            or command.data[20:21] and command.data[20] & (_APTPL | _SPEC_I_PT)):
        return Command(bytes(6))
    return command

# SPDX-License-Identifier: GPL-2.0
"""A small generic netlink client of the family knell, for tests; nothing but the standard library."""

import errno
import os
import re
import socket
import struct
from pathlib import Path

NETLINK_GENERIC = 16
SOL_NETLINK = 270
NLM_F_REQUEST, NLM_F_MULTI, NLM_F_ACK, NLM_F_DUMP = 0x1, 0x2, 0x4, 0x300
NLM_F_DUMP_INTR = 0x10
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLA_F_NESTED = 0x8000
CTRL_ID = 16


class NetlinkError(OSError):
    """The kernel refused; @text is its extended acknowledgement."""

    def __init__(self, number: int, text: str, offset: int = 0, missing: int = 0):
        super().__init__(number, f"{os.strerror(number)}: {text}" if text else os.strerror(number))
        self.text, self.offset, self.missing = text, offset, missing


def constants(header: Path) -> dict:
    """Names and numbers of all enumerators and simple macros of a uapi header."""
    found: dict = {}
    text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
    for body in re.findall(r"enum\s+\w*\s*\{(.*?)\}", text, flags=re.S):
        value = -1
        for item in filter(None, (part.strip() for part in body.split(","))):
            name, _, expression = (part.strip() for part in item.partition("="))
            value = eval(expression, {}, found) if expression else value + 1  # noqa: S307
            found[name] = value
    for name, number in re.findall(r"#define\s+(KNELL_\w+)\s+(0x[0-9a-f]+|\d+)\s*$", text, flags=re.M):
        found[name] = int(number, 0)
    return found


def attr(kind: int, payload: bytes, nested: bool = False) -> bytes:
    """One attribute, padded."""
    head = struct.pack("=HH", 4 + len(payload), kind | (NLA_F_NESTED if nested else 0))
    return head + payload + b"\0" * (-len(payload) % 4)


def attrs(data: bytes) -> list:
    """(type, payload) of every attribute in @data."""
    found = []
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        found.append((kind & 0x3FFF, data[4:length]))
        data = data[(length + 3) & ~3:]
    return found


class Knell:
    """The family, by the names of its header: knell.do("NODE_GET", ...)."""

    # How attributes are written and read; what is not here is a nest.
    KINDS = {
        "CLUSTER": dict(ID="I", NAME="s", SELF="H", EPOCH="I", KEY="b", KEY_NAME="s", GENERATION="I", MIB_HASH="I", HELPER_TIMEOUT="I",
                        LOST_GRACE="I", LINK_GRACE="I", START_GRACE="I", TAKEOVER_DEADLINE="I", RELEASE_DEADLINE="I",
                        CPU_TIMEOUT="I", ON_DOWN="B", GASP="B", OOPS_DOWN="B", MAINTENANCE="B",
                        SUPERVISION="B"),
        "NODE": dict(ID="H", NAME="s", ROLE="B", INITIATOR="s", ADDRESS="b", STATUS="B", REASON="B", EPOCH="I", SEQ="I",
                     AUTHOR="H", GENERATION="I", MIB_HASH="I", STAMP_NS="Q", SELF="f", SERVED="I", DETAIL="s"),
        "APP": dict(ID="H", NAME="s", CANDIDATES="h", FLAGS="I", STATE="B", REASON="B", OWNER="H", OWNER_EPOCH="I",
                    FROM="H", PREFER="H", VERSION="I", TRIED="I", AUTHOR="H", STAMP_NS="Q", GRANTED="f"),
        "LINK": dict(ID="I", NAME="s", KIND="B", STATE="B", PEER="H", TX_FRAMES="Q", RX_FRAMES="Q", TX_QUEUED="I",
                     TX_DROPPED="Q", RX_DROPPED="Q", RX_DUPLICATE="Q", RESTARTS="Q", PARKED="I"),
        "CHECK": dict(NAME="s", ANSWER="B", REASON="B", RUNS="Q", MISSED="I", LIMIT="I", DETAIL="s"),
        "COUNTER": dict(NAME="s", VALUE="Q"),
        "ORDER": dict(NODE="H", WHAT="H", APP="H", ARG="H", ORIGIN="H"),
        "PROBE": dict(NODE="H", COOKIE="Q", RTT_NS="Q"),
        "MESSAGE": dict(NODE="H", DATA="b", LINK="I", NAME="s", STRANGERS="B"),
        "MIB": dict(GENERATION="I", TOTAL="I", OFFSET="I", CHUNK="b", SHA256="b"),
    }

    def __init__(self, header: Path, buffer: int = 1 << 20):
        self.c = constants(header)
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self.socket.bind((0, 0))
        self.socket.setsockopt(SOL_NETLINK, 11, 1)  # NETLINK_EXT_ACK
        self.socket.setsockopt(SOL_NETLINK, 10, 1)  # NETLINK_CAP_ACK
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.sequence = 0
        self.warning = ""   # what the last request that was granted was told
        self.family, self.group = self._resolve()
        self.commands = {v: k[len("KNELL_CMD_"):] for k, v in self.c.items()
                         if k.startswith("KNELL_CMD_") and k != "KNELL_CMD_MAX"}

    def _resolve(self):
        message = self.request(CTRL_ID, 3, attr(2, b"knell\0"))[0]  # CTRL_CMD_GETFAMILY
        family = group = 0
        for kind, payload in attrs(message[4:]):
            if kind == 1:
                family = struct.unpack("=H", payload)[0]
            elif kind == 7:
                for _, entry in attrs(payload):
                    group = struct.unpack("=I", dict(attrs(entry))[2])[0]
        return family, group

    def send(self, family: int, command: int, payload: bytes, flags: int) -> int:
        """Send a raw request; its sequence number."""
        self.sequence += 1
        body = struct.pack("=BBH", command, 1, 0) + payload
        self.socket.send(struct.pack("=IHHII", 16 + len(body), family, flags | NLM_F_REQUEST, self.sequence, 0) + body)
        return self.sequence

    def _refuse(self, payload: bytes, length: int):
        number = -struct.unpack_from("=i", payload)[0]
        text, offset, missing = "", 0, 0
        for kind, value in attrs(payload[20:]):
            if kind == 1:
                text = value.rstrip(b"\0").decode()
            elif kind == 2:
                offset = struct.unpack("=I", value)[0]
            elif kind == 5:
                missing = struct.unpack("=I", value)[0]
        self.warning = text
        if number:
            raise NetlinkError(number, text, offset, missing)

    def request(self, family: int, command: int, payload: bytes, dump: bool = False) -> list:
        """Payloads (with generic header) of the answers to a raw request."""
        sequence = self.send(family, command, payload, NLM_F_DUMP if dump else NLM_F_ACK)
        answers = []
        while True:
            data = self.socket.recv(1 << 17)
            while data:
                length, kind, flags, got, _ = struct.unpack_from("=IHHII", data)
                body, data = data[16:length], data[(length + 3) & ~3:]
                if got != sequence:
                    continue
                if kind == NLMSG_ERROR:
                    self._refuse(body, length)
                    return answers
                if kind == NLMSG_DONE:
                    return answers
                if flags & NLM_F_DUMP_INTR:
                    raise NetlinkError(errno.EAGAIN, "dump interrupted")
                answers.append(body)

    def encode(self, nest: str, values: dict) -> bytes:
        """A nest out of {NAME: value}; a list repeats the attribute."""
        body = b""
        for name, value in values.items():
            kind = self.KINDS[nest][name]
            number = self.c[f"KNELL_A_{nest}_{name}"]
            for one in value if isinstance(value, list) and kind != "h" else [value]:
                body += attr(number, self._pack(kind, one))
        return attr(self.c[f"KNELL_A_{nest}"], body, nested=True)

    @staticmethod
    def _pack(kind: str, value) -> bytes:
        if kind == "s":
            return value.encode() + b"\0"
        if kind == "b":
            return bytes(value)
        if kind == "f":
            return b""
        if kind == "h":
            return struct.pack(f"={len(value)}H", *value)
        return struct.pack("=" + kind, value)

    @staticmethod
    def _unpack(kind: str, data: bytes):
        if kind == "s":
            return data.rstrip(b"\0").decode()
        if kind == "b":
            return data
        if kind == "f":
            return True
        if kind == "h":
            return list(struct.unpack(f"={len(data) // 2}H", data))
        return struct.unpack("=" + kind, data)[0]

    def decode(self, body: bytes) -> dict:
        """{"command": name, "NODE": {...}, "COUNTER": [{...}, ...]} out of a message with its generic header."""
        top = {v: k[len("KNELL_A_"):] for k, v in self.c.items()
               if k in {f"KNELL_A_{n}" for n in (*self.KINDS, "NODE_OLD", "APP_OLD", "TIME_NS", "DEVICE")}}
        found: dict = {"command": self.commands.get(body[0], body[0])}
        for kind, payload in attrs(body[4:]):
            name = top[kind]
            if name == "TIME_NS":
                found[name] = struct.unpack("=Q", payload)[0]
                continue
            if name == "DEVICE":
                found[name] = payload.rstrip(b"\0").decode()
                continue
            base = name.removesuffix("_OLD")
            names = {self.c[f"KNELL_A_{base}_{n}"]: n for n in self.KINDS[base]}
            nest: dict = {}
            for number, data in attrs(payload):
                key = names[number]
                value = self._unpack(self.KINDS[base][key], data)
                if key == "ADDRESS":
                    nest.setdefault(key, []).append(value)
                else:
                    nest[key] = value
            if name == "COUNTER":
                found.setdefault(name, []).append(nest)
            else:
                found[name] = nest
        return found

    def do(self, command: str, *nests) -> list:
        """Run a command; nests are ("NODE", {...}) pairs. Decoded answers; NetlinkError if refused."""
        payload = b"".join(self.encode(nest, values) for nest, values in nests)
        return [self.decode(a) for a in self.request(self.family, self.c[f"KNELL_CMD_{command}"], payload)]

    def dump(self, command: str) -> list:
        """Decoded entries of a dump."""
        return [self.decode(a) for a in self.request(self.family, self.c[f"KNELL_CMD_{command}"], b"", dump=True)]

    def subscribe(self) -> None:
        """From now on events() yields."""
        self.socket.setsockopt(SOL_NETLINK, 1, self.group)

    def events(self, seconds: float) -> list:
        """Events that come within @seconds of each other; stops at the first silence."""
        found = []
        self.socket.settimeout(seconds)
        try:
            while True:
                data = self.socket.recv(1 << 17)
                while data:
                    length, kind = struct.unpack_from("=IH", data)
                    if not 16 <= length <= len(data):
                        raise ValueError(f"a message of {length} octets, {len(data)} received")
                    if kind == self.family:
                        found.append(self.decode(data[16:length]))
                    data = data[(length + 3) & ~3:]
        except TimeoutError:
            return found
        finally:
            self.socket.settimeout(None)

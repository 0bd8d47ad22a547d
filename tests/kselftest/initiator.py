# SPDX-License-Identifier: GPL-2.0
"""An initiator made of sg commands: what the kernel's own driver does, and what it never would."""

import random
import time
from pathlib import Path
from typing import Optional

import loop
import wire
from genl import Knell
from ktap import check, equal
from sg import Answer, Device, Pending

CLUSTER, EPOCH = 0x4B4E0001, 4711
UNIT_ATTENTION = 6
PARK = 0.3      # a RECEIVE that is not answered for so long counts as parked


class Initiator:
    """An initiator made of sg commands, with a link's state."""

    def __init__(self, netlink: Knell, port: loop.Port, store: Path):
        self.node = port.node
        self.netlink = netlink
        self.device = Device(port.map(0, store))
        self.incarnation = random.getrandbits(31) | 1
        self.seq = self.got = self.peer = 0
        self.epoch = EPOCH
        for _ in range(5):      # unit attentions of the new device
            if self.device.run(bytes(6)).good:
                break

    def restart(self) -> None:
        """Forget everything, as a rebooted kernel does."""
        self.incarnation += 2
        self.seq = self.got = self.peer = 0

    def send_raw(self, buffer: bytes, seq: int, flags: int = 0, **cdb) -> Answer:
        return self.device.run(wire.send_cdb(seq, len(buffer), flags, **cdb), out=buffer)

    def hello(self, **odd) -> Answer:
        """HELLO with @odd fields."""
        fields = {"cluster": CLUSTER, "epoch": self.epoch, "incarnation": self.incarnation,
                  "peer_incarnation": self.peer, "peer_seq": self.got, **odd}
        node = fields.pop("node", self.node)
        return self.send_raw(wire.seal(wire.hello(node, **fields), 0, self.incarnation), 0, 1)

    def stranger(self) -> wire.Received:
        """HELLO both ways of somebody who is in no cluster."""
        answer = self.hello(node=0, cluster=0, epoch=0, role=0)
        check(answer.good, "HELLO ended with", answer)
        greeting = self.take(self.receive())
        self.peer = greeting.incarnation
        return greeting

    def whisper(self, text: bytes, kind: int = wire.MESSAGE, **odd) -> Answer:
        """A frame of no cluster."""
        fields = {"cluster": 0, "origin": 0, "epoch": 0, "hops": 0, **odd}
        return self.send(wire.frame(kind, text, **fields))

    def receive(self, ack: Optional[int] = None, **kwargs) -> Answer:
        return self.device.run(wire.receive_cdb(self.got if ack is None else ack, **kwargs), expect=wire.HOP_MAX)

    def park(self, timeout: float = 60) -> Pending:
        pending = Pending(self.device, wire.receive_cdb(self.got), expect=wire.HOP_MAX, timeout=timeout)
        time.sleep(PARK)
        return pending

    def take(self, answer: Answer) -> wire.Received:
        check(answer.good, "RECEIVE ended with", answer)
        received = wire.open_hop(answer.data)
        self.got = received.seq or self.got
        return received

    def frame(self, kind: int, body: bytes, dest: int = wire.ALL, **odd) -> bytes:
        fields = {"cluster": CLUSTER, "origin": self.node, "epoch": self.epoch, "dest": dest, **odd}
        return wire.frame(kind, body, **fields)

    def send(self, frame: bytes, flags: int = 0) -> Answer:
        """The next frame in sequence (or outside it); a unit attention is no answer."""
        seq = 0 if flags else self.seq + 1
        while True:
            answer = self.send_raw(wire.seal(frame, seq, self.incarnation), seq, flags)
            if not answer.code or answer.code[0] != UNIT_ATTENTION:
                break
        if answer.good and not flags:
            self.seq = seq
        return answer

    def log_in(self) -> wire.Received:
        """HELLO both ways, then everything the router wants to say; a RECEIVE would park now."""
        answer = self.hello()
        check(answer.good, "HELLO ended with", answer)
        greeting = self.take(self.receive())
        equal(greeting.kind, wire.HELLO, "first frame's kind")
        self.peer = greeting.incarnation
        self.drain()
        return greeting

    def drain(self) -> list[wire.Received]:
        """All frames that are queued; nothing is parked afterwards."""
        found = []
        while True:
            answer = self.device.run(wire.receive_cdb(self.got), expect=wire.HOP_MAX, timeout=PARK * 2)
            if not answer.good or not answer.data:
                return found
            found.append(self.take(answer))

    def say(self, status: int, seq: int, reason: int = 0) -> bytes:
        return self.frame(wire.NODE, wire.node_record(self.node, status, epoch=self.epoch, seq=seq, reason=reason))

    def link(self) -> dict:
        """What the kernel says about this initiator's link."""
        for entry in self.netlink.dump("LINK_GET"):
            if entry["LINK"]["NAME"] == loop.initiator(self.node):
                return entry["LINK"]
        return {"STATE": -1}

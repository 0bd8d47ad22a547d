# SPDX-License-Identifier: GPL-2.0
"""Random and mutated SCSI commands for a mailbox and a disk over tcm_loop, with aborts, resets and lost sessions; another
initiator of the same mailbox must not notice. Runs in a VM.

Usage: scsi_fuzz.py [COMMANDS [SEED [TRACE]]]; a seed gives the same commands in the same order again, and with a third
argument each is told before it is sent.
"""

import random
import sys
import time
from collections import Counter
from typing import Optional

import commands
import loop
import wire
from genl import NetlinkError
from initiator import EPOCH, UNIT_ATTENTION, Initiator
from ktap import check, main, test
from router import ROUTER, install, netlink, unload
from sg import Answer, Device

ATTACKER, WITNESS = 2, 3
MAILBOX, DISK = 0, 5
PROBE = 200             # commands from one look at the witness to the next
SLOW = 0.05             # s; a command that is not answered by then is aborted
SEQUENCE_ERROR = 0x2C

ports: dict[int, loop.Port] = {}
seen: Counter = Counter()


def trace(*what: object) -> None:
    if tracing:
        print("#", *what, flush=True)


class Attacker:
    """Whoever draws the commands: one initiator with a mailbox and a disk."""

    def __init__(self, source: random.Random):
        self.source = source
        self.peer: Optional[Initiator] = None
        self.disk: Optional[Device] = None
        self.log_in()

    def log_in(self) -> None:
        ports[ATTACKER] = loop.Port(ATTACKER)
        self.disk = Device(ports[ATTACKER].map(DISK, disk))
        self.peer = Initiator(netlink, ports[ATTACKER], mailbox)    # last: a further LUN is a unit attention for it

    def log_out(self) -> None:
        """The session ends, whatever is outstanding."""
        self.peer.device.close()
        self.disk.close()
        ports.pop(ATTACKER).remove()

    def command(self) -> None:
        """One command, right or wrong; how it ends is the target's business."""
        draw = self.source.random()
        try:
            if draw < 0.15:
                answer = self.frame()
            elif draw < 0.20:
                trace("hello")
                answer = self.peer.hello()
            elif draw < 0.35:
                answer = self.send(self.disk, commands.reservation(self.source))
            else:
                answer = self.send(self.peer.device, commands.any_command(self.source))
        except OSError as error:        # the sg driver refuses it, or the device is in recovery
            seen[f"errno {error.errno}"] += 1
            return
        seen[f"status {answer.status} host {answer.host}"] += 1

    def send(self, device: Device, command: commands.Command) -> Answer:
        trace("disk" if device is self.disk else "mailbox", command.cdb.hex(), len(command.data), command.expect)
        slow = SLOW if command.cdb[0] in (0xD8, 0xDA) else 20
        return device.run(command.cdb, out=command.data, expect=command.expect, timeout=slow)

    def frame(self) -> Answer:
        """SEND of a frame that is right but for a few octets."""
        peer, source = self.peer, self.source
        kind = source.randrange(1, 12)
        body = bytearray(source.randbytes(source.choice((0, 8, 12, 16, 20, 40, 44, 80, 200))))
        if kind == wire.NODE:
            body = bytearray(wire.node_record(source.choice((ATTACKER, WITNESS)), source.randrange(9), seq=source.randrange(9),
                                              epoch=EPOCH + source.randrange(3), reason=source.randrange(12)))
        made = bytearray(peer.frame(kind, bytes(body), seq=source.randrange(9),
                                    dest=source.choice((wire.ALL, ROUTER, ATTACKER, WITNESS, 77))))
        for _ in range(source.randrange(3)):
            made[source.randrange(len(made))] ^= 1 << source.randrange(8)
        if made[1] == wire.NODE and made[24:26] == ROUTER.to_bytes(2, "big"):
            made[1] = wire.MESSAGE      # else the router would learn of a later life of its own, and let go
        flags = source.random() < 0.2
        seq = 0 if flags else peer.seq + source.choice((1, 1, 1, 1, 0, 2))
        odd = {"crc": source.getrandbits(32)} if source.random() < 0.1 else {}
        trace("frame", bytes(made[:40]).hex(), seq)
        answer = peer.send_raw(wire.seal(bytes(made), seq, peer.incarnation, **odd), seq, int(flags))
        if answer.good and seq == peer.seq + 1:
            peer.seq = seq
        return answer

    def disturb(self) -> bool:
        """Abort, reset or lose the session; true if the witness may notice."""
        draw = self.source.random()
        if draw < 0.6:
            trace("abort")
            # A RECEIVE that is parked, if the link is up, and aborted when the driver's patience ends.
            self.peer.hello()
            self.peer.device.run(wire.receive_cdb(self.peer.got), expect=wire.HOP_MAX, timeout=SLOW)
            seen["abort"] += 1
            return False
        if draw < 0.8:
            trace("reset")
            self.source.choice((self.peer.device, self.disk)).reset()
            seen["reset"] += 1
            return True
        trace("logout")
        self.log_out()
        self.log_in()
        seen["logout"] += 1
        return False


class Witness:
    """An initiator that only wants to be served."""

    def __init__(self) -> None:
        ports[WITNESS] = loop.Port(WITNESS)
        self.peer = Initiator(netlink, ports[WITNESS], mailbox)
        self.peer.log_in()
        self.probes = 0

    def look(self, disturbed: bool) -> None:
        """A probe is answered: at once, or when @disturbed by a reset, after the unit attention or a new HELLO."""
        for attempt in range(4 if disturbed else 1):
            if attempt and self.again:
                self.peer.restart()
                self.peer.log_in()
            if self.probe():
                return
        check(False, "the witness got no answer:", self.last)

    def probe(self) -> bool:
        self.probes += 1
        body = self.probes.to_bytes(8, "big") + bytes(8)
        self.last = self.peer.send(self.peer.frame(wire.PROBE, body, dest=ROUTER, seq=self.probes))
        while self.last.good:
            self.last = self.peer.receive()
            if not self.last.good or not self.last.data:
                break
            got = self.peer.take(self.last)
            if got.kind == wire.PROBE_REPLY and got.body[:8] == body[:8]:
                return True
        code = self.last.code
        self.again = not code or code[0] != UNIT_ATTENTION
        return False


@test("commands, aborts, resets and lost sessions")
def _():
    begin, resets = time.monotonic(), 0
    for number in range(count):
        if source.random() < 0.02:
            resets += attacker.disturb()
        attacker.command()
        if number % PROBE == PROBE - 1:
            witness.look(resets > 0)
            resets = 0
    print(f"# {count} commands in {time.monotonic() - begin:.1f} s:", ", ".join(f"{n} x {k}" for k, n in seen.most_common()))
    check(seen["status 0 host 0"] > count / 20, "hardly a command was right")
    check(seen["abort"] and seen["reset"] and seen["logout"] or count < 1000, "some kind of disturbance did not happen")


@test("the attacker can log in as if nothing had been")
def _():
    attacker.log_out()
    attacker.log_in()
    attacker.peer.restart()
    attacker.peer.log_in()


@test("the witness is served")
def _():
    witness.look(True)
    witness.look(False)


@test("everything goes away in order")
def _():
    attacker.log_out()
    witness.peer.device.close()
    ports.pop(WITNESS).remove()
    loop.remove_hba()
    for store in (mailbox, disk):
        loop.remove_backstore(store)
    try:
        netlink.do("RELEASED")
    except NetlinkError:        # nobody has called this node DOWN
        pass
    netlink.do("CLUSTER_DEL")
    unload()


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns()
    tracing = len(sys.argv) > 3
    print(f"# {count} commands, seed {seed}", flush=True)
    source = random.Random(seed)
    random.seed(seed)           # incarnations
    mailbox, disk = loop.backstore("knell", "box"), loop.backstore("rd_mcp", "disk", "rd_pages=64")
    install((ROUTER,), (ATTACKER, WITNESS))
    witness, attacker = Witness(), Attacker(source)
    sys.exit(main())

# SPDX-License-Identifier: GPL-2.0
"""A router that does not see the other one: what servers carry between them, and of whom it says LOST. Runs in a VM."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Optional

import loop
import wire
from genl import Knell
from initiator import CLUSTER, EPOCH, Initiator
from ktap import check, equal, main, test, within

SELF, X, Y, OTHER = 1, 2, 3, 4
GRACE_MS = 2000
COOKIE = bytes(range(16))

netlink = Knell(Path("/lib/knell.h"))
store: Path
ports: dict[int, loop.Port] = {}
x: Initiator
y: Initiator


def counter(name: str) -> int:
    return {c["NAME"]: c["VALUE"] for c in netlink.do("STATS_GET")[0]["COUNTER"]}[name]


def status(node: int) -> int:
    """What this router says of a node."""
    return {n["NODE"]["ID"]: n["NODE"] for n in netlink.dump("NODE_GET")}[node]["STATUS"]


def hear(me: Initiator, kind: int, seconds: float) -> Optional[wire.Received]:
    """The next frame of a kind, None if there is none for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = me.park(timeout=1).wait(20)
        if answer.good and answer.data:
            received = me.take(answer)
            if received.kind == kind:
                return received
    return None


def carried(kind: int, origin: int, dest: int = SELF) -> None:
    """X brings a frame that somebody else made."""
    check(x.send(x.frame(kind, COOKIE, dest=dest, origin=origin)).good, "SEND")


@test("two servers log in; the other router does not")
def _():
    nodes = [("NODE", {"ID": n, "NAME": f"n{n}", "ROLE": wire.ROUTER if n in (SELF, OTHER) else wire.SERVER,
                       **({} if n == SELF else {"INITIATOR": loop.initiator(n)})}) for n in (SELF, X, Y, OTHER)]
    netlink.do("CLUSTER_SET", ("CLUSTER", {"ID": CLUSTER, "NAME": "test", "SELF": SELF, "EPOCH": EPOCH,
                                           "KEY": bytes(range(32)), "ON_DOWN": 0, "LOST_GRACE": GRACE_MS,
                                           "HELPER_TIMEOUT": 0, "CPU_TIMEOUT": 0, "LINK_GRACE": 0}), *nodes)
    for me in (x, y):
        me.log_in()
        check(me.send(me.say(wire.STANDBY, 1)).good, "SEND")


@test("a probe of the other router that a server brings is answered the way it came")
def _():
    x.drain()
    carried(wire.PROBE, OTHER)
    reply = hear(x, wire.PROBE_REPLY, 5)
    check(reply, "no answer")
    equal((reply.origin, reply.body), (SELF, COOKIE), "answer")


@test("a server brings nothing else that it did not make")
def _():
    for kind, origin, dest in ((wire.MESSAGE, OTHER, SELF), (wire.CLAIM, OTHER, SELF), (wire.ORDER, OTHER, SELF),
                               (wire.PROBE, Y, SELF), (wire.PROBE, OTHER, wire.ALL), (wire.PROBE_REPLY, Y, X),
                               (wire.NODE, OTHER, wire.ALL), (wire.APP, OTHER, wire.ALL)):
        before = counter("rx_forged")
        carried(kind, origin, dest)
        equal(counter("rx_forged"), before + 1, f"rx_forged after kind {kind} of node {origin} for {dest:#x}")


@test("a node that is silent is asked for through the servers, and is not lost while it answers")
def _():
    y.device.close()
    ports[Y].remove()
    for _ in range(2):
        probe = hear(x, wire.PROBE, 3 * GRACE_MS / 1000)
        check(probe, "nobody asks")
        equal(probe.origin, SELF, "who asks")
        check(x.send(x.frame(wire.PROBE_REPLY, probe.body, dest=SELF, origin=Y)).good, "SEND")
    equal(status(Y), wire.STANDBY, "status")


@test("it is lost when nobody answers any more, but not at once")
def _():
    begin = time.monotonic()
    for _ in range(2):
        check(hear(x, wire.PROBE, 3 * GRACE_MS / 1000), "nobody asks")
        equal(status(Y), wire.STANDBY, "status")
    within(10, lambda: status(Y) == wire.LOST, "LOST")
    check(time.monotonic() - begin > 2 * GRACE_MS / 1000, "after", time.monotonic() - begin, "s")


@test("a router that reaches nobody says LOST of nobody")
def _():
    x.device.close()
    ports[X].remove()
    within(10, lambda: x.link()["STATE"] <= 0, "link goes down")
    time.sleep(3 * GRACE_MS / 1000)
    equal(status(X), wire.STANDBY, "status")


@test("everything goes away in order")
def _():
    loop.remove_hba()
    loop.remove_backstore(store)
    netlink.do("CLUSTER_DEL")
    subprocess.run(["rmmod", "knell_target"], check=True)
    subprocess.run(["rmmod", "knell"], check=True)


if __name__ == "__main__":
    store = loop.backstore("knell", "box")
    for number in (X, Y):
        ports[number] = loop.Port(number)
    x, y = (Initiator(netlink, ports[n], store) for n in (X, Y))
    sys.exit(main())

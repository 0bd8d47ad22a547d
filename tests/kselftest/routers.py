# SPDX-License-Identifier: GPL-2.0
"""A router that does not see the other one: what servers carry between them, whom it believes what was never granted
here, and of whom it says LOST. Runs in a VM."""

import sys
import time
from pathlib import Path
from typing import Optional

import loop
import wire
from initiator import EPOCH, Initiator
from ktap import check, equal, main, test, throughout, within
from router import OTHER_ROUTER, ROUTER, VERSION_GAP, X, Y, counters, install, netlink, unload

GRACE_MS = 2000
APP = 1
COOKIE = bytes(range(16))

store: Path
ports: dict[int, loop.Port] = {}
x: Initiator
y: Initiator


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


def carried(kind: int, origin: int, dest: int = ROUTER) -> None:
    """X brings a frame that somebody else made."""
    check(x.send(x.frame(kind, COOKIE, dest=dest, origin=origin)).good, "SEND")


def serves(me: Initiator, version: int, epoch: int = EPOCH) -> None:
    """A server says that it serves the application."""
    check(me.send(me.frame(wire.APP, wire.app_record(APP, me.node, version, epoch=epoch))).good, "SEND")


def record() -> tuple[int, int, int]:
    """Owner, version and author of the application, as this router knows them."""
    app = netlink.dump("APP_GET")[0]["APP"]
    return app["OWNER"], app["VERSION"], app["AUTHOR"]


def told(me: Initiator) -> tuple[int, int]:
    """Owner and version of the application, as the router's next frame about it says."""
    received = hear(me, wire.APP, 5)
    check(received, "nobody says who has the application")
    fields = wire.APP_BODY.unpack(received.body)
    return fields[4], fields[8]


@test("two servers log in; the other router does not")
def _():
    install((ROUTER, OTHER_ROUTER), (X, Y), lost_grace=GRACE_MS, apps=[APP], start_grace=1)
    for me in (x, y):
        me.log_in()
        check(me.send(me.say(wire.STANDBY, 1)).good, "SEND")


@test("a server that takes another description is told everything again: it may not have known of whom it was told")
def _():
    x.drain()
    check(x.send(x.frame(wire.NODE, wire.node_record(X, wire.STANDBY, epoch=EPOCH, seq=2, generation=2))).good, "SEND")
    received = hear(x, wire.NODE, 5)
    check(received, "nobody says anything")
    told_of = {wire.NODE_BODY.unpack(received.body[i:i + 32])[0] for i in range(0, len(received.body), 32)}
    equal(told_of, {ROUTER, X, Y}, "who it is told of")


@test("a probe of the other router that a server brings is answered the way it came")
def _():
    x.drain()
    carried(wire.PROBE, OTHER_ROUTER)
    reply = hear(x, wire.PROBE_REPLY, 5)
    check(reply, "no answer")
    equal((reply.origin, reply.body), (ROUTER, COOKIE), "answer")


@test("a server brings nothing else that it did not make")
def _():
    for kind, origin, dest in ((wire.MESSAGE, OTHER_ROUTER, ROUTER), (wire.CLAIM, OTHER_ROUTER, ROUTER), (wire.ORDER, OTHER_ROUTER, ROUTER),
                               (wire.PROBE, Y, ROUTER), (wire.PROBE, OTHER_ROUTER, wire.ALL), (wire.PROBE_REPLY, Y, X),
                               (wire.NODE, OTHER_ROUTER, wire.ALL), (wire.APP, OTHER_ROUTER, wire.ALL)):
        before = counters()["rx_forged"]
        carried(kind, origin, dest)
        equal(counters()["rx_forged"], before + 1, f"rx_forged after kind {kind} of node {origin} for {dest:#x}")


@test("a server that lives is believed what the other router may have granted")
def _():
    before = counters()["rx_overruled"]
    serves(x, 5)
    equal(record(), (X, 5, X), "record")
    x.drain()
    serves(y, 9)
    equal(record(), (Y, 9, Y), "record")
    equal(told(x), (Y, 9), "what X hears")
    y.drain()
    serves(x, 11)
    equal(record(), (X, 11, X), "record")
    equal(told(y), (X, 11), "what Y hears")
    equal(counters()["rx_overruled"], before, "rx_overruled")


@test("one that goes on counting in an epoch that is over is overruled; the first version is far above")
def _():
    before = counters()["rx_overruled"]
    for said, answered in ((15, 15 + VERSION_GAP + 1), (300, 301)):
        y.drain()
        serves(y, said, epoch=EPOCH - 1)
        equal(record(), (X, answered, ROUTER), "record")
        equal(told(y), (X, answered), "what Y hears")
    equal(counters()["rx_overruled"], before + 2, "rx_overruled")


@test("a node that is silent is asked for through the servers, and is not lost while it answers")
def _():
    y.device.close()
    ports[Y].remove()
    for _ in range(2):
        probe = hear(x, wire.PROBE, 3 * GRACE_MS / 1000)
        check(probe, "nobody asks")
        equal(probe.origin, ROUTER, "who asks")
        check(x.send(x.frame(wire.PROBE_REPLY, probe.body, dest=ROUTER, origin=Y)).good, "SEND")
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
    throughout(3 * GRACE_MS / 1000, lambda: status(X) == wire.STANDBY, "standby")


@test("everything goes away in order")
def _():
    loop.clear({}, store)
    netlink.do("CLUSTER_DEL")
    unload()


if __name__ == "__main__":
    store = loop.backstore("knell", "box")
    for number in (X, Y):
        ports[number] = loop.Port(number)
    x, y = (Initiator(netlink, ports[n], store) for n in (X, Y))
    sys.exit(main())

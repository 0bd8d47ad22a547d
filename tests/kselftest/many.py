# SPDX-License-Identifier: GPL-2.0
"""As many applications as a cluster can have, orphaned by one death. Runs in a VM."""

import struct
import sys
from pathlib import Path
from typing import Optional

import loop
import wire
from initiator import EPOCH, Initiator
from ktap import check, equal, main, test, within
from router import ROUTER, VERSION_GAP, X, Y, counters, install, netlink, unload

APPS = range(1, 1024)
IN_A_FRAME = 126
CLAIM_BODY = struct.Struct(">HHII")
STARTING = 3
SAID = 5
"""version of the owner's records"""
START_GRACE_MS = 15000
"""how long the router takes the word of those that serve, and waits for candidates before the one that claims"""

store: Optional[Path] = None
ports: dict[int, loop.Port] = {}
x: Initiator
y: Initiator


def known() -> dict[int, tuple[int, int, int]]:
    """State, owner and version of each application, as this router knows them."""
    return {a["APP"]["ID"]: (a["APP"]["STATE"], a["APP"]["OWNER"], a["APP"]["VERSION"]) for a in netlink.dump("APP_GET")}


def claim_what_is_free(wanted: dict[int, tuple[int, int, int]]) -> bool:
    """y claims what it was not granted yet; is there nothing?"""
    free = [app for app, record in known().items() if record != wanted[app]]
    for app in free:
        claim = CLAIM_BODY.pack(app, Y, EPOCH, SAID)
        check(y.send(y.frame(wire.CLAIM, claim, dest=ROUTER, seq=y.seq + 1)).good, "SEND of claim", app)
    return not free


@test("a server that serves them all says so to a router that has just started")
def _():
    install((ROUTER,), (X, Y), apps=APPS, start_grace=START_GRACE_MS)
    netlink.do("STATUS_SET", ("NODE", {"STATUS": wire.STANDBY}))
    for me in (x, y):
        me.log_in()
        check(me.send(me.say(wire.STANDBY, 1)).good, "SEND")
    for first in range(0, len(APPS), IN_A_FRAME):
        body = b"".join(wire.app_record(app, X, SAID, epoch=EPOCH) for app in APPS[first:first + IN_A_FRAME])
        check(x.send(x.frame(wire.APP, body)).good, "SEND")
    check(known() == {app: (wire.RUNNING, X, SAID) for app in APPS}, "the router knows something else")
    y.drain()


@test("it dies: one frame says so, and each application is granted once to the candidate that claims them all")
def _():
    check(x.send(x.say(wire.DOWN, 0xFFFFFFFF, 1)).good, "SEND")
    equal([f.kind for f in y.drain()], [wire.NODE], "kinds of frames")
    before = counters()["grants"]
    wanted = {app: (STARTING, Y, SAID + VERSION_GAP + 1) for app in APPS}
    within(60, lambda: claim_what_is_free(wanted), "all are granted")
    equal(counters()["grants"] - before, len(APPS), "grants")
    told = [wire.APP_BODY.unpack(f.body[i:i + 32]) for f in y.drain() if f.kind == wire.APP for i in range(0, len(f.body), 32)]
    check({f[0]: (f[2], f[4], f[8]) for f in told} == wanted, "the claimant was told something else")


@test("everything goes away in order")
def _():
    for me in (x, y):
        me.device.close()
    loop.clear(ports, store)
    netlink.do("CLUSTER_DEL")
    unload()


if __name__ == "__main__":
    store = loop.backstore("knell", "box")
    for number in (X, Y):
        ports[number] = loop.Port(number)
    x, y = (Initiator(netlink, ports[n], store) for n in (X, Y))
    sys.exit(main())

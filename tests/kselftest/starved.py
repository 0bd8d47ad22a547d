# SPDX-License-Identifier: GPL-2.0
"""Notices over tcm_loop while the kernel's threads get no memory: what was taken is not lost. Runs in a VM whose kernel has
failslab."""

import random
import struct
import sys
import time
from pathlib import Path
from typing import Callable, Optional

import loop
import wire
from genl import Knell
from initiator import Initiator
from ktap import Failed, check, equal, main, test, within
from router import HEADER, ROUTER, X, Y, install, netlink, unload

PERCENT, SECONDS = 20, 40
LAST = 0xFFFFFFFF       # sequence of a record after which none comes
FAULTS = Path("/sys/kernel/debug")
KINDS = ("failslab", "fail_page_alloc")
PLENTY = 10_000_000
UP = 2                  # state of a link
TROUBLE = (Failed, OSError, TimeoutError, ValueError, struct.error)

listener = Knell(HEADER)


def put(kind: str, **knobs: object) -> None:
    for name, value in knobs.items():
        (FAULTS / kind / name.replace("_", "-")).write_text(str(value), encoding="ascii")


def starve(percent: int) -> None:
    """This share of the allocations of the kernel's workers, and of threads they are made from, fails from now on."""
    for kind in KINDS:
        put(kind, verbose=0, task_filter="Y", ignore_gfp_wait="N", times=PLENTY, probability=percent)
    for entry in Path("/proc").iterdir():
        try:
            name = (entry / "comm").read_text(encoding="ascii")
            if entry.name.isdigit() and name.startswith(("kworker/", "kthreadd", "knell_")):
                (entry / "make-it-fail").write_text("1" if percent else "0", encoding="ascii")
        except (FileNotFoundError, NotADirectoryError, ProcessLookupError):     # gone, or no process
            pass


def failures() -> int:
    """How many allocations failed since starve()."""
    return sum(PLENTY - int((FAULTS / kind / "times").read_text(encoding="ascii")) for kind in KINDS)


def insist(peer: Initiator, what: Callable[[], None], seconds: float = 120) -> None:
    """Until it is done, as a node does: when something goes wrong the link starts over."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            what()
            return
        except TROUBLE:
            check(time.monotonic() < deadline, "node", peer.node, "not within", seconds, "s")
        try:
            peer.restart()
            peer.log_in()
        except TROUBLE:
            pass


def say(peer: Initiator, status: int, seq: int, reason: int = 0) -> None:
    def once() -> None:
        answer = peer.send(peer.say(status, seq, reason))
        check(answer.good, answer)
    insist(peer, once)


def record(node: int) -> dict:
    return {n["NODE"]["ID"]: n["NODE"] for n in netlink.dump("NODE_GET")}[node]


def told(frames: list, node: int) -> Optional[tuple[int, int]]:
    """Status and sequence of the last record of a node in @frames."""
    bodies = [wire.NODE_BODY.unpack(f.body[:wire.NODE_BODY.size]) for f in frames if f.kind == wire.NODE]
    return next(((b[2], b[7]) for b in reversed(bodies) if b[0] == node), None)


def listen(peer: Initiator) -> list:
    """What a node hears now; its link starts over if it is down."""
    frames = peer.drain()
    if peer.link()["STATE"] != UP:
        peer.restart()
        check(peer.hello().good, "HELLO")
        peer.peer = peer.take(peer.receive()).incarnation
        frames += peer.drain()
    return frames


@test("notices are taken while the kernel's threads get no memory")
def _():
    starve(PERCENT)
    try:
        begin, seq = time.monotonic(), 1
        while time.monotonic() - begin < SECONDS:
            seq += 1
            status = (wire.STANDBY, wire.ACTIVE)[seq % 2]
            say(x, status, seq)
            equal((record(X)["STATUS"], record(X)["SEQ"]), (status, seq), "record of x")
            try:
                listen(y)
            except TROUBLE:
                pass
        say(x, wire.DOWN, LAST, wire.PANIC)
        print(f"# {seq} notices, {failures()} failed allocations")
        check(failures() > seq, "hardly an allocation failed:", failures())
    finally:
        starve(0)
    equal(record(X)["STATUS"], wire.DOWN, "status of x")


@test("when there is memory again the other node hears the last one, and nobody repeats it")
def _():
    heard: list = []

    def hear() -> bool:
        heard.extend(listen(y))
        return told(heard, X) == (wire.DOWN, LAST)
    within(60, hear, "the notice of x")


@test("the listener saw the last record, or was told that it missed something")
def _():
    seen, missed = [], False
    while True:
        try:
            got = listener.events(0.5)
        except OSError:
            missed = True
            continue
        if not got:
            break
        seen += got
    last = [e["NODE"] for e in seen if e["command"] == "NODE_GET" and e["NODE"]["ID"] == X]
    print(f"# {len(last)} events of x,", "some were missed" if missed else "none was missed")
    check(missed or last and last[-1]["STATUS"] == wire.DOWN, "an event was lost silently; seen:", last[-1:])


@test("everything goes away in order")
def _():
    for peer in (x, y):
        peer.device.close()
        ports.pop(peer.node).remove()
    loop.remove_hba()
    loop.remove_backstore(mailbox)
    listener.socket.close()
    netlink.do("CLUSTER_DEL")
    unload()


if __name__ == "__main__":
    random.seed(1)      # incarnations
    mailbox = loop.backstore("knell", "box")
    install((ROUTER,), (X, Y))
    ports = {n: loop.Port(n) for n in (X, Y)}
    x, y = (Initiator(netlink, ports[n], mailbox) for n in (X, Y))
    for peer in (x, y):
        peer.log_in()
    listener.subscribe()
    sys.exit(main())

# SPDX-License-Identifier: GPL-2.0
"""Who is in no cluster, over tcm_loop: this kernel has the mailbox, the tests are its initiators. Runs in a VM."""

import errno
import sys
from pathlib import Path

import loop
import wire
from genl import Knell, NetlinkError
from initiator import CLUSTER, EPOCH, PARK, Initiator
from ktap import check, equal, main, test
from router import BECOMING_READY, DENIED, HEADER, SEQUENCE, X, counters, join, netlink, unload

UNNAMED = 9

store: Path
ports: dict[int, loop.Port]
x: Initiator


def listener() -> Knell:
    """Hears events from now on."""
    ears = Knell(HEADER)
    ears.subscribe()
    return ears


def heard(ears: Knell) -> list[tuple]:
    """(link, name, data) of the messages of strangers."""
    found = [e["MESSAGE"] for e in ears.events(0.5) if e["command"] == "MESSAGE"]
    return [(m.get("LINK"), m.get("NAME"), m.get("DATA")) for m in found]


def refused(number: int, *nests) -> str:
    """A message that is refused with @number; why."""
    try:
        netlink.do("MESSAGE", *nests)
    except NetlinkError as error:
        equal(error.errno, number, error.text)
        return error.text
    check(False, "not refused:", nests)
    return ""


@test("without a cluster strangers get nothing unless they are welcome")
def _():
    equal(x.hello(node=0, cluster=0, epoch=0, role=0).code, BECOMING_READY, "sense of SEND")
    netlink.do("STRANGERS", ("MESSAGE", {"STRANGERS": 1}))
    equal(x.hello().code, BECOMING_READY, "sense of a member's HELLO")
    for odd in ({"node": X}, {"epoch": EPOCH}, {"role": 1}, {"cluster": CLUSTER}):
        fields = {"node": 0, "cluster": 0, "epoch": 0, "role": 0, **odd}
        check(not x.hello(**fields).good, "half a stranger is taken in:", odd)


@test("a stranger and the helper exchange messages")
def _():
    greeting = x.stranger()
    equal((greeting.kind, greeting.seq, greeting.origin), (wire.HELLO, 0, 0), "greeting")
    node, role, _, epoch, incarnation, peer, seq = wire.HELLO_BODY.unpack(greeting.body)
    equal((node, role, epoch, peer, seq), (0, 0, 0, x.incarnation, 0), "who greets")
    link = x.link()
    equal((link["STATE"], link["PEER"]), (3, 0), "link")
    ears = listener()
    check(x.whisper(b"who is there").good, "SEND")
    equal(heard(ears), [(link["ID"], loop.initiator(X), b"who is there")], "what the helper hears")
    netlink.do("MESSAGE", ("MESSAGE", {"LINK": link["ID"], "DATA": b"r"}))
    answer = x.take(x.receive())
    equal((answer.kind, answer.origin, answer.body), (wire.MESSAGE, 0, b"r"), "answer")
    check(x.send_raw(wire.seal(wire.frame(wire.MESSAGE, b"again", cluster=0, origin=0, epoch=0, hops=0), x.seq,
                               x.incarnation), x.seq).good, "repetition")
    equal(heard(ears), [], "what is heard of a repetition")


@test("messages over links are refused with a reason")
def _():
    link = x.link()["ID"]
    check("not both" in refused(errno.EINVAL, ("MESSAGE", {"LINK": link, "NODE": X, "DATA": b"?"})), "both")
    check("no such link" in refused(errno.EHOSTUNREACH, ("MESSAGE", {"LINK": link + 1000, "DATA": b"?"})), "link")
    check("empty" in refused(errno.EINVAL, ("MESSAGE", {"LINK": link, "DATA": b""})), "empty")
    refused(errno.EINVAL, ("MESSAGE", {"DATA": b"?"}))


@test("a process speaks to the helper of its own node")
def _():
    ears = listener()
    netlink.do("MESSAGE", ("MESSAGE", {"LINK": 0, "DATA": b"at home?"}))
    equal(heard(ears), [(0, "", b"at home?")], "what the helper hears")


@test("a stranger can say nothing else")
def _():
    before = counters()
    record = wire.node_record(X, wire.STANDBY, epoch=EPOCH, seq=1)
    check(x.whisper(record, wire.NODE).good, "a record of no cluster")
    check(x.whisper(b"").good, "an empty message")
    check(x.whisper(b"!", origin=X).good, "a message of a node of no cluster")
    check(x.send(x.frame(wire.NODE, record)).good, "a record")
    check(x.send(x.frame(wire.MESSAGE, b"!")).good, "a member's message")
    after = counters()
    equal({k: after[k] - before[k] for k in ("rx_forged", "rx_malformed")}, {"rx_forged": 2, "rx_malformed": 3},
          "counters")
    equal(netlink.dump("NODE_GET"), [], "nodes")


@test("joining sends the stranger away, who may come back as a stranger or a member")
def _():
    link = x.link()["ID"]
    netlink.do("MESSAGE", ("MESSAGE", {"LINK": link, "DATA": b"too late"}))
    join()
    equal(x.link()["STATE"], 0, "link")
    equal(x.receive().code, SEQUENCE, "sense of RECEIVE")
    equal(x.whisper(b"still here").code, SEQUENCE, "sense of SEND")
    x.stranger()
    equal(x.link()["STATE"], 3, "link of a node that is in no cluster")
    unnamed = Initiator(netlink, ports[UNNAMED], store)
    equal(unnamed.hello(node=X).code, DENIED, "sense of a HELLO as a member")
    unnamed.stranger()
    equal(unnamed.link()["STATE"], 3, "link of a machine without a number")
    check("no link leads" in refused(errno.EHOSTUNREACH, ("MESSAGE", {"NODE": X, "DATA": b"?"})), "as a member")
    netlink.do("MESSAGE", ("MESSAGE", {"LINK": link, "DATA": b"for the stranger only"}))
    check(x.hello().good, "HELLO of a member")
    frames = [x.take(x.receive()), *x.drain()]
    equal({f.kind for f in frames} - {wire.NODE, wire.APP}, {wire.HELLO}, "what a member gets")
    x.peer = frames[0].incarnation
    equal((x.link()["STATE"], x.link()["PEER"]), (2, X), "link of a member")
    refused(errno.EHOSTUNREACH, ("MESSAGE", {"LINK": link, "DATA": b"?"}))
    check(not x.hello(node=0, cluster=0, epoch=0, role=0, peer_seq=x.got + 1000).good, "HELLO that claims too much")
    netlink.do("STRANGERS", ("MESSAGE", {"STRANGERS": 0}))
    check(x.send(x.say(wire.STANDBY, 1)).good, "a member is taken for the stranger whose HELLO was refused")
    netlink.do("STRANGERS", ("MESSAGE", {"STRANGERS": 1}))
    unnamed.stranger()
    netlink.do("MESSAGE", ("MESSAGE", {"NODE": X, "DATA": b"for the member only"}))
    x.stranger()
    pending = x.park(timeout=PARK * 2)
    answer = pending.wait(20)
    check(not answer.good or not answer.data, "a stranger gets what was meant for the member", answer)
    netlink.do("STRANGERS", ("MESSAGE", {"STRANGERS": 0}))
    equal((x.link()["STATE"], unnamed.link()["STATE"]), (0, 0), "links when strangers are not welcome any more")
    check(not x.hello(node=0, cluster=0, epoch=0, role=0).good, "HELLO of a stranger")
    equal(unnamed.hello(node=0, cluster=0, epoch=0, role=0).code, DENIED, "sense of HELLO")
    unnamed.device.close()


@test("the module goes although strangers are welcome")
def _():
    netlink.do("STRANGERS", ("MESSAGE", {"STRANGERS": 1}))
    netlink.do("CLUSTER_DEL")
    x.restart()
    x.stranger()
    pending = x.park(timeout=1)     # sg does not cancel: tcm_loop waits for its time-out
    check(pending.waiting, "parked")
    x.device.close()
    loop.clear(ports, store)
    try:
        pending.wait(5)
    except OSError:
        pass    # the device went away under the ioctl
    unload()


if __name__ == "__main__":
    store = loop.backstore("knell", "box")
    ports = {number: loop.Port(number) for number in (X, UNNAMED)}
    x = Initiator(netlink, ports[X], store)
    sys.exit(main())

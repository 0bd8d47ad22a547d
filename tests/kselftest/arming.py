# SPDX-License-Identifier: GPL-2.0
"""What a node tells of its own readiness: last gasp, devices it can use, tests; and what it forgets. Runs in a VM."""

import errno
import hashlib
import socket
import subprocess
import sys
import time
from pathlib import Path

import wire
from genl import Knell, NetlinkError
from ktap import check, equal, main, test, within

CLUSTER, EPOCH = 0x4B4E0001, 4711
ROUTER, SELF = 1, 2
OFF, OK, NO = range(3)
KEY = bytes(range(1, 33))
FLOOD_MACS, FLOOD, SURGE = 100, 1500, 100
"""certificates verified a second in the test, how many are sent, how many between two looks at the counters"""

netlink = Knell(Path("/lib/knell.h"))


def installation(epoch: int, key: bytes = KEY, addresses: tuple = ()) -> tuple:
    """The request for a cluster in which this kernel is a server and the router has addresses."""
    router = {"ID": ROUTER, "NAME": "r", "ROLE": wire.ROUTER, "ADDRESS": [socket.inet_aton(a) for a in addresses]}
    return ("CLUSTER_SET", ("CLUSTER", {"ID": CLUSTER, "NAME": "test", "SELF": SELF, "EPOCH": epoch, "KEY": key,
                                        "ON_DOWN": 0, "HELPER_TIMEOUT": 0, "CPU_TIMEOUT": 0, "LINK_GRACE": 0}),
            ("NODE", router), ("NODE", {"ID": SELF, "NAME": "a", "ROLE": wire.SERVER}))


def join(epoch: int, key: bytes = KEY, addresses: tuple = ()) -> None:
    netlink.do(*installation(epoch, key, addresses))


def health(name: str) -> dict:
    """One line of the health report."""
    return {c["CHECK"]["NAME"]: c["CHECK"] for c in netlink.dump("HEALTH_GET")}[name]


def ip(line: str) -> None:
    subprocess.run(["ip", *line.split()], check=True)


def refused(number: int, word: str, *request) -> None:
    """The request is refused with this error, in these words."""
    try:
        netlink.do(*request)
    except NetlinkError as error:
        equal(error.errno, number, "error")
        check(word in error.text, error.text)
        return
    check(False, request[0], "was accepted")


@test("without a cluster nothing is said of readiness")
def _():
    for name in ("watch", "last-gasp", "ready"):
        equal(health(name)["ANSWER"], OFF, name)


@test("a key that is all zero is refused")
def _():
    try:
        join(EPOCH, bytes(32))
    except NetlinkError as error:
        equal(error.errno, errno.EINVAL, "error")
        check("all zero" in error.text, error.text)
    else:
        check(False, "the cluster was installed")
    refused(errno.ENOENT, "no cluster", "CLUSTER_GET")


@test("a taken certificate port: the cluster is installed, it is told, and mended by itself")
def _():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", wire.CERT_PORT))
        join(EPOCH)
        check("last gasp" in netlink.warning, "warning:", netlink.warning)
        equal(health("watch")["ANSWER"], OK, "watch")
        gasp = health("last-gasp")
        equal(gasp["ANSWER"], NO, "last gasp")
        check(str(wire.CERT_PORT) in gasp["DETAIL"] and "another program" in gasp["DETAIL"], gasp["DETAIL"])
    within(12, lambda: "not heard" not in health("last-gasp")["DETAIL"], "armed again")
    join(EPOCH)
    equal(netlink.warning, "", "warning")


@test("an installation is an event, told before the records that it changes; one that is refused is none")
def _():
    listener = Knell(Path("/lib/knell.h"))
    listener.subscribe()
    join(EPOCH + 1)
    told = listener.events(1)
    equal([e["command"] for e in told[:2]], ["CLUSTER_GET", "NODE_GET"], "events")
    equal([e["CLUSTER"]["EPOCH"] for e in told if e["command"] == "CLUSTER_GET"], [EPOCH + 1], "epochs told")
    refused(errno.ESTALE, "older", *installation(EPOCH))
    check("CLUSTER_GET" not in [e["command"] for e in listener.events(0.5)], "a refusal was told")


@test("nothing that could carry the last gasp: it is told")
def _():
    gasp = health("last-gasp")
    equal(gasp["ANSWER"], NO, "last gasp")
    check("0 iSCSI sessions, 0 of 0 certificates" in gasp["DETAIL"], gasp["DETAIL"])


@test("why a node is not ready is told until its tests pass")
def _():
    equal(health("ready")["ANSWER"], NO, "ready before the tests")
    netlink.do("STATUS_SET", ("NODE", {"STATUS": wire.JOINING, "DETAIL": "the disk is on holiday"}))
    equal((health("ready")["ANSWER"], health("ready")["DETAIL"]), (NO, "the disk is on holiday"), "ready")
    refused(errno.EINVAL, "why", "STATUS_SET", ("NODE", {"STATUS": wire.JOINING}))
    netlink.do("STATUS_SET", ("NODE", {"STATUS": wire.STANDBY}))
    equal(health("ready")["ANSWER"], OK, "ready after the tests")
    join(EPOCH + 2)
    check("holiday" not in health("ready")["DETAIL"], "the reason outlived the join")


@test("certificates go through a VLAN, a bond, a VLAN on a bond; a receiver without any way is named")
def _():
    for line in ("link add v0 type veth peer name v1", "link set v1 up", "link set v0 up",
                 "link add link v0 name v0.7 type vlan id 7", "link set v0.7 up", "addr add 10.7.0.1/24 dev v0.7",
                 "link add w0 type veth peer name w1", "link set w1 up", "link add b0 type bond mode active-backup",
                 "link set w0 master b0", "link set b0 up", "addr add 10.8.0.1/24 dev b0",
                 "link add link b0 name b0.9 type vlan id 9", "link set b0.9 up", "addr add 10.9.0.1/24 dev b0.9",
                 "tuntap add t0 mode tun", "link set t0 up", "addr add 10.5.0.1/24 dev t0"):
        ip(line)
    for net, device in (("7", "v0.7"), ("8", "b0"), ("9", "b0.9")):
        ip(f"neigh replace 10.{net}.0.2 lladdr 02:00:00:00:00:0{net} dev {device} nud permanent")
    join(EPOCH + 2, addresses=("10.7.0.2", "10.8.0.2", "10.9.0.2", "10.5.0.2"))
    gasp = within(5, lambda: "3 of 4" in health("last-gasp")["DETAIL"] and health("last-gasp"), "3 certificates ready")
    equal(gasp["ANSWER"], OK, "last gasp")
    check("no way" not in gasp["DETAIL"], f"a receiver with a way is complained about: {gasp['DETAIL']}")
    join(EPOCH + 2, addresses=("10.5.0.2",))
    within(5, lambda: "no way to 10.5.0.2 by t0" in health("last-gasp")["DETAIL"], "the missing way is named")
    join(EPOCH + 3, addresses=("10.7.0.2", "10.8.0.2", "10.9.0.2", "10.5.0.2"))
    within(5, lambda: "3 of 4" in health("last-gasp")["DETAIL"], "3 certificates ready again")


@test("a device that goes takes its certificates along")
def _():
    ip("link del v0.7")
    within(5, lambda: "2 of 4" in health("last-gasp")["DETAIL"], "2 certificates ready")
    ip("link del b0")
    within(5, lambda: "0 of 4" in health("last-gasp")["DETAIL"], "no certificate ready")
    gasp = health("last-gasp")
    equal(gasp["ANSWER"], NO, "last gasp")
    check("no way to 10.7.0.2" in gasp["DETAIL"], gasp["DETAIL"])


@test("who leaves the cluster forgets its document")
def _():
    document = b'{"cluster":"test"}'
    sha = hashlib.sha256(document).digest()
    netlink.do("MIB_SET", ("MIB", {"GENERATION": 1, "TOTAL": len(document), "OFFSET": 0, "CHUNK": document,
                                   "SHA256": sha}))
    equal(netlink.do("MIB_GET")[0]["MIB"]["CHUNK"], document, "document")
    netlink.do("CLUSTER_DEL")
    refused(errno.ENOENT, "no document", "MIB_GET")
    equal(health("last-gasp")["ANSWER"], OFF, "last gasp after leaving")


def certificates(name: str) -> int:
    """One of the receiver's counters."""
    return {c["NAME"]: c["VALUE"] for c in netlink.do("STATS_GET")[0]["COUNTER"]}[f"cert_{name}"]


@test("of a flood of certificates no more are verified than the module was told, and then a true one counts")
def _():
    global netlink
    equal(Path("/sys/module/knell/parameters/cert_macs").read_text(encoding="ascii"), "4096\n", "cert_macs by default")
    subprocess.run(["rmmod", "knell"], check=True)
    subprocess.run(["modprobe", "knell", f"cert_macs={FLOOD_MACS}"], check=True)
    netlink = Knell(Path("/lib/knell.h"))
    ip("link set lo up")
    join(EPOCH + 4)
    begin = time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.connect(("127.0.0.1", wire.CERT_PORT))
        for sent in range(SURGE, FLOOD + 1, SURGE):
            for number in range(sent - SURGE, sent):
                line.send(wire.certificate(ROUTER, cluster=CLUSTER, epoch=EPOCH + number, key=bytes(32)))
            # A socket takes in no more than some two hundred at a time.
            within(20, lambda: certificates("bad_mac") + certificates("limited") == sent, f"{sent} came in")
        taken = time.monotonic() - begin
        room = FLOOD_MACS * (int(taken) + 2)
        verified = certificates("bad_mac")
        print(f"# {verified} of {FLOOD} were verified in {taken:.2f} s")
        check(room < FLOOD, "the flood took too long to prove anything:", taken, "s")
        check(FLOOD_MACS <= verified <= room, verified, "were verified in", taken, "s")
        equal(certificates("accepted"), 0, "accepted")

        def true_one() -> bool:
            line.send(wire.certificate(ROUTER, cluster=CLUSTER, epoch=EPOCH, key=KEY))
            return certificates("accepted") > 0
        within(10, true_one, "a true certificate is accepted")
    nodes = {n["NODE"]["ID"]: n["NODE"] for n in netlink.dump("NODE_GET")}
    equal(nodes[ROUTER]["STATUS"], wire.DOWN, "the router's status")
    netlink.do("CLUSTER_DEL")


@test("everything goes away in order")
def _():
    subprocess.run(["rmmod", "knell"], check=True)


if __name__ == "__main__":
    sys.exit(main())

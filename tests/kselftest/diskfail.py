# SPDX-License-Identifier: GPL-2.0
"""Disks that fail, by fail_make_request, beside a mailbox: neither a fence is seen in it nor a notice held up. Runs in a VM
whose kernel has that.

Two initiators share a disk whose target keeps it on another disk; that one, or the initiator's own, fails every request.
"""

import os
import random
import sys
from pathlib import Path

import loop
import wire
from genl import Knell
from initiator import Initiator
from ktap import check, equal, main, test
from router import HEADER, ROUTER, X, Y, install, netlink, unload
from sg import Answer, Device

BACK = 9
BOX, LUN = 0, 6
CONFLICT = 0x18
BLOCK = 512
FAULT = Path("/sys/kernel/debug/fail_make_request")
PLENTY = 1_000_000
OK = 1

events = Knell(HEADER)


def block_device(port: loop.Port, lun: int) -> str:
    """Name of a LUN's disk."""
    return loop.until(lambda: [p.name for d in port.devices(lun) for p in (d / "block").glob("sd*")
                               if Path("/dev", p.name).exists()], f"disk of LUN {lun}")[0]


def fail(disk: str, on: bool) -> None:
    """Every request for a disk fails from now on, or none any more."""
    for name, value in (("verbose", 0), ("task-filter", "N"), ("times", PLENTY), ("probability", 100 if on else 0)):
        (FAULT / name).write_text(str(value), encoding="ascii")
    Path("/sys/block", disk, "make-it-fail").write_text("1" if on else "0", encoding="ascii")


def failures() -> int:
    """How many requests failed since the last fail()."""
    return PLENTY - int((FAULT / "times").read_text(encoding="ascii"))


def write(disk: Device, octet: int) -> Answer:
    return disk.run(bytes([0x2A, 0, 0, 0, 0, 0, 0, 0, 1, 0]), out=bytes([octet]) * BLOCK)


def read(disk: Device) -> Answer:
    return disk.run(bytes([0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0]), expect=BLOCK)


def conflicts() -> list:
    return [e["DEVICE"] for e in events.events(1.5) if e["command"] == "CONFLICT"]


def pass_notice() -> None:
    """A notice of x reaches y."""
    global seq
    seq += 1
    check(x.send(x.say((wire.STANDBY, wire.ACTIVE)[seq % 2], seq)).good, "SEND")
    bodies = [wire.NODE_BODY.unpack(f.body[:wire.NODE_BODY.size]) for f in y.drain() if f.kind == wire.NODE]
    check(any(b[0] == X and b[7] == seq for b in bodies), "y did not hear of record", seq)


def storage() -> tuple:
    found = {c["CHECK"]["NAME"]: c["CHECK"] for c in netlink.dump("HEALTH_GET")}["storage"]
    return found["ANSWER"], found["DETAIL"]


@test("the disk works, and a notice passes")
def _():
    check(write(disks[X], 1).good, "WRITE")
    equal(read(disks[Y]).data, bytes([1]) * BLOCK, "block")
    pass_notice()
    equal(storage()[0], OK, "storage")


@test("the target's disk fails: the initiators get errors, no fence is seen in them, notices pass")
def _():
    fail(behind, True)
    for disk in disks.values():
        for answer in (write(disk, 2), read(disk)):
            check(not answer.good and answer.status != CONFLICT, answer)
    check(failures() >= 4, "requests failed:", failures())
    pass_notice()
    equal(conflicts(), [], "fences told")
    equal(storage()[0], OK, "storage")
    fail(behind, False)
    equal(read(disks[Y]).data, bytes([1]) * BLOCK, "block")


@test("an initiator's disk fails: its reads and writes get errors, another's do not, notices pass")
def _():
    name = block_device(ports[X], LUN)
    fd = os.open(f"/dev/{name}", os.O_RDWR)
    fail(name, True)
    for what in (lambda: os.pread(fd, BLOCK, 1 << 16), lambda: (os.pwrite(fd, bytes(4096), 0), os.fsync(fd))):
        try:
            what()
        except OSError:
            continue
        check(False, "a request for a disk that fails was granted")
    check(failures() >= 2, "requests failed:", failures())
    check(write(disks[Y], 3).good, "WRITE of the other")
    pass_notice()
    equal(conflicts(), [], "fences told")
    equal(storage()[0], OK, "storage")
    fail(name, False)
    os.close(fd)
    equal(read(disks[X]).data, bytes([3]) * BLOCK, "block")


@test("a real fence is seen all the same")
def _():
    def reserve_out(disk: Device, action: int, key: int, service_key: int = 0) -> Answer:
        return disk.run(bytes([0x5F, action, 5, 0, 0, 0, 0, 0, 24, 0]),
                        out=key.to_bytes(8, "big") + service_key.to_bytes(8, "big") + bytes(8))
    check(reserve_out(disks[X], 0, 0, 77).good and reserve_out(disks[X], 1, 77).good, "REGISTER, RESERVE")
    equal(write(disks[Y], 4).status, CONFLICT, "WRITE by the other")
    check(conflicts(), "no event")


@test("everything goes away in order")
def _():
    for device in (*disks.values(), x.device, y.device):
        device.close()
    for node in (X, Y):
        ports.pop(node).remove()
    for store in (shared, mailbox):
        loop.remove_backstore(store)
    ports.pop(BACK).remove()
    loop.remove_hba()
    loop.remove_backstore(memory)
    events.socket.close()
    netlink.do("CLUSTER_DEL")
    unload()


if __name__ == "__main__":
    random.seed(1)      # incarnations
    seq = 1
    install((ROUTER,), (X, Y))
    memory, mailbox = loop.backstore("rd_mcp", "memory", "rd_pages=64"), loop.backstore("knell", "box")
    ports = {n: loop.Port(n) for n in (BACK, X, Y)}
    ports[BACK].map(LUN, memory)
    behind = block_device(ports[BACK], LUN)
    shared = loop.backstore("iblock", "shared", f"udev_path=/dev/{behind}")
    disks = {n: Device(ports[n].map(LUN, shared)) for n in (X, Y)}
    x, y = (Initiator(netlink, ports[n], mailbox) for n in (X, Y))
    for device in disks.values():
        while not device.run(bytes(6)).good:    # unit attentions of the new device
            pass
    for peer in (x, y):
        peer.log_in()
    events.subscribe()
    sys.exit(main())

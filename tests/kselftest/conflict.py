# SPDX-License-Identifier: GPL-2.0
"""A disk shared by two initiators over tcm_loop tells one that it was fenced: the event CONFLICT. Runs in a VM."""

import subprocess
import sys
from pathlib import Path

import loop
from genl import Knell
from ktap import check, equal, main, test
from sg import Answer, Device

HOLDER, OTHER, LUN = 2, 3, 6
REGISTER, RESERVE, PREEMPT = 0, 1, 4
KEY, OTHER_KEY = 77, 78
CONFLICT = 0x18

events = Knell(Path("/lib/knell.h"))


def reserve_out(disk: Device, action: int, key: int, service_key: int = 0) -> Answer:
    """PERSISTENT RESERVE OUT, type Write Exclusive - Registrants Only."""
    return disk.run(bytes([0x5F, action, 5, 0, 0, 0, 0, 0, 24, 0]),
                    out=key.to_bytes(8, "big") + service_key.to_bytes(8, "big") + bytes(8))


def write(disk: Device) -> Answer:
    return disk.run(bytes([0x2A, 0, 0, 0, 0, 0, 0, 0, 1, 0]), out=bytes(512))


def told(seconds: float) -> list[str]:
    """Devices of the CONFLICT events that come."""
    return [e["DEVICE"] for e in events.events(seconds) if e["command"] == "CONFLICT"]


@test("commands about reservations and writes of the holder are no cause")
def _():
    check(reserve_out(holder, REGISTER, 0, KEY).good, "REGISTER")
    check(reserve_out(holder, RESERVE, KEY).good, "RESERVE")
    equal(reserve_out(other, RESERVE, KEY).status, CONFLICT, "RESERVE by the other")
    check(write(holder).good, "WRITE by the holder")
    equal(told(0.5), [], "events")


@test("refused writes are told of, not more than once a second")
def _():
    for _ in range(50):
        equal(write(other).status, CONFLICT, "WRITE by the other")
    found = told(1.5)
    check(1 <= len(found) <= 2, "events", found)
    equal(found[0], ports[OTHER].devices(LUN)[0].name, "device")
    equal(told(1.5), [], "events when nothing happens any more")


@test("a holder that is preempted learns it from its next command")
def _():
    check(reserve_out(other, REGISTER, 0, OTHER_KEY).good, "REGISTER by the other")
    check(reserve_out(other, PREEMPT, OTHER_KEY, KEY).good, "PREEMPT")
    check(not holder.run(bytes(6)).good, "TEST UNIT READY got no unit attention")
    equal(told(1.5)[:1], [ports[HOLDER].devices(LUN)[0].name], "device")


@test("everything goes away in order")
def _():
    for disk in (holder, other):
        disk.close()
    for port in ports.values():
        port.remove()
    loop.remove_hba()
    loop.remove_backstore(store)
    subprocess.run(["rmmod", "knell"], check=True)


if __name__ == "__main__":
    store = loop.backstore("rd_mcp", "shared", "rd_pages=64")
    ports = {n: loop.Port(n) for n in (HOLDER, OTHER)}
    holder, other = (Device(ports[n].map(LUN, store)) for n in (HOLDER, OTHER))
    for device in (holder, other):
        while not device.run(bytes(6)).good:    # unit attentions of the new device
            pass
    events.subscribe()
    sys.exit(main())

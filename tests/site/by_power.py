# SPDX-License-Identifier: GPL-2.0
"""Machines go down and come up in order: what systemd stops before what, and what comes back by itself."""

import json
import re

import readme
from by_systemd import everything, journal, move_to, serves, settled
from checks import check, contains, expect
from machines import Machines
from vm.poll import wait_for


def node(site: Machines, at: str, name: str) -> dict:
    nodes = json.loads(site[at].run("knellctl", "--json", "status").out)["nodes"]
    return next(n for n in nodes if n["name"] == name)


def order(text: str, *patterns: str) -> None:
    """Failure unless the patterns are found in a journal, one after the other."""
    at = 0
    for pattern in patterns:
        found = re.compile(pattern, re.M).search(text, at)
        expect(found, f"{pattern!r} is not in the journal after what should be before it:\n{text[-6000:]}")
        at = found.end()


@check("shutdown of the owner: application and volume are released before iSCSI and network go; a clean LEAVE")
def shutdown(site: Machines) -> None:
    move_to(site, "a")
    site["a"].spawn("systemctl", "poweroff")
    wait_for("a has left", lambda: node(site, "t", "a")["status"] == "left", 60)
    wait_for("the application on b", lambda: all(serves(site, "b").values()), 60)
    site["a"].wait_gone(90)
    expect(node(site, "t", "a")["status"] == "left", f"t says of a: {node(site, 't', 'a')}")


@check("the machine comes back by itself: module, network, sessions, knelld; it is a standby")
def back(site: Machines) -> None:
    site.start(("a",))
    settled(site, "b", 90)
    everything(site, "b")
    last = site["a"].run("journalctl", "-b", "-1", "-o", "cat", "--no-pager").out
    order(last, "stopping: releasing everything", "records: released", "left the cluster",
          "Stopped .*[Hh]elper of the knell", "(Stopped|Stopping) .*[Ll]ogin to default iSCSI")
    order(last, "Stopped .*[Hh]elper of the knell", "Stopping .*Network Configuration")
    for bad in ("Failed unmounting", "cannot let go", "cannot talk to systemd"):
        expect(bad not in last, f"{bad!r} in the journal of the shutdown:\n{last[-6000:]}")


@check("the target restarts: LUNs, mailbox and reservations are restored, nobody is declared dead")
def target(site: Machines) -> None:
    keys = site["b"].sh("sg_persist -i -k -n /dev/disk/by-id/wwn-0x6001405*").out
    site["t"].spawn("systemctl", "reboot")
    site["t"].wait_gone(90)
    site.start(("t",))
    settled(site, "b", 120)
    everything(site, "b")
    contains(site["t"].run("targetcli", "ls").out, "mailbox activated")
    again = site["b"].sh("sg_persist -i -k -n /dev/disk/by-id/wwn-0x6001405*").out
    registered = re.findall(r"0x\w+", keys)
    expect(re.findall(r"0x\w+", again) == registered, f"reservation keys before:\n{keys}\nand after:\n{again}")
    expect("declared" not in journal(site, "b"), journal(site, "b"))


@check("README 5, the last line: a panic of the owner; the other server serves")
def panic(site: Machines) -> None:
    command = readme.block("5. Start", "--simulate").splitlines()[-1]
    contains(command, "sysrq-trigger", "# on b")
    site["b"].spawn("/bin/sh", "-c", command)
    site["b"].wait_gone(60)
    wait_for("the application on a", lambda: all(serves(site, "a").values()), 60)
    expect(node(site, "t", "b")["status"] == "down", f"t says of b: {node(site, 't', 'b')}")

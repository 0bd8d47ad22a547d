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


def keys(site: Machines, at: str) -> list[str]:
    """The reservation keys registered on the data disk. Not the generation: it does not outlive the target."""
    said = site[at].sh("sg_persist -i -k -n /dev/disk/by-id/wwn-0x6001405*").out
    return re.findall(r"^\s+(0x\w+)$", said, re.M)


def deaths(site: Machines, at: str) -> list[str]:
    """What knelld has heard of the end of nodes, but for those that left in good order."""
    return re.findall(r"^node .*: (?:down|lost) .*$", journal(site, at), re.M)


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
          "Stopped knelld.service", "Stopping iscsid.service", "Stopping systemd-networkd.service")
    for bad in ("Failed unmounting", "cannot let go", "cannot talk to systemd"):
        expect(bad not in last, f"{bad!r} in the journal of the shutdown:\n{last[-6000:]}")


@check("the target restarts: LUNs, mailbox and reservations are restored, nobody is declared dead")
def target(site: Machines) -> None:
    move_to(site, "b")
    registered, dead = keys(site, "b"), deaths(site, "b")
    expect(len(registered) == 1, f"before the restart: {registered}")
    site["t"].spawn("systemctl", "reboot")
    site["t"].wait_gone(90)
    site.start(("t",))
    settled(site, "b", 120)
    everything(site, "b")
    contains(site["t"].run("targetcli", "ls").out, "mailbox activated")
    expect(keys(site, "b") == registered, f"reservation keys before: {registered}, after: {keys(site, 'b')}")
    expect(deaths(site, "b") == dead, journal(site, "b"))


@check("README 5, the last line: a panic of the owner; the other server serves")
def panic(site: Machines) -> None:
    command = readme.block("5. Start", "--simulate").splitlines()[-1]
    contains(command, "sysrq-trigger", "# on b")
    move_to(site, "b")
    site["b"].spawn("/bin/sh", "-c", command)
    site["b"].wait_gone(60)
    wait_for("the application on a", lambda: all(serves(site, "a").values()), 60)
    expect(node(site, "t", "b")["status"] == "down", f"t says of b: {node(site, 't', 'b')}")

# SPDX-License-Identifier: GPL-2.0
"""knelld as a service, units as applications, addresses of both families, restarts of machines: under real systemd."""

import json

import by_readme
import readme
from by_readme import healthy
from checks import check, contains, expect, type_in
from machines import NUMBERS, Machines
from vm.poll import wait_for

V4, V6 = "192.168.77.100", "fd00:77::100"
DROP_IN = "/etc/systemd/system/recordd.service.d/broken.conf"


def journal(site: Machines, name: str, *more: str) -> str:
    """What knelld has said since the boot."""
    return site[name].run("journalctl", "-u", "knelld", "-o", "cat", "--no-pager", *(more or ("-b",))).out


def show(site: Machines, name: str, unit: str, key: str) -> str:
    """A property of a unit."""
    return site[name].run("systemctl", "show", "--value", "-p", key, unit).out.strip()


def generation(site: Machines, name: str) -> int:
    return json.loads(site[name].run("knellctl", "--json", "status").out)["cluster"]["generation"]


def serves(site: Machines, name: str) -> dict[str, bool]:
    """What of the application is on a node."""
    vm = site[name]
    addresses = vm.run("ip", "-o", "addr", "show", "dev", "lan0").out
    return {"mount": vm.sh("mountpoint -q /srv/records", check=False).status == 0,
            "unit": show(site, name, "recordd.service", "ActiveState") == "active",
            V4: f" {V4}/" in addresses, V6: f" {V6}/" in addresses}


def everything(site: Machines, name: str) -> None:
    """Failure unless all of the application is on @name and nothing of it on the other server."""
    other = "b" if name == "a" else "a"
    here, there = serves(site, name), serves(site, other)
    expect(all(here.values()), f"on {name}: {here}")
    expect(not any(there.values()), f"still on {other}: {there}")


def describe(site: Machines, number: int) -> str:
    """The README's cluster file as a later generation, with an IPv6 address beside the other."""
    text = by_readme.cluster_file(site)
    text = text.replace("  id: 0x4b4e0001\n", f"  id: 0x4b4e0001\n  generation: {number}\n", 1)
    line = next(line for line in text.splitlines() if f"{V4}/" in line)
    return text.replace(line, line + "\n" + line.replace(f"{V4}/24", f"'{V6}/64'"), 1)


def settled(site: Machines, owner: str, timeout: float = 60) -> None:
    for name in NUMBERS:
        wait_for(f"{name} sees all well and the application on {owner}",
                 lambda n=name: healthy(site, n, owner), timeout)


def neighbour(site: Machines, address: str) -> str:
    """Where t sends packets for an address, without asking anybody."""
    return site["t"].run("ip", "neigh", "show", address, "dev", "lan0").out


def move_to(site: Machines, name: str) -> None:
    """The application served by @name, everything well."""
    other = "b" if name == "a" else "a"
    wait_for("the application served", lambda: healthy(site, "t", name) or healthy(site, "t", other), 90)
    if healthy(site, "t", other):
        site[other].run("knellctl", "failover", other, timeout=120)
    settled(site, name, 90)


@check("knelld tells systemd when it is ready, and the journal what it does")
def ready(site: Machines) -> None:
    for name in NUMBERS:
        expect(show(site, name, "knelld", "Type") == "notify", "knelld is no notify service")
        expect(show(site, name, "knelld", "StatusText") == "joined, tests passed",
               f"{name}: {show(site, name, 'knelld', 'StatusText')}")
        contains(journal(site, name), "joined cluster office as node", "all tests passed")
    contains(journal(site, "a"), "records: running on this node")


@check("a killed knelld is started again by systemd, the application goes on untouched")
def killed(site: Machines) -> None:
    vm = site["a"]
    daemon, program = show(site, "a", "knelld", "MainPID"), show(site, "a", "recordd", "MainPID")
    vm.run("systemctl", "kill", "-s", "KILL", "knelld")
    wait_for("a new knelld", lambda: "watched again" in journal(site, "a"), 60)
    expect(show(site, "a", "knelld", "MainPID") != daemon, "it is the same knelld")
    expect(show(site, "a", "knelld", "NRestarts") == "1", "systemd has not counted the restart")
    expect(show(site, "a", "recordd", "MainPID") == program, "the application was restarted")
    settled(site, "a")


@check("systemctl reload takes a new generation; a malformed file is refused with its line", essential=True)
def reload(site: Machines) -> None:
    for name in NUMBERS:
        site[name].put("/etc/knell/cluster.yaml", describe(site, 2))
        site[name].run("systemctl", "reload", "knelld")
    for name in NUMBERS:
        wait_for(f"generation 2 on {name}", lambda n=name: generation(site, n) == 2, 60)
    wait_for("the same description everywhere",
             lambda: site["a"].run("knellctl", "mib", "verify", check=False).status == 0, 60)
    bad = describe(site, 3).replace("    standby: [b]\n", "    standbye: [b]\n")
    line = bad[:bad.index("standbye")].count("\n") + 1
    site["a"].put("/etc/knell/cluster.yaml", bad)
    site["a"].run("systemctl", "reload", "knelld")
    wait_for("the refusal", lambda: f"/etc/knell/cluster.yaml:{line}:" in journal(site, "a"), 60)
    contains(journal(site, "a"), "standbye", "nothing changes")
    expect(generation(site, "a") == 2, "a refused file has changed the generation")
    site["a"].put("/etc/knell/cluster.yaml", describe(site, 2))


@check("a unit that does not start is an error, undone, and the application goes back")
def broken(site: Machines) -> None:
    vm = site["b"]
    vm.run("mkdir", "-p", DROP_IN.rsplit("/", 1)[0])
    vm.put(DROP_IN, "[Service]\nExecStartPre=/bin/false\n")
    vm.run("systemctl", "daemon-reload")
    said = site["a"].run("knellctl", "failover", "a", check=False)
    expect(said.status != 0, f"knellctl calls it a success:\n{said.out}")
    wait_for("what b says", lambda: "cannot start recordd.service" in journal(site, "b"), 30)
    contains(journal(site, "b"), "systemd says: failed (exit-code)")
    wait_for("the application back on a", lambda: healthy(site, "t", "a"), 60)
    expect(not any(serves(site, "b").values()), f"left on b: {serves(site, 'b')}")
    vm.run("rm", DROP_IN)
    vm.run("systemctl", "daemon-reload")
    vm.run("knellctl", "reset", "records")


@check("planned failover: unit, volume, IPv4 and IPv6 address move, the neighbours know at once", essential=True)
def failover(site: Machines) -> None:
    settled(site, "a")
    simulate, move = readme.block("5. Start", "--simulate").splitlines()[:2]
    contains(type_in(site["b"], simulate), "b", V6)
    contains(type_in(site["b"], move), "b")
    everything(site, "b")
    addresses = site["b"].run("ip", "-6", "addr", "show", "dev", "lan0").out
    expect("tentative" not in addresses and "dadfailed" not in addresses, addresses)
    for address in (V4, V6):
        site["t"].run("ping", "-c1", "-W5", address)
        contains(neighbour(site, address), site.mac("b", "lan"))
    move_to(site, "a")
    everything(site, "a")
    for address in (V4, V6):
        wait_for(f"t was told who has {address}", lambda a=address: site.mac("a", "lan") in neighbour(site, a), 10)
        site["t"].run("ping", "-c1", "-W5", address)


@check("an address that another host has is not taken, the error says where to look; the application goes back")
def in_use(site: Machines) -> None:
    move_to(site, "b")
    site["t"].run("ip", "addr", "add", f"{V6}/64", "dev", "lan0", "nodad")
    said = site["a"].run("knellctl", "failover", "b", "--to", "a", check=False, timeout=120)
    expect(said.status != 0, f"knellctl calls it a success:\n{said.out}")
    contains(journal(site, "a"), f"cannot take the address {V6}/64", "another host answers for it on lan0",
             f"ping -I lan0 {V6}")
    site["t"].run("ip", "addr", "del", f"{V6}/64", "dev", "lan0")
    wait_for("the application back on b", lambda: healthy(site, "t", "b"), 90)
    expect(not any(serves(site, "a").values()), f"left on a: {serves(site, 'a')}")

# SPDX-License-Identifier: GPL-2.0
"""Kills one node in one of LKDTM's ways and finds out what its peer was told, by which path and after how long."""

import json
import re
import time
from dataclasses import dataclass, field
from typing import Any, Optional

from vm.cluster import ROUTER
from vm.poll import scaled, wait_for
from vm.site import DATA_DEVICE, Site

VICTIM, PEER = "a", "b"
PROVOKE = "/sys/kernel/debug/provoke-crash"
SAID = re.compile(rf"knell: node {VICTIM}: \w+ -> (?:down|lost) \(\w+\), epoch \d+, said by (\d+)")
END = re.compile(r"Kernel panic - not syncing: (.*)|(Oops): |knell: (self-check says NO: .*)")


@dataclass(frozen=True)
class Way:
    """A row of ways.toml."""

    name: str
    told: str
    reason: str
    within: float
    title: str = ""
    point: str = "DIRECT"
    sysctl: dict[str, int] = field(default_factory=dict)
    twice: bool = False
    cpus: int = 2

    @property
    def label(self) -> str:
        return self.title or self.name


@dataclass
class Death:
    """What came of it."""

    way: Way
    path: str = ""
    """'iSCSI', 'certificate' (both of the last gasp), 'verdict', 'router' or 'nothing'"""
    reason: str = ""
    seconds: Optional[float] = None
    end: str = ""
    """the dying kernel's own last words"""

    def problem(self) -> str:
        """Why this is not what the row demands; empty if it is."""
        way = self.way
        want = {"gasp": ("iSCSI", "certificate"), "verdict": ("verdict",), "lost": ("router",)}[way.told]
        if self.seconds is None:
            return "the peer was told nothing"
        if self.path not in want:
            return f"told by {self.path}, not by {' or '.join(want)}"
        if not re.fullmatch(way.reason, self.reason):
            return f"the reason is {self.reason}, not {way.reason}"
        limit = scaled(way.within)
        return "" if self.seconds <= limit else f"told after {self.seconds:.2f} s, not within {limit:g} s"


def _changed(site: Site, since: float) -> Optional[tuple[float, dict[str, Any]]]:
    """When the peer's kernel said that the victim is at an end, and its record."""
    for event in site.cluster.timeline.events("event", PEER, since):
        line = json.loads(event.text)
        if line["event"] != "change" or line["kind"] != "node":
            continue
        if line["object"]["name"] == VICTIM and line["object"]["status"] in ("down", "lost"):
            return event.time, line["object"]
    return None


def _path(site: Site, status: str, since: float) -> str:
    if status == "lost":
        return "router"
    if site.cluster[VICTIM].saw("self-check says NO", since):
        return "verdict"
    said = SAID.findall(site.cluster[ROUTER].run("dmesg").out)
    return "certificate" if said and int(said[-1]) == site.cluster.number(ROUTER) else "iSCSI"


def _last_words(site: Site, boot: int) -> str:
    words = [m.group(1) or m.group(3) or m.group(2) for _, number, line in list(site.cluster[VICTIM].console)
             if number == boot and (m := END.search(line))]
    return words[0] if words else ""


def die(site: Site, way: Way, timeout: float) -> Death:
    """Kill the victim; it is gone when this returns."""
    death, vm = Death(way), site.cluster[VICTIM]
    vm.run("dmesg", "-n", "8")
    vm.run("modprobe", "lkdtm")
    for key, value in way.sysctl.items():
        vm.run("sysctl", "-w", f"{key}={value}")
    site.cluster[ROUTER].run("dmesg", "-c")
    begin = time.time()
    for _ in range(2 if way.twice else 1):
        vm.spawn("/bin/sh", "-c", f"echo {way.name} > {PROVOKE}/{way.point}")
    if way.point != "DIRECT":   # a crash point is hit when something passes it, the tenth time
        vm.spawn("dd", f"if={DATA_DEVICE}", "of=/dev/null", "iflag=direct", "bs=4096", "count=64")
    try:
        told, record = wait_for(f"{PEER} hears of the end of {VICTIM}", lambda: _changed(site, begin), timeout, 0.02)
    except TimeoutError:
        death.end = _last_words(site, vm.boots)
        return death
    done = vm.saw(r"lkdtm: Performing .*entry|lkdtm: Crash point .* hit, trigger in 0 rounds", begin) or begin
    death.seconds = told - done
    death.reason = record["reason"]
    death.path = _path(site, record["status"], begin)
    death.end = _last_words(site, vm.boots)
    return death

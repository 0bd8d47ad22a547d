# SPDX-License-Identifier: GPL-2.0
"""Panics one server after the other: how soon the other one's kernel knows, and how long each phase of its takeover lasts."""

import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any, Optional

from vm.poll import wait_for
from vm.site import Client
from scene import Scene, nanoseconds


@dataclass
class Death:
    """One panic; times in ns since it, by the survivor's clock."""

    victim: str
    survivor: str
    composed: Optional[int] = None
    """the notice's own time stamp; only of a last gasp inside the iSCSI connection"""
    knows: int = 0
    granted: int = 0
    running: int = 0
    answered: int = 0
    """first answer to the client, by the host's clock"""
    steps: dict[str, int] = field(default_factory=dict)
    """kind of step -> duration, ns"""
    offset: int = 0
    """the survivor's clock minus the victim's"""


def _monitored(scene: Scene, vm: str, since: float) -> list[dict[str, Any]]:
    lines = []
    for event in scene.cluster.timeline.events("event", vm, since):
        try:
            lines.append(json.loads(event.text))
        except ValueError:
            continue
    return [line for line in lines if line.get("event") == "change"]


def _time(lines: list[dict[str, Any]], kind: str, name: str, **wanted: Any) -> Optional[int]:
    for line in lines:
        thing = line["object"]
        if line["kind"] == kind and thing["name"] == name and all(thing.get(k) == v for k, v in wanted.items()):
            return nanoseconds(line["time"])
    return None


def _composed(lines: list[dict[str, Any]], name: str, zero: int) -> Optional[int]:
    """When the victim composed its notice; @zero by its own clock."""
    since = next((line["object"]["since"] for line in lines
                  if line["kind"] == "node" and line["object"]["name"] == name
                  and line["object"]["status"] == "down"), None)
    return nanoseconds(since) - zero if since else None


def _steps(scene: Scene, vm: str, since: float) -> dict[str, int]:
    found: dict[str, int] = {}
    for event in scene.cluster.timeline.events("knelld", vm, since):
        at = event.text.find("step {")
        if at < 0:
            continue
        step = json.loads(event.text[at + 5:])
        if not step["undo"] and step["ok"]:
            found[step["step"]] = found.get(step["step"], 0) + step["duration_us"] * 1000
    return found


def die(scene: Scene, client: Client) -> Death:
    """Panic whoever serves; wait until the other one serves."""
    victim = scene.owner()
    survivor = scene.other(victim)
    death = Death(victim, survivor, offset=scene.clock(victim) - scene.clock(survivor))
    since, struck = scene.crash(victim)
    zero = struck + death.offset

    def marks() -> list[Optional[int]]:
        lines = _monitored(scene, survivor, since)
        return [_time(lines, "node", victim, status="down"),
                _time(lines, "app", "records", state="starting", granted=True),
                _time(lines, "app", "records", state="running", owner=survivor)]

    wait_for(f"{survivor} serves after the panic of {victim}", lambda: all(marks()), 60)
    death.knows, death.granted, death.running = (mark - zero for mark in marks())
    death.answered = round((client.wait_answer(survivor, 60, since) - since) * 1e9)
    if "iscsi" in scene.site.settings.options["lastgasp"]:
        death.composed = _composed(_monitored(scene, survivor, since), victim, struck)
    death.steps = _steps(scene, survivor, since)
    return death


def measure(scene: Scene, runs: int, deaths: list[Death], rtts: list[int]) -> None:
    """Fill in @runs deaths by turns, and the UDP round-trip times of both links between them."""
    scene.start()
    client = Client(scene.cluster, scene.site.settings.client)
    client.wait_answer(None, 30)
    while len(deaths) < runs:
        for server in scene.cluster.servers:
            rtts += scene.ping(server, 100)
        death = die(scene, client)
        deaths.append(death)
        print(f"# panic {len(deaths)} of {runs}: {death.survivor}'s kernel knows after {death.knows / 1e6:.2f} ms",
              file=sys.stderr, flush=True)
        scene.cluster[death.victim].wait_gone(60)
        if len(deaths) < runs:
            scene.site.restart(death.victim)
            scene.settle()
    client.stop()


def probes(scene: Scene, runs: int) -> list[int]:
    """Round-trip times of an echo from kernel to kernel through the router, ns."""
    result = []
    first, second = scene.cluster.servers
    begin = time.time()
    while len(result) < runs:
        out = scene.cluster[first].run("knellctl", "--json", "probe", second).out
        result.append(json.loads(out)["rtt_ns"])
    print(f"# {runs} probes in {time.time() - begin:.0f} s", file=sys.stderr, flush=True)
    return result

# SPDX-License-Identifier: GPL-2.0
"""Words for scenarios about links: between two routers, of a router that is cut off, bad ones; who was said to be dead."""

import json
import time

from vm.cluster import BACKBONE, ROUTER
from vm.poll import wait_for
from run_state import Failure, Run
from steps import STEPS, step

__all__ = ["STEPS"]


@step
def cut_backbone(run: Run) -> None:
    """Cut the link between the routers, silently at both ends."""
    run.mark("inflicted")
    for router in run.cluster.routers:
        run.cluster.set_link(router, BACKBONE, False)


@step
def plug_backbone(run: Run) -> None:
    """Mend the link between the routers."""
    for router in run.cluster.routers:
        run.cluster.set_link(router, BACKBONE, True)


@step
def isolate(run: Run, node: str) -> None:
    """Cut every storage link of a router and the backbone: its card fails."""
    cut_backbone(run)
    for server in run.cluster.servers:
        run.cluster.set_link(run.name(node), f"sto-{server}", False)


@step
def rejoin(run: Run, node: str) -> None:
    """Mend what was cut of a router, the backbone last."""
    for server in run.cluster.servers:
        run.cluster.set_link(run.name(node), f"sto-{server}", True)
    plug_backbone(run)


@step
def bad_line(run: Run, node: str, what: str) -> None:
    """Delay and lose frames, as netem's words say, on both ends of a server's storage link."""
    name = run.name(node)
    for vm, card in ((name, "sto0"), (ROUTER, f"sto-{name}")):
        run.cluster[vm].run("modprobe", "sch_netem")
        run.cluster[vm].run("tc", "qdisc", "add", "dev", card, "root", "netem", *what.split())


@step
def good_line(run: Run, node: str) -> None:
    """The router's end of the link is as it was; the other end's machine has died."""
    run.cluster[ROUTER].run("tc", "qdisc", "del", "dev", f"sto-{run.name(node)}", "root")


@step
def wait(run: Run, seconds: float) -> None:
    """Let a span of time pass in which nothing is done."""
    begin = time.time()
    wait_for("the span of time to pass", lambda: time.time() >= begin + seconds, seconds + 5)


@step
def settled(run: Run, within: float = 60) -> None:
    """Every node sees every node healthy, has a session to every router, and sees the application running."""
    run.settled(within)


def deaths(run: Run) -> dict[tuple[str, int], list[str]]:
    """Who heard of which node's (name, epoch) death since the scenario began, once for each time."""
    found: dict[tuple[str, int], list[str]] = {}
    for event in run.cluster.timeline.events("event", since=run.marks["begin"]):
        line = json.loads(event.text) if event.text.startswith("{") else {}
        if line.get("event") == "change" and line["kind"] == "node" and line["object"]["status"] in ("down", "lost"):
            found.setdefault((line["object"]["name"], line["object"]["epoch"]), []).append(event.vm)
    return found


@step
def died(run: Run, nodes: list[str]) -> None:
    """These nodes died, each once, nobody else did, and nobody was told of a death twice."""
    found = deaths(run)
    if sorted(name for name, _ in found) != sorted(run.name(node) for node in nodes):
        raise Failure(f"said to be down or lost: {sorted(found)}; expected: {nodes}")
    for (name, _), watchers in found.items():
        if len(set(watchers)) != len(watchers):
            raise Failure(f"the death of {name} was told twice: {watchers}")
    run.note("deaths told: " + ", ".join(f"{name} to {', '.join(sorted(who))}" for (name, _), who in found.items()))


@step
def data_disk(run: Run, node: str, requests: int) -> None:
    """Let the data disk of a node's VM do so many requests a second; 0 = as many as it can."""
    run.vm(node).qmp.command("block_set_io_throttle", device="data", bps=0, bps_rd=0, bps_wr=0, iops=requests, iops_rd=0, iops_wr=0)
